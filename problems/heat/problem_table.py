"""Problem table: the heat cascade, the least hot and cold utility and every pinch.

Linnhoff and Flower, AIChE Journal 24 (1978) 633-642, DOI 10.1002/aic.690240411; temperature shifts by stream
contributions as in Kemp, Pinch Analysis and Process Integration, 2nd ed. (2007), section 3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .streams import HeatRecoveryProblem, HeatStream, Side
from .temperature_intervals import Floats, TemperatureIntervals, pieces_of

ZERO = 1e-9  # heat below this share of the total duty is rounding


class Threshold(StrEnum):
    """Which utility a problem does without, if any."""

    NONE = "none"
    NO_HOT_UTILITY = "no hot utility"
    NO_COLD_UTILITY = "no cold utility"
    NO_UTILITY = "no utility"


@dataclass(frozen=True)
class ProblemTable:
    """The cascade at least utility: `residual` (K + 1,) [MW] flows down across `intervals.edges` (K + 1,) [degC].

    `surplus` (K,) [MW] is heat given off less heat taken up in each interval, process streams only.
    """

    intervals: TemperatureIntervals
    surplus: Floats
    residual: Floats
    hot_utility: float
    cold_utility: float
    heat_recovery: float

    @property
    def scale(self) -> float:
        """Size [MW] against which heat flows count as zero."""
        return max(self.heat_recovery + self.hot_utility + self.cold_utility, 1e-300)

    @property
    def threshold(self) -> Threshold:
        """Which utility is not needed at this approach temperature."""
        no_hot = self.hot_utility <= ZERO * self.scale
        no_cold = self.cold_utility <= ZERO * self.scale
        if no_hot and no_cold:
            return Threshold.NO_UTILITY
        if no_hot:
            return Threshold.NO_HOT_UTILITY
        return Threshold.NO_COLD_UTILITY if no_cold else Threshold.NONE

    @property
    def pinches(self) -> tuple[float, ...]:
        """Shifted temperatures [degC], from hot to cold, across which no heat may flow.

        An end of the cascade is no pinch: in a threshold problem heat flow is zero there because nothing lies beyond.
        Edges beyond which nothing is exchanged count as that end.
        """
        zero = np.flatnonzero(self.residual <= ZERO * self.scale)
        busy = np.flatnonzero(np.abs(self.surplus) > ZERO * self.scale)
        if len(busy) == 0:
            return ()
        inside = [k for k in zero if busy[0] < k <= busy[-1]]
        # A stretch of the cascade where nothing is exchanged is one pinch: report its two ends only.
        return tuple(dict.fromkeys(float(self.intervals.edges[k]) for k in inside))


def cascade_surplus(problem: HeatRecoveryProblem, streams: Sequence[HeatStream]) -> tuple[TemperatureIntervals, Floats]:
    """Shifted intervals and (K,) heat surplus [MW] of `streams` in each; O(S log S) for S segments."""
    pieces = pieces_of(problem, streams, shifted=True)
    intervals = TemperatureIntervals.of(pieces)
    flat = intervals.upper - intervals.lower == 0.0
    signed = np.array([s.duty * (1 if t.side is Side.HOT else -1) for t in streams for s in t.segments])
    width = pieces[:, 0] - pieces[:, 1]
    sloped = width > 1e-9
    edges = intervals.edges
    rising = edges[::-1]
    # Net heat-capacity flow of every interval by differences: a piece switches on at its hot and off at its cold end.
    change = np.zeros(len(edges))
    capacity_flow = signed[sloped] / width[sloped]
    last = len(edges) - 1
    hot_index = last - (np.searchsorted(rising, pieces[sloped, 0] - 1e-9, side="left"))
    cold_index = last - (np.searchsorted(rising, pieces[sloped, 1] + 1e-9, side="right") - 1)
    np.add.at(change, hot_index, capacity_flow)
    np.add.at(change, cold_index, -capacity_flow)
    surplus = np.cumsum(change)[:-1] * (intervals.upper - intervals.lower)
    # A phase change falls into the interval without width at its temperature: the only doubled edge there.
    flat_index = np.flatnonzero(flat)
    for temperature, heat in zip(pieces[~sloped, 0], signed[~sloped], strict=True):
        surplus[flat_index[np.argmin(np.abs(intervals.upper[flat_index] - temperature))]] += heat
    return intervals, surplus


def problem_table(problem: HeatRecoveryProblem) -> ProblemTable:
    """Least utilities, cascade and pinches of the process streams of `problem`.

    Utilities are taken to be hot and cold enough; `place_utilities` checks that and chooses among them.
    """
    intervals, surplus = cascade_surplus(problem, problem.streams)
    cascade = np.concatenate([[0.0], np.cumsum(surplus)])
    hot_utility = max(0.0, -float(cascade.min()))
    residual = cascade + hot_utility
    given_off = sum(stream.duty for stream in problem.hot_streams)
    cold_utility = max(0.0, float(residual[-1]))
    residual[np.abs(residual) <= ZERO * max(given_off, hot_utility)] = 0.0
    return ProblemTable(intervals, surplus, residual, hot_utility, cold_utility, given_off - cold_utility)
