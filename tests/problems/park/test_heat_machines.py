"""Stores, engines, chillers, buyers of heat and condensing turbines: optima by hand, first and second law."""

import math

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.errors import CaseError
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.dry_cooler import DryCooler
from loopwise.problems.park.heat_engine import AbsorptionChiller, RankineCycle
from loopwise.problems.park.model import build_model
from loopwise.problems.park.problem import park_problem
from loopwise.problems.park.thermal_store import ThermalStore
from tests.golden_lp import golden_optimum
from tests.heat_parks import heat_park, weather

HOURS = 8000.0
GRID = {"connection": 20, "import_price": 100, "export_price": 60}
WATER = {"cooling": {"water": {"supply": 15, "price": 3}}}
HOT = {"streams": {"waste": {"supply": 150, "target": 100, "duty": 5}}}


def solved(case):
    assert not case.problems()
    model = build_model(case)
    assert SolverFactory("highs").solve(model.pyomo).incumbent_objective is not None
    return model


def hourly(model, name: str) -> float:
    return float(pyo.value(model.assembly.annual(name))) / HOURS


def test_golden_heat_export() -> None:
    """5 MW of waste heat, a buyer of 3 MW at 20 a MWh; cooling the rest costs 3 a MWh."""
    export = {"supply": 50, "target": 80, "demand": 3, "price": 20, "existing": 10, "avoided_emission_factor": 0.2}
    model = build_model(heat_park({"plant": {"heat": HOT | WATER | {"exports": {"town": export}}}}))
    assert golden_optimum("heat_export", model.pyomo) == pytest.approx(HOURS * (-3 * 20 + 2 * 3), rel=1e-9)
    assert hourly(model, "heat sold") == pytest.approx(3)
    reports = {name: float(pyo.value(e)) for name, (_, e) in model.assembly.reports.items()}
    assert reports["co2"] == 0.0
    assert reports["co2.avoided"] == pytest.approx(HOURS * 3 * 0.2)


def test_a_buyers_demand_may_be_uncertain() -> None:
    export = {"supply": 50, "target": 80, "demand": 3, "price": 20, "existing": 10}
    element = {
        "on": ["plants.plant.heat.exports.town.demand"],
        "distribution": {"distribution": "uniform", "lower": 0.0, "upper": 3.0},
    }
    case = heat_park(
        {"plant": {"heat": HOT | WATER | {"exports": {"town": export}}}}, uncertainty={"elements": {"cold": element}}
    )
    problem = park_problem(case).problem
    factors = np.array([0.0, 1.0, 3.0])
    block = Evaluator(problem, engine="reference").evaluate(
        problem.first_stage.lower, problem.realize(factors[:, None], np.full(3, 1 / 3))
    )
    sold = np.minimum(3 * factors, 5)
    assert block.objective == pytest.approx(HOURS * (-20 * sold + 3 * (5 - sold)), rel=1e-6)


def test_no_value_replaces_a_demand_of_several_periods() -> None:
    export = {"supply": 50, "target": 80, "demand": 3, "price": 20, "existing": 10}
    element = {
        "on": ["plants.plant.heat.exports.town.demand"],
        "relative": False,
        "distribution": {"distribution": "uniform", "lower": 0.0, "upper": 3.0},
    }
    heat = HOT | WATER | {"exports": {"town": export}}
    case = heat_park({"plant": {"heat": heat}}, uncertainty={"elements": {"cold": element}})
    with pytest.raises(CaseError, match="more than one number"):
        park_problem(case)


STORE = {"hot": 90, "cold": 40, "efficiency": 0.9, "cycles": 300}
SEASON = {"periods": {"day": {"share": 0.5}, "night": {"share": 0.5}}}
SHIFTED = {
    "streams": {
        "batch": {"supply": 120, "target": 60, "duty": 4, "flow": {"rate": 1, "profile": {"night": 0}}},
        "wash": {"supply": 20, "target": 60, "duty": 3, "flow": {"rate": 1, "profile": {"day": 0}}},
    },
    "heating": {"gas": {"supply": 200, "price": 50}},
    **WATER,
}


def test_golden_thermal_store() -> None:
    """The day's 4 MW fill the store, the night gets 3.6 and needs 3: what the store loses takes no cooling."""
    case = heat_park({"plant": {"heat": SHIFTED | {"stores": {"tank": STORE | {"existing": 60}}}}}, **SEASON)
    model = build_model(case)
    assert golden_optimum("thermal_store", model.pyomo) == pytest.approx(4000 * 3 * (0.9 * 4 - 3), rel=1e-7)
    assert hourly(model, "heat stored") == pytest.approx(0.5 * 4)


@pytest.mark.parametrize("held", [0.0, 10.0, 20.0])
def test_a_store_carries_no_more_than_its_cycles(held: float) -> None:
    model = solved(heat_park({"plant": {"heat": SHIFTED | {"stores": {"tank": STORE | {"existing": held}}}}}, **SEASON))
    assert HOURS * hourly(model, "heat stored") == pytest.approx(300 * held, abs=1e-4)
    assert HOURS * hourly(model, "heating") == pytest.approx(4000 * 3 - 0.9 * 300 * held, rel=1e-6)


def test_a_store_that_serves_one_period_only_gives_back_what_it_took() -> None:
    tank = STORE | {"existing": 60, "periods": ["day"]}
    model = solved(heat_park({"plant": {"heat": SHIFTED | {"stores": {"tank": tank}}}}, **SEASON))
    assert HOURS * hourly(model, "heating") == pytest.approx(4000 * 3, rel=1e-6)


ENGINE = {"driven_by": {"from": 150, "to": 100}, "rejects": {"from": 20, "to": 30}, "existing": 5}


def test_golden_rankine_cycle() -> None:
    """All 5 MW drive it; power at the export price, what is left of the heat into the cooling water."""
    machines = {"rankine_cycles": {"cycle": ENGINE}}
    model = build_model(heat_park({"plant": {"heat": HOT | WATER | machines, "grid": GRID}}))
    hot = (150 - 100) / math.log((150 + 273.15) / (100 + 273.15)) - 5  # its fluid is 5 K colder than the waste heat
    eta = 0.45 * (1 - (35 + 273.15) / hot)
    assert RankineCycle.model_validate(ENGINE).power_per_heat == pytest.approx(eta, rel=1e-9)
    expected = HOURS * (-60 * 5 * eta + 3 * 5 * (1 - eta))
    assert golden_optimum("rankine_cycle", model.pyomo) == pytest.approx(expected, rel=1e-7)
    assert hourly(model, "power generated") + hourly(model, "cooling") == pytest.approx(5)


@pytest.mark.parametrize("hot", [90.0, 150.0, 300.0])
@pytest.mark.parametrize("share", [0.3, 0.65])
def test_no_engine_beats_carnot(hot: float, share: float) -> None:
    engine = RankineCycle.model_validate(
        ENGINE | {"driven_by": {"from": hot, "to": hot - 30}, "efficiency": share, "pinch": 0}
    )
    assert 0.0 < engine.power_per_heat < 1.0 - (30 + 273.15) / (hot + 273.15)


CHILLER = {
    "driven_by": {"from": 110, "to": 95},
    "chills": {"from": 12, "to": 7},
    "rejects": {"from": 22, "to": 30},
    "existing": 5,
}


def test_golden_absorption_chiller() -> None:
    """2 MW of cold take 2 / 0.7 MW of waste heat; both end in the cooling water, the rest of the waste heat too."""
    streams = HOT["streams"] | {"hall": {"supply": 17, "target": 12, "duty": 2}}
    heat = {"streams": streams, **WATER, "absorption_chillers": {"chiller": CHILLER}}
    model = build_model(heat_park({"plant": {"heat": heat}}))
    assert golden_optimum("absorption_chiller", model.pyomo) == pytest.approx(HOURS * 3 * 7, rel=1e-7)
    assert hourly(model, "cold from heat") == pytest.approx(2)
    assert hourly(model, "heat dump plant") == pytest.approx(0, abs=1e-7)


def test_a_chiller_beyond_the_second_law_is_refused() -> None:
    good = AbsorptionChiller.model_validate(CHILLER)
    assert not list(good.problems("chiller"))
    assert good.performance < good.ideal
    for changes, words in (
        ({"driven_by": {"from": 90, "to": 80}}, "a generator needs 88 degC"),
        ({"chills": {"from": -10, "to": -30}, "performance": 1.5}, "the second law allows"),
    ):
        found = AbsorptionChiller.model_validate(CHILLER | changes).problems("chiller")
        assert any(words in problem.message for problem in found)


def test_a_store_without_temperature_to_give_is_refused() -> None:
    store = ThermalStore.model_validate(STORE | {"cold": 89, "periods": ["nite"]})
    words = " ".join(problem.message for problem in store.problems("store", ["day", "night"]))
    assert "gives back no heat" in words
    assert "unknown period 'nite'" in words


def test_golden_condensing_turbine() -> None:
    """Full load: P = w m; the vapour's heat goes into the cooling water, the condensate back; every balance closes."""
    system = {
        "headers": {"HP": {"pressure": 40, "temperature": 400}, "LP": {"pressure": 4}},
        "feedwater": {"header": "LP", "recovery": 1.0},
        "letdowns": {"valve": {"from": "HP", "to": "LP"}},
        "boilers": {"B": {"header": "HP", "fuel": "gas", "existing": 60, "minimum_load": 0, "no_load": 0}},
    }
    turbine = {"from": "HP", "existing": 5, "condenser": 40, "isentropic_efficiency": 0.8}
    heat = {"cooling": {"water": {"supply": 20, "target": 30}}, "condensing_turbines": {"T": turbine}}
    plant = {"steam": system, "heat": heat, "grid": GRID | {"export_price": 200}}
    supplies = {"fresh_water": {"river": {"price": 0.5}}, "discharges": {"drain": {}}}
    model = build_model(heat_park({"plant": plant}, fuels={"gas": {"price": 20, "emission_factor": 0.2}}, **supplies))
    golden_optimum("condensing_turbine", model.pyomo)
    inlet = steam.enthalpy(40, 400)
    ideal = steam.isentropic_enthalpy(40, inlet, steam.saturation_pressure(40))
    flow = 5 * 3600 / (0.95 * 0.8 * (inlet - ideal))
    block = model.pyomo.operation.plant.component("T")
    assert float(pyo.value(block.power["year"])) == pytest.approx(5, rel=1e-6)
    assert float(pyo.value(block.steam["year"])) == pytest.approx(flow, rel=1e-6)
    rejected = flow * (inlet - steam.liquid(40)) / 3600 - 5 / 0.95
    assert hourly(model, "condenser heat") == pytest.approx(rejected, rel=1e-6)
    assert hourly(model, "cooling") == pytest.approx(rejected, rel=1e-6)
    residuals = [e for name, (_, e) in model.assembly.reports.items() if name.startswith("residual.heat.")]
    assert max(abs(float(pyo.value(e))) for e in residuals) < 1e-6


COOLER = {"supply": 40, "target": 50, "design_air": 25, "power": 0.03, "existing": 8}


def test_golden_dry_cooler() -> None:
    """At 35 degC of air its 8 MW at 25 degC are 8 x 10 / 20 = 4 MW; the fifth finds no cooling, at 200 a MWh."""
    plant = {"heat": HOT | {"dry_coolers": {"cooler": COOLER}}, "grid": GRID}
    model = build_model(heat_park({"plant": plant}, weather={"temperature": 35}))
    assert golden_optimum("dry_cooler", model.pyomo) == pytest.approx(HOURS * (200 + 100 * 0.03 * 4), rel=1e-7)
    assert hourly(model, "heat dump plant") == pytest.approx(1)


def test_the_air_of_a_scenario_decides_what_a_dry_cooler_can_do() -> None:
    """A share (45 - T_air) / 20 of 8 MW; what is too hot for it finds no cooling."""
    heat = HOT | {"dry_coolers": {"cooler": COOLER | {"power": 0}}}
    case = heat_park({"plant": {"heat": heat, "grid": GRID}}, **weather(35, -20, 4))
    assert not case.problems()
    problem = park_problem(case).problem
    anomaly = np.array([-20.0, 0.0, 2.0, 4.0])
    block = Evaluator(problem, engine="reference").evaluate(
        problem.first_stage.lower, problem.realize(anomaly[:, None], np.full(4, 0.25))
    )
    able = np.minimum(8 * (45 - 35 - anomaly) / 20, 5)
    assert block.status.max() == 0
    assert block.objective == pytest.approx(HOURS * 200 * (5 - able), rel=1e-5, abs=1.0)


@pytest.mark.parametrize(
    ("changes", "air", "place", "words"),
    [
        ({}, (10, 41), "supply", "air of 41 degC cannot cool to 40 degC"),
        ({"design_air": 40}, (10, 30), "design_air", "air of 40 degC"),
        ({"target": 39}, (10, 30), "target", "does not get warmer"),
        ({}, None, "", "'weather'"),
    ],
)
def test_impossible_dry_coolers_are_refused(changes, air, place: str, words: str) -> None:
    (found,) = DryCooler.model_validate(COOLER | changes).problems("cooler", air)
    assert words in found.message
    assert found.place == f"cooler.{place}".rstrip(".")


FLUE_GAS = {"boiler": "B", "supply": 130, "target": 60, "share": 0.08, "existing": 5}
STEAM = {
    "headers": {"LP": {"pressure": 4}},
    "feedwater": {"header": "LP", "recovery": 1.0},
    "boilers": {"B": {"header": "LP", "fuel": "gas", "existing": 60, "minimum_load": 0, "no_load": 0}},
    "steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": 30}}},
}
WARMED = {
    "streams": {"wash": {"supply": 20, "target": 50, "duty": 4}},
    "heating": {"gas": {"supply": 200, "price": 90}},
}
SUPPLIES = {
    "fresh_water": {"river": {"price": 0.5}},
    "discharges": {"drain": {}},
    "fuels": {"gas": {"price": 40, "emission_factor": 0.2}},
}


def with_economizer(**changes):
    heat = WARMED | {"economizers": {"economizer": FLUE_GAS | changes}}
    return heat_park({"plant": {"steam": STEAM, "heat": heat}}, **SUPPLIES)


def test_golden_economizer() -> None:
    """0.08 of the fuel warms the wash water, the rest is bought at 90; fuel at 40, water at 0.5 a tonne."""
    model = build_model(with_economizer())
    optimum = golden_optimum("economizer", model.pyomo)
    fuel, water = hourly(model, "fuel gas"), hourly(model, "fresh water")
    assert hourly(model, "heat from flue gas") == pytest.approx(0.08 * fuel, rel=1e-7)
    assert 0.5 < 0.08 * fuel < 4
    assert optimum == pytest.approx(HOURS * (40 * fuel + 0.5 * water + 90 * (4 - 0.08 * fuel)), rel=1e-7)


def test_an_economizer_gives_no_more_than_its_size_and_its_temperatures_allow() -> None:
    """Flue gas of 52 to 45 degC, 5 + 5 K apart, reaches 42 degC in the wash water: 4 x 22 / 30 MW at most."""
    small = solved(with_economizer(existing=0.5))
    assert hourly(small, "heat from flue gas") == pytest.approx(0.5)
    tepid = solved(with_economizer(supply=52, target=45, share=0.2))
    assert hourly(tepid, "heat from flue gas") == pytest.approx(4 * 22 / 30, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"boiler": "C"}, "unknown boiler 'C'"),
        ({"target": 130}, "is not cooled"),
        ({"share": 0.2, "target": 30}, "more heat than 'gas' has: 1.1 of 1.05 LHV"),
    ],
)
def test_impossible_economizers_are_refused(changes, words: str) -> None:
    case = with_economizer(**changes)
    case = case.model_copy(
        update={"fuels": {"gas": case.fuels["gas"].model_copy(update={"higher_heating_value": 1.05})}}
    )
    assert any(words in problem.message for problem in case.problems())
