"""The bilinear program as arrays: linear rows, products of two variables, concave powers, integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .concave import ConcaveLimits

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Box = tuple[Floats, Floats]
"""Lower and upper bounds (n,) of every variable."""


@dataclass(frozen=True)
class BilinearProgram:
    """min cost'x + constant  s.t.  row_lower <= A x <= row_upper,  lower <= x <= upper,  some x integer,

    x[product] = x[left] * x[right] (B products), x[power] = x[base] ** exponent (P powers, 0 < exponent < 1) and
    what `concave` says. `A` (m, n) CSR without stored zeros; +-inf where a row or variable is unbounded on that side.
    `branch_on`: variables that leave no product once they are fixed, chosen by who knows the model.
    """

    names: tuple[str, ...]
    cost: Floats
    constant: float
    lower: Floats
    upper: Floats
    integer: Booleans
    A: sp.csr_array
    row_lower: Floats
    row_upper: Floats
    product: Integers
    left: Integers
    right: Integers
    power: Integers
    base: Integers
    exponent: Floats
    concave: ConcaveLimits | None = None
    branch_on: Integers | None = None

    @property
    def columns(self) -> int:
        """Number of variables."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """Number of linear rows."""
        return len(self.row_lower)

    @cached_property
    def entries(self) -> Floats:
        """(nnz,) stored entries of `A`, row by row."""
        return np.asarray(self.A.data, dtype=np.float64)

    @cached_property
    def column_of_entry(self) -> Integers:
        """(nnz,) column of each stored entry of `A`."""
        return np.asarray(self.A.indices, dtype=np.int64)

    @cached_property
    def row_of_entry(self) -> Integers:
        """(nnz,) row of each stored entry of `A`."""
        return np.repeat(np.arange(self.rows), np.diff(self.A.indptr))

    @cached_property
    def positive_entries(self) -> Booleans:
        """(nnz,) which stored entries are positive."""
        return self.entries > 0.0

    @cached_property
    def both_factors(self) -> tuple[Integers, Integers, Integers]:
        """(2 B,) each factor of a product, its partner, and the product."""
        left, right = self.left, self.right
        return np.concatenate([left, right]), np.concatenate([right, left]), np.tile(self.product, 2)

    @cached_property
    def nonlinear(self) -> Integers:
        """Variables that stand in a product or under a power, ascending."""
        return np.unique(np.concatenate([self.left, self.right, self.base])).astype(np.int64)

    def objective(self, x: Floats) -> float:
        """Objective value at `x` (n,)."""
        return float(self.cost @ x + self.constant)

    def complete(self, x: Floats) -> Floats:
        """`x` with what is limited lowered to its limit, and products and powers recomputed from their arguments."""
        x = x.copy()
        if self.concave is not None:
            x[self.concave.limited] -= self.concave.excess(x)
        x[self.product] = x[self.left] * x[self.right]
        x[self.power] = np.maximum(x[self.base], 0.0) ** self.exponent
        return x

    def violation(self, x: Floats) -> float:
        """Largest violation of a row, bound, product, power or integrality, relative to its terms (at least 1)."""
        activity = self.A @ x
        size = np.maximum(1.0, abs(self.A) @ np.abs(x))
        completed = self.complete(x)
        magnitude = np.maximum(1.0, np.abs(x))
        parts = (
            (self.row_lower - activity) / size,
            (activity - self.row_upper) / size,
            (self.lower - x) / magnitude,
            (x - self.upper) / magnitude,
            np.abs(completed - x) / magnitude,
            np.abs(x - np.round(x))[self.integer],
        )
        return max(float(np.max(part, initial=0.0)) for part in parts)

    def branching_cover(self) -> Integers:
        """A small set of variables that, once fixed, leaves a linear program: greedy vertex cover of the products."""
        chosen: set[int] = {int(j) for j in self.base}
        if self.branch_on is not None:
            chosen |= {int(j) for j in self.branch_on}
        open_products = [
            (int(i), int(j)) for i, j in zip(self.left, self.right, strict=True) if i not in chosen and j not in chosen
        ]
        while open_products:
            degree = np.bincount(np.array(open_products).ravel(), minlength=self.columns)
            best = int(np.argmax(degree))
            chosen.add(best)
            open_products = [pair for pair in open_products if best not in pair]
        return np.array(sorted(chosen), dtype=np.int64)

    def branchable(self) -> Booleans:
        """(n,) which variables are worth branching on: integers, the cover, and all factors where they are not many.

        The cover alone closes every gap in the limit. Where the other factors are at most twice as many, splitting them
        too paid (adhya1: 82 boxes for 961); where they are more, as the flows of a network, it did not.
        """
        chosen = self.integer.copy()
        cover = self.branching_cover()
        chosen[cover] = True
        if self.branch_on is None and len(self.nonlinear) <= 3 * len(cover):
            chosen[self.nonlinear] = True
        return chosen


@dataclass(frozen=True)
class ScaledProgram:
    """`program` in units that make bounds about 1: original x = `scale` * scaled x; objectives are the same."""

    program: BilinearProgram
    scale: Floats


def scaled(program: BilinearProgram) -> ScaledProgram:
    """Powers of two bring finite bounds to about 1, products take their factors' units, rows get largest entry 1."""
    size = np.maximum(np.where(np.isfinite(program.upper), np.abs(program.upper), 1.0), 0.0)
    size = np.maximum(size, np.where(np.isfinite(program.lower), np.abs(program.lower), 0.0))
    scale = np.exp2(np.round(np.log2(np.where(size > 0.0, size, 1.0))))
    scale[program.integer] = 1.0
    scale[program.product] = scale[program.left] * scale[program.right]
    scale[program.power] = scale[program.base] ** program.exponent
    A = program.A.copy()
    A.data = A.data * scale[A.indices]
    largest = np.zeros(program.rows)
    np.maximum.at(largest, program.row_of_entry, np.abs(A.data))
    largest[largest == 0.0] = 1.0
    A.data = A.data / largest[program.row_of_entry]
    inner = replace(
        program,
        A=A,
        cost=program.cost * scale,
        lower=program.lower / scale,
        upper=program.upper / scale,
        row_lower=program.row_lower / largest,
        row_upper=program.row_upper / largest,
        concave=None if program.concave is None else program.concave.scaled(scale),
    )
    return ScaledProgram(inner, scale)
