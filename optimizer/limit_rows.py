"""Limits over scenarios in the extensive form; A_s is the limited amount of scenario s, p_s its probability.

    mean         sum_s p_s A_s <= bound
    cvar         t + sum_s p_s w_s / (1 - level) <= bound,   w_s >= A_s - t,  w_s >= 0
                 (Rockafellar, Uryasev 2002, doi:10.1016/S0378-4266(02)00271-6, theorem 16)
    probability  A_s <= bound + M_s z_s,  z_s binary,        sum_s p_s z_s <= level

M_s is the largest A_s + - no guess: of the linear relaxation of the scenario's own problem, where that has no end (an
emergency outlet takes any amount) of those of its solutions that can be part of anything better than a known design.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np

from ..kernels.highs import quiet_highs
from ..problems.errors import CaseError, Problem
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.limits import OBJECTIVE, Amounts, Limit, amounts
from ..problems.two_stage.problem import Booleans, Floats, Integers
from .extensive_lp import extensive_lp
from .risk import Risk

NOTHING = np.zeros(0)
ROOM = 1e-9  # of M, beyond what the linear program says


@dataclass(frozen=True)
class LimitPlace:
    """Where a limit stands in the extensive form: its `rows`, of which the last is its own, and its `columns`.

    Columns: the threshold and excesses of a CVaR, the binaries of a chance.
    """

    limit: Limit
    rows: range
    columns: range = range(0)


def add_limits(
    solver: Any,
    problem: TwoStageProblem,
    scenarios: Scenarios,
    largest: Mapping[str, Floats],
    broken: Mapping[str, Booleans] | None = None,
) -> list[LimitPlace]:
    """Add the rows of `problem.limits` to the extensive form that `solver` holds.

    `largest` (N,) amounts of each chance by name; or where each is `broken` (N,), and then kept everywhere else.
    """
    places: list[LimitPlace] = []
    possible = np.flatnonzero(scenarios.probability > 0.0)
    for limit in problem.limits:
        found = amounts(problem, limit, scenarios)
        if limit.measure == "mean":
            places.append(_mean(solver, problem, scenarios, limit, found))
        elif limit.measure == "cvar":
            places.append(_cvar(solver, problem, scenarios, limit, found, possible))
        elif broken is not None:
            places.append(_kept(solver, problem, limit, found, possible[~broken[limit.name][possible]]))
        else:
            places.append(_chance(solver, problem, scenarios, limit, found, possible, largest[limit.name]))
    return places


def _kept(solver: Any, problem: TwoStageProblem, limit: Limit, found: Amounts, where: Integers) -> LimitPlace:
    before = solver.getNumRow()
    for s in where:
        index, entries = _scenario_row(problem, found, int(s))
        solver.addRow(-highspy.kHighsInf, limit.bound - found.constant[s], len(index), index, entries)
    return LimitPlace(limit, range(before, solver.getNumRow()))


def _scenario_row(problem: TwoStageProblem, found: Amounts, s: int) -> tuple[np.ndarray[Any, Any], Floats]:
    """Columns and entries of A_s, without its constant."""
    n1, n2 = len(problem.first_stage.names), len(problem.recourse.names)
    decided = np.flatnonzero(found.first)
    index = np.concatenate([decided, n1 + s * n2 + found.columns]).astype(np.int32)
    return index, np.concatenate([found.first[decided], found.entries[s]])


def _mean(solver: Any, problem: TwoStageProblem, scenarios: Scenarios, limit: Limit, found: Amounts) -> LimitPlace:
    p, (n1, n2) = scenarios.probability, (len(problem.first_stage.names), len(problem.recourse.names))
    decided = np.flatnonzero(found.first)
    columns = (n1 + np.arange(len(p))[:, None] * n2 + found.columns).ravel()
    index = np.concatenate([decided, columns]).astype(np.int32)
    entries = np.concatenate([p.sum() * found.first[decided], (p[:, None] * found.entries).ravel()])
    row = solver.getNumRow()
    solver.addRow(-highspy.kHighsInf, limit.bound - float(p @ found.constant), len(index), index, entries)
    return LimitPlace(limit, range(row, row + 1))


def _cvar(
    solver: Any, problem: TwoStageProblem, scenarios: Scenarios, limit: Limit, found: Amounts, possible: Any
) -> LimitPlace:
    before, threshold, p = (
        solver.getNumRow(),
        solver.getNumCol(),
        scenarios.probability[possible] / scenarios.probability.sum(),
    )
    none = NOTHING.astype(np.int32)
    solver.addCol(0.0, -highspy.kHighsInf, highspy.kHighsInf, 0, none, NOTHING)
    for place, s in enumerate(possible):
        solver.addCol(0.0, 0.0, highspy.kHighsInf, 0, none, NOTHING)
        index, entries = _scenario_row(problem, found, int(s))
        index = np.concatenate([np.array([threshold, threshold + 1 + place]), index]).astype(np.int32)
        entries = np.concatenate([np.ones(2), -entries])
        solver.addRow(found.constant[s], highspy.kHighsInf, len(index), index, entries)
    index = np.arange(threshold, threshold + 1 + len(possible), dtype=np.int32)
    entries = np.concatenate([np.ones(1), p / (1.0 - limit.level)])
    solver.addRow(-highspy.kHighsInf, limit.bound, len(index), index, entries)
    return LimitPlace(limit, range(before, solver.getNumRow()), range(threshold, solver.getNumCol()))


def _chance(
    solver: Any,
    problem: TwoStageProblem,
    scenarios: Scenarios,
    limit: Limit,
    found: Amounts,
    possible: Any,
    largest: Floats,
) -> LimitPlace:
    before, first, p = solver.getNumRow(), solver.getNumCol(), scenarios.probability[possible]
    none = NOTHING.astype(np.int32)
    for place, s in enumerate(possible):
        excess = max(0.0, largest[s] - limit.bound)
        solver.addCol(0.0, 0.0, 1.0 if excess > 0.0 else 0.0, 0, none, NOTHING)
        index, entries = _scenario_row(problem, found, int(s))
        index = np.append(index, first + place).astype(np.int32)
        entries = np.append(entries, -excess * (1.0 + ROOM))
        solver.addRow(-highspy.kHighsInf, limit.bound - found.constant[s], len(index), index, entries)
    kinds = [highspy.HighsVarType.kInteger] * len(possible)
    solver.changeColsIntegrality(len(kinds), np.arange(first, first + len(kinds), dtype=np.int32), kinds)
    index = np.arange(first, first + len(possible), dtype=np.int32)
    share = p / scenarios.probability.sum()
    solver.addRow(-highspy.kHighsInf, limit.level * (1.0 + ROOM), len(index), index, share)
    return LimitPlace(limit, range(before, solver.getNumRow()), range(first, solver.getNumCol()))


def largest_amounts(
    problem: TwoStageProblem, scenarios: Scenarios, risk: Risk, known: float | None, least: Floats | None = None
) -> dict[str, Floats]:
    """(N,) largest A_s of every chance limit by name, +inf where nothing bounds it.

    `known`: objective of a design that holds all limits, and `least` (N,) the least objective that each scenario alone
    can have (both as costs): a solution better than `known` cannot cost more than what they leave to scenario s,

        p_s Z_s <= known / (mean weight + tail weight) - sum of p_r least_r over the others r.
    """
    found: dict[str, Floats] = {}
    for limit in (limit for limit in problem.limits if limit.measure == "probability"):
        values, p = amounts(problem, limit, scenarios), scenarios.probability
        found[limit.name] = np.full(len(scenarios), -np.inf)
        for s in np.flatnonzero(p > 0.0):
            cutoff = None
            if known is not None and least is not None:
                others = float(p @ least) - p[s] * least[s]
                cutoff = (known / risk.total_weight - others) / p[s]
            found[limit.name][s] = _largest(problem, scenarios.part(int(s), int(s) + 1), values, int(s), cutoff)
    return found


def guessed(problem: TwoStageProblem, largest: Mapping[str, Floats], factor: float) -> dict[str, Floats]:
    """The largest amounts, those without an end at `factor` times the bound or 1 above it: what a first design is
    found with, which keeps the limits whatever was guessed."""
    bounds = {limit.name: limit.bound for limit in problem.limits}
    return {
        name: np.where(np.isposinf(values), bounds[name] + factor * max(1.0, abs(bounds[name])), values)
        for name, values in largest.items()
    }


def least_costs(problem: TwoStageProblem, scenarios: Scenarios) -> Floats:
    """(N,) least cost of each scenario alone with integers relaxed; 0 where its probability is 0."""
    least = np.zeros(len(scenarios))
    for s in np.flatnonzero(scenarios.probability > 0.0):
        solver = _alone(problem, scenarios.part(int(s), int(s) + 1))
        solver.run()
        optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        least[s] = solver.getInfo().objective_function_value if optimal else -np.inf
    return least if problem.sense is Sense.MINIMIZE else -np.where(np.isfinite(least), least, np.inf)


def least_amounts(problem: TwoStageProblem, scenarios: Scenarios, limit: Limit) -> Floats:
    """(N,) least amount that each scenario alone can have, with integers relaxed; -inf where nothing bounds it."""
    values, least = amounts(problem, limit, scenarios), np.full(len(scenarios), -np.inf)
    for s in np.flatnonzero(scenarios.probability > 0.0):
        negated = Amounts(-values.constant, -values.first, values.columns, -values.entries)
        least[s] = -_largest(problem, scenarios.part(int(s), int(s) + 1), negated, int(s), None)
    return least


def _largest(problem: TwoStageProblem, scenario: Scenarios, values: Amounts, s: int, cutoff: float | None) -> float:
    """Largest A of one scenario over its linear relaxation, with a cost of `cutoff` at most."""
    solver = _alone(problem, scenario)
    if cutoff is not None and np.isfinite(cutoff):
        cost = amounts(problem, OBJECTIVE, scenario)
        index, entries = _scenario_row(problem, cost, 0)
        room = ROOM * max(1.0, abs(cutoff))
        solver.addRow(-highspy.kHighsInf, cutoff + room - cost.constant[0], len(index), index, entries)
    columns, n1 = solver.getNumCol(), len(problem.first_stage.names)
    cost = np.zeros(columns)
    cost[:n1] = values.first
    cost[n1 + values.columns] = values.entries[s]
    solver.changeColsCost(columns, np.arange(columns, dtype=np.int32), cost)
    solver.changeObjectiveOffset(float(values.constant[s]))
    solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return -np.inf  # no design serves it: the extensive form says so
    optimal = status == highspy.HighsModelStatus.kOptimal
    return float(solver.getInfo().objective_function_value) if optimal else np.inf


def _alone(problem: TwoStageProblem, scenario: Scenarios) -> Any:
    """The linear relaxation of one scenario with probability 1, without limits."""
    solver = quiet_highs()
    solver.passModel(extensive_lp(problem, replace(scenario, probability=np.ones(1)), {}, relaxed=True))
    return solver


def refuse_boundless(largest: Mapping[str, Floats], *, found: bool) -> None:
    """Raise CaseError where a chance limit's amount has no largest value, without which it cannot be written.

    `found`: there was a design that keeps the limits, whose cost might have bounded it.
    """
    names = [name for name, values in largest.items() if np.isposinf(values).any()]
    if names:
        message = (
            "nothing bounds this amount: neither what can be built, nor the cost of a design that keeps the limits"
            if found
            else "no design was found that keeps the limits: they may be too tight together. Without one, nothing "
            "bounds this amount; loosen a limit, or give what it comes from a largest capacity"
        )
        raise CaseError(Problem(message, place=f"limits.{name}") for name in names)
