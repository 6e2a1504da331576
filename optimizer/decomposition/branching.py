"""Which integer column to branch on: reliability branching with strong branching on the master as it stands.

Achterberg, Koch, Martin 2005, doi:10.1016/j.orl.2004.04.002.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...problems.two_stage.problem import Floats, Integers
from .search import INTEGRAL, Search

RELIABLE = 4  # trials of a direction after which its average gain is believed
CANDIDATES = 30  # most promising columns looked at
SMALLEST_GAIN = 1e-6


@dataclass(frozen=True)
class Branch:
    """Branch `column` at `value`: `up_first` says which side to look at first."""

    column: int
    value: float
    up_first: bool


@dataclass(frozen=True)
class Tightened:
    """A side of `column` was proven useless: new bounds (n1,) instead of a branch."""

    lower: Floats
    upper: Floats


@dataclass
class Branching:
    """Average gains of the bound by unit of fractionality, learnt from trial solves of the master."""

    search: Search
    gains: Floats = field(init=False)  # (2, integers): sums, down and up
    trials: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.gains, self.trials = (np.zeros((2, len(self.search.integer))) for _ in range(2))

    def choose(self, x: Floats, bound: float, lower: Floats, upper: Floats) -> Branch | Tightened:
        """A branch for the fractional master solution `x` (n1,) with its `bound`, within `lower` and `upper` (n1,)."""
        integer = self.search.integer
        fraction = x[integer] - np.floor(x[integer])
        candidates = np.flatnonzero((fraction > INTEGRAL) & (fraction < 1.0 - INTEGRAL))
        up_down = np.stack([fraction, 1.0 - fraction])
        expected = self._average() * up_down
        order = candidates[np.argsort(-_score(expected[:, candidates]), kind="stable")]
        best, best_score = int(order[0]), -1.0
        for k in order[:CANDIDATES]:
            gain = expected[:, k]
            if self.trials[:, k].min() < RELIABLE:
                gain = self._try(int(k), x, bound, lower, upper)
                self.gains[:, k] += gain / up_down[:, k]
                self.trials[:, k] += 1.0
                useless = bound + gain >= self.search.cutoff
                if useless.any():
                    self.search.exclude()
                    lower, upper, column = lower.copy(), upper.copy(), int(integer[k])
                    if useless[0]:
                        lower[column] = np.ceil(x[column])
                    if useless[1]:
                        upper[column] = np.floor(x[column])
                    return Tightened(lower, upper)
            score = float(_score(gain))
            if score > best_score:
                best, best_score = int(k), score
        column = int(integer[best])
        return Branch(column, float(x[column]), bool(fraction[best] > 0.3))

    def _average(self) -> Floats:
        """(2, integers) gains by unit; what was never tried counts as the average of the others."""
        known = self.trials > 0
        overall = self.gains.sum(axis=1) / np.maximum(self.trials.sum(axis=1), 1.0)
        return np.where(known, self.gains / np.maximum(self.trials, 1.0), overall[:, None])

    def _try(self, k: int, x: Floats, bound: float, lower: Floats, upper: Floats) -> Floats:
        """(2,) gains of the bound, down and up, at most to the cutoff."""
        master, column = self.search.master, int(self.search.integer[k])
        gain = np.zeros(2)
        for side in range(2):
            low, high = lower.copy(), upper.copy()
            if side:
                low[column] = np.ceil(x[column])
            else:
                high[column] = np.floor(x[column])
            master.bound_columns(low, high)
            reached = min(self.search.solve_master().bound, max(self.search.cutoff, bound))
            gain[side] = max(reached - bound, 0.0) if np.isfinite(reached) else abs(bound)
        master.bound_columns(lower, upper)
        return gain


def _score(gains: Floats) -> Floats:
    """Product of both directions' gains, (2,) or (2, k)."""
    return np.maximum(gains[0], SMALLEST_GAIN) * np.maximum(gains[1], SMALLEST_GAIN)


def fixed_by_reduced_cost(
    x: Floats, reduced_cost: Floats, room: float, integer: Integers, lower: Floats, upper: Floats
) -> tuple[Floats, Floats]:
    """Bounds (n1,) of the integer columns that a master whose bound is `room` below the cutoff leaves useful."""
    lower, upper = lower.copy(), upper.copy()
    for j in integer:
        if lower[j] == upper[j] or not np.isfinite(room):
            continue
        most = np.floor(room / abs(reduced_cost[j]) + INTEGRAL) if abs(reduced_cost[j]) > 1e-12 else np.inf
        if reduced_cost[j] > 0.0 and x[j] <= lower[j] + INTEGRAL:
            upper[j] = min(upper[j], lower[j] + most)
        elif reduced_cost[j] < 0.0 and x[j] >= upper[j] - INTEGRAL:
            lower[j] = max(lower[j], upper[j] - most)
    return lower, upper
