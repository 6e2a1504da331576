"""Benders cuts made stronger scenario by scenario, where sizes are switched by binaries.

The duals of scenario k at a design give  Q_k(x) >= a - p'x + s'x  with p, s >= 0. With any lower bound L of Q_k over
all designs, sizes x_c <= U_c b_c of a switch b_c, a set F of columns taken at their upper bounds, and
D = a - L + s'lower - sum_F p_c upper_c > 0,

    Q_k(x) >= L + D - sum_{c not in F} t_c(x),      t_c = p_c x_c  or  min(p_c U_c, D) b_c

hold for every integral design: a size that is not built gives nothing, one that is built gives no more than D, to which
comes what columns without a switch may take, where they can be below 0 (a
knapsack cover inequality: Carr, Fleischer, Leung, Phillips 2000, SODA, 106-115). In the relaxation, where a tenth of a
switch buys a tenth of the size, the second form asks for more: a shortage that a small pipe could fill still needs the
whole pipe. The choice is made anew for every scenario at the design at hand, by whichever bound is greatest there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from ...problems.two_stage.problem import Booleans, FirstStage, Floats, Integers

UNDECIDED = 1e-6  # distance of a switch from 0 and 1
BUILT = 0.999  # of the upper bound, from which a column is taken at it


@dataclass(frozen=True)
class Switches:
    """Of every first-stage column its `switch`, a binary column (-1: none), and `largest`, the U of x <= U b; (n1,)."""

    lower: Floats
    upper: Floats
    switch: Integers
    largest: Floats

    @staticmethod
    def of(first: FirstStage) -> Switches | None:
        """From the rows x - U b <= 0 of the first stage; None where there is none."""
        binary = first.integer & (first.lower >= 0.0) & (first.upper <= 1.0)
        switch, largest = np.where(binary, np.arange(len(binary)), -1), first.upper.copy()
        for c, b, most in _variable_bounds(first, binary):
            if switch[c] < 0 or most < largest[c]:
                switch[c], largest[c] = b, most
        if not (switch >= 0).any():
            return None
        return Switches(first.lower, first.upper, switch, largest)

    @cached_property
    def _to_switch(self) -> Any:
        """(n1, n1) selects the switch of each column."""
        columns = np.flatnonzero(self.switch >= 0)
        entries = (np.ones(len(columns)), (columns, self.switch[columns]))
        return sp.csr_array(entries, shape=(len(self.switch), len(self.switch)))

    @property
    def generous(self) -> Floats:
        """(n1,) everything that has a largest size at it."""
        return np.where(np.isfinite(self.upper), self.upper, np.where(np.isfinite(self.lower), self.lower, 0.0))

    def undecided(self, x: Floats) -> bool:
        """Whether a switch is neither off nor on at `x` (n1,); otherwise no cut there can be stronger."""
        state = x[self.switch[self.switch >= 0]]
        return bool((np.abs(state - np.round(state)) > UNDECIDED).any())

    def least(self, value: Floats, slope: Floats, x: Floats) -> Floats:
        """(N,) lower bounds of the recourse over all designs, from cuts `value` (N,), `slope` (N, n1) at `x` (n1,)."""
        return value - _along(slope, x) + np.minimum(_terms(slope, self.lower), _terms(slope, self.upper)).sum(axis=1)

    def strengthened(self, value: Floats, slope: Floats, x: Floats, least: Floats) -> tuple[Floats, Floats]:
        """`value` (N,) and `slope` (N, n1) of stronger cuts at `x` (n1,), given `least` (N,)."""
        demand = value - _along(slope, x) - least + np.where(slope > 0.0, _terms(slope, self.lower), 0.0).sum(axis=1)
        used = np.flatnonzero((slope < 0.0).any(axis=0))  # the rest of the arrays is nothing but zeros
        price, largest, point = np.maximum(-slope[:, used], 0.0), self.largest[used], x[used]
        switched = self.switch[used] >= 0
        state = np.where(switched, x[self.switch[used]], 1.0)
        paid = price * point
        below = _terms(price, np.minimum(self.lower[used], 0.0))
        to_switch = self._to_switch[used]
        best, best_slope = value.copy(), slope.copy()
        for full in (np.zeros(len(used), dtype=bool), point >= BUILT * self.upper[used]):
            left = demand - _along(price[:, full], self.upper[used][full])
            choice = switched & ~full
            most = left - below[:, ~choice & ~full].sum(axis=1)
            whole = np.where(choice, np.minimum(price * np.where(choice, largest, 0.0), most[:, None]), 0.0)
            cheaper = choice & (whole * state < paid)
            paid_now = np.where(cheaper, whole * state, paid)
            found = least + left - paid_now.sum(axis=1, where=~full)
            better = np.isfinite(found) & (left > 0.0) & (found > best + 1e-9 * np.abs(best))
            if better.any():
                best[better] = found[better]
                whole, cheaper = whole[better], cheaper[better]
                new = np.where(cheaper, whole, 0.0) @ -to_switch
                new[:, used] -= np.where(full | cheaper, 0.0, price[better])
                best_slope[better] = new
        return best, best_slope


def _along(slope: Floats, x: Floats) -> Floats:
    """(N,) slope'x; not by BLAS, whose sums depend on the number of threads."""
    return np.einsum("kc,c->k", slope, x)


def _terms(slope: Floats, bound: Floats) -> Floats:
    """(N, n1) slope x bound, 0 where the slope is."""
    with np.errstate(invalid="ignore"):
        return np.where(slope == 0.0, 0.0, slope * bound)


def _variable_bounds(first: FirstStage, binary: Booleans) -> Iterator[tuple[int, int, float]]:
    """(column, switch, U) of the rows x - U b <= 0 with x >= 0."""
    A = first.A
    for row in np.flatnonzero(np.diff(A.indptr) == 2):
        place = slice(A.indptr[row], A.indptr[row + 1])
        columns, entries = A.indices[place], A.data[place]
        for (c, b), (entry, big) in ((columns, entries), (columns[::-1], entries[::-1])):
            limit = first.row_upper[row] if entry > 0 else -first.row_lower[row]
            if binary[b] and not first.integer[c] and limit == 0.0 and entry * big < 0.0 and first.lower[c] >= 0.0:
                yield int(c), int(b), float(-big / entry)
