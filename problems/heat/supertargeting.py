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
    only between the neighbours of the best point.
    """

    def at(approach_temperature: float) -> CostTarget:
        own = problem.with_approach_temperature(float(approach_temperature))
        return cost_target(own, cost, annualization=annualization, hours_per_year=hours_per_year)

    sweep = tuple(at(t) for t in approach_temperatures)
    best = min(range(len(sweep)), key=lambda k: sweep[k].total)
    low, high = approach_temperatures[max(best - 1, 0)], approach_temperatures[min(best + 1, len(sweep) - 1)]
    if high <= low:
        return sweep[best], sweep
    refined = float(minimize_scalar(lambda t: at(t).total, bounds=(low, high), method="bounded").x)  # pyright: ignore[reportAttributeAccessIssue]
    return min((sweep[best], at(refined)), key=lambda target: target.total), sweep
