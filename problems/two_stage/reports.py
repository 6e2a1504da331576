"""Physical results of a scenario: named linear expressions in both stages, evaluated for a batch as array algebra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .problem import Floats, Integers, RandomTerm


@dataclass(frozen=True)
class Reports:
    """R named results: value = constant(xi) + first x + (second + random entries(xi)) y.

    `first` (R, n1), `second` (R, n2) CSR hold the certain coefficients; `random_row`, `random_column` (E,) place the
    entries of `random` (index 0..E-1) that depend on the scenario; `random_constant` replaces entries of `constant`.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    constant: Floats
    first: sp.csr_array
    second: sp.csr_array
    random_constant: RandomTerm
    random_row: Integers
    random_column: Integers
    random: RandomTerm

    def evaluate(self, features: Floats, x: Floats, primal: Floats) -> Floats:
        """(N, R) results of scenarios with `features` (N, F), design `x` (n1,), operation `primal` (N, n2)."""
        values = np.tile(self.constant, (len(features), 1))
        values[:, self.random_constant.index] = self.random_constant.values(features)
        values += self.first @ x
        values += (self.second @ primal.T).T
        if len(self.random_row):
            entries = self.random.values(features) * primal[:, self.random_column]
            count = len(self.random_row)
            place = sp.csr_array((np.ones(count), (self.random_row, np.arange(count))), shape=(len(self.names), count))
            values += (place @ entries.T).T
        return values

    def column(self, name: str) -> int:
        """Position of a result by its name. Raises KeyError where there is none."""
        if name not in self.names:
            raise KeyError(name)
        return self.names.index(name)
