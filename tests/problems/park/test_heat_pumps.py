"""Heat pumps: what they draw by hand, within the second law, with the air of the scenario, and what is refused."""

import math

import numpy as np
import pyomo.environ as pyo
import pytest
from pydantic import ValidationError

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.park.heat_pump import HeatPump
from loopwise.problems.park.model import build_model
from loopwise.problems.park.problem import park_problem
from tests.golden_lp import golden_optimum
from tests.heat_parks import heat_park, weather

HOURS = 8000.0
GRID = {"connection": 20, "import_price": 100}
COLD = {"cooling": {"water": {"supply": 15}}}


def value(expression) -> float:
    return float(pyo.value(expression))


def hourly(model, name: str) -> float:
    return value(model.assembly.annual(name)) / HOURS


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


@pytest.mark.parametrize("pinch", [4.0, 5.0])
def test_a_boiling_sink_is_counted_between_refrigerant_temperatures(pinch: float) -> None:
    """Water boiling at 110 degC, waste heat of 70 to 60: COP = 0.5 T_c / (T_c - T_e) of the refrigerant beyond both."""
    pump = PUMP | {"cools": {"from": 70, "to": 60}, "heats": {"from": 110, "to": 110}, "pinch": pinch}
    hot, cold = 110 + pinch + 273.15, 60 - pinch + 273.15
    assert HeatPump.model_validate(pump).cop == pytest.approx(0.5 * hot / (hot - cold), rel=1e-12)


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
