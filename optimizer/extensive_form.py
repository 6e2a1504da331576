"""The extensive form: one problem that holds every scenario of a sample, solved by HiGHS to a proven gap.

    min | max  c'x + sum_s p_s (q_s'y_s + q0_s)
    s.t.       row_lower <= A x <= row_upper,     row_lower_s <= T_s x + W_s y_s <= row_upper_s     for every s

Limits that hold over all scenarios are rows of it (`limit_rows.py`), a CVaR too (`tail_rows.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import highspy
import numpy as np

from ..kernels.highs import quiet_highs
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.problem import Floats
from .design_solution import DesignSolution, Notice, SolveStatus
from .extensive_lp import extensive_lp
from .limit_rows import LimitPlace, add_limits, guessed, largest_amounts, least_costs, refuse_boundless
from .risk import EXPECTATION, Risk
from .tail_rows import add_tail

GUESSES = (10.0, 1e3)  # times a bound: room for the amounts of a first design under chance limits
FIRST_GAP = 1e-2  # to which that is found
EXACT = 1e-9  # how far a binary of a chance limit may be from 0 or 1
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

    Ctrl-C ends the search and returns the incumbent with its bound. Raises KeyError for an unknown name in `fixed`,
    CaseError for a chance limit on an amount that nothing bounds.
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
    places: list[LimitPlace] = []
    if problem.limits:
        largest = _largest(problem, scenarios, gap, time_limit, fixed, risk)
        places = add_limits(solver, problem, scenarios, largest)
        if largest:
            solver.setOptionValue("mip_feasibility_tolerance", EXACT)  # a binary of 1e-6 times its M is no small excess
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
    return _solution(solver, problem, scenarios, places, tuple(history))


def _largest(
    problem: TwoStageProblem,
    scenarios: Scenarios,
    gap: float,
    time_limit: float | None,
    fixed: Mapping[str, float] | None,
    risk: Risk,
) -> dict[str, Floats]:
    """Largest amount of every chance limit in every scenario; those without an end by what a first design costs.

    Raises CaseError where not even that bounds them.
    """
    largest = largest_amounts(problem, scenarios, risk, None)
    if not any(np.isposinf(values).any() for values in largest.values()):
        return largest
    found = False
    for factor in GUESSES:
        solver = quiet_highs()
        solver.setOptionValue("mip_rel_gap", max(gap, FIRST_GAP))
        if time_limit is not None:
            solver.setOptionValue("time_limit", float(time_limit))
        solver.passModel(extensive_lp(problem, scenarios, fixed or {}))
        if risk.tail_weight:
            add_tail(solver, problem, scenarios, risk)
        places = add_limits(solver, problem, scenarios, guessed(problem, largest, factor))
        solver.setOptionValue("mip_feasibility_tolerance", EXACT)
        solver.run()
        known = _solution(solver, problem, scenarios, places, ()).objective
        if known is not None:
            cost = -known if problem.sense is Sense.MAXIMIZE else known
            largest = largest_amounts(problem, scenarios, risk, cost, least_costs(problem, scenarios))
            found = True
            break
    refuse_boundless(largest, found=found)
    return largest


def _solution(
    solver: Any,
    problem: TwoStageProblem,
    scenarios: Scenarios,
    places: Sequence[LimitPlace],
    history: tuple[tuple[float, float, float], ...],
) -> DesignSolution:
    status = _STATUS.get(solver.getModelStatus(), SolveStatus.FAILED)
    maximize = problem.sense is Sense.MAXIMIZE
    worst = (-np.inf, np.inf)
    if solver.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        status = _which(solver)
    if status in (SolveStatus.INFEASIBLE, SolveStatus.UNBOUNDED, SolveStatus.FAILED):
        found = _conflict(solver, problem, scenarios, places) if status is SolveStatus.INFEASIBLE else ((), None)
        return DesignSolution(status, None, None, *worst, history, *found)
    info = solver.getInfo()
    integer = bool(problem.first_stage.integer.any()) or any(p.limit.measure == "probability" for p in places)
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


def _conflict(
    solver: Any, problem: TwoStageProblem, scenarios: Scenarios, places: Sequence[LimitPlace]
) -> tuple[tuple[str, ...], int | None]:
    """Names of rows that cannot hold together, and the scenario where all of them are of one; none where none is found.

    The rows of a limit are named after it.
    """
    status, iis = solver.getIis()
    if status != highspy.HighsStatus.kOk:
        return (), None
    first, rows = len(problem.first_stage.row_names), len(problem.recourse.row_names)
    names: list[str] = []
    of: set[int] = set()
    for row in iis.row_index_:
        if row < first:
            names.append(problem.first_stage.row_names[row])
        elif row < first + rows * len(scenarios):
            names.append(problem.recourse.row_names[(row - first) % rows])
            of.add((row - first) // rows)
        else:
            names += [f"limits.{place.limit.name}" for place in places if row in place.rows]
            of.update((-1, -2))  # a limit is of no single scenario
    return tuple(dict.fromkeys(names)), scenarios.first + of.pop() if len(of) == 1 else None
