"""CO2 inventory, its caps and their excess: a golden LP with its optimum worked out by hand."""

import pyomo.environ as pyo
import pytest

from loopwise.problems.park.checks import problems
from loopwise.problems.park.model import build_model
from tests.golden_lp import golden_optimum
from tests.park_cases import park, solved

HOURS = 8000.0
GRID = {"connection": 20, "import_price": 100, "export_price": 60, "emission_factor": 0.5}
PANELS = {"capacity_factor": 0.5, "existing": 16}


def reports(model) -> dict[str, float]:
    return {name: float(pyo.value(value)) for name, (_, value) in model.assembly.reports.items()}


def test_golden_environment() -> None:
    """Both caps are exceeded: 2 MW from the grid give 8,000 t of CO2 above a cap of 5,000, 10 t/h of water 80,000 t."""
    case = park(
        {"plant": {"power_demand": {"fixed": 2}, "grid": GRID, "water_sinks": {"tower": {"flow": {"fixed": 10}}}}},
        environment={
            "co2_price": 10,
            "co2_cap": {"limit": 5000, "excess_price": 30},
            "fresh_water_cap": {"limit": 50_000, "excess_price": 2},
        },
    )
    model = build_model(case)
    operation = HOURS * (2 * 100 + 10 * 0.5) + 10 * 8000
    assert golden_optimum("environment", model.pyomo) == pytest.approx(operation + 30 * 3000 + 2 * 30_000, rel=1e-9)
    assert reports(model)["excess co2"] == pytest.approx(3000, rel=1e-6)
    assert reports(model)["excess fresh water"] == pytest.approx(30_000, rel=1e-6)


def test_avoided_emissions_make_no_room_under_a_cap() -> None:
    """8 MW of panels, 6 of which are exported, avoid 24,000 t; the night's import still exceeds the cap of 1,000."""
    case = park(
        {"plant": {"power_demand": {"fixed": 2}, "grid": GRID,
                   "photovoltaics": {"existing": 16, "capacity_factor": {"every": 0, "profile": {"day": 0.5}}}}},
        periods={"day": {"share": 0.5}, "night": {"share": 0.5}},
        environment={"co2_cap": {"limit": 1000, "excess_price": 30}},
    )  # fmt: skip
    told = reports(solved(case))
    assert told["co2.avoided"] == pytest.approx(0.5 * HOURS * 6 * 0.5, rel=1e-6)
    assert told["co2"] == pytest.approx(0.5 * HOURS * 2 * 0.5, rel=1e-6)
    assert told["excess co2"] == pytest.approx(told["co2"] - 1000, rel=1e-6)


def test_biogenic_co2_is_shown_and_not_counted() -> None:
    plant = {
        "steam": {
            "headers": {"LP": {"pressure": 4}},
            "feedwater": {"header": "LP", "maximum": {"COD": 5}},
            "boilers": {"B": {"header": "LP", "fuel": "chips", "efficiency": 0.85, "existing": 20}},
            "steam_uses": {"vats": {"header": "LP", "flow": {"fixed": 5}}},
        }
    }
    fuels = {"chips": {"price": 30, "emission_factor": 0.36, "biogenic": True}}
    told = reports(solved(park({"plant": plant}, fuels=fuels, environment={"co2_price": 100})))
    assert told["co2"] == 0.0
    assert told["co2.biogenic"] == pytest.approx(0.36 * told["fuel chips"], rel=1e-9)
    assert told["co2.biogenic"] > 0.0
    assert told["cost.CO2"] == 0.0


@pytest.mark.parametrize("objective", ["fresh-water", "co2"])
def test_without_prices_a_permit_has_no_excess(objective: str) -> None:
    """Physical objectives know no price: a permit is hard, never free to exceed."""
    sources = {"spent": {"flow": {"fixed": 10}, "concentration": {"COD": 100}}}
    case = park(
        {"plant": {"water_sources": sources}},
        discharges={"river": {"permit": {"COD": 5}}, "sewer": {}},
        objective=objective,
    )
    assert reports(solved(case))["discharged COD river"] <= 5000 * (1 + 1e-9)


def test_a_cap_without_a_price_is_refused_where_futures_must_be_operated() -> None:
    """Excess without a price would be hard, and a future that cannot keep the cap would have no operation."""
    caps = {"co2_cap": {"limit": 100}, "fresh_water_cap": {"limit": 100, "excess_price": 2}}
    plants = {"plant": {"water_sinks": {"tower": {"flow": 10}}}}
    told = list(problems(park(plants, environment=caps)))
    assert [problem.place for problem in told] == ["environment.co2_cap"]
    assert "excess_price" in told[0].message
    assert not problems(park(plants, environment=caps, objective="fresh-water"))
