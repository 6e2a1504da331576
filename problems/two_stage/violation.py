"""By how much an operation misses the rows of the recourse problem, in the problem's own terms and units."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .problem import Floats, RandomPart, Scenarios, TwoStageProblem


def row_violation(problem: TwoStageProblem, x: Floats, scenarios: Scenarios, primal: Floats) -> Floats:
    """(N, m2) distance of T x + W y to the bounds of every row, 0 inside, for `primal` (N, n2) of N scenarios.

    A row most of whose coefficients exceed 1 is measured in units of the middle one by size: a cap in t a year, in
    which flows in t/h count thousands of hours, is as far off as those flows are. A balance of flows in t/h is measured
    in t/h, however much of them a throughput moves.
    """
    recourse = problem.recourse
    activity = _activity(problem, "recourse", recourse.W, scenarios, primal)
    activity += _activity(problem, "technology", recourse.T, scenarios, x[None])
    low = _entries(problem, "row_lower", recourse.row_lower, scenarios)
    high = _entries(problem, "row_upper", recourse.row_upper, scenarios)
    return np.maximum(0.0, np.maximum(low - activity, activity - high)) / row_units(recourse.W)


def row_units(W: sp.csc_array) -> Floats:
    """(m,) what a row's residual is measured in: max(1, middle one of its coefficients by size), 1 in an empty row."""
    units = np.ones(W.shape[0])
    order = np.lexsort((np.abs(W.data), W.indices))
    count = np.bincount(W.indices, minlength=W.shape[0])
    kept = np.flatnonzero(count)
    middle = (np.cumsum(count) - count + (count - 1) // 2)[kept]
    units[kept] = np.maximum(1.0, np.abs(W.data)[order][middle])
    return units


def _entries(problem: TwoStageProblem, part: RandomPart, nominal: Floats, scenarios: Scenarios) -> Floats:
    """(N or 1, size) values of one part."""
    if part not in problem.random:
        return nominal[None]
    values = np.repeat(nominal[None], len(scenarios), axis=0)
    values[:, problem.random[part].index] = scenarios.parts[part]
    return values


def _activity(
    problem: TwoStageProblem, part: RandomPart, matrix: sp.csc_array, scenarios: Scenarios, values: Floats
) -> Floats:
    """(N, m2) matrix x values (N or 1, n), with each scenario's own entries where they are random."""
    if part not in problem.random:
        return np.array(np.broadcast_to((matrix @ values.T).T, (len(scenarios), matrix.shape[0])))
    columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    terms = _entries(problem, part, matrix.data, scenarios) * values[:, columns]
    by_row = sp.csr_array((np.ones(matrix.nnz), (matrix.indices, np.arange(matrix.nnz))), (matrix.shape[0], matrix.nnz))
    return np.asarray((by_row @ terms.T).T)
