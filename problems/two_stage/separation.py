"""Which parts of the recourse problem nothing couples: periods without a store or a yearly cap are LPs of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from .problem import Booleans, Floats, Integers


@dataclass(frozen=True)
class RecourseBlock:
    """One LP shape and the C components of the standard form that have it.

    `W` (m, n) canonical CSC, `lower` (n,) 0 or -inf: the constructor's arguments of `RecourseLP`, with nominal `cost`
    and `upper` (n,). Component c is made of `rows[c]` (C, m), `columns[c]` (C, n) and `entries[c]` (C, nnz, positions
    in `W.data`) of the standard form. `random_matrix`: entries of W differ between scenarios or components.
    """

    W: sp.csc_array
    cost: Floats
    lower: Floats
    upper: Floats
    rows: Integers
    columns: Integers
    entries: Integers
    random_matrix: bool

    @property
    def components(self) -> int:
        """Number of components C that share this shape."""
        return len(self.rows)


def separate(
    W: sp.csc_array, cost: Floats, lower: Floats, upper: Floats, random_entry: Booleans
) -> tuple[RecourseBlock, ...]:
    """Blocks of `W` (m, n): connected components, those of equal pattern and fixed values together.

    Columns in no row join the first component, so that no LP is without rows.
    """
    m, n = W.shape
    column_of_entry = np.repeat(np.arange(n), np.diff(W.indptr))
    label = np.zeros(m + n, dtype=np.int64)
    if m:
        edges = sp.coo_array((np.ones(W.nnz), (W.indices, m + column_of_entry)), shape=(m + n, m + n))
        _, label = connected_components(edges, directed=False)
        label[m:][np.diff(W.indptr) == 0] = label[0]
    by_shape: dict[bytes, list[tuple[Integers, Integers, Integers]]] = {}
    for rows, columns, entries in _members(label, m, column_of_entry):
        position = np.zeros(m, dtype=np.int64)
        position[rows] = np.arange(len(rows))
        local_column = np.searchsorted(columns, column_of_entry[entries])
        fixed = np.where(random_entry[entries], 0.0, W.data[entries])
        shape = (
            np.array([len(rows), len(columns)]),
            position[W.indices[entries]],
            local_column,
            fixed,
            random_entry[entries],
            np.isfinite(lower[columns]),
        )
        by_shape.setdefault(b"|".join(part.tobytes() for part in shape), []).append((rows, columns, entries))
    return tuple(_block(W, cost, lower, upper, random_entry, members) for members in by_shape.values())


def _members(label: Integers, m: int, column_of_entry: Integers) -> list[tuple[Integers, Integers, Integers]]:
    """Rows, columns and entries of every component, each in ascending order, components in order of their first row."""
    _, first, component = np.unique(label, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))[component]
    count = len(first)

    def grouped(labels: Integers) -> list[Integers]:
        order = np.argsort(labels, kind="stable")
        return np.split(order, np.searchsorted(labels[order], np.arange(1, count)))

    groups = zip(grouped(rank[:m]), grouped(rank[m:]), grouped(rank[m:][column_of_entry]), strict=True)
    return [group for group in groups if len(group[0]) or len(group[1])]


def _block(
    W: sp.csc_array,
    cost: Floats,
    lower: Floats,
    upper: Floats,
    random_entry: Booleans,
    members: list[tuple[Integers, Integers, Integers]],
) -> RecourseBlock:
    rows, columns, entries = members[0]
    part = sp.csc_array(W[:, columns][rows, :])  # rows and columns ascend, so that the order of the entries is kept
    return RecourseBlock(
        part,
        cost[columns],
        lower[columns],
        upper[columns],
        np.stack([member[0] for member in members]),
        np.stack([member[1] for member in members]),
        np.stack([member[2] for member in members]),
        bool(random_entry[entries].any()),
    )
