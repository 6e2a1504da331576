"""Fewest or cheapest matches by branch and bound (HiGHS), with the bound that was proved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from pyomo.contrib.solver.common.results import TerminationCondition
from pyomo.contrib.solver.solvers.highs import Highs

from ...problems.heat.fewest_matches import match_model
from ...problems.heat.match_data import MatchData


class MatchStatus(StrEnum):
    """How a search for matches ended."""

    OPTIMAL = "optimal"
    LIMIT = "stopped by a limit"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


STATUS = {
    TerminationCondition.convergenceCriteriaSatisfied: MatchStatus.OPTIMAL,
    TerminationCondition.maxTimeLimit: MatchStatus.LIMIT,
    TerminationCondition.provenInfeasible: MatchStatus.INFEASIBLE,
    TerminationCondition.infeasibleOrUnbounded: MatchStatus.INFEASIBLE,  # costs are bounded, so never unbounded
}


@dataclass(frozen=True)
class MatchSolution:
    """`heat` [MW] of every chosen match by (hot name, cold name); `value` and `lower_bound` of the objective.

    Without an incumbent `value` is None and `heat` empty.
    """

    status: MatchStatus
    value: float | None
    lower_bound: float | None
    heat: Mapping[tuple[str, str], float]


def fewest_matches(
    data: MatchData,
    cost: Mapping[tuple[str, str], float] | None = None,
    *,
    time_limit: float | None = None,
    tightened: bool = True,
) -> MatchSolution:
    """Matches that carry all heat: as few as possible, or cheapest where `cost` by names is given.

    Counting matches, a bound above the next smaller count already proves optimality. `time_limit` [s].
    """
    model: Any = match_model(data, cost, tightened=tightened)
    if len(model.match) == 0:
        empty = float(data.cold.sum()) == 0.0
        return MatchSolution(MatchStatus.OPTIMAL if empty else MatchStatus.INFEASIBLE, 0.0 if empty else None, None, {})
    results: Any = Highs().solve(
        model,
        time_limit=time_limit,
        rel_gap=0.0,
        abs_gap=0.999 if cost is None else 1e-6,
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
    )
    status = STATUS.get(results.termination_condition, MatchStatus.UNKNOWN)
    bound = results.objective_bound
    if bound is not None and not math.isfinite(bound):
        bound = None
    if bound is not None and cost is None:
        bound = float(math.ceil(bound - 1e-6))
    if results.incumbent_objective is None or not np.isfinite(results.incumbent_objective):
        return MatchSolution(status, None, bound, {})
    results.solution_loader.load_vars()
    heat: dict[tuple[str, str], float] = {}
    for i, j in model.match:
        if model.match[i, j].value > 0.5:
            carried = sum(float(model.heat[key].value) for key in model.heat if key[:2] == (i, j))
            heat[data.hot_names[i], data.cold_names[j]] = carried / model.scale
    value = float(results.incumbent_objective)
    return MatchSolution(status, float(round(value)) if cost is None else value, bound, heat)
