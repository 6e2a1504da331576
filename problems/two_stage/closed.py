"""What a design closes in every scenario: activities of units that are not built, and the rows that only they are in.

An activity is closed where its upper bound is zero whatever the scenario, or where a row says that it and other
nonnegative activities add up to nothing. It is zero in every operation, so that programs without it have the same
optima; their duals prove the same bounds, but say nothing of what an open unit would bring.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from .problem import Booleans, Floats, Scenarios
from .recourse_data import recourse_data
from .separation import RecourseBlock
from .standard_form import RowKind, StandardRecourse, is_random


def without_closed(form: StandardRecourse, x: Floats, some: Scenarios) -> StandardRecourse:
    """The form with smaller blocks, for the design `x` (n1,) only; `some`: any of the problem's scenarios, one or more.

    Answers of the blocks are put back as before: what is left out is zero.
    """
    columns, rows = closed_by(form, x, some)
    return replace(form, blocks=tuple(_smaller(block, columns, rows) for block in form.blocks))


def closed_by(form: StandardRecourse, x: Floats, some: Scenarios) -> tuple[Booleans, Booleans]:
    """Columns (n,) that are zero, and rows (M,) that hold whatever else is done, in every scenario at `x` (n1,)."""
    h, upper = recourse_data(form, some.part(0, 1)).at(x)
    random_row, random_column = _random(form, x)
    closed = (upper[0] == 0.0) & (form.lower == 0.0) & ~random_column
    zero = (h[0] == 0.0) & ~random_row
    row, column = form.W.indices, np.repeat(np.arange(form.W.shape[1]), np.diff(form.W.indptr))
    changing = np.zeros(form.W.nnz, np.bool_)
    source = form.W_source
    changing[source >= 0] = is_random(form.problem, "recourse", form.problem.recourse.W.nnz)[source[source >= 0]]
    own_sign = np.where(changing, np.nan, form.W.data)  # of unknown sign
    count, holds = form.W.shape[0], np.zeros(form.W.shape[0], np.bool_)
    while True:
        left = ~closed[column] & ((form.W.data != 0.0) | changing)
        nonnegative = form.lower[column] == 0.0
        bad = np.bincount(row[left & ~(nonnegative & (own_sign > 0.0))], minlength=count) > 0
        worse = np.bincount(row[left & ~(nonnegative & (own_sign < 0.0))], minlength=count) > 0
        forcing = zero & ~(bad & worse)  # all of one sign, or nothing left
        if (forcing == holds).all():
            return closed, holds
        holds = forcing
        closed[column[left & forcing[row]]] = True


def _random(form: StandardRecourse, x: Floats) -> tuple[Booleans, Booleans]:
    """Rows (M,) whose right-hand side, and columns (n,) whose bound, may differ between scenarios at `x`."""
    problem, recourse = form.problem, form.problem.recourse
    m2, n2, n = len(recourse.row_names), len(recourse.names), form.W.shape[1]
    own_row = is_random(problem, "row_lower", m2) | is_random(problem, "row_upper", m2)
    moving = is_random(problem, "technology", recourse.T.nnz)
    at_column = np.repeat(np.arange(recourse.T.shape[1]), np.diff(recourse.T.indptr))
    own_row[recourse.T.indices[moving & (x[at_column] != 0.0)]] = True
    column = np.zeros(n, np.bool_)
    column[:n2] = is_random(problem, "upper", n2) | is_random(problem, "lower", n2)
    column[n2:] = own_row[form.kept[form.slack_row]] & (form.row_kind[form.kept[form.slack_row]] == RowKind.RANGE)
    column[form.capacity_column] |= own_row[form.capacity_row]
    shifted = sp.csr_array(recourse.W)[:, np.flatnonzero(column[:n2])]  # activities are counted from a random bound
    own_row |= np.diff(shifted.indptr) > 0
    own_row[recourse.W.indices[is_random(problem, "recourse", recourse.W.nnz)]] = True
    return own_row[form.kept], column


def _smaller(block: RecourseBlock, closed: Booleans, holds: Booleans) -> RecourseBlock:
    """The block without what is closed in all of its components; itself where nothing would be left."""
    columns, rows = _any(~closed[block.columns]), _any(~holds[block.rows])
    if (columns.all() and rows.all()) or not (columns.any() and rows.any()):
        return block
    kept = rows[block.W.indices] & np.repeat(columns, np.diff(block.W.indptr))
    W = sp.csc_array(sp.csr_array(block.W[:, np.flatnonzero(columns)])[np.flatnonzero(rows)])
    W.sort_indices()
    return replace(
        block,
        W=W,
        cost=block.cost[columns],
        lower=block.lower[columns],
        upper=block.upper[columns],
        rows=block.rows[:, rows],
        columns=block.columns[:, columns],
        entries=block.entries[:, kept],
    )


def _any(of_components: Booleans) -> Booleans:
    """(n,) whether it is so in any component, of (C, n)."""
    return np.asarray(of_components.any(axis=0), dtype=np.bool_)
