"""From the user's LP to the engines' standard form and back: presolve and scaling of what all scenarios share.

    min q'y   s.t.   W y = h,   lower <= y <= upper      ->      min q'y   s.t.   W y = h,   0 <= y <= upper

A finite lower bound is shifted to zero, a column with only an upper bound is reflected, a free column is split in two,
rows without entries and rows that depend linearly on others are taken out (their right-hand sides are checked), and
rows and columns are scaled by powers of two until their largest entries are about 1. Row duals need no mapping but the
scaling; bound duals are recomputed from them in the user's form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from .arrays import Placed, PlacedMatrix, largest
from .engine import Booleans, Floats, Iterates, Sparse, StandardBatch, StandardForm

Indices = NDArray[np.int64]

OWN = 1e-3  # least entry of a scaled row in a column of its own for which the row is taken to be independent
DEPENDENCE = 1e-11  # a row is dependent where what is left of it after the others is smaller than this
LARGEST_DENSE = 1500  # rows in doubt up to which dependent ones are looked for (a dense QR factorization)


@dataclass(frozen=True)
class Standardized:
    """A batch in standard form, its constant objective (N,) and which scenarios satisfy the rows taken out (N,)."""

    batch: StandardBatch
    constant: Any
    consistent: Any


class Standardizer:
    """The standard form for one choice of finite upper bounds, with or without a W per scenario."""

    def __init__(self, W: Sparse, lower: Floats, upper_finite: Booleans, *, own_values: bool) -> None:
        lower_finite = np.isfinite(lower)
        used = np.diff(W.indptr) > 0
        reflected = used & ~lower_finite & upper_finite
        free = used & ~lower_finite & ~upper_finite
        once, halves = np.flatnonzero(used), np.flatnonzero(free)  # the negative halves of free columns come last
        columns = np.concatenate((once, halves))
        sign = np.concatenate((np.where(reflected[once], -1.0, 1.0), -np.ones(len(halves))))

        rows = np.flatnonzero(np.bincount(W.indices, minlength=W.shape[0]) > 0)
        numbered = sp.csc_array((np.arange(1.0, W.nnz + 1), W.indices, W.indptr), shape=W.shape)
        numbered = sp.csc_array(sp.csr_array(numbered[:, columns])[rows])
        numbered.sort_indices()
        entries = numbered.data.astype(np.int64) - 1
        signs = np.repeat(sign, np.diff(numbered.indptr))
        form = sp.csc_array((W.data[entries] * signs, numbered.indices, numbered.indptr), shape=numbered.shape)
        row_scale, column_scale = _equilibrate(form)
        factor = signs * row_scale[form.indices] * np.repeat(column_scale, np.diff(form.indptr))
        form.data = W.data[entries] * factor

        removed = np.setdiff1d(np.arange(W.shape[0]), rows)
        combination = np.zeros((len(removed), W.shape[0]))  # h[removed] must equal combination @ h
        if not own_values:
            dependent, weights = _dependent_rows(form)
            if dependent.size:
                kept = np.setdiff1d(np.arange(len(rows)), dependent)
                unscaled = weights * row_scale[kept] / row_scale[dependent, None]
                extra = np.zeros((len(dependent), W.shape[0]))
                extra[:, rows[kept]] = unscaled
                combination = np.vstack((combination, extra))
                removed = np.concatenate((removed, rows[dependent]))
                keep = np.isin(form.indices, kept)
                entries, factor = entries[keep], factor[keep]
                form = sp.csc_array(sp.csr_array(form)[kept])
                form.sort_indices()
                rows, row_scale = rows[kept], row_scale[kept]
        bounded = np.where(sign > 0, lower_finite[columns] & upper_finite[columns], False)
        self.form = StandardForm(form, bounded)
        self._all_columns = np.array_equal(columns, np.arange(W.shape[1]))
        self._all_rows = np.array_equal(rows, np.arange(W.shape[0]))
        unscaled = bool((row_scale == 1.0).all() and (column_scale == 1.0).all())
        self._unchanged = self._all_columns and self._all_rows and unscaled
        self._shifted = bool(reflected.any() or (used & lower_finite & (lower != 0.0)).any())
        self._reflected = np.flatnonzero(reflected)
        self._unused = np.flatnonzero(~used)
        self._removed = len(removed)
        self._free = halves
        sum_rows = sp.csr_array((np.ones(W.nnz), (np.arange(W.nnz), W.indices)), shape=(W.nnz, W.shape[0]))
        self._transposed, self._sum_rows = PlacedMatrix(W.T), PlacedMatrix(sum_rows)
        self._combination = PlacedMatrix(combination.T)
        self._place = {
            name: Placed(values)
            for name, values in {
                "rows": rows,
                "columns": columns,
                "row_scale": row_scale,
                "column_scale": column_scale,
                "cost_scale": sign * column_scale,
                "entries": entries,
                "factor": factor,
                "bounded": np.flatnonzero(bounded),
                "bounded_column": columns[bounded],
                "bounded_lower": lower[columns[bounded]],
                "bounded_scale": column_scale[bounded],
                "shift": np.where(used & lower_finite, lower, 0.0),
                "unused_lower": lower[~used],
                "removed": removed,
                "reflected": self._reflected,
                "unused": self._unused,
                "free": self._free,
                "entry_columns": np.repeat(np.arange(W.shape[1]), np.diff(W.indptr)),
            }.items()
        }
        self._shape = W.shape

    def _shift(self, xp: Any, upper: Any) -> Any:
        """What y is counted from, (n,) or (N, n)."""
        shift = self._place["shift"].on(xp)
        if len(self._reflected):
            shift = xp.broadcast_to(shift, upper.shape).copy()
            reflected = self._place["reflected"].on(xp)
            shift[..., reflected] = upper[..., reflected]
        return shift

    def _times(self, xp: Any, y: Any, W_values: Any) -> Any:
        """W y for y (n,) or (N, n), with each scenario's W where it has one."""
        if W_values is None:
            return self._transposed.after(xp, y)
        return self._sum_rows.after(xp, W_values * y[..., self._place["entry_columns"].on(xp)])

    def standardize(self, xp: Any, h: Any, q: Any, upper: Any, W_values: Any) -> Standardized:
        """The batch for the engines; h (N, m), q and upper (n,) or (N, n), W_values (N, nnz) or None."""
        place = {name: placed.on(xp) for name, placed in self._place.items()}
        constant = xp.zeros(len(h))
        if self._shifted:
            shift = self._shift(xp, upper)
            h = h - self._times(xp, shift, W_values)
            constant = constant + (q * shift).sum(axis=-1)
        if len(self._unused):
            cost, bounds = q[..., place["unused"]], (place["unused_lower"], upper[..., place["unused"]])
            bound = xp.where(cost > 0.0, bounds[0], bounds[1])
            constant = constant + (cost * xp.where(cost == 0.0, 0.0, bound)).sum(axis=-1)
        consistent = xp.ones(len(h), dtype=bool)
        if self._removed:
            error = largest(xp, xp.abs(h[:, place["removed"]] - self._combination.after(xp, h)))
            consistent = error <= 1e-9 * largest(xp, xp.abs(h))
        if self._unchanged and not self._shifted:
            return Standardized(StandardBatch(h, q, upper, W_values), constant, consistent)
        room = xp.full((*upper.shape[:-1], len(place["columns"])), np.inf)
        own_room = upper[..., place["bounded_column"]] - place["bounded_lower"]
        room[..., place["bounded"]] = xp.maximum(own_room, 0.0) / place["bounded_scale"]
        h = h if self._all_rows else xp.take(h, place["rows"], axis=1)
        q = q if self._all_columns else xp.take(q, place["columns"], axis=-1)
        batch = StandardBatch(
            xp.ascontiguousarray(h * place["row_scale"]),
            xp.ascontiguousarray(q * place["cost_scale"]),
            room,
            None if W_values is None else xp.ascontiguousarray(W_values[:, place["entries"]] * place["factor"]),
        )
        return Standardized(batch, constant, consistent)

    def dual(self, xp: Any, iterates: Iterates) -> Any:
        """Row duals (N, m) of the user's LP; zero on the rows that were taken out."""
        if self._unchanged:
            return iterates.dual
        result = xp.zeros((len(iterates.dual), self._shape[0]))
        result[:, self._place["rows"].on(xp)] = iterates.dual * self._place["row_scale"].on(xp)
        return result

    def primal(self, xp: Any, iterates: Iterates, q: Any, upper: Any) -> Any:
        """y (N, n) of the user's LP."""
        scaled = iterates.primal * self._place["cost_scale"].on(xp)
        if self._all_columns and not self._shifted:
            return scaled
        split = scaled.shape[1] - len(self._free)
        columns = self._place["columns"].on(xp)
        result = xp.zeros((len(scaled), self._shape[1]))
        if self._shifted:
            result += self._shift(xp, upper)
        result[:, columns[:split]] += scaled[:, :split]
        result[:, self._place["free"].on(xp)] += scaled[:, split:]
        if len(self._unused):
            unused = self._place["unused"].on(xp)
            cost, low, high = q[..., unused], self._place["unused_lower"].on(xp), upper[..., unused]
            nearest = xp.minimum(xp.maximum(0.0, low), high)
            result[:, unused] = xp.where(cost > 0.0, low, xp.where(cost < 0.0, high, nearest))
        return result


def _equilibrate(W: Sparse) -> tuple[Floats, Floats]:
    """Row and column scales, powers of two, that bring the largest entry of every row and column to about 1.

    Ruiz, A Scaling Algorithm to Equilibrate Both Rows and Columns Norms in Matrices, RAL-TR-2001-034.
    """
    row, column = np.ones(W.shape[0]), np.ones(W.shape[1])
    columns = np.repeat(np.arange(W.shape[1]), np.diff(W.indptr))
    for _ in range(10):
        size = np.abs(W.data) * row[W.indices] * column[columns]
        largest_row, largest_column = np.zeros(W.shape[0]), np.zeros(W.shape[1])
        np.maximum.at(largest_row, W.indices, size)
        np.maximum.at(largest_column, columns, size)
        row /= np.sqrt(np.where(largest_row > 0.0, largest_row, 1.0))
        column /= np.sqrt(np.where(largest_column > 0.0, largest_column, 1.0))
    return np.exp2(np.round(np.log2(row))), np.exp2(np.round(np.log2(column)))


def _dependent_rows(W: Sparse) -> tuple[Indices, Floats]:
    """Rows that are linear combinations of the others, and the weights (dependent, kept) of those combinations."""
    m = W.shape[0]
    doubtful = _without_own_column(W)
    if not len(doubtful) or len(doubtful) > LARGEST_DENSE:
        return np.zeros(0, np.int64), np.zeros((0, m))
    factors: Any = scipy.linalg.qr(W[doubtful].T.toarray(), mode="r", pivoting=True)
    R, order = factors[0], factors[-1]
    diagonal = np.zeros(len(doubtful))
    diagonal[: min(R.shape)] = np.abs(np.diag(R))
    rank = int((diagonal > DEPENDENCE * max(diagonal[0], 1e-300)).sum())
    weights = scipy.linalg.solve_triangular(R[:rank, :rank], R[:rank, rank:]).T  # in the order of `order[:rank]`
    dependent = doubtful[order[rank:]]
    kept = np.setdiff1d(np.arange(m), dependent)
    result = np.zeros((len(dependent), len(kept)))
    result[:, np.searchsorted(kept, doubtful[order[:rank]])] = weights
    return dependent, result


def _without_own_column(W: Sparse) -> Indices:
    """Rows that are left when those with a column that no other row has are taken out, again and again.

    A row with a column of its own is no combination of the others, and takes part in none.
    """
    columns = sp.csc_array(abs(W) >= OWN).astype(np.int64)
    others = sp.csc_array(W != 0.0).astype(np.int64)
    left = np.ones(W.shape[0], np.int64)
    while True:
        own = (others.T @ left == 1) & (columns.T @ left == 1)
        taken = left * (columns @ own.astype(np.int64) > 0)
        if not taken.any():
            return np.flatnonzero(left)
        left -= taken
