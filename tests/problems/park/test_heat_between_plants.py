"""Heat over a plant's fence and up in temperature: loops, steam from process heat, heat pumps. By hand and balanced."""

import math

import numpy as np
import pyomo.environ as pyo
import pytest
from pydantic import ValidationError
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.heat_pump import HeatPump
from loopwise.problems.park.hot_water_loop import HotWaterLoop
from loopwise.problems.park.model import build_model
from loopwise.problems.park.problem import park_problem
from tests.golden_lp import golden_optimum
from tests.heat_parks import heat_park, weather

HOURS = 8000.0
GRID = {"connection": 20, "import_price": 100}
COLD = {"cooling": {"water": {"supply": 15}}}
GIVER = {"heat": {"streams": {"hot": {"supply": 120, "target": 50, "duty": 7}}, **COLD}, "grid": GRID}
TAKER = {
    "heat": {
        "streams": {"cold": {"supply": 30, "target": 70, "duty": 4}},
        "heating": {"gas": {"supply": 200, "price": 60}},
    }
}
PIPES = {"fixed_per_km": 100_000, "proportional_per_km": 1_000, "maximum": 400, "life": 25, "maintenance": 0.02}
LOOP = {"from": "giver", "to": "taker", "length": 2, "levels": [[90, 60]], "investment": PIPES, "heat_loss": 40}


def solved(case):
    assert not case.problems()
    model = build_model(case)
    result = SolverFactory("highs").solve(model.pyomo)
    assert result.incumbent_objective is not None
    return model, result.incumbent_objective


def value(expression) -> float:
    return float(pyo.value(expression))


def hourly(model, name: str) -> float:
    return value(model.assembly.annual(name)) / HOURS


def test_golden_hot_water_loop() -> None:
    """Water of 89 to 60 degC warms the feed from 30 to 70 degC: 4 MW, and 0.08 MW are lost on the way."""
    model = build_model(heat_park({"giver": GIVER, "taker": TAKER}, hot_water_loops={"loop": LOOP}))
    per_flow = (steam.liquid(90) - steam.liquid(60)) / 3600
    flow = 4.08 / per_flow
    rate = capital_recovery_factor(0.08, 25) + 0.02
    cost = rate * 2 * (100_000 + 1_000 * flow) + HOURS * 100 * 0.0005 * flow
    assert golden_optimum("hot_water_loop", model.pyomo) == pytest.approx(cost, rel=1e-7)
    assert hourly(model, "heat exchanged") == pytest.approx(4)
    assert hourly(model, "loop heat loss") == pytest.approx(0.08)
    assert hourly(model, "cooling") == pytest.approx(7 - 4.08)
    assert hourly(model, "heating") == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize(
    ("levels", "chosen"), [([[90, 60], [70, 40]], "loop 90-60"), ([[60, 35], [90, 60]], "loop 90-60")]
)
def test_one_of_the_levels_is_built(levels, chosen: str) -> None:
    """The colder water reaches 54 (or 44) degC in the feed only, the hotter one all of its 70."""
    model, _ = solved(heat_park({"giver": GIVER, "taker": TAKER}, hot_water_loops={"loop": LOOP | {"levels": levels}}))
    built = [a.name for a in model.assembly.assets if a.build_column and value(_component(model, a.build_column)) > 0.5]
    assert built == [chosen]


def _component(model, name: str):
    return model.pyomo.find_component(name)


def test_a_loop_carries_no_more_than_temperatures_allow() -> None:
    """Water of 59 to 40 degC with 5 + 5 K of approach: into the feed up to 49 degC, 1.9 of its 4 MW."""
    loop = LOOP | {"levels": [[60, 40]]}
    model, _ = solved(heat_park({"giver": GIVER, "taker": TAKER}, hot_water_loops={"loop": loop}))
    assert hourly(model, "heat exchanged") == pytest.approx(0.1 * (49 - 30), rel=1e-6)


def test_a_loop_in_service_without_heat_is_kept_warm_at_a_price() -> None:
    loop = LOOP | {"investment": None, "existing": 100}
    model = build_model(heat_park({"giver": GIVER, "taker": TAKER}, hot_water_loops={"loop": loop}))
    model.pyomo.design.giver.component("loop commitment").on["year"].fix(1)
    model.heat.carriers["giver.hot"].amount = {"year": 0.0}
    model.pyomo.operation.heat.component("giver.hot").balance.deactivate()
    for exchange in model.heat.exchanges:
        if exchange.hot.key == "giver.hot":
            for arc in exchange.arcs:
                arc.flow["year"].fix(0.0)
    SolverFactory("highs").solve(model.pyomo)
    assert hourly(model, "heat deficit giver") == pytest.approx(0.08)


def test_steam_from_process_heat_replaces_the_boiler() -> None:
    """A vapour of 180 degC raises steam of 4 barg; fuel for what it brings is saved, water and heat balances close."""
    system = {
        "headers": {"LP": {"pressure": 4}},
        "feedwater": {"header": "LP", "recovery": 1.0},
        "boilers": {"B": {"header": "LP", "fuel": "gas", "existing": 30, "minimum_load": 0, "no_load": 0}},
        "steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": 10}}},
    }
    heat = {
        "streams": {"vapour": {"side": "hot", "supply": 180, "target": 180, "duty": 3}},
        **COLD,
        "steam_recovery": {"waste-heat boiler": {"header": "LP", "existing": 5}},
    }
    supplies = {"fresh_water": {"river": {"price": 0.5}}, "discharges": {"drain": {}}}
    fuels = {"gas": {"price": 40, "emission_factor": 0.2}}
    model, _ = solved(heat_park({"plant": {"steam": system, "heat": heat}}, fuels=fuels, **supplies))
    assert hourly(model, "steam from process heat") == pytest.approx(3, rel=1e-6)
    header, water = steam.enthalpy(4.0, steam.saturation_temperature(4.0) + 5), steam.saturated_liquid(0.2)
    per_steam = (header - water + 0.03 / 0.97 * (steam.saturated_liquid(4.0) - water)) / 3600
    recovered = 3 / per_steam
    boiler = value(model.pyomo.operation.plant.component("B").steam["year"])
    deaerator = value(model.pyomo.operation.plant.component("feedwater").steam["year"])
    assert boiler + recovered == pytest.approx(10 + deaerator, rel=1e-6)
    residuals = [e for name, (_, e) in model.assembly.reports.items() if name.startswith("residual.heat.")]
    assert max(abs(value(e)) for e in residuals) < 1e-6


PUMP = {"cools": {"from": 60, "to": 40}, "heats": {"from": 60, "to": 90}, "existing": 10}
LUKEWARM = {
    "streams": {"waste": {"supply": 65, "target": 45, "duty": 8}, "feed": {"supply": 60, "target": 85, "duty": 4}},
    "heating": {"gas": {"supply": 200, "price": 60}},
    **COLD,
}


def test_golden_heat_pump() -> None:
    """COP = 0.5 Lorenz between 40-60 and 60-90 degC; 4 MW are given off, 4 (1 - 1/COP) drawn from the waste heat."""
    mean = [(b - a) / math.log((b + 273.15) / (a + 273.15)) for a, b in ((40, 60), (60, 90))]
    cop = 0.5 * mean[1] / (mean[1] - mean[0])
    model = build_model(heat_park({"plant": {"heat": LUKEWARM | {"heat_pumps": {"pump": PUMP}}, "grid": GRID}}))
    assert golden_optimum("heat_pump", model.pyomo) == pytest.approx(HOURS * 100 * 4 / cop, rel=1e-7)
    assert hourly(model, "heat pumped") == pytest.approx(4)
    assert hourly(model, "cooling") == pytest.approx(8 - 4 * (1 - 1 / cop))
    assert value(model.assembly.reports["destroyed.plant.pump.year"][1]) > 0


@pytest.mark.parametrize("low", [10.0, 30.0, 60.0])
@pytest.mark.parametrize("lift", [20.0, 45.0, 65.0])
@pytest.mark.parametrize("efficiency", [0.45, 0.6])
@pytest.mark.parametrize("boiling", [True, False])
def test_no_heat_pump_beats_carnot(low: float, lift: float, efficiency: float, boiling: bool) -> None:
    high = low + lift
    heats = {"from": high if boiling else high - 10, "to": high}
    pump = HeatPump.model_validate({"cools": {"from": low + 5, "to": low}, "heats": heats, "efficiency": efficiency})
    if high <= 160:
        assert not list(pump.problems("pump", None))
        assert 1.0 < pump.cop < (high + 273.15) / lift


def test_the_air_decides_what_an_air_source_pump_draws() -> None:
    """1 / COP = (T_c - T_air + pinch) / (eta T_c) with the scenario's own temperature of the air in W.

    Exergy destroyed is P - Q (1 - T_air / T_sink), since what is drawn from the air has none.
    """
    pump = {"heats": {"from": 50, "to": 60}, "existing": 10}
    streams = {"feed": {"supply": 30, "target": 55, "duty": 4}}
    heat = {"streams": streams, "heating": {"gas": {"supply": 200, "price": 500}}, "heat_pumps": {"pump": pump}}
    case = heat_park({"plant": {"heat": heat, "grid": GRID}}, **weather(20, -8, 8))
    assert not case.problems()
    problem = park_problem(case).problem
    anomaly = np.array([-5.0, 0.0, 8.0])
    block = Evaluator(problem, engine="reference").evaluate(
        problem.first_stage.lower, problem.realize(anomaly[:, None], np.full(3, 1 / 3))
    )
    hot, power = 65 + 273.15, 4 * (65 + 5 - 20 - anomaly) / (0.5 * (65 + 273.15))
    assert block.objective == pytest.approx(HOURS * 100 * power, rel=1e-6)
    assert problem.reports is not None
    destroyed = block.reports[:, problem.reports.names.index("destroyed.plant.pump.year")]
    sink = (65 - 55) / math.log(hot / (hot - 10))
    assert destroyed == pytest.approx(power - 4 * (1 - (20 + anomaly + 273.15) / sink), rel=1e-6)


@pytest.mark.parametrize(
    ("heats", "parts", "words"),
    [
        ((50, 60), {}, "give the case's 'weather'"),
        ((50, 60), weather(20, -31, 8), "lifts by 71 K"),
        ((25, 30), weather(20, -8, 8), "an exchanger does that"),
    ],
)
def test_air_that_a_pump_could_not_use_is_refused(heats, parts, words: str) -> None:
    """A lift counts from the coldest air of any scenario, and there is one in the hottest."""
    pump = {"heats": {"from": heats[0], "to": heats[1]}, "existing": 10}
    case = heat_park({"plant": {"heat": {"heat_pumps": {"pump": pump}}, "grid": GRID}}, **parts)
    assert any(words in problem.message for problem in case.problems())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"heats": {"from": 150, "to": 170}}, "no heat pump has shown more than 160"),
        ({"heats": {"from": 100, "to": 115}}, "lifts by 75 K"),
        ({"heats": {"from": 50, "to": 52}}, "an exchanger does that"),
        ({"efficiency": 0.8}, "0.4 to 0.6 of the ideal COP"),
    ],
)
def test_impossible_heat_pumps_are_refused(changes, words: str) -> None:
    pump = HeatPump.model_validate(PUMP | changes)
    assert any(words in problem.message for problem in pump.problems("pump", None))


def test_a_sink_above_the_market_is_flagged() -> None:
    pump = HeatPump.model_validate(PUMP | {"cools": {"from": 90, "to": 80}, "heats": {"from": 130, "to": 140}})
    assert not list(pump.problems("pump", None))
    assert "above the 120 degC" in next(iter(pump.warnings("pump")))


def test_no_refrigerant_limits_what_is_recompressed() -> None:
    """A vapour compressed itself may boil something at 170 degC; its second law and its lift are those of any pump."""
    hot = PUMP | {"cools": {"from": 131, "to": 130}, "heats": {"from": 170, "to": 170}, "recompresses": True}
    pump = HeatPump.model_validate(hot)
    assert not list(pump.problems("pump", None))
    assert not list(pump.warnings("pump"))
    assert pump.cop == HeatPump.model_validate(hot | {"recompresses": False}).cop
    lifted = HeatPump.model_validate(hot | {"cools": {"from": 95, "to": 95}})
    assert any("lifts by 75 K" in problem.message for problem in lifted.problems("pump", None))
    for source in (None, {"from": 131, "to": 120}):
        with pytest.raises(ValidationError, match="is a vapour"):
            HeatPump.model_validate(hot | {"cools": source})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": [[60, 60]]}, "gives no heat"),
        ({"levels": [[250, 60]]}, "between 0 and 180 degC"),
        ({"levels": [[90, 60], [70, 40]], "existing": 3}, "has one level"),
        ({"from": "gver"}, "unknown plant with heat"),
    ],
)
def test_impossible_loops_are_refused(changes, words: str) -> None:
    systems = heat_park({"giver": GIVER, "taker": TAKER}).heat_systems
    loop = HotWaterLoop.model_validate(LOOP | changes)
    assert any(words in problem.message for problem in loop.problems("loop", systems))
