"""Cholesky factorization of the normal equations of many scenarios at once, their pattern analysed once.

All arrays are [entry][scenario]. The columns of L are taken level by level of the elimination tree: what stands in one
level depends on lower levels only, so a level is a handful of array operations over all its entries and scenarios.

Tim Davis, Direct Methods for Sparse Linear Systems, SIAM 2006, DOI 10.1137/1.9780898718881, chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ..engine import Floats, Sparse
from ..symbolic import Indices, factor_pattern

# A pivot below this share of its diagonal entry is rounding noise: the row depends on those before it, and its dual
# is left where it is. Raising the pivot to a small positive number instead makes the steps explode (20term: NaN).
# Wright, Modified Cholesky Factorizations in Interior-Point Algorithms for Linear Programming, SIAM J. Optim. 9 (1999),
# DOI 10.1137/S1052623496304712.
DEPENDENT = 1e-14


@dataclass(frozen=True)
class _Sum:
    """Sums of products of two gathered rows: `summation @ (a[left] * b[right])`."""

    summation: Sparse
    left: Indices
    right: Indices

    def __call__(self, a: Floats, b: Floats) -> Floats:
        return np.asarray(self.summation @ (a[self.left] * b[self.right]))

    @staticmethod
    def of(destination: Indices, left: Indices, right: Indices, size: int) -> _Sum:
        order = np.argsort(destination, kind="stable")
        starts = np.searchsorted(destination[order], np.arange(size + 1))
        ones, columns = np.ones(len(order)), np.arange(len(order))
        summation = sp.csr_array((ones, columns, starts), shape=(size, len(order)))
        return _Sum(summation, left[order], right[order])


@dataclass(frozen=True)
class _Level:
    """Columns of one level: where they stand in L and which products update them."""

    columns: Indices
    diagonal: Indices  # entries of L on the diagonal, one a column
    below: Indices  # entries of L below the diagonal
    below_column: Indices  # position in `columns` of the column of each entry below
    update_diagonal: _Sum
    update_below: _Sum
    forward: _Sum  # L[entry] * x[column] of earlier columns
    backward: _Sum  # L[entry] * x[row] of later rows


class Cholesky:
    """L L' = M for many M of one pattern; `rows`, `columns` say which entry of M each value of `factor` belongs to.

    `pattern` (m, m) symmetric, its values ignored, already in elimination order.
    """

    def __init__(self, pattern: Sparse) -> None:
        below = factor_pattern(pattern)
        m = len(below)
        columns = np.concatenate([np.full(len(rows) + 1, j) for j, rows in enumerate(below)])
        self.rows: Indices = np.concatenate([np.concatenate(([j], rows)) for j, rows in enumerate(below)])
        self.columns: Indices = columns
        starts = np.concatenate(([0], np.cumsum([len(rows) + 1 for rows in below]))).astype(np.int64)
        self._diagonal: Indices = starts[:-1]
        depth = np.zeros(m, np.int64)  # a column is updated by columns of smaller depth only
        for j, rows in enumerate(below):
            if len(rows):
                depth[rows[0]] = max(depth[rows[0]], depth[j] + 1)
        self._levels: list[_Level] = []
        updates = self._updates(below, starts)
        off = np.setdiff1d(np.arange(len(self.rows)), self._diagonal)
        for level in range(int(depth.max(initial=-1)) + 1):
            self._levels.append(self._level(np.flatnonzero(depth == level), off, starts, updates))

    def _updates(self, below: list[Indices], starts: Indices) -> tuple[Indices, Indices, Indices]:
        """(destination, left, right) of every product L[left] * L[right] that is subtracted from an entry."""
        entry = {(int(i), int(j)): k for k, (i, j) in enumerate(zip(self.rows, self.columns, strict=True))}
        destination, left, right = [], [], []
        for k, rows in enumerate(below):
            first = int(starts[k]) + 1
            for b, column in enumerate(rows):
                for a in range(b, len(rows)):
                    destination.append(entry[int(rows[a]), int(column)])
                    left.append(first + a)
                    right.append(first + b)
        return np.array(destination, np.int64), np.array(left, np.int64), np.array(right, np.int64)

    def _level(
        self, columns: Indices, off: Indices, starts: Indices, updates: tuple[Indices, Indices, Indices]
    ) -> _Level:
        destination, left, right = updates
        position = np.full(len(self._diagonal), -1)
        position[columns] = np.arange(len(columns))
        below = off[position[self.columns[off]] >= 0]
        earlier = off[position[self.rows[off]] >= 0]

        def update(entries: Indices) -> _Sum:
            place = np.full(len(self.rows), -1)
            place[entries] = np.arange(len(entries))
            mine = np.flatnonzero(place[destination] >= 0) if len(destination) else np.zeros(0, np.int64)
            return _Sum.of(place[destination[mine]], left[mine], right[mine], len(entries))

        return _Level(
            columns=columns,
            diagonal=starts[columns],
            below=below,
            below_column=position[self.columns[below]],
            update_diagonal=update(starts[columns]),
            update_below=update(below),
            forward=_Sum.of(position[self.rows[earlier]], earlier, self.columns[earlier], len(columns)),
            backward=_Sum.of(position[self.columns[below]], below, self.rows[below], len(columns)),
        )

    def factor(self, M: Floats) -> Floats:
        """L of M (entries, N), with the reciprocal of its diagonal; dependent rows get a zero column."""
        L = M.copy()
        for level in self._levels:
            pivot = M[level.diagonal] - level.update_diagonal(L, L)
            independent = pivot > DEPENDENT * M[level.diagonal]
            reciprocal = np.where(independent, 1.0 / np.sqrt(np.where(independent, pivot, 1.0)), 0.0)
            L[level.diagonal] = reciprocal
            L[level.below] = (M[level.below] - level.update_below(L, L)) * reciprocal[level.below_column]
        return L

    def solve(self, L: Floats, right_hand_side: Floats) -> Floats:
        """x (m, N) with L L' x = right_hand_side."""
        x = right_hand_side.copy()
        for level in self._levels:
            x[level.columns] = (x[level.columns] - level.forward(L, x)) * L[level.diagonal]
        for level in reversed(self._levels):
            x[level.columns] = (x[level.columns] - level.backward(L, x)) * L[level.diagonal]
        return x
