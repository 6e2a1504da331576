"""Programs that only a few inequalities hold together, and the parts that are left without these.

A year of several periods is one program because a permit counts over the year. Where the permit does not bind, every
period is a program of its own: smaller, with a state that fits a processor's cache, and done in its own number of
iterations. The rows left out have slacks: a dual of zero costs them nothing, so that the duals of the parts are duals
of the whole. `separated.py` looks in every scenario whether they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from .engine import Booleans, Floats, Sparse

Indices = NDArray[np.int64]

LEAST_ROWS = 100  # of a program that is worth taking apart
LARGEST_PART = 0.4  # of the columns
ROWS_A_LINK = 50  # of the program for each row that may be left out: the more of these, the likelier one binds
MOST_SHAPES = 8


@dataclass(frozen=True)
class Part:
    """C parts with the same `W` (m, n): their `rows` (C, m), `columns` (C, n) and `entries` (C, nnz) of the whole."""

    W: Sparse
    rows: Indices
    columns: Indices
    entries: Indices


@dataclass(frozen=True)
class Links:
    """The `rows` (l,) left out; `slack` (l,) is one of the columns `own` (k,) that only they have.

    Their other entries: `row` (e,) which of them, `column` and `entry` (position in `W.data`) of the whole.
    """

    rows: Indices
    slack: Indices
    own: Indices
    row: Indices
    column: Indices
    entry: Indices


def find_parts(W: Sparse, q: Floats, lower: Floats, upper: Floats) -> tuple[Links, tuple[Part, ...]] | None:
    """Links and parts of `W` (m, n), canonical CSC, with `q`, `lower`, `upper` (n,); None where there are none."""
    m, n = W.shape
    row, column = W.indices.astype(np.int64), np.repeat(np.arange(n), np.diff(W.indptr))
    single = np.diff(W.indptr) == 1
    slack_of = np.full(m, -1)
    is_slack = single & (q == 0.0) & (lower == 0.0) & (upper > 0.0)
    slack_of[row[is_slack[column]]] = np.flatnonzero(is_slack)
    rows = _linking_rows(W, single, slack_of >= 0) if m >= LEAST_ROWS else np.zeros(0, np.int64)
    if not len(rows) or ROWS_A_LINK * len(rows) > m:
        return None
    place = np.full(m, -1)
    place[rows] = np.arange(len(rows))
    linking = place[row] >= 0
    own = np.zeros(n, np.bool_)
    own[column[linking & single[column]]] = True
    parts = _parts(W, row, column, place < 0, ~own)
    unlike = any((lower[part.columns] != lower[part.columns[0]]).any() for part in parts)
    if unlike or len(parts) > MOST_SHAPES or (lower[own] != 0.0).any():
        return None
    entry = np.flatnonzero(linking & ~own[column])
    return Links(rows, slack_of[rows], np.flatnonzero(own), place[row[entry]], column[entry], entry), parts


def _linking_rows(W: Sparse, single: Booleans, has_slack: Booleans) -> Indices:
    """Rows with a slack that would make a piece of more than `LARGEST_PART` of all; rows without one come first.

    The rows join what they touch in rising order of the second largest piece that they touch, in steps of two.
    """
    columns = np.flatnonzero(~single)
    structural = sp.csr_array(W[:, columns])
    touched = [members.tolist() for members in np.split(structural.indices, structural.indptr[1:-1])]
    from scipy.cluster.hierarchy import DisjointSet  # loads SciPy's spatial part: a tenth of a second

    pieces: Any = DisjointSet(range(len(columns)))
    for i in np.flatnonzero(~has_slack):
        _join(pieces, touched[i])
    waiting, links = [int(i) for i in np.flatnonzero(has_slack)], list[int]()
    limit = 1
    while waiting:
        later = list[int]()
        for i in waiting:
            sizes = sorted(pieces.subset_size(root) for root in {pieces[k] for k in touched[i]})
            if len(sizes) > 1 and sizes[-2] > limit:
                later.append(i)
            elif sum(sizes) > LARGEST_PART * len(columns) and len(sizes) > 1:
                links.append(i)
            else:
                _join(pieces, touched[i])
        waiting, limit = later, 2 * limit
    return np.array(sorted(links), np.int64)


def _join(pieces: Any, members: list[int]) -> None:
    for one, other in pairwise(members):
        pieces.merge(one, other)


def _parts(W: Sparse, row: Indices, column: Indices, kept_row: Booleans, kept_column: Booleans) -> tuple[Part, ...]:
    """The connected components of the rows and columns kept, those with the same W together."""
    m, n = W.shape
    inside = np.flatnonzero(kept_row[row] & kept_column[column])
    nodes = np.concatenate((np.flatnonzero(kept_row), m + np.flatnonzero(kept_column)))
    edges = sp.coo_array((np.ones(len(inside)), (row[inside], m + column[inside])), shape=(m + n, m + n))
    _, label = connected_components(edges, directed=False)
    empty = kept_column & (np.bincount(column[inside], minlength=n) == 0)
    label[m:][empty] = label[row[inside[0]]]  # a program without rows is none
    members: dict[int, tuple[list[int], list[int], list[int]]] = {int(k): ([], [], []) for k in np.unique(label[nodes])}
    for i in np.flatnonzero(kept_row):
        members[int(label[i])][0].append(int(i))
    for j in np.flatnonzero(kept_column):
        members[int(label[m + j])][1].append(int(j))
    for e in inside:
        members[int(label[row[e]])][2].append(int(e))
    shapes: dict[bytes, list[tuple[Indices, Indices, Indices]]] = {}
    for indices in members.values():
        rows, columns, entries = (np.array(k, np.int64) for k in indices)
        size, at_row = np.array([len(rows), len(columns)]), np.searchsorted(rows, row[entries])
        shape = (size, at_row, np.searchsorted(columns, column[entries]), W.data[entries])
        shapes.setdefault(b"|".join(array.tobytes() for array in shape), []).append((rows, columns, entries))
    result = list[Part]()
    for alike in shapes.values():
        rows, columns, entries = (np.stack(indices) for indices in zip(*alike, strict=True))
        result.append(Part(sp.csc_array(sp.csr_array(W[:, columns[0]])[rows[0]]), rows, columns, entries))
    return tuple(result)
