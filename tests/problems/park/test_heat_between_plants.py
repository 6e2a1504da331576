"""Heat over a plant's fence and up in temperature: loops, steam from process heat, heat pumps. By hand and balanced."""

import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.hot_water_loop import HotWaterLoop
from loopwise.problems.park.model import build_model
from tests.golden_lp import golden_optimum
from tests.heat_parks import heat_park

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
