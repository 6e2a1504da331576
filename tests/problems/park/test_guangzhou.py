"""The default park uses what a real one has: weather, membranes that wear out, costs of another year, by-products."""

import numpy as np
import pytest
from pyomo.repn import generate_standard_repn

from loopwise.problems.case_file import load_case
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.model import build_model
from loopwise.problems.park.problem import ParkProblem, park_problem

HOURS = 8000.0


@pytest.fixture(scope="module")
def case() -> ParkCase:
    case = load_case("guangzhou")
    assert isinstance(case, ParkCase)
    return case


@pytest.fixture(scope="module")
def problem(case: ParkCase) -> ParkProblem:
    return park_problem(case)


def at_rest(park: ParkProblem, report: str, **changed: float) -> float:
    """A report where all uncertain elements stand at their means but the changed, and no recourse is taken."""
    names = list(park.case.uncertainty.elements)
    xi = np.array([element.distribution.average() for element in park.case.uncertainty.elements.values()])
    for name, value in changed.items():
        xi[names.index(name.replace("_", " "))] = value
    reports = park.problem.reports
    assert reports is not None
    x, y = np.zeros(len(park.problem.first_stage.names)), np.zeros((1, len(park.problem.recourse.names)))
    return float(reports.evaluate(park.problem.features(xi[None, :]), x, y)[0, reports.column(report)])


def test_a_warm_year_takes_more_power_for_cooling(case: ParkCase, problem: ParkProblem) -> None:
    """0.15 MW per degree in the circuit board plant, whatever the period; the mean year is as warm as its periods."""
    power = "flow.power.electronics>electronics processes"
    mean, warm = at_rest(problem, power), at_rest(problem, power, weather=1.0)
    assert warm - mean == pytest.approx(0.15 * 1.0, rel=1e-9)
    assert case.weather is not None
    degrees = sum(period.share * case.weather.temperature.at(name) for name, period in case.periods.items()) - 22
    running = sum(
        period.share * (0.6 if name == "outage" else 1.0) for name, period in case.periods.items()
    )  # the outage's Bernoulli stands at its mean
    market = case.uncertainty.elements["electronics market"].distribution.average()
    assert mean == pytest.approx(4 + 8 * market * running + 0.15 * degrees, rel=1e-9)


def test_membrane_elements_of_every_reverse_osmosis_are_operating_cost(case: ParkCase) -> None:
    costs = build_model(case).assembly.costs["membrane elements"]
    linear = generate_standard_repn(sum(costs))
    per_year: dict[str, float] = {}
    for coefficient, variable in zip(linear.linear_coefs, linear.linear_vars, strict=True):
        unit = variable.parent_block().name.removeprefix("operation.")
        per_year[unit] = per_year.get(unit, 0.0) + coefficient
    prices = {"textile.textile UF RO": 0.05, "electronics.rinse recovery": 0.06, "works.reclamation": 0.04}
    assert per_year == pytest.approx({unit: HOURS * price for unit, price in prices.items()})


def test_turbines_cost_what_they_did_at_the_prices_of_the_case(problem: ParkProblem) -> None:
    turbines = [asset for asset in problem.assets if asset.component == "turbine"]
    assert len(turbines) == 2
    for asset in turbines:
        assert asset.investment(1.0, 2.0) == pytest.approx((275_000 + 2 * 300_000) * 800 / 551)


def test_by_products_come_with_the_production(problem: ParkProblem) -> None:
    """Spent grain and rejects have a balance in every period: what comes is sold or disposed of."""
    names = problem.problem.recourse.row_names
    rows = [name for name in names if "spent grain.balance" in name or "rejects.balance" in name]
    assert len(rows) == 2 * len(problem.case.periods)
