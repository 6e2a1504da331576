"""The recourse problem in the form that `RecourseLP` solves, prepared once and filled with a batch of scenarios.

    Q(x, xi) = offset(xi) + sense * min  q(xi)'v   s.t.  W(xi) v = h(xi) - T(xi) x,   lower <= v <= u(xi) + S(xi) x

v = (y', slacks), lower is 0 or -inf, and y = shift(xi) + sign * y': columns with a lower bound are shifted by it (it
may be random), those with an upper bound only are mirrored, free ones stay free. An inequality or range row gets one
slack, bounded for a range; a row without bounds is dropped. A row  w y_j + t'x <= b  that is the only upper bound of
its activity moves into u: u_j = b / w and row j of S is -t'/w. Maximisation is negation (sense = -1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import scipy.sparse as sp

from .problem import Booleans, Floats, Integers, RandomPart, Sense, TwoStageProblem
from .separation import RecourseBlock, separate


class RowKind(IntEnum):
    """What becomes of a row of the recourse problem."""

    FREE = 0
    EQUAL = 1
    LESS = 2
    GREATER = 3
    RANGE = 4
    CAPACITY = 5  # moved into the upper bound of its activity


@dataclass(frozen=True)
class StandardRecourse:
    """The part of the standard form that no scenario changes: M rows, n columns (n2 activities, then the slacks).

    `kept` (M,) rows of the recourse problem; `row_kind` (m2,); `sign` (n2,) +1 or -1; `mirrored` (n2,) bool;
    `slack_row` (slacks,) the standard row of each slack. `capacity_row`, `capacity_column`, `capacity_weight` (k,) the
    rows moved into upper bounds with their w. `W_source` (nnz,) position of each entry of `W` in the problem's
    `W.data`, -1 for slacks; `T_source`, `slope_source` the same for `T` (M, n1) and `upper_slope` (n, n1) in `T.data`.
    """

    problem: TwoStageProblem
    row_kind: Integers
    kept: Integers
    sign: Floats
    mirrored: Booleans
    slack_row: Integers
    capacity_row: Integers
    capacity_column: Integers
    capacity_weight: Floats
    W: sp.csc_array
    W_source: Integers
    T: sp.csc_array
    T_source: Integers
    upper_slope: sp.csc_array
    slope_source: Integers
    lower: Floats
    blocks: tuple[RecourseBlock, ...]

    @property
    def sense(self) -> float:
        """-1 where the problem maximises, else 1."""
        return -1.0 if self.problem.sense is Sense.MAXIMIZE else 1.0


def standard_recourse(problem: TwoStageProblem, *, separated: bool = True) -> StandardRecourse:
    """The standard form of the problem's recourse, one block per LP shape; one single block where not `separated`."""
    recourse = problem.recourse
    n2, n1 = len(recourse.names), len(problem.first_stage.names)
    has_lower = np.isfinite(recourse.lower) | is_random(problem, "lower", n2)
    has_upper = np.isfinite(recourse.upper) | is_random(problem, "upper", n2)
    mirrored = ~has_lower & has_upper
    sign = np.where(mirrored, -1.0, 1.0)
    row_kind = _row_kinds(problem)
    capacity = _capacity_rows(problem, row_kind, has_lower)
    row_kind[capacity[0]] = RowKind.CAPACITY

    kept = np.flatnonzero((row_kind != RowKind.FREE) & (row_kind != RowKind.CAPACITY))
    standard_row = np.full(len(row_kind), -1)
    standard_row[kept] = np.arange(len(kept))
    slack_row = np.flatnonzero(row_kind[kept] != RowKind.EQUAL)
    slack_sign = np.where(row_kind[kept][slack_row] == RowKind.GREATER, -1.0, 1.0)
    n = n2 + len(slack_row)

    rows, columns, data = _coordinates(recourse.W)
    inside = np.flatnonzero(standard_row[rows] >= 0)
    W, W_source = _canonical(
        np.concatenate([standard_row[rows[inside]], slack_row]),
        np.concatenate([columns[inside], n2 + np.arange(len(slack_row))]),
        np.concatenate([data[inside] * sign[columns[inside]], slack_sign]),
        np.concatenate([inside, np.full(len(slack_row), -1)]),
        (len(kept), n),
    )
    rows, columns, data = _coordinates(recourse.T)
    inside = np.flatnonzero(standard_row[rows] >= 0)
    T, T_source = _canonical(standard_row[rows[inside]], columns[inside], data[inside], inside, (len(kept), n1))
    bounded_column, weight = np.full(len(row_kind), -1), np.ones(len(row_kind))
    bounded_column[capacity[0]], weight[capacity[0]] = capacity[1], capacity[2]
    inside = np.flatnonzero(bounded_column[rows] >= 0)
    upper_slope, slope_source = _canonical(
        bounded_column[rows[inside]],
        columns[inside],
        -data[inside] / weight[rows[inside]],
        inside,
        (n, n1),
    )
    lower = np.where(np.concatenate([has_lower | has_upper, np.ones(len(slack_row), bool)]), 0.0, -np.inf)
    random_matrix = (W_source >= 0) & is_random(problem, "recourse", recourse.W.nnz)[W_source]

    upper = np.full(n, np.inf)  # nominal, at x = 0: only to build the LPs, every batch brings its own
    structural = np.flatnonzero(has_lower & np.isfinite(recourse.upper - recourse.lower))
    upper[structural] = np.maximum(recourse.upper - recourse.lower, 0.0)[structural]
    width = (recourse.row_upper - recourse.row_lower)[kept[slack_row]]
    upper[n2:] = np.where((row_kind[kept[slack_row]] == RowKind.RANGE) & np.isfinite(width), width, np.inf)
    upper[capacity[1]] = 0.0
    cost = np.concatenate([sign * recourse.cost, np.zeros(len(slack_row))])
    cost *= -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    if separated:
        blocks = separate(W, cost, lower, upper, random_matrix)
    else:
        everything = (np.arange(W.shape[0])[None], np.arange(n)[None], np.arange(W.nnz)[None])
        blocks = (RecourseBlock(W, cost, lower, upper, *everything, random_matrix=bool(random_matrix.any())),)
    return StandardRecourse(
        problem, row_kind, kept, sign, mirrored, slack_row, *capacity,
        W, W_source, T, T_source, upper_slope, slope_source, lower, blocks,
    )  # fmt: skip


def is_random(problem: TwoStageProblem, part: RandomPart, size: int) -> Booleans:
    """(size,) which entries of a part are random."""
    mask = np.zeros(size, dtype=bool)
    if part in problem.random:
        mask[problem.random[part].index] = True
    return mask


def _row_kinds(problem: TwoStageProblem) -> Integers:
    recourse = problem.recourse
    m = len(recourse.row_names)
    random_lower, random_upper = is_random(problem, "row_lower", m), is_random(problem, "row_upper", m)
    has_lower = np.isfinite(recourse.row_lower) | random_lower
    has_upper = np.isfinite(recourse.row_upper) | random_upper
    kind = has_lower * RowKind.GREATER + has_upper * RowKind.LESS  # FREE, LESS, GREATER; both together:
    kind[has_lower & has_upper] = RowKind.RANGE
    same = has_lower & has_upper & (recourse.row_lower == recourse.row_upper) & (random_lower == random_upper)
    kind[same] = RowKind.EQUAL
    both = np.flatnonzero(same & random_lower)
    if len(both):  # random on both sides: an equation only where both sides are the same function
        low, high = problem.random["row_lower"], problem.random["row_upper"]
        at_low = {int(row): k for k, row in enumerate(low.index)}
        at_high = {int(row): k for k, row in enumerate(high.index)}
        k_low, k_high = [at_low[int(r)] for r in both], [at_high[int(r)] for r in both]
        coefficients: tuple[Any, Any] = (low.coefficients, high.coefficients)
        difference = abs(coefficients[0][k_low] - coefficients[1][k_high]).sum(axis=1)
        kind[both[(np.asarray(difference) != 0) | (low.offset[k_low] != high.offset[k_high])]] = RowKind.RANGE
    return kind.astype(np.int64)


def _capacity_rows(problem: TwoStageProblem, kind: Integers, has_lower: Booleans) -> tuple[Integers, Integers, Floats]:
    """Rows w y_j + t'x <= b (or >= with w < 0) that may become the upper bound of y_j, one per activity.

    Where b, t and the lower bound of y_j are known, (b - t'x) / w must not fall below it for any x within its bounds,
    and y_j's own upper bound must not bind. A random side is taken as it comes: a negative bound is then infeasible.
    """
    recourse, first = problem.recourse, problem.first_stage
    W: Any = sp.csr_array(recourse.W)
    T: Any = sp.csr_array(recourse.T)
    m, n2 = len(recourse.row_names), len(recourse.names)
    random_entry = is_random(problem, "recourse", recourse.W.nnz)
    random_upper, random_lower = is_random(problem, "upper", n2), is_random(problem, "lower", n2)
    random_row = is_random(problem, "row_lower", m) | is_random(problem, "row_upper", m)
    random_t = np.zeros(m, dtype=bool)
    random_t[recourse.T.indices[is_random(problem, "technology", recourse.T.nnz)]] = True
    has_random_w = np.zeros(m, dtype=bool)
    has_random_w[recourse.W.indices[random_entry]] = True
    rows: dict[int, tuple[int, float]] = {}
    single = np.diff(W.indptr) == 1
    for i in np.flatnonzero(single & ((kind == RowKind.LESS) | (kind == RowKind.GREATER)) & ~has_random_w):
        j, w = int(W.indices[W.indptr[i]]), float(W.data[W.indptr[i]])
        if j in rows or not has_lower[j] or random_upper[j] or w == 0 or (w > 0) != (kind[i] == RowKind.LESS):
            continue
        known = not (random_row[i] or random_t[i] or random_lower[j])
        if known:
            span = slice(T.indptr[i], T.indptr[i + 1])
            b = recourse.row_upper[i] if w > 0 else recourse.row_lower[i]
            slope = -T.data[span] / w
            x_low, x_high = first.lower[T.indices[span]], first.upper[T.indices[span]]
            with np.errstate(invalid="ignore"):
                ends = np.where(slope == 0, 0.0, np.stack([slope * x_low, slope * x_high]))
            smallest, largest = b / w + ends.min(axis=0).sum(), b / w + ends.max(axis=0).sum()
            if not smallest >= recourse.lower[j]:  # NaN too: unbounded x
                continue
            known = bool(largest <= recourse.upper[j])
        if known or np.isposinf(recourse.upper[j]):
            rows[j] = (int(i), w)
    columns = np.fromiter(rows, dtype=np.int64, count=len(rows))
    return np.array([i for i, _ in rows.values()], dtype=np.int64), columns, np.array([w for _, w in rows.values()])


def _coordinates(matrix: Any) -> tuple[Integers, Integers, Floats]:
    """Row, column and value of every entry in canonical CSC order."""
    columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    return matrix.indices.astype(np.int64), columns, matrix.data


def _canonical(
    rows: Integers, columns: Integers, values: Floats, source: Integers, shape: tuple[int, int]
) -> tuple[sp.csc_array, Integers]:
    """CSC matrix of distinct coordinates with zeros kept, and `source` in the order of its data."""
    order = np.lexsort((rows, columns))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=shape[1]))])
    return sp.csc_array((values[order], rows[order], indptr), shape=shape), source[order]
