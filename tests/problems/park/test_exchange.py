"""Water pipes between plants: golden LP, its optimum worked out by hand, leak, minimum flow, forced, forbidden."""

import pyomo.environ as pyo
import pytest

from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.checks import problems
from loopwise.problems.park.model import build_model, build_network
from tests.golden_lp import golden_optimum
from tests.park_cases import park, solved

HOURS = 8000.0
ROUTE = {
    "fixed_per_km": 10_000,
    "proportional_per_km": 1000,
    "minimum": 2,
    "maximum": 20,
    "life": 25,
    "maintenance": 0.02,
}
PIPE = {"from": "giver", "to": "taker", "of": "spent", "length": 2, "leak": 0.1, "pumping": 0.5, "investment": ROUTE}


def exchange(pipes, spent: float = 10.0, price: float = 2.0, **parts):
    plants = {
        "giver": {
            "water_sources": {"spent": {"flow": {"fixed": spent}, "concentration": {"COD": 100}}},
            "grid": {"connection": 1, "import_price": 100},
        },
        "taker": {"water_sinks": {"tower": {"flow": {"fixed": 12}, "maximum": {"COD": 60}}}},
    }
    return park(plants, fresh_water={"municipal": {"price": price}}, water_pipes=pipes, **parts)


def sent(model) -> float:
    return float(pyo.value(model.assembly.annual("water exchanged"))) / HOURS


def test_golden_water_pipe() -> None:
    """12 t/h at 60 mg/L take 7.2 t/h of water at 100 mg/L: 8 t/h are sent, of which a tenth leaks."""
    model = build_model(exchange({"pipe": PIPE}))
    rate = capital_recovery_factor(0.08, 25) + 0.02
    pipe = rate * 2 * (10_000 + 8 * 1000)
    hourly = 2.0 * 4.8 + 0.6 * 2 + 0.0005 * 100 * 8
    assert golden_optimum("water_pipe", model.pyomo) == pytest.approx(pipe + HOURS * hourly, rel=1e-9)
    assert sent(model) == pytest.approx(8.0, abs=1e-6)
    network, period = model.network, "year"
    assert pyo.value(network.sinks["taker.tower"].total(period)) == pytest.approx(4.8 + 0.9 * 8, abs=1e-6)
    assert pyo.value(network.sinks["drain"].total(period)) == pytest.approx(10 - 8, abs=1e-6)
    assert pyo.value(network.sinks["taker.tower"].inlet_mass("COD", period)) == pytest.approx(0.1 * 0.9 * 8, abs=1e-6)


@pytest.mark.parametrize("asset", [{"existing": 20, "investment": None}, {"investment": ROUTE}])
def test_minimum_flow_runs_the_line_above_it_or_not_at_all(asset) -> None:
    """Two periods; 3 t/h of spent water in one of them are below the minimum of 5 t/h."""
    parts = {"periods": {"high": {"share": 0.5}, "low": {"share": 0.5}}}
    pipe = PIPE | {"minimum_flow": 5, "leak": 0} | asset
    case = exchange({"pipe": pipe}, **parts)
    plants = case.model_dump(by_alias=True)["plants"]
    plants["giver"]["water_sources"]["spent"]["flow"]["profile"] = {"low": 0.3}
    model = solved(type(case).model_validate(case.model_dump(by_alias=True) | {"plants": plants}))
    flow = {p: float(pyo.value(sum(f[p] for f in _flows(model)))) for p in ("high", "low")}
    assert flow["high"] == pytest.approx(7.2, abs=1e-6)
    assert flow["low"] == pytest.approx(0.0, abs=1e-6)
    assert pyo.value(model.assembly.annual("minimum flow shortfall")) == pytest.approx(0.0, abs=1e-6)


def _flows(model):
    return [arc.flow for arc in model.network.arcs if arc.source.plant == "giver" and arc.sink.plant == "taker"]


def test_a_scenario_with_too_little_water_is_short_not_infeasible() -> None:
    model = build_model(exchange({"pipe": PIPE | {"minimum_flow": 5, "existing": 20, "investment": None}}, spent=3))
    model.pyomo.design.giver.component("pipe commitment").on["year"].fix(1)
    pyo.SolverFactory("highs").solve(model.pyomo)
    assert pyo.value(model.assembly.annual("minimum flow shortfall")) == pytest.approx(HOURS * 2, rel=1e-6)


def test_forced_forbidden_and_existing_pipes() -> None:
    costly = PIPE | {"investment": ROUTE | {"fixed_per_km": 1e7}}
    built = lambda model: float(pyo.value(model.pyomo.design.giver.pipe.built))  # noqa: E731
    assert built(solved(exchange({"pipe": costly}))) == pytest.approx(0.0)
    forced = solved(exchange({"pipe": costly | {"forced": True}}))
    assert built(forced) == pytest.approx(1.0)
    assert sent(forced) > 7.0
    forbidden = solved(exchange({"pipe": PIPE | {"forbidden": True}}))
    assert sent(forbidden) == 0.0
    assert forbidden.pyomo.design.giver.component("pipe") is None
    existing = solved(exchange({"pipe": PIPE | {"existing": 6, "investment": None}}))
    assert sent(existing) == pytest.approx(6.0, abs=1e-6)


def test_forced_and_forbidden_at_once_is_refused() -> None:
    told = [p.message for p in problems(exchange({"pipe": PIPE | {"forced": True, "forbidden": True}}))]
    assert any("forced" in message and "forbidden" in message for message in told)


def test_parallel_pipes_carry_together() -> None:
    existing = PIPE | {"existing": 3, "investment": None}
    model = solved(exchange({"one": existing, "two": existing}))
    assert sent(model) == pytest.approx(6.0, abs=1e-6)
    assert len({flow.report for flow in model.assembly.flows}) == len(model.assembly.flows)


def test_route_follows_coordinates_and_detour() -> None:
    case = exchange({"pipe": {k: v for k, v in PIPE.items() if k != "length"}})
    assert case.water_pipes["pipe"].route({"giver": (0, 0), "taker": (3, 4)}, 1.3) == pytest.approx(6.5)


def test_municipal_only_use_takes_nothing_else_from_a_pipe() -> None:
    case = exchange({"pipe": PIPE})
    plants = case.model_dump(by_alias=True)["plants"]
    plants["taker"]["water_sinks"]["tower"]["only"] = ["municipal"]
    only = type(case).model_validate(case.model_dump(by_alias=True) | {"plants": plants})
    assert {arc.source.key for arc in build_network(only).arcs if arc.sink.key == "taker.tower"} == {"municipal"}
