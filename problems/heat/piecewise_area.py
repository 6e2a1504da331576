"""Area and investment of the superstructure's exchangers, bounded from below by linear rows that can be refined.

An exchanger of duty q, mean temperature difference M and coefficient U has the area a >= q / (U M). With w = q / M:

- M lies below Chen's mean, which is concave and homogeneous: below each of its tangents;
- the range of M is cut into pieces, one of which is in use where the exchanger exists; inside a piece [l, u] w lies
  above q / u, above McCormick's plane q / l - Q (M - l) / l^2 and above tangents of q^2 / (M Q), which is convex and
  equal to q / M at q = 0 and q = Q (Zamora and Grossmann 1998, DOI 10.1016/S0098-1354(97)00251-0);
- an investment c a^b with b < 1 is concave: in every piece of the range of a above its secant.

Finer pieces and more tangents close the difference to the network's true cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ

from .capital_targets import KW_PER_MW, ExchangerCost
from .mean_temperature_difference import chen_gradient, chen_mean
from .superstructure import Superstructure

pyo: Any = pyomo.environ  # Pyomo ships no usable types
RATIOS = tuple(
    np.geomspace(1 / 30, 30, 15).tolist()
)  # of the terminal differences, where tangents stand from the start
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the largest duty, where the tangents of q^2 / (M Q) stand


@dataclass
class Pieces:
    """Edges between the pieces of one exchanger: of its mean difference [K] and of its area [m2]."""

    mean: list[float]
    area: list[float]

    def split(self, edges: list[float], value: float) -> bool:
        """Cut the piece of `edges` that holds `value` there, or in its middle where the value is near an end."""
        k = int(np.clip(np.searchsorted(edges, value) - 1, 0, len(edges) - 2))
        low, high = edges[k], edges[k + 1]
        if high - low <= 1e-6 * high:
            return False
        share = (value - low) / (high - low)
        edges.insert(k + 1, value if 0.1 < share < 0.9 else float(np.sqrt(max(low, 1e-3 * high) * high)))
        return True


def first_pieces(structure: Superstructure) -> list[Pieces]:
    """One piece for every exchanger."""
    pieces: list[Pieces] = []
    for n, place in enumerate(structure.exchangers):
        hot_end, cold_end = structure.model.hot_end[n], structure.model.cold_end[n]
        low = float(chen_mean(hot_end.lb, cold_end.lb))
        high = max(float(chen_mean(hot_end.ub, cold_end.ub)), low * (1 + 1e-9))
        largest = place.largest if np.isfinite(place.largest) else structure.model.duty[n].ub
        pieces.append(Pieces([low, high], [0.0, KW_PER_MW * largest / (place.coefficient * low)]))
    return pieces


def add_area_rows(
    structure: Superstructure, cost: ExchangerCost, pieces: Sequence[Pieces], tangents: Sequence[tuple[int, float]]
) -> Any:
    """Add variables and rows under the current pieces to the model; returns the expression of the investment.

    `tangents`: (exchanger, ratio of its differences at the hot and the cold end), beside those at `RATIOS`.
    """
    model = structure.model
    model.area_block = block = pyo.Block()
    numbers = range(len(structure.exchangers))
    keys = [(n, p) for n in numbers for p in range(len(pieces[n].mean) - 1)]
    block.used = pyo.Var(keys, domain=pyo.Binary)
    block.mean = pyo.Var(keys, bounds=(0.0, None))
    block.duty = pyo.Var(keys, bounds=(0.0, None))
    block.quotient = pyo.Var(keys, bounds=(0.0, None))
    rows = block.rows = pyo.ConstraintList()
    investment = 0.0
    for n, place in enumerate(structure.exchangers):
        own = [key for key in keys if key[0] == n]
        rows.add(sum(block.used[key] for key in own) == model.exists[n])
        rows.add(sum(block.duty[key] for key in own) == model.duty[n])
        mean = sum(block.mean[key] for key in own)
        for ratio in (*RATIOS, *(r for m, r in tangents if m == n)):
            by_hot, by_cold = chen_gradient(ratio, 1.0)
            rows.add(mean <= by_hot * model.hot_end[n] + by_cold * model.cold_end[n])
        largest = model.duty[n].ub
        for key, (low, high) in zip(own, itertools.pairwise(pieces[n].mean), strict=True):
            q, m, w, used = block.duty[key], block.mean[key], block.quotient[key], block.used[key]
            rows.add(m >= low * used)
            rows.add(m <= high * used)
            rows.add(q <= largest * used)
            rows.add(w >= q / high)
            rows.add(w >= q / low - largest * (m - low * used) / low**2)
            for share, at in itertools.product(SHARES, (low, float(np.sqrt(low * high)), high)):
                slope = share * largest / at
                rows.add(w >= 2.0 * slope * q / largest - slope**2 * m / largest)
        area = KW_PER_MW / place.coefficient * sum(block.quotient[key] for key in own)
        investment = investment + cost.fixed * model.exists[n] + _power_of(block, n, area, cost, pieces[n].area)
    return investment


def _power_of(block: Any, n: int, area: Any, cost: ExchangerCost, edges: Sequence[float]) -> Any:
    """coefficient * area ** exponent from below: the secant of the piece that the area lies in."""
    if cost.exponent == 1.0 or cost.coefficient == 0.0:
        return cost.coefficient * area
    part = pyo.Block()
    block.add_component(f"power_{n}", part)
    pieces = range(len(edges) - 1)
    part.used = pyo.Var(pieces, domain=pyo.Binary)
    part.area = pyo.Var(pieces, bounds=(0.0, None))
    part.rows = pyo.ConstraintList()
    part.rows.add(sum(part.used.values()) == block.parent_block().exists[n])
    part.rows.add(sum(part.area.values()) >= area)
    value = 0.0
    for p, (low, high) in enumerate(itertools.pairwise(edges)):
        part.rows.add(part.area[p] >= low * part.used[p])
        part.rows.add(part.area[p] <= high * part.used[p])
        at_low, at_high = low**cost.exponent, high**cost.exponent
        value = value + at_low * part.used[p] + (at_high - at_low) / (high - low) * (part.area[p] - low * part.used[p])
    return cost.coefficient * value
