"""The extensive form's arrays as HiGHS takes them: a modelling layer would rebuild every scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..kernels.highs import linear_program
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.problem import Floats, RandomPart


def extensive_lp(
    problem: TwoStageProblem, scenarios: Scenarios, fixed: Mapping[str, float], *, relaxed: bool = False
) -> Any:
    """The extensive form as a HighsLp: columns x, y_1, .., y_N; rows of the first stage, then of each scenario.

    `relaxed`: without whole numbers.
    """
    first, recourse, count = problem.first_stage, problem.recourse, len(scenarios)
    n2 = len(recourse.names)

    def part(name: RandomPart, nominal: Floats) -> Floats:
        values = np.tile(nominal, (count, 1))
        if name in problem.random:
            values[:, problem.random[name].index] = scenarios.parts[name]
        return values

    technology = _stacked(recourse.T, part("technology", recourse.T.data))
    operation = _diagonal(recourse.W, part("recourse", recourse.W.data))
    top = sp.hstack([first.A, sp.csr_array((len(first.row_names), count * n2))])
    matrix = sp.csc_array(sp.vstack([top, sp.hstack([technology, operation])]))
    matrix.sort_indices()
    lower, upper = first.lower.copy(), first.upper.copy()
    position = {name: k for k, name in enumerate(first.names)}
    for name, value in fixed.items():
        lower[position[name]] = upper[position[name]] = value
    weights = scenarios.probability[:, None]
    constant = part("constant", np.array([recourse.constant]))[:, 0]
    cost = np.concatenate([first.cost, (weights * part("cost", recourse.cost)).ravel()])
    columns = (
        np.concatenate([lower, part("lower", recourse.lower).ravel()]),
        np.concatenate([upper, part("upper", recourse.upper).ravel()]),
    )
    rows = (
        np.concatenate([first.row_lower, part("row_lower", recourse.row_lower).ravel()]),
        np.concatenate([first.row_upper, part("row_upper", recourse.row_upper).ravel()]),
    )
    integer = None if relaxed else np.concatenate([first.integer, np.zeros(count * n2, dtype=bool)])
    lp = linear_program(cost, columns, matrix, rows, integer=integer, maximize=problem.sense is Sense.MAXIMIZE)
    lp.offset_ = float(first.constant + scenarios.probability @ constant)
    return lp


def _stacked(matrix: sp.csc_array, values: Floats) -> sp.coo_array:
    """T_1 over T_2 over ..., each with its own entries `values` (N, nnz)."""
    pattern = matrix.tocoo()
    rows = np.arange(len(values))[:, None] * matrix.shape[0] + pattern.coords[0]
    columns = np.broadcast_to(pattern.coords[1], values.shape)
    shape = (len(values) * matrix.shape[0], matrix.shape[1])
    return sp.coo_array((values.ravel(), (rows.ravel(), columns.ravel())), shape=shape)


def _diagonal(matrix: sp.csc_array, values: Floats) -> sp.coo_array:
    """W_1, W_2, .. along the diagonal, each with its own entries `values` (N, nnz)."""
    pattern, block = matrix.tocoo(), np.arange(len(values))[:, None]
    rows, columns = block * matrix.shape[0] + pattern.coords[0], block * matrix.shape[1] + pattern.coords[1]
    shape = (len(values) * matrix.shape[0], len(values) * matrix.shape[1])
    return sp.coo_array((values.ravel(), (rows.ravel(), columns.ravel())), shape=shape)
