"""Cheapest utilities where some pairs of streams or utilities must not meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyomo.contrib.solver.common.results import TerminationCondition
from pyomo.contrib.solver.solvers.highs import Highs

from ...problems.heat import HeatDataError, HeatRecoveryProblem, UtilityTargets, place_utilities
from ...problems.heat.transshipment import transshipment_model
from ...problems.heat.utility_targets import order_prices, targets_at


def cheapest_utilities(problem: HeatRecoveryProblem) -> UtilityTargets:
    """Cheapest duties of the utilities of `problem`, forbidden matches respected.

    Without prices the nearer utility is the cheaper one. Raises HeatDataError where the utilities that are allowed
    cannot close the balance.
    """
    if not problem.forbidden_matches:
        return place_utilities(problem)
    priced = all(u.price is not None for u in problem.utilities)
    prices = [u.price or 0.0 for u in problem.utilities] if priced else order_prices(problem).tolist()
    model = transshipment_model(
        problem, {utility.name: price for utility, price in zip(problem.utilities, prices, strict=True)}
    )
    results: Any = Highs().solve(model, load_solutions=False, raise_exception_on_nonoptimal_result=False)
    if results.termination_condition is TerminationCondition.unbounded:
        raise HeatDataError(["selling heat pays more than buying it costs and nothing limits it: set a maximum"])
    if results.termination_condition is not TerminationCondition.convergenceCriteriaSatisfied:
        place_utilities(problem)  # says why where it is not for the forbidden matches
        raise HeatDataError(_unserved(problem))
    results.solution_loader.load_vars()
    duties = np.array([max(float(model.duty[u.name].value), 0.0) for u in problem.utilities])
    duties[duties <= 1e-9 * max(float(duties.sum()), 1e-300)] = 0.0
    return targets_at(problem, duties)


def _unserved(problem: HeatRecoveryProblem) -> list[str]:
    """Which streams the forbidden matches leave without a partner, and how much heat."""
    model = transshipment_model(problem, {}, elastic=True)
    Highs().solve(model)
    return [
        f"with the forbidden matches {name} finds no partner for {amount.value:.4g} MW"
        for name, amount in model.unserved.items()
        if amount.value > 1e-9
    ]
