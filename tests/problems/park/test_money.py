"""Capital recovery, size ranges, cost years, membrane elements: worked out by hand, and what is refused."""

from typing import Any

import pyomo.environ as pyo
import pytest
from pydantic import ValidationError

from loopwise.problems.park.asset import FlowInvestment, capital_recovery_factor
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.checks import problems
from loopwise.problems.park.model import build_model
from tests.park_cases import park, solved

HOURS = 8000.0
OPTION: dict[str, Any] = {
    "fixed": 1000, "proportional": 100, "minimum": 5, "maximum": 20, "life": 10, "maintenance": 0.05,
}  # fmt: skip


def filtering(flow: float = 10, limit: float = 10, filter_: dict[str, Any] | None = None, **parts: Any) -> ParkCase:
    """Spent water of 100 mg/L that only a filter makes fit for the sewer."""
    plant = {
        "water_sources": {"spent": {"flow": {"fixed": flow}, "concentration": {"COD": 100}}},
        "treatments": {"filter": {"contaminants": {"COD": {"outlet": 10}}, "investment": OPTION} | (filter_ or {})},
    }
    return park({"plant": plant}, discharges={"sewer": {"limit": {"COD": limit}}}, fresh_water={}, **parts)


def cost(case: ParkCase) -> float:
    return float(pyo.value(solved(case).pyomo.objective))


@pytest.mark.parametrize(("interest", "life", "factor"), [(0.08, 20, 0.101852), (0.05, 10, 0.129505), (0.0, 25, 0.04)])
def test_capital_recovery_factor(interest: float, life: float, factor: float) -> None:
    """Tables of engineering economy, six digits."""
    assert capital_recovery_factor(interest, life) == pytest.approx(factor, abs=1e-6)


def test_annual_cost_of_an_asset() -> None:
    rate = capital_recovery_factor(0.08, 10) + 0.05
    assert cost(filtering()) == pytest.approx(rate * (1000 + 100 * 10), rel=1e-7)


@pytest.mark.parametrize(("flow", "size"), [(2, 5), (7, 7), (30, 20)])
def test_a_size_outside_its_range_is_not_built(flow: float, size: float) -> None:
    """Too little is treated in the smallest filter; what the largest cannot take goes to the tanker."""
    model = solved(filtering(flow))
    assert pyo.value(model.pyomo.design.plant.filter.size) == pytest.approx(size, abs=1e-6)
    assert pyo.value(model.assembly.annual("emergency disposal")) == pytest.approx(HOURS * max(0, flow - 20), abs=1e-3)


def test_an_empty_size_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="minimum 30 is larger than maximum 20"):
        FlowInvestment.model_validate(OPTION | {"minimum": 30})


def test_costs_of_another_year_are_brought_to_the_case_s() -> None:
    index = {2014: 576.1, 2024: 800.0}
    old = {"investment": OPTION | {"cost_year": 2014}}
    then, now = cost(filtering(filter_=old, cost_year=2024, cost_index=index)), cost(filtering())
    assert then == pytest.approx(now * 800.0 / 576.1, rel=1e-7)
    asset = build_model(filtering(filter_=old, cost_year=2024, cost_index=index)).assembly.assets[0]
    assert asset.investment(1.0, 10.0) == pytest.approx(2000 * 800.0 / 576.1)
    assert cost(filtering(filter_={"investment": OPTION | {"cost_year": 2024}}, cost_year=2024)) == pytest.approx(now)


@pytest.mark.parametrize(
    ("index", "missing"), [({}, "2014 and 2024"), ({2024: 800.0}, "2014"), ({2014: 576.1}, "2024")]
)
def test_a_cost_year_without_its_index_is_refused(index: dict[int, float], missing: str) -> None:
    old = {"investment": OPTION | {"cost_year": 2014}}
    (told,) = problems(filtering(filter_=old, cost_year=2024, cost_index=index))
    assert f"the index of {missing} in" in told.message
    assert told.place == "plants.plant.treatments.filter.investment.cost_year"


def test_membrane_elements_are_operating_cost() -> None:
    model = solved(filtering(filter_={"membrane_elements": 0.2, "operating_cost": 0.3}))
    costs = {label: float(pyo.value(sum(terms))) for label, terms in model.assembly.costs.items()}
    assert costs["membrane elements"] == pytest.approx(HOURS * 10 * 0.2, rel=1e-7)
    assert costs["treatment"] == pytest.approx(HOURS * 10 * 0.3, rel=1e-7)
