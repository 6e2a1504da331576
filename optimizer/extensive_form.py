"""The extensive form: one problem that holds every scenario of a sample, solved by HiGHS to a proven gap.

    min | max  c'x + sum_s p_s (q_s'y_s + q0_s)
    s.t.       row_lower <= A x <= row_upper,     row_lower_s <= T_s x + W_s y_s <= row_upper_s     for every s

The arrays go to HiGHS as they are: a modelling layer would rebuild every scenario.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from ..kernels.highs import linear_program, quiet_highs
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.problem import Floats, RandomPart
from .design_solution import DesignSolution, Notice, SolveStatus
from .risk import EXPECTATION, Risk
from .tail_rows import add_tail

_STATUS = {
    highspy.HighsModelStatus.kOptimal: SolveStatus.OPTIMAL,
    highspy.HighsModelStatus.kModelEmpty: SolveStatus.OPTIMAL,
    highspy.HighsModelStatus.kTimeLimit: SolveStatus.LIMIT,
    highspy.HighsModelStatus.kIterationLimit: SolveStatus.LIMIT,
    highspy.HighsModelStatus.kSolutionLimit: SolveStatus.LIMIT,
    highspy.HighsModelStatus.kInterrupt: SolveStatus.INTERRUPTED,
    highspy.HighsModelStatus.kInfeasible: SolveStatus.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: SolveStatus.UNBOUNDED,
}


def solve_extensive_form(
    problem: TwoStageProblem,
    scenarios: Scenarios,
    *,
    gap: float = 1e-3,
    time_limit: float | None = None,
    fixed: Mapping[str, float] | None = None,
    notice: Notice | None = None,
    risk: Risk = EXPECTATION,
) -> DesignSolution:
    """Solve the sample's own problem; `fixed` fixes first-stage variables by name.

    Ctrl-C ends the search and returns the incumbent with its bound. Raises KeyError for an unknown name in `fixed`.
    """
    solver = quiet_highs()
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("random_seed", 0)
    if time_limit is not None:
        solver.setOptionValue("time_limit", float(time_limit))
    lp = extensive_lp(problem, scenarios, fixed or {})
    solver.passModel(lp)
    if risk.tail_weight:
        add_tail(solver, problem, scenarios, risk)
    history: list[tuple[float, float, float]] = []
    started = time.perf_counter()
    maximize = problem.sense is Sense.MAXIMIZE

    def listen(event: Any) -> None:
        seconds = time.perf_counter() - started
        bound, incumbent = event.data_out.mip_dual_bound, event.data_out.mip_primal_bound
        now = (incumbent, bound) if maximize else (bound, incumbent)
        if history and history[-1][1:] == now:
            return
        history.append((seconds, *now))
        if notice is not None:
            notice(seconds, bound, incumbent)

    solver.cbMipInterrupt += listen  # the logging event is silent where HiGHS is
    solver.HandleKeyboardInterrupt = True
    solver.solve()
    return _solution(solver, problem, tuple(history))


def extensive_lp(problem: TwoStageProblem, scenarios: Scenarios, fixed: Mapping[str, float]) -> Any:
    """The extensive form as a HighsLp: columns x, y_1, .., y_N; rows of the first stage, then of each scenario."""
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
    lp = linear_program(cost, columns, matrix, rows)
    lp.sense_ = highspy.ObjSense.kMaximize if problem.sense is Sense.MAXIMIZE else highspy.ObjSense.kMinimize
    lp.offset_ = float(first.constant + scenarios.probability @ constant)
    if first.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(k)] for k in first.integer] + [kinds[0]] * (count * n2)
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


def _solution(solver: Any, problem: TwoStageProblem, history: tuple[tuple[float, float, float], ...]) -> DesignSolution:
    status = _STATUS.get(solver.getModelStatus(), SolveStatus.FAILED)
    maximize = problem.sense is Sense.MAXIMIZE
    worst = (-np.inf, np.inf)
    if solver.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        status = _which(solver)
    if status in (SolveStatus.INFEASIBLE, SolveStatus.UNBOUNDED, SolveStatus.FAILED):
        conflict = _conflict(solver, problem) if status is SolveStatus.INFEASIBLE else ()
        return DesignSolution(status, None, None, *worst, history, conflict)
    info = solver.getInfo()
    integer = bool(problem.first_stage.integer.any())
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    bound = float(info.mip_dual_bound) if integer else (info.objective_function_value if status == "optimal" else None)
    if bound is None or not np.isfinite(bound) or abs(bound) >= highspy.kHighsInf:
        bound = np.inf if maximize else -np.inf
    if not feasible:
        return DesignSolution(status, None, None, *((-np.inf, bound) if maximize else (bound, np.inf)), history)
    x = np.array(solver.getSolution().col_value[: len(problem.first_stage.names)])
    x[problem.first_stage.integer] = np.round(x[problem.first_stage.integer])
    value = float(info.objective_function_value)
    lower, upper = (value, max(bound, value)) if maximize else (min(bound, value), value)
    return DesignSolution(status, x, value, lower, upper, history)


def _which(solver: Any) -> SolveStatus:
    """Infeasible or unbounded, decided without presolve."""
    solver.setOptionValue("presolve", "off")
    solver.run()
    return _STATUS.get(solver.getModelStatus(), SolveStatus.FAILED)


def _conflict(solver: Any, problem: TwoStageProblem) -> tuple[str, ...]:
    """Names of rows that cannot hold together, without their scenarios; empty where HiGHS finds none."""
    status, iis = solver.getIis()
    if status != highspy.HighsStatus.kOk:
        return ()
    first, rows = len(problem.first_stage.row_names), len(problem.recourse.row_names)
    names = [
        problem.first_stage.row_names[row] if row < first else problem.recourse.row_names[(row - first) % rows]
        for row in iis.row_index_
    ]
    return tuple(dict.fromkeys(names))
