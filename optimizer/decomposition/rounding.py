"""Integral designs near a continuous one: round, then solve the continuous rest for the rounded integers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...problems.two_stage.problem import Floats
from .search import Search

THRESHOLDS = (1e-3, 0.05, 0.1, 0.2, 0.3, 0.5)  # fractions above which a column is rounded up
ROUNDS = 30  # evaluations for one set of integers


@dataclass
class Rounding:
    """Remembers the integers that were tried; the search keeps the best design."""

    search: Search
    tried: set[bytes] = field(default_factory=set[bytes])

    def root(self, x: Floats) -> None:
        """All thresholds at the solution `x` (n1,) of the relaxation."""
        for threshold in THRESHOLDS:
            self.solve_fixed(np.ceil(x[self.search.integer] - threshold))

    def round(self, x: Floats, lower: Floats, upper: Floats) -> None:
        """Two thresholds at a node's solution `x` (n1,) within its bounds (n1,)."""
        integer = self.search.integer
        for threshold in (0.05, 0.3):
            self.solve_fixed(np.clip(np.ceil(x[integer] - threshold), lower[integer], upper[integer]))

    def solve_fixed(self, integers: Floats) -> None:
        """The continuous rest with the integer columns at `integers`, unless that was tried before."""
        search = self.search
        master, columns = search.master, search.integer
        lower, upper = master.lower, master.upper
        integers = np.clip(integers, np.ceil(lower[columns]), np.floor(upper[columns])) + 0.0
        if integers.tobytes() in self.tried:
            return
        self.tried.add(integers.tobytes())
        low, high = lower.copy(), upper.copy()
        low[columns] = high[columns] = integers
        master.bound_columns(low, high)
        try:
            search.relax(0.2 * search.gap, cutoff=search.cutoff, rounds=ROUNDS)
        finally:
            master.bound_columns(lower, upper)
