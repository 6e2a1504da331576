"""Good choices of matches in a fraction of a second: fixed charges become slopes, then matches are left out one by one.

A match that carried q gets the price c / q for each unit of heat, so that carrying as much again costs its fixed charge
(dynamic slope scaling, Kim and Pardalos 1999, DOI 10.1016/S0167-6377(99)00049-0). Repeated until the choice stays, this
begins anew from random prices; and what is left of each choice is tried without each of its matches.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from ...kernels.highs import linear_program, quiet_highs
from ...problems.heat.fewest_matches import MatchProgram
from ...problems.heat.temperature_intervals import Floats

ROUNDS = 25  # of new slopes; most choices stay after five
NOTHING = 1e-6  # share of all heat x 100 below which a match carries none, unless the data are rounded more coarsely
STEEPEST = 1e4  # multiple of the price of a match for a unit of heat

Choice = NDArray[np.bool_]


class MatchDescent:
    """Choices of matches of `program` whose matches cost `price` (pairs,), from one random stream."""

    def __init__(self, program: MatchProgram, price: Floats, seed: int = 0) -> None:
        flow = program.flow
        self._pair, self._price = flow.pair, price
        self._largest = np.array([flow.limits[pair] for pair in flow.pairs])
        self._most = program.most[program.first_place :]
        self._columns = np.arange(flow.places, dtype=np.int32)
        self._nothing = max(NOTHING, 2.0 * flow.rounding)
        self._random = np.random.default_rng(seed)
        cost = np.zeros(len(self._most))
        self._highs: Any = quiet_highs()
        self._highs.setOptionValue("parallel", "off")
        bounds = np.zeros(len(cost)), self._most
        self._highs.passModel(linear_program(cost, bounds, flow.matrix, (flow.lower, flow.upper)))
        self._flow = flow

    def choice(self) -> tuple[Choice, Floats] | None:
        """Which pairs (pairs,) meet in another good choice, and their heat (pairs,); None where none carries all heat.

        Matches of next to nothing, which rounding of the data may ask for, are left out of both.
        """
        spread = self._random.uniform(0.5, 1.5, len(self._price))
        found = self._sloped(self._price / self._largest * spread)
        return None if found is None else self._thinned(*found)

    def cost(self, choice: Choice) -> float:
        """What a choice costs."""
        return float(self._price[choice].sum())

    def _sloped(self, slope: Floats) -> tuple[Choice, Floats] | None:
        best: tuple[Choice, Floats] | None = None
        before: Choice | None = None
        for _ in range(ROUNDS):
            carried = self._carried(slope)
            if carried is None:
                return best
            used = carried > self._nothing
            best = (used, carried) if best is None or self.cost(used) < self.cost(best[0]) else best
            if before is not None and np.array_equal(used, before):
                break
            before = used
            slope = np.where(used, self._price / np.maximum(carried, self._nothing), slope)
        return best

    def _thinned(self, choice: Choice, heat: Floats) -> tuple[Choice, Floats]:
        for pair in self._random.permutation(np.flatnonzero(choice)):
            if choice[pair]:
                without = choice.copy()
                without[pair] = False
                self._allow(without)
                carried = self._carried(self._price / self._largest)
                if carried is not None:
                    choice, heat = carried > self._nothing, carried
        self._allow(np.ones_like(choice))
        return choice, heat

    def _allow(self, choice: Choice) -> None:
        most = np.where(choice[self._pair], self._most[: len(self._pair)], 0.0)
        self._highs.changeColsBounds(len(most), self._columns, np.zeros(len(most)), most)

    def _carried(self, slope: Floats) -> Floats | None:
        """(pairs,) heat at these prices of a unit, or None."""
        cost = np.minimum(slope, STEEPEST)[self._pair]
        self._highs.changeColsCost(len(cost), self._columns, cost)
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return self._flow.heat_of_pairs(np.array(self._highs.getSolution().col_value))
