"""Supertargeting: the approach temperature at which energy and investment together cost least, before any design.

Linnhoff and Ahmad 1990, DOI 10.1016/0098-1354(90)87083-2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import minimize_scalar

from .capital_targets import CapitalTargets, ExchangerCost, capital_targets
from .streams import HeatDataError, HeatRecoveryProblem
from .utility_targets import UtilityTargets, place_utilities


@dataclass(frozen=True)
class CostTarget:
    """Costs [currency/year] at one approach temperature [K]."""

    approach_temperature: float
    utilities: UtilityTargets
    capital: CapitalTargets
    utility_cost: float
    annual_investment: float

    @property
    def total(self) -> float:
        """Utilities and annualized investment [currency/year]."""
        return self.utility_cost + self.annual_investment


def cost_target(
    problem: HeatRecoveryProblem, cost: ExchangerCost, *, annualization: float, hours_per_year: float
) -> CostTarget:
    """Annual cost target at the problem's own approach temperature; `annualization` [1/year] of the investment.

    Raises HeatDataError where a utility has no price.
    """
    missing = [u.name for u in problem.utilities if u.price is None]
    if missing:
        raise HeatDataError([f"utility {name} has no price" for name in missing])
    utilities = place_utilities(problem)
    capital = capital_targets(problem, utilities)
    assert utilities.cost is not None
    return CostTarget(
        problem.approach_temperature,
        utilities,
        capital,
        utilities.cost * hours_per_year,
        annualization * capital.investment(cost),
    )


def supertarget(
    problem: HeatRecoveryProblem,
    cost: ExchangerCost,
    approach_temperatures: Sequence[float],
    *,
    annualization: float,
    hours_per_year: float = 8000.0,
) -> tuple[CostTarget, tuple[CostTarget, ...]]:
    """The cheapest approach temperature and the cost targets at each of `approach_temperatures` [K], rising.

    The curve has kinks and steps where the pinch or the number of units changes, so it is swept first and refined
    only between the neighbours of the best point. Approach temperatures that the utilities do not reach, or at which
    curves touch, are left out; raises HeatDataError where none is left.
    """

    def at(approach_temperature: float) -> CostTarget:
        own = problem.with_approach_temperature(float(approach_temperature))
        return cost_target(own, cost, annualization=annualization, hours_per_year=hours_per_year)

    points: list[CostTarget] = []
    refused: list[str] = []
    for approach in approach_temperatures:
        try:
            points.append(at(approach))
        except HeatDataError as error:
            refused += error.problems
    if not points:
        raise HeatDataError(list(dict.fromkeys(refused)))
    sweep = tuple(points)
    best = min(range(len(sweep)), key=lambda k: sweep[k].total)
    low, high = (sweep[k].approach_temperature for k in (max(best - 1, 0), min(best + 1, len(sweep) - 1)))
    if high <= low:
        return sweep[best], sweep
    refined = float(minimize_scalar(lambda t: at(t).total, bounds=(low, high), method="bounded").x)  # pyright: ignore[reportAttributeAccessIssue]
    return min((sweep[best], at(refined)), key=lambda target: target.total), sweep
