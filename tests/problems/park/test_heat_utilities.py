"""Utilities of a plant's streams: steam with its condensate, fuel, power, cooling water and its tower; bad input."""

import numpy as np
import pyomo.environ as pyo
import pytest
import yaml
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.case_file import validate_case
from loopwise.problems.errors import CaseError
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.model import build_model
from loopwise.problems.park.problem import park_problem
from loopwise.problems.yaml_lines import read_yaml
from tests.golden_lp import golden_optimum
from tests.heat_parks import heat_park

HOURS = 8000.0
FEED = {"feed": {"supply": 20, "target": 80, "duty": 6}}
EFFLUENT = {"effluent": {"supply": 90, "target": 40, "duty": 5}}
STEAM = {
    "headers": {"LP": {"pressure": 4}},
    "feedwater": {"header": "LP", "recovery": 1.0},
    "boilers": {"B": {"header": "LP", "fuel": "gas", "existing": 30, "minimum_load": 0, "no_load": 0}},
}
FUELS = {"gas": {"price": 40, "emission_factor": 0.2}}
GRID = {"connection": 20, "import_price": 100}
WATER = {"contaminants": {"TDS": {}}, "fresh_water": {"river": {"price": 0.5, "concentration": {"TDS": 200}}}}
TOWER = {"supply": 20, "target": 30, "power": 0.02, "tower": {"cycles": 5, "maximum": {"TDS": 300}}}


def solved(case):
    model = build_model(case)
    assert not case.problems()
    result = SolverFactory("highs").solve(model.pyomo)
    assert result.incumbent_objective is not None
    return model, result.incumbent_objective


def value(expression) -> float:
    return float(pyo.value(expression))


def hourly(model, name: str) -> float:
    return value(model.assembly.annual(name)) / HOURS


@pytest.mark.parametrize("returned", [0.0, 0.8])
def test_steam_condenses_and_its_condensate_returns_with_its_heat(returned: float) -> None:
    heating = {"steam": {"header": "LP", "condensate_return": returned}}
    plant = {"steam": STEAM, "heat": {"streams": FEED, "heating": heating}}
    supplies = {"fresh_water": {"river": {"price": 0.5}}, "discharges": {"drain": {}}}
    model, _ = solved(heat_park({"plant": plant}, fuels=FUELS, **supplies))
    header, boiling = steam.enthalpy(4.0, steam.saturation_temperature(4.0) + 5.0), steam.saturated_liquid(4.0)
    used = 6.0 * 3600.0 / (header - boiling)
    assert hourly(model, "steam used") == pytest.approx(used, rel=1e-6)
    assert hourly(model, "condensate returned") == pytest.approx(returned * used, rel=1e-6)
    residuals = [e for name, (_, e) in model.assembly.reports.items() if name.startswith("residual.heat.")]
    assert max(abs(value(e)) for e in residuals) < 1e-6
    assert hourly(model, "heat deficit plant") == pytest.approx(0, abs=1e-7)


def test_golden_cooling_tower() -> None:
    """5 MW evaporate 7.5 t/h; at 5 cycles 9.375 t/h of make-up and 1.875 t/h of blow-down; 0.1 MW of fans."""
    plant = {"heat": {"streams": EFFLUENT, "cooling": {"tower": TOWER}}, "grid": GRID}
    case = heat_park({"plant": plant}, **WATER, discharges={"drain": {"price": 0.8, "limit": {"TDS": 1500}}})
    model = build_model(case)
    assert not case.problems()
    cost = HOURS * (0.5 * 9.375 + 0.8 * 1.875 + 100 * 0.1)
    assert golden_optimum("cooling_tower", model.pyomo) == pytest.approx(cost, rel=1e-9)
    assert hourly(model, "cooling") == pytest.approx(5)


@pytest.mark.parametrize(
    ("heating", "cost"),
    [
        ({"fuel": "gas", "efficiency": 0.8, "supply": 150}, 40 * 6 / 0.8),
        ({"power": True, "efficiency": 0.96, "supply": 150}, 100 * 6 / 0.96),
        ({"price": 25, "supply": 110, "target": 90}, 25 * 6),
        ({"price": 25, "supply": 150, "capacity": 4}, 25 * 4 + 500 * 2),
    ],
)
def test_heat_from_fuel_power_and_outside(heating, cost: float) -> None:
    plant = {"heat": {"streams": FEED, "heating": {"heater": heating}}, "grid": GRID}
    _, found = solved(heat_park({"plant": plant}, fuels=FUELS))
    assert found == pytest.approx(HOURS * cost, rel=1e-7)


def test_flow_follows_the_throughput_and_its_own_factor() -> None:
    """Q = 6 (0.25 + 0.75 x 0.8) x 1.1 at a market of 0.8 and a flow factor of 1.1, priced at 25 a MWh."""
    streams = {"feed": FEED["feed"] | {"flow": {"fixed": 0.25, "rate": 0.75}}}
    heat = {"streams": streams, "heating": {"bought": {"price": 25, "supply": 150}}}
    paths = {"market": "plants.plant.throughput", "flow": "plants.plant.heat.streams.feed.flow"}
    elements = {
        name: {"on": [path], "distribution": {"distribution": "uniform", "lower": 0.5, "upper": 1.5}}
        for name, path in paths.items()
    }
    plant = {"heat": heat, "throughput": {"lost_margin": 1000}}
    problem = park_problem(heat_park({"plant": plant}, uncertainty={"elements": elements})).problem
    scenario = problem.realize(np.array([[0.8, 1.1]]), np.ones(1))
    block = Evaluator(problem, engine="reference").evaluate(problem.first_stage.lower, scenario)
    assert block.objective[0] == pytest.approx(HOURS * 25 * 6 * (0.25 + 0.6) * 1.1, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"streams": {"feed": {"supply": 20, "target": 80}}}, "either `duty` or `heat_capacity_flow`"),
        ({"streams": {"feed": {"supply": 20, "target": 80, "duty": 0}}}, "no heat to exchange"),
        ({"heating": {"oil": {"supply": 70, "price": 1}}}, "can heat it between 60 and 80 degC"),
        ({"heating": {"oil": {"price": 1}}}, "needs its 'supply'"),
        ({"heating": {"oil": {"supply": 200}}}, "exactly one of header, fuel, power, price"),
        ({"heating": {"oil": {"header": "LP"}}}, "unknown header 'LP'"),
        ({"heating": {"oil": {"supply": 200, "fuel": "gaz"}}}, "unknown fuel 'gaz'"),
        ({"exchangers": {"e": {"hot": "fed", "cold": "feed", "existing": 1}}}, "unknown hot stream 'fed'"),
        ({"exchangers": {"e": {"hot": "effluent", "cold": "feed"}}}, "give 'existing' duty or an 'investment'"),
        (
            {"exchangers": {"e": {"hot": "effluent", "cold": "feed", "existing": 1, "approach_temperature": 5}}},
            "below the 10 K",
        ),
        ({"exchangers": {"e": {"hot": "cool", "cold": "feed", "existing": 1}}}, "too close"),
        ({"cooling": {"tower": TOWER | {"tower": {}}}}, "make-up water has no limit for TDS"),
        ({"streams": FEED | {"effluent": EFFLUENT["effluent"] | {"forbidden": ["fed"]}}}, "unknown part of the heat"),
    ],
)
def test_bad_input_is_told_with_its_place(changes, words: str) -> None:
    heat = {
        "streams": FEED | EFFLUENT | {"cool": {"supply": 25, "target": 20, "duty": 1}},
        "heating": {"oil": {"supply": 200, "price": 1}},
        "cooling": {"chilled": {"supply": 5}},
    }
    heat = {key: heat.get(key, {}) | part if key != "heating" else part for key, part in (heat | changes).items()}
    data = {"kind": "park", "name": "bad", "plants": {"plant": {"heat": heat}}} | WATER | {"fuels": FUELS}
    with pytest.raises(CaseError) as caught:
        validate_case(read_yaml(yaml.safe_dump(data)), "bad.yaml")
    assert words in str(caught.value)
    assert "plants.plant.heat" in str(caught.value)
