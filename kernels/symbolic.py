"""Symbolic factorization, once per sparsity pattern: elimination order, pattern of L, and the products that fill it.

Tim Davis, Direct Methods for Sparse Linear Systems, SIAM 2006, DOI 10.1137/1.9780898718881, chapter 4; Amestoy, Davis,
Duff, SIAM J. Matrix Anal. Appl. 17 (1996), DOI 10.1137/S0895479894278952, on minimum-degree orders.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from .engine import Sparse, StandardForm
from .panels import TILE, Indices, gathered, panels, products

LARGEST_LEAST_FILL = 1500  # rows up to which the better and slower order is tried: less than a second


def fill_reducing_order(W: Sparse) -> Indices:
    """Minimum-degree order of the rows of W, for W W', by SuperLU."""
    m = W.shape[0]
    unit = abs(W)
    unit.data[:] = 1.0
    pattern = sp.csc_array(unit @ unit.T)
    pattern.data[:] = 1.0
    dominant = sp.csc_matrix(pattern + sp.diags_array(np.asarray(pattern.sum(axis=0)).ravel() + 1.0))
    lu = splu(dominant, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    order = np.argsort(lu.perm_c)
    return order if m else np.zeros(0, np.int64)


def least_fill_order(W: Sparse) -> Indices:
    """Order of the rows of W, for W W', that at every step eliminates the row that makes the fewest new entries.

    Up to a fifth fewer products than minimum degree, for more work: up to `LARGEST_LEAST_FILL` rows only. Rothberg,
    Eisenstat, Node Selection Strategies for Bottom-Up Sparse Matrix Ordering, SIAM J. Matrix Anal. Appl. 19 (1998).
    """
    pattern = _normal_pattern(W)
    m = W.shape[0]
    near = [set(pattern.indices[pattern.indptr[i] : pattern.indptr[i + 1]].tolist()) - {i} for i in range(m)]
    bits = [sum(1 << k for k in neighbours) for neighbours in near]  # the same sets, quickly intersected

    def fill(i: int) -> int:
        return len(near[i]) * (len(near[i]) - 1) - sum((bits[k] & bits[i]).bit_count() for k in near[i])

    fills = {i: fill(i) for i in range(m)}
    order: list[int] = []
    while fills:
        row = min(fills, key=fills.__getitem__)
        makes_entries = fills.pop(row) > 0
        order.append(row)
        clique = near[row]
        changed = set(clique)
        for k in clique:
            near[k] |= clique
            near[k] -= {k, row}
            bits[k] = (bits[k] | bits[row]) & ~(1 << k | 1 << row)
        if makes_entries:
            for k in clique:
                changed |= near[k]
        for k in changed:
            fills[k] = fill(k)
    return np.array(order, np.int64)


def factor_pattern(pattern: Sparse) -> list[Indices]:
    """Rows below the diagonal of every column of L: its own and those of its children in the elimination tree.

    `pattern` (m, m) symmetric CSC in elimination order; its values are ignored.
    """
    m = pattern.shape[0]
    structure = [
        {int(i) for i in pattern.indices[pattern.indptr[j] : pattern.indptr[j + 1]] if i > j} for j in range(m)
    ]
    for rows in structure:
        if rows:
            parent = min(rows)
            structure[parent] |= rows - {parent}
    return [np.array(sorted(rows), np.int64) for rows in structure]


def plan(form: StandardForm) -> dict[str, Any]:
    """The arrays of `Plan` in cuda/plan.cuh, by name: rows in elimination order, bounded columns first.

    Raises ValueError where the factor has more entries than 32-bit indices can count.
    """
    columns = np.lexsort((np.diff(form.W.indptr), ~form.bounded))  # equal lengths in a row: no branch is mispredicted
    row_place = _best_order(form.W)
    row_place = row_place[_postorder(factor_pattern(_normal_pattern(sp.csc_array(sp.csr_array(form.W)[row_place]))))]
    numbered = sp.csc_array((np.arange(1.0, form.W.nnz + 1), form.W.indices, form.W.indptr), shape=form.W.shape)
    numbered = sp.csc_array(sp.csr_array(numbered)[row_place])[:, columns]
    numbered.sort_indices()
    entry_place = numbered.data.astype(np.int64) - 1
    value = form.W.data[entry_place]
    factor = panels(factor_pattern(_normal_pattern(numbered)))
    size = int(factor.entry[-1])
    if size > np.iinfo(np.int32).max - TILE:
        raise ValueError(f"the Cholesky factor has {size:,} entries; at most 2,147,483,643 can be held")
    left, right = _pairs(numbered.indptr)
    rows = numbered.indices.astype(np.int64)
    entries = factor.place(rows[left], rows[right])
    form_entry, form_start, order = gathered(entries, np.zeros(size + TILE, np.int64), empty=True)
    form_left, form_right = left[order], right[order]
    form_column = np.repeat(np.arange(len(columns)), np.diff(numbered.indptr))[form_left]
    taken = products(factor)
    int32 = {
        "row_place": row_place, "column_place": columns, "entry_place": entry_place, "column_start": numbered.indptr,
        "column_row": rows, "panel_start": factor.start, "form_column": form_column,
        "below_start": np.cumsum([0, *map(len, factor.below)]), "below_row": np.concatenate(factor.below),
        "form_entry": form_entry, "tape_panel": taken.tape_panel, "tape_entry": taken.tape_entry,
        "form_left": form_left, "form_right": form_right, "tape_left": taken.tape_left, "tape_right": taken.tape_right,
        "block_width": taken.block_width, "block_place": taken.block_place,
    }  # fmt: skip
    int64 = {
        "panel_entry": factor.entry, "form_start": form_start, "tape_start": taken.tape_start,
        "tile_start": taken.tile_start, "block_start": taken.block_start,
    }  # fmt: skip
    return (
        {name: np.ascontiguousarray(values, dtype=np.int32) for name, values in int32.items()}
        | {name: np.ascontiguousarray(values, dtype=np.int64) for name, values in int64.items()}
        | {
            "value": np.ascontiguousarray(value),
            "form_value": value[form_left] * value[form_right],
            "bounded": int(form.bounded.sum()),
            "panels": len(factor.below),
        }
    )


def _postorder(below: list[Indices]) -> Indices:
    """Order of the columns in which every column follows its children at once: the same fill, and longer panels."""
    m = len(below)
    children: list[list[int]] = [[] for _ in range(m + 1)]
    for column, rows in enumerate(below):
        children[int(rows[0]) if len(rows) else m].append(column)
    order: list[int] = []
    waiting = [m]
    while waiting:  # the last child has the most rows: it is the one most like its parent
        column = waiting.pop()
        order.append(column)
        waiting += sorted(children[column], key=lambda child: len(below[child]))
    return np.array(order[:0:-1], np.int64)


def _best_order(W: Sparse) -> Indices:
    """Of several orders the one with the fewest products in the factorization."""

    def products(order: Indices) -> int:
        pattern = _normal_pattern(sp.csc_array(sp.csr_array(W)[order]))
        return sum(len(rows) * (len(rows) + 1) for rows in factor_pattern(pattern))

    orders = [fill_reducing_order(W), np.arange(W.shape[0])]
    if W.shape[0] <= LARGEST_LEAST_FILL:
        orders.append(least_fill_order(W))
    return min(orders, key=products)


def _normal_pattern(W: Sparse) -> Sparse:
    unit = sp.csc_array((np.ones(W.nnz), W.indices, W.indptr), shape=W.shape)
    return sp.csc_array(unit @ unit.T + sp.eye_array(W.shape[0]))


def _pairs(start: Indices) -> tuple[Indices, Indices]:
    """All (a, b), a >= b, within each segment start[k] .. start[k + 1]."""
    first, second = [], []
    for k in range(len(start) - 1):
        b, a = np.triu_indices(int(start[k + 1] - start[k]))
        first.append(a + int(start[k]))
        second.append(b + int(start[k]))
    return np.concatenate(first), np.concatenate(second)
