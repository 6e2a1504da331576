"""A steam system as a whole: every balance, parallel lines, every scenario has a plan, what is refused by name."""

import pyomo.environ as pyo
import pytest
from pydantic import ValidationError
from pyomo.core.expr.visitor import identify_mutable_parameters
from pyomo.repn import generate_standard_repn

from loopwise.problems.errors import CaseError
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.assembly import UncertainFactor
from loopwise.problems.park.steam import SteamSystem
from tests.steam_cases import (
    FUELS,
    GRID,
    HEADERS,
    PERIOD,
    PLANT,
    assembled,
    changed,
    component,
    heat_residual,
    solve,
    value,
)


@pytest.mark.parametrize("power_price", [90.0, 400.0, 1.0])
def test_every_balance_closes(power_price: float) -> None:
    grid = {"connection": 20, "import_price": power_price, "export_price": 0.8 * power_price}
    assembly, network, systems = assembled({"plant": PLANT}, grid=grid)
    solve(assembly)
    system, p = systems["plant"], PERIOD
    water = system.feedwater
    assert water is not None
    hp, lp, bfw = system.headers["HP"].enthalpy, system.headers["LP"].enthalpy, water.enthalpy
    part = lambda name: component(assembly, "plant", name)  # noqa: E731
    boiler, turbine, valve = part("B1").steam[p].value, part("T1"), part("letdown valve").flow[p].value
    through, power = turbine.steam[p].value, turbine.power[p].value
    deaerator, make_up, overflow = (getattr(part("feedwater"), v)[p].value for v in ("steam", "make_up", "overflow"))
    vents = {name: part(f"header {name}").vent[p].value for name in ("HP", "LP")}
    short = {name: part(f"steam deficit plant.{name}").missing[p].value for name in ("HP", "LP")}
    assert short == pytest.approx({"HP": 0.0, "LP": 0.0}, abs=1e-6)
    dryer = 18 * 3600 / (lp - steam.liquid(95))
    # headers, with the injected water from energy balances written anew
    valve_water = valve * (hp - lp) / (lp - bfw)
    turbine_water = (through * (hp - lp) - 3600 * power / 0.95) / (lp - bfw)
    assert turbine_water >= -1e-9
    assert boiler - 5 - through - valve - vents["HP"] == pytest.approx(0, abs=1e-6)
    into_lp = through + turbine_water + valve + valve_water
    assert into_lp - dryer - deaerator - vents["LP"] == pytest.approx(0, abs=1e-6)
    # deaerator: mass and energy
    blown_down = boiler * 0.03 / 0.97
    drawn = boiler + blown_down + valve_water + turbine_water
    condensate = {90: 0.5 * 5, 95: 0.7 * dryer}
    assert make_up + deaerator + sum(condensate.values()) - drawn - overflow == pytest.approx(0, abs=1e-6)
    heat_in = make_up * steam.liquid(25) + deaerator * lp + sum(c * steam.liquid(t) for t, c in condensate.items())
    assert (heat_in - (drawn + overflow) * bfw) / 3600 == pytest.approx(0, abs=1e-6)
    # water network: raw water in; blow-down, overflow and reject out
    raw = value(network.sinks["plant.make-up"].total(p))
    assert raw == pytest.approx(make_up / 0.75, abs=1e-6)
    out = sum(value(sum(s.taken[p])) for s in network.sources.values() if s.plant == "plant")
    assert out == pytest.approx(blown_down + overflow + raw - make_up, abs=1e-6)
    assert heat_residual(assembly) < 1e-6
    # whole plant: water in = water out;  fuel - losses = heat used + power
    lost = sum(vents.values()) + 0.5 * 5 + 0.3 * dryer
    assert raw - out - lost == pytest.approx(0, abs=1e-6)
    # second law: less power than an ideal turbine would give, none for free
    ideal = through * (hp - steam.isentropic_enthalpy(40, hp, 4)) / 3600
    assert power <= 0.7 * 0.95 * ideal + 1e-9
    if power_price == 400.0:
        assert power > 1.0


def test_parallel_lines_have_their_own_flows() -> None:
    valves = {"valve": {"from": "HP", "to": "LP", "capacity": 10}, "second": {"from": "HP", "to": "LP"}}
    assembly, *_ = assembled({"plant": PLANT | {"letdowns": valves, "turbines": {}}})
    solve(assembly)
    flows = {flow.report: flow for flow in assembly.flows}
    assert len(flows) == len(assembly.flows)
    through = [value(assembly.reports[f"flow.steam.plant.HP>plant.{name}"][1]) for name in valves]
    assert sum(through) == pytest.approx(
        sum(component(assembly, "plant", f"letdown {name}").flow[PERIOD].value for name in valves)
    )
    into = sum(
        value(assembly.reports[name][1])
        for name, f in flows.items()
        if f.target == "plant.LP" and f.source != "plant.LP"
    )
    out = sum(value(assembly.reports[name][1]) for name, f in flows.items() if f.source == "plant.LP")
    assert into == pytest.approx(out, abs=1e-6)


@pytest.mark.parametrize("factor", [0.0, 1.0, 3.0])
def test_no_scenario_is_infeasible(factor: float) -> None:
    path = "plants.plant.steam"
    paths = [f"{path}.boilers.B1.availability", f"{path}.turbines.T1.availability", f"{path}.steam_uses.dryer.heat"]
    uncertain = {path: UncertainFactor(path.split(".")[-2]) for path in paths}
    assembly, _, _ = assembled({"plant": PLANT}, uncertain=uncertain, grid=GRID | {"connection": 0})
    assert set(paths) <= assembly.used_paths
    for name in ("B1", "T1"):
        getattr(assembly.model.design.plant, f"{name} commitment").on[PERIOD].fix(1)
    for element in assembly.model.operation.uncertain:
        assembly.model.operation.uncertain[element] = min(factor, 1.0) if element != "dryer" else factor
    solve(assembly)
    assert (value(assembly.annual("steam deficit plant")) > 1.0) == (factor != 1.0)


def test_uncertain_quantities_meet_no_decision_that_they_must_not() -> None:
    """W is certain; uncertain prices multiply second-stage variables only."""
    path = "plants.plant.steam"
    paths = [f"{path}.boilers.B1.availability", f"{path}.turbines.T1.availability", f"{path}.steam_uses.dryer.heat"]
    uncertain = {path: UncertainFactor(path.split(".")[-2]) for path in [*paths, "fuels.gas.price"]}
    option = {"proportional": 1e5, "maximum": 80, "life": 20}
    assembly, _, _ = assembled({"plant": changed(boilers__B1={"existing": 0, "investment": option})}, None, uncertain)
    assert set(uncertain) <= assembly.used_paths
    operation = assembly.model.operation
    rows = [c.body for c in operation.component_data_objects(pyo.Constraint)]
    for stage, expressions in (("operation", rows), ("design", [assembly.model.objective.expr])):
        for expression in expressions:
            form = generate_standard_repn(expression, compute_values=False)
            assert form.is_linear()
            for variable, coefficient in zip(form.linear_vars, form.linear_coefs, strict=True):
                if variable.name.startswith(stage):
                    assert not list(identify_mutable_parameters(coefficient)), variable.name


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (
            PLANT | {"letdowns": {}, "headers": HEADERS | {"LP": {"pressure": "4 barg", "temperature": 260}}},
            "exhaust arrives with",
        ),
        (changed(boilers__B1={"header": "HPP"}), "unknown header 'HPP'"),
        (changed(boilers__B1={"fuel": "gass"}), "did you mean 'gas'"),
        (changed(headers__LP={"temperature": 390}), "feed-water ratio is negative"),
        (changed(headers__HP={"temperature": 200}), "holds no steam"),
        (changed(letdowns__valve={"from": "LP", "to": "HP"}), "is not above header"),
        (changed(steam_uses__dryer={"condensate_temperature": 160}), "that is steam"),
        (PLANT | {"feedwater": {"header": "LP"}}, "no limit for COD"),
        (PLANT | {"feedwater": None}, "need the plant's 'feedwater'"),
    ],
)
def test_refused_by_name(plant, expected: str) -> None:
    problems = SteamSystem.model_validate(plant).problems("plants.plant.steam", ["COD"], FUELS)
    assert any(expected in str(problem) for problem in problems), problems
    with pytest.raises(CaseError):
        assembled({"plant": plant})


def test_use_is_flow_or_heat() -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        SteamSystem.model_validate(changed(steam_uses__dryer={"flow": 3}))
