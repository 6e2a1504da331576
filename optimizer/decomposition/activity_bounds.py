"""Bounds of recourse activities that hold in every scenario and for every design, from all rows together."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from ...kernels.highs import linear_program, quiet_highs
from ...problems.two_stage import TwoStageProblem
from ...problems.two_stage.problem import Floats, Integers, RandomPart

SLACK = 1e-6  # share by which a bound is widened: HiGHS is as exact as its tolerances


def activity_bounds(problem: TwoStageProblem, columns: Integers, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Lower and upper bounds (J,) of `columns` (J,), +-inf where there are none; `low`, `high` (F,): all features.

    Optima of an LP in designs and activities whose rows and bounds are as wide as any features between `low` and `high`
    make them. Not for a random recourse matrix.
    """
    first, recourse = problem.first_stage, problem.recourse
    row_lower = _extreme(problem, "row_lower", recourse.row_lower, low, high, 0)
    row_upper = _extreme(problem, "row_upper", recourse.row_upper, low, high, 1)
    lower = _extreme(problem, "lower", recourse.lower, low, high, 0)
    upper = _extreme(problem, "upper", recourse.upper, low, high, 1)
    T = recourse.T.copy()
    if "technology" in problem.random:
        least, most = (_extreme(problem, "technology", T.data, low, high, side) for side in (0, 1))
        T.data = 0.5 * (least + most)
        column = np.repeat(np.arange(T.shape[1]), np.diff(T.indptr))
        farthest = np.maximum(np.abs(first.lower), np.abs(first.upper))[column]
        wider = np.where(most > least, 0.5 * (most - least) * farthest, 0.0)
        room = np.bincount(T.indices, wider, T.shape[0])
        row_lower, row_upper = row_lower - room, row_upper + room
    size, n2 = T.shape[1], recourse.W.shape[1]
    matrix = sp.csr_array(
        sp.vstack([sp.hstack([first.A, sp.csr_array((first.A.shape[0], n2))]), sp.hstack([T, recourse.W])])
    )
    bounds = np.concatenate([first.lower, lower]), np.concatenate([first.upper, upper])
    rows = np.concatenate([first.row_lower, row_lower]), np.concatenate([first.row_upper, row_upper])
    highs = quiet_highs()
    highs.passModel(linear_program(np.zeros(size + n2), bounds, matrix, rows))
    return _bounds(highs, size + columns, bounds)


def _bounds(highs: Any, columns: Integers, bounds: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Least and largest value of each column, one LP each, from the basis of the one before."""
    ends = bounds[0][columns].copy(), bounds[1][columns].copy()
    for k, column in enumerate(columns):
        for end, cost in zip(ends, (1.0, -1.0), strict=True):
            if np.isfinite(end[k]):
                continue
            highs.changeColCost(int(column), cost)
            highs.run()
            if highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                value = cost * float(highs.getInfo().objective_function_value)
                end[k] = value - cost * SLACK * max(1.0, abs(value))
            highs.changeColCost(int(column), 0.0)
    return ends


def _extreme(
    problem: TwoStageProblem, part: RandomPart, nominal: Floats, low: Floats, high: Floats, side: int
) -> Floats:
    """The least (`side` 0) or largest (1) value of every entry of one part over all features."""
    values = nominal.copy()
    if part in problem.random:
        term = problem.random[part]
        at_low, at_high = (term.coefficients.multiply(end) for end in (low, high))
        end = at_low.minimum(at_high) if side == 0 else at_low.maximum(at_high)
        values[term.index] = term.offset + np.asarray(end.sum(axis=1)).ravel()
    return values
