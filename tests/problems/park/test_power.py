"""Grid, photovoltaics and power lines: golden LPs with optima worked out by hand, power in = power out."""

import pyomo.environ as pyo
import pytest

from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.model import build_model
from tests.golden_lp import golden_optimum
from tests.park_cases import park, solved

HOURS = 8000.0
GRID = {
    "connection": 10,
    "import_price": {"every": 100, "profile": {"night": 50}},
    "export_price": 40,
    "emission_factor": 0.5,
}
PERIODS = {"day": {"share": 0.25}, "night": {"share": 0.75}}
PANELS = {
    "capacity_factor": {"every": 0, "profile": {"day": 0.4}},
    "investment": {"proportional": 100_000, "maximum": 20, "life": 20},
}


def mean(model, carrier: str, source: str, target: str) -> float:
    return float(pyo.value(model.assembly.reports[f"flow.{carrier}.{source}>{target}"][1]))


def test_golden_grid_and_photovoltaics() -> None:
    """Panels to the limit of 20 MW: 8 MW by day, of which 5 MW are exported; 3 MW are bought at night."""
    case = park(
        {"plant": {"power_demand": {"fixed": 3}, "grid": GRID | {"demand_charge": 1000}, "photovoltaics": PANELS}},
        periods=PERIODS,
        environment={"co2_price": 10},
    )
    model = build_model(case)
    investment = 20 * 100_000 * capital_recovery_factor(0.08, 20)
    hourly = 0.25 * (-40 * 5) + 0.75 * 3 * (50 + 10 * 0.5)
    assert golden_optimum("grid_and_photovoltaics", model.pyomo) == pytest.approx(
        investment + 1000 * 3 + HOURS * hourly, rel=1e-9
    )
    assert mean(model, "power", "photovoltaics", "plant") == pytest.approx(0.25 * 8, abs=1e-6)
    bought, sold = mean(model, "power", "grid", "plant"), mean(model, "power", "plant", "grid")
    assert bought + 0.25 * 8 == pytest.approx(3 + sold, abs=1e-6)
    # avoided emissions stand on a line of their own and in no inventory
    reports = {name: float(pyo.value(value)) for name, (_, value) in model.assembly.reports.items()}
    assert reports["co2"] == pytest.approx(HOURS * 0.75 * 3 * 0.5, rel=1e-6)
    assert reports["co2.avoided"] == pytest.approx(HOURS * 0.25 * 5 * 0.5, rel=1e-6)


def test_golden_power_line() -> None:
    """5 MW over 4 km at 1% a km: 4.8 arrive, 1.2 are missing at 3,000 a MWh."""
    line = {"from": "giver", "to": "taker", "length": 4, "existing": 5, "loss_per_km": 0.01}
    plants = {"giver": {"grid": {"connection": 20, "import_price": 90}}, "taker": {"power_demand": {"fixed": 6}}}
    model = build_model(park(plants, power_lines={"line": line}))
    assert golden_optimum("power_line", model.pyomo) == pytest.approx(HOURS * (5 * 90 + 1.2 * 3000), rel=1e-9)
    assert mean(model, "power", "grid", "giver") == pytest.approx(mean(model, "power", "giver", "taker"), abs=1e-6)
    arriving = 0.96 * mean(model, "power", "giver", "taker")
    missing = float(pyo.value(model.assembly.annual("power deficit taker"))) / HOURS
    assert arriving + missing == pytest.approx(6, abs=1e-6)


def test_minimum_flow_runs_a_power_line_above_it_or_not_at_all() -> None:
    """2 MW are taken at night, below the line's 3 MW: it is out of service then, and dearer power is bought."""
    line = {"from": "giver", "to": "taker", "length": 1, "existing": 5, "minimum_flow": 3}
    plants = {
        "giver": {"grid": {"connection": 20, "import_price": 90}},
        "taker": {
            "grid": {"connection": 20, "import_price": 110},
            "power_demand": {"fixed": 6, "profile": {"night": 1 / 3}},
        },
    }
    model = solved(park(plants, power_lines={"line": line}, periods=PERIODS))
    assert pyo.value(model.pyomo.objective) == pytest.approx(
        HOURS * (0.25 * (5 * 90 + 1 * 110) + 0.75 * 2 * 110), rel=1e-9
    )
    on = model.pyomo.design.giver.component("line commitment").on
    assert [round(pyo.value(on[p])) for p in ("day", "night")] == [1, 0]
    assert pyo.value(model.assembly.annual("minimum power shortfall")) == pytest.approx(0.0, abs=1e-6)


def test_a_scenario_with_too_little_power_is_short_not_infeasible() -> None:
    line = {"from": "giver", "to": "taker", "length": 1, "existing": 5, "minimum_flow": 3}
    plants = {"giver": {"grid": {"connection": 2, "import_price": 90}}, "taker": {"power_demand": {"fixed": 6}}}
    model = build_model(park(plants, power_lines={"line": line}))
    model.pyomo.design.giver.component("line commitment").on["year"].fix(1)
    pyo.SolverFactory("highs").solve(model.pyomo)
    assert pyo.value(model.assembly.annual("minimum power shortfall")) == pytest.approx(HOURS * 1, rel=1e-6)


def test_parallel_lines_are_one_flow_and_both_carry() -> None:
    line = {"from": "giver", "to": "taker", "length": 1, "existing": 3}
    plants = {"giver": {"grid": {"connection": 20, "import_price": 90}}, "taker": {"power_demand": {"fixed": 6}}}
    model = solved(park(plants, power_lines={"one": line, "two": line}))
    assert mean(model, "power", "giver", "taker") == pytest.approx(6, abs=1e-6)
    assert len([flow for flow in model.assembly.flows if flow.source == "giver" and flow.target == "taker"]) == 1
