"""Steam: IF97 against published values, golden LPs, mass and energy balances of every unit, what is refused by name."""

import csv
from copy import deepcopy

import pyomo.environ as pyo
import pytest
from pydantic import ValidationError
from pyomo.core.expr.visitor import identify_mutable_parameters
from pyomo.repn import generate_standard_repn

from loopwise.problems.errors import CaseError
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.assembly import UncertainFactor
from loopwise.problems.park.steam import SteamSystem
from loopwise.problems.park.steam_main import SteamMain
from loopwise.problems.units import ATMOSPHERE_BAR
from tests.golden_lp import golden_optimum
from tests.shared_cases import shared_case
from tests.steam_cases import (
    BOILER,
    ELECTRIC,
    FEEDWATER,
    FUELS,
    GRID,
    HEADERS,
    MAIN,
    PLANT,
    TAKER,
    assembled,
    changed,
    heat_residual,
    solve,
)

PERIOD = "year"


def value(expression: object) -> float:
    return float(pyo.value(expression))


def component(assembly, plant, name):
    return getattr(getattr(assembly.model.operation, plant), name)


# -- properties -------------------------------------------------------------------------------------------------------


def test_published_check_values_of_if97() -> None:
    with shared_case("steam/iapws97_check_values.csv").open(encoding="utf-8") as file:
        published = {row[1]: row[2] for row in csv.reader(file)}
    gauge = lambda mpa: 10.0 * mpa - ATMOSPHERE_BAR  # noqa: E731
    checks = {
        '_Region1(300,3)["h"]': steam.enthalpy(gauge(3.0), 300 - 273.15),
        '_Region1(300,80)["s"]': steam.entropy(gauge(80.0), 300 - 273.15),
        '_Region2(700,30)["h"]': steam.enthalpy(gauge(30.0), 700 - 273.15),
        '_Region2(700,0.0035)["s"]': steam.entropy(gauge(0.0035), 700 - 273.15),
        "_PSat_T(500)": (steam.saturation_pressure(500 - 273.15) + ATMOSPHERE_BAR) / 10.0,
        "_TSat_P(10)": steam.saturation_temperature(gauge(10.0)) + 273.15,
    }
    for name, computed in checks.items():
        assert computed == pytest.approx(float(published[name]), rel=1e-8), name


def test_ideal_expansion_keeps_entropy() -> None:
    inlet = steam.enthalpy(40.0, 450.0)
    ideal = steam.isentropic_enthalpy(40.0, inlet, 10.0)
    low, high = steam.saturation_temperature(10.0), 450.0
    for _ in range(60):  # temperature of the outlet, by bisection on enthalpy
        middle = 0.5 * (low + high)
        low, high = (middle, high) if steam.enthalpy(10.0, middle) < ideal else (low, middle)
    assert steam.entropy(10.0, low) == pytest.approx(steam.entropy(40.0, 450.0), rel=2e-5)


# -- rows and balances ------------------------------------------------------------------------------------------------


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


def test_boiler_energy_and_emissions() -> None:
    assembly, _, systems = assembled({"plant": PLANT})
    solve(assembly)
    system, p = systems["plant"], PERIOD
    assert system.feedwater is not None
    raised = component(assembly, "plant", "B1").steam[p].value
    hp, bfw = system.headers["HP"].enthalpy, system.feedwater.enthalpy
    heat = lambda y: (y * (hp - bfw) + y * 0.03 / 0.97 * (steam.saturated_liquid(40) - bfw)) / 3600  # noqa: E731
    fuel = value(assembly.annual("fuel gas")) / 8000
    assert fuel == pytest.approx((0.98 * heat(raised) + 0.02 * heat(60)) / 0.9, abs=1e-6)
    assert value(sum(assembly.emissions["stack"])) == pytest.approx(0.202 * fuel * 8000, rel=1e-9)


def test_built_boiler_has_the_exact_product_of_size_and_on() -> None:
    option = {"fixed": 1e5, "proportional": 1e5, "minimum": 5, "maximum": 80, "life": 20}
    assembly, _, _ = assembled({"plant": changed(boilers__B1={"existing": 0, "investment": option})})
    solve(assembly)
    design = assembly.model.design.plant
    block, size = getattr(design, "B1 commitment"), design.B1.size.value
    assert size > 5
    assert block.running[PERIOD].value == pytest.approx(size * block.on[PERIOD].value, abs=1e-6)


def test_standby_boiler_burns_its_standby_loss() -> None:
    plant = changed(boilers__B2=BOILER | {"existing": 10, "no_load": 0.05, "standby": 0.01})
    with_spare, _, systems = assembled({"plant": plant})
    alone, _, _ = assembled({"plant": PLANT})
    solve(with_spare)
    solve(alone)
    system = systems["plant"]
    assert system.feedwater is not None
    per_steam = system.boilers["B2"].input_per_steam(system.headers["HP"], system.feedwater, 0.9)
    on = getattr(with_spare.model.design.plant, "B2 commitment").on[PERIOD].value
    assert on == pytest.approx(0.0, abs=1e-6)
    extra = value(with_spare.annual("fuel gas")) - value(alone.annual("fuel gas"))
    assert extra / 8000 == pytest.approx(0.01 * per_steam * 10, abs=1e-5)


def test_steam_main_loses_heat_and_condensate() -> None:
    assembly, _, systems = assembled({"giver": PLANT, "taker": TAKER}, {"main": MAIN})
    solve(assembly)
    assert heat_residual(assembly) < 1e-6
    sent = component(assembly, "giver", "main flow").sent[PERIOD].value
    lost = SteamMain.model_validate(MAIN).condensed(systems, 1.5)
    giving = systems["giver"].headers["LP"].enthalpy
    boiling = steam.saturated_liquid(4 - 0.3 * 1.5)
    assert sent * giving / 3600 == pytest.approx(
        ((sent - lost) * giving + lost * boiling) / 3600 + 120 * 1500 / 1e6, abs=1e-6
    )
    assert sent - lost == pytest.approx(8.0, abs=1e-6)
    assert value(assembly.annual("steam main condensate")) == pytest.approx(8000 * lost, rel=1e-6)


LINE = {"from": "taker", "to": "giver", "length": 1.5, "existing": 10, "temperature_drop": 8, "pumping": 0.2}


def test_golden_condensate_line() -> None:
    assembly, *_ = assembled({"giver": PLANT, "taker": TAKER}, {"main": MAIN}, lines={"return": LINE})
    with_line = golden_optimum("condensate_line", assembly.model)
    without, *_ = assembled({"giver": PLANT, "taker": TAKER}, {"main": MAIN})
    solve(without)
    assert with_line < value(without.model.objective)


def test_condensate_brings_its_heat_to_the_plant_that_raised_the_steam() -> None:
    """4.8 t/h come back at 82 degC; the deaerator's own balance, written anew, says how much less it burns."""
    giver = changed(turbines__T1={"existing": 0})
    returned, *_, systems = assembled({"giver": giver, "taker": TAKER}, {"main": MAIN}, lines={"return": LINE})
    drained, *_ = assembled({"giver": giver, "taker": TAKER}, {"main": MAIN})
    solve(returned)
    solve(drained)
    sent = component(returned, "taker", "return flow").sent["vats", PERIOD].value
    assert sent == pytest.approx(0.6 * 8, abs=1e-6)
    assert heat_residual(returned) < 1e-6
    water = systems["giver"].feedwater
    assert water is not None
    feed = lambda assembly, part: getattr(component(assembly, "giver", "feedwater"), part)[PERIOD].value  # noqa: E731
    # every tonne that comes back replaces a tonne of make-up and the steam that warmed the difference
    make_up, live = (feed(drained, part) - feed(returned, part) for part in ("make_up", "steam"))
    header = systems["giver"].headers["LP"].enthalpy
    saved = value(drained.annual("heat raised") - returned.annual("heat raised")) / 8000
    assert make_up > 4.0
    assert live > 0.0
    cold, warm = steam.liquid(25), steam.liquid(90 - 8)
    deaerator = make_up * (cold - water.enthalpy) + live * (header - water.enthalpy) - sent * (warm - water.enthalpy)
    assert deaerator == pytest.approx(0.0, abs=1e-3)
    assert saved > 0.9 * sent * (warm - cold) / 3600
    assert value(returned.annual("heat returned")) / 8000 > sent * (warm - cold) / 3600


def test_condensate_that_no_line_takes_is_drained_and_flashes_in_the_tank() -> None:
    taker = deepcopy(TAKER)
    taker["steam_uses"]["vats"]["condensate_temperature"] = 130
    line = LINE | {"existing": 3}
    assembly, network, _ = assembled({"giver": PLANT, "taker": taker}, {"main": MAIN}, lines={"return": line})
    solve(assembly)
    flash = (steam.liquid(130) - steam.saturated_liquid(0)) / (steam.saturated_steam(0) - steam.saturated_liquid(0))
    assert 0.05 < flash < 0.07
    assert value(assembly.annual("flash steam lost")) == pytest.approx(8000 * flash * 4.8, rel=1e-6)
    assert value(sum(network.sources["taker.condensate"].taken[PERIOD])) == pytest.approx(
        (1 - flash) * 4.8 - 3, abs=1e-6
    )
    assert heat_residual(assembly) < 1e-6


def test_hot_condensate_flashes_in_the_deaerator_and_saves_its_steam() -> None:
    """More heat than the make-up can take leaves by the vent, none is lost from the balance."""
    demand = []
    for temperature in (95, 140):
        use = {"condensate_temperature": temperature, "condensate_return": 1.0}
        assembly, *_ = assembled({"plant": changed(steam_uses__dryer=use)})
        solve(assembly)
        assert heat_residual(assembly) < 1e-6
        demand.append(component(assembly, "plant", "feedwater").steam[PERIOD].value)
    assert demand[1] < demand[0]
    everything = {"reactor": {"header": "HP", "flow": {"fixed": 50}, "condensate_return": 1}}
    everything["reactor"]["condensate_temperature"] = 245
    assembly, *_ = assembled({"plant": PLANT | {"steam_uses": everything, "turbines": {}}})
    solve(assembly)
    water = component(assembly, "plant", "feedwater")
    assert water.vent[PERIOD].value > 1.0
    assert water.steam[PERIOD].value == pytest.approx(0.0, abs=1e-6)
    assert heat_residual(assembly) < 1e-6


@pytest.mark.parametrize("feedwater", [False, True])
def test_condensate_of_a_main_joins_the_taking_plant(feedwater: bool) -> None:
    main = MAIN | {"condensate_return": 0.8}
    if feedwater:
        taker = PLANT | {"turbines": {}, "letdowns": {}} | {"boilers": {}, "headers": TAKER["headers"]}
        taker |= {"steam_uses": TAKER["steam_uses"]}
    else:
        taker = TAKER
    assembly, _, systems = assembled({"giver": PLANT, "taker": taker}, {"main": main})
    solve(assembly)
    assert heat_residual(assembly) < 1e-6
    trapped = SteamMain.model_validate(main).condensed(systems, 1.5)
    if feedwater:
        returned = value(assembly.annual("condensate returned")) / 8000
        own = 0.5 * 5 + 0.7 * 18 * 3600 / (systems["giver"].headers["LP"].enthalpy - steam.liquid(95))
        assert returned == pytest.approx(own + 4.8 + 0.8 * trapped, abs=1e-6)
    else:
        flash = (steam.saturated_liquid(4 - 0.45) - steam.saturated_liquid(0)) / (
            steam.saturated_steam(0) - steam.saturated_liquid(0)
        )
        drained = component(assembly, "taker", "condensate main").drained[PERIOD].value
        assert drained == pytest.approx(0.8 * trapped * (1 - flash), abs=1e-6)


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


def test_golden_electric_boiler() -> None:
    """5 t/h of steam, none of which comes back: deaerator, blow-down and demineralization worked out by hand."""
    plant = {
        "headers": {"LP": {"pressure": "4 barg"}},
        "feedwater": FEEDWATER,
        "electric_boilers": {"E1": {"header": "LP", "existing": 20, "efficiency": 0.98}},
        "steam_uses": {"vats": {"header": "LP", "flow": {"fixed": 5}}},
    }
    assembly, _, systems = assembled({"plant": plant})
    optimum = golden_optimum("electric_boiler", assembly.model)
    header, water = systems["plant"].headers["LP"].enthalpy, steam.saturated_liquid(0.2)
    blown_down, cold = 0.03 / 0.97, steam.liquid(25)
    # make-up M and deaerator steam D:  M (h_F - h_M) = D (h_S - h_F),  M + D = (1 + b) (5 + D)
    live = (water - cold) / (header - water)
    make_up = 5 * (1 + blown_down) / (1 - blown_down * live)
    raised = 5 + live * make_up
    heat = raised * (header - water) + blown_down * raised * (steam.saturated_liquid(4) - water)
    raw = make_up / 0.75
    # the blow-down, 33 mg/L, is fit to be blended into the raw water of 10 mg/L, which may have 20
    hourly = 90 * heat / 3600 / 0.98 + 0.8 * raw + 0.5 * (raw - blown_down * raised) + 0.6 * (raw - make_up)
    assert optimum == pytest.approx(8000 * hourly, rel=1e-7)
    assert heat_residual(assembly) < 1e-6


def test_electric_boiler_energy() -> None:
    assembly, _, systems = assembled({"plant": PLANT | {"boilers": {}, "electric_boilers": {"E1": ELECTRIC}}})
    solve(assembly)
    water = systems["plant"].feedwater
    assert water is not None
    raised = component(assembly, "plant", "E1").steam[PERIOD].value
    hp = systems["plant"].headers["HP"].enthalpy - water.enthalpy
    heat = raised * (hp + 0.03 / 0.97 * (steam.saturated_liquid(40) - water.enthalpy)) / 3600
    balance = component(assembly, "plant", "grid").imported[PERIOD].value
    balance += component(assembly, "plant", "T1").power[PERIOD].value
    assert raised > 20
    assert balance == pytest.approx(heat / 0.98, abs=1e-6)


def test_forced_and_forbidden_mains() -> None:
    route = {"fixed_per_km": 1e6, "maximum": 20}
    forced = MAIN | {"existing": 0, "investment": route, "forced": True}
    assembly, _, _ = assembled({"giver": PLANT, "taker": TAKER}, {"main": forced})
    solve(assembly)
    assert assembly.model.design.giver.main.built.value == pytest.approx(1.0)
    forbidden, _, _ = assembled(
        {"giver": PLANT, "taker": TAKER}, {"main": forced | {"forced": False, "forbidden": True}}
    )
    assert not hasattr(forbidden.model.design.giver, "main")


# -- refusals ---------------------------------------------------------------------------------------------------------


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


def test_steam_that_cannot_arrive_is_refused() -> None:
    systems = {"giver": SteamSystem.model_validate(PLANT), "taker": SteamSystem.model_validate(TAKER)}
    far = SteamMain.model_validate(MAIN | {"length": 10})
    (problem,) = far.problems("steam_mains.main", systems, 10.0)
    assert "below the 2 barg" in str(problem)
    (problem,) = SteamMain.model_validate(MAIN | {"to_header": "L"}).problems("steam_mains.main", systems, 1.0)
    assert "unknown header of taker 'L'" in str(problem)


def test_use_is_flow_or_heat() -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        SteamSystem.model_validate(changed(steam_uses__dryer={"flow": 3}))
