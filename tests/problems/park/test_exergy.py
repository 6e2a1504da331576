"""No unit creates energy or exergy in any scenario; of exergy, what comes into a plant is destroyed or leaves."""

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loopwise.optimizer.evaluation import Evaluator
from loopwise.optimizer.park_operation import ParkInspection
from loopwise.problems.park import exergy
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.ledger import DESTROYED, ENERGY, LOSSLESS, LOST, RESIDUAL
from loopwise.problems.park.problem import ParkProblem, park_problem
from loopwise.problems.park.steam import SteamSystem
from tests.everything_park import everything
from tests.steam_cases import MAIN, PERIOD, TAKER, assembled, changed, component, solve, value

KINDS = {
    "absorption chiller",
    "blow-down",
    "boiler",
    "condensate line",
    "cooling",
    "deaerator",
    "demineralization",
    "dry cooler",
    "electric boiler",
    "heat exchange",
    "heat pump",
    "heating",
    "hot-water loop",
    "letdown",
    "organic Rankine cycle",
    "power line",
    "steam main",
    "steam recovery",
    "thermal store",
    "turbine",
    "vent",
}


@pytest.fixture(scope="module")
def park() -> ParkProblem:
    case = everything()
    assert not case.problems()
    return park_problem(case)


def operated(park: ParkProblem, on: float) -> tuple[Any, np.ndarray, Any]:
    """40 scenarios of wild prices with everything standing, all units on or off."""
    problem = park.problem
    x = np.where(np.isin(problem.first_stage.names, _binaries(park)), on, problem.first_stage.lower)
    for name in problem.first_stage.names:  # capacity x on, where it is a variable of its own
        assert "running" not in name
    scenarios = problem.scenarios(0, 40, seed=3)
    return Evaluator(problem).evaluate(x, scenarios), x, scenarios


def _binaries(park: ParkProblem) -> list[str]:
    return [column for asset in park.assets for column in asset.on_columns.values()]


@pytest.mark.parametrize("on", [1.0, 0.0])
def test_no_unit_creates_exergy_in_any_scenario(park: ParkProblem, on: float) -> None:
    block, x, scenarios = operated(park, on)
    assert (block.status == 0).all()
    found = {n: block.reports[:, k] for k, n in enumerate(park.problem.reports.names) if n.startswith(DESTROYED)}
    assert set(park.units.values()) == KINDS
    for name, values in found.items():
        assert values.min() > -1e-7, (name, values.min())
    if on:
        at_work = {
            park.units[name.removeprefix(DESTROYED).rsplit(".", 1)[0]] for name, v in found.items() if v.max() > 1e-4
        }
        assert at_work == KINDS - {"vent"}
    inspected = ParkInspection(None).inspect(park.problem, x, scenarios, block.primal, block.reports)
    assert inspected.residuals[:, 3].max() < 1e-6


@pytest.mark.parametrize("on", [1.0, 0.0])
def test_every_units_energy_closes_in_every_scenario(park: ParkProblem, on: float) -> None:
    """All comes out again of units that lose nothing; the others lose something, never less than nothing."""
    block, *_ = operated(park, on)
    found = {name: block.reports[:, k] for k, name in enumerate(park.problem.reports.names)}
    hours = park.case.hours
    for unit, kind in park.units.items():
        ways = {
            way: sum(v for n, v in found.items() if n.startswith(f"{ENERGY}{unit}.{way}.")) for way in ("in", "out")
        }
        open_ends = ways["in"] - ways["out"]
        if kind in LOSSLESS:
            assert np.abs(open_ends).max() < 1e-7, unit
            continue
        periods = {n.rsplit(".", 1)[1]: v for n, v in found.items() if n.startswith(f"{LOST}{unit}.")}
        assert min(v.min() for v in periods.values()) > -1e-7, unit
        lost = sum(v * hours.get(p, sum(hours.values())) for p, v in periods.items()) / sum(hours.values())
        assert open_ends == pytest.approx(lost, abs=1e-7), unit


@pytest.mark.parametrize("begins", [DESTROYED, LOST, RESIDUAL])
def test_created_exergy_and_energy_are_seen(park: ParkProblem, begins: str) -> None:
    block, x, scenarios = operated(park, 1.0)
    reports = block.reports.copy()
    at = next(k for k, name in enumerate(park.problem.reports.names) if name.startswith(begins))
    reports[7, at] = -1e-3
    residuals = ParkInspection(None).inspect(park.problem, x, scenarios, block.primal, reports).residuals
    assert residuals[7, 3] == pytest.approx(1e-3)


@pytest.mark.parametrize("power_price", [90.0, 400.0, 1.0])
def test_what_comes_into_a_plant_is_destroyed_or_leaves(power_price: float) -> None:
    """Fuel, power and make-up bring as much as units destroy, users of steam take and the overflow carries away."""
    grid = {"connection": 20, "import_price": power_price, "export_price": 0.8 * power_price}
    plant = changed(feedwater__flash={"header": "LP", "existing": 5, "cooled_to": 60})
    taker = TAKER | {"feedwater": None}
    assembly, _, systems = assembled({"giver": plant, "taker": taker}, {"main": MAIN}, grid=grid)
    solve(assembly)
    destroyed = sum(value(e) for n, (_, e) in assembly.reports.items() if n.startswith(DESTROYED))
    per_t = 1 / 3600
    water = component(assembly, "giver", "feedwater")
    grids = [component(assembly, name, "grid") for name in systems]
    power = sum(g.imported[PERIOD].value - g.exported[PERIOD].value for g in grids)
    brought = 1.04 * value(assembly.annual("fuel gas")) / 8000 + power
    brought += water.make_up[PERIOD].value * exergy.of_water(25) * per_t
    headers = systems["giver"].headers
    pumped = exergy.of_pumped_water(40, steam.saturated_liquid(0.2)) - exergy.of_boiling_water(0.2)
    brought += component(assembly, "giver", "B1").steam[PERIOD].value / 0.97 * pumped * per_t
    dryer = 18 * 3600 / (headers["LP"].enthalpy - steam.liquid(95))
    used = 5 * (headers["HP"].exergy - 0.5 * exergy.of_water(90))
    used += dryer * (headers["LP"].exergy - 0.7 * exergy.of_water(95)) + 8 * systems["taker"].headers["LP"].exergy
    left = (used + water.overflow[PERIOD].value * exergy.of_boiling_water(0.2)) * per_t
    assert brought == pytest.approx(destroyed + left, rel=1e-6)


@given(st.floats(5.0, 100.0), st.floats(0.05, 0.6), st.floats(5.0, 200.0), st.floats(0.5, 0.9), st.floats(0.0, 0.2))
@settings(max_examples=25, deadline=None)
def test_no_state_of_steam_lets_a_unit_create_exergy(
    pressure: float, outlet: float, superheat: float, efficiency: float, price: float
) -> None:
    """Headers from 5 to 100 barg and what lies below, any superheat, any turbine; power worth much or nothing."""
    low = 0.2 + outlet * pressure
    plant = changed(
        headers__HP={"pressure": pressure, "temperature": steam.saturation_temperature(pressure) + superheat},
        headers__LP={"pressure": low, "superheat": 0.5},
        turbines__T1={"isentropic_efficiency": efficiency},
        feedwater__flash={"header": "LP", "existing": 5, "cooled_to": 60},
    )
    refused = lambda data: SteamSystem.model_validate(data).problems("steam", ["COD"], ["gas", "wood"])  # noqa: E731
    if refused(plant):
        plant |= {"turbines": {}}  # its exhaust would be colder than the header
    assume(not refused(plant))
    assembly, *_ = assembled({"plant": plant}, grid={"connection": 60, "import_price": 1, "export_price": 1000 * price})
    solve(assembly)
    for name, (_, expression) in assembly.reports.items():
        if name.startswith(DESTROYED):
            assert float(pyo.value(expression)) > -1e-7, name


def test_exergy_of_heat_and_water() -> None:
    assert exergy.of_heat(exergy.AMBIENT) == 0.0
    assert exergy.of_heat(2 * exergy.AMBIENT) == 0.5
    assert exergy.of_water(25) == pytest.approx(0.0, abs=0.2)  # 3 kPa instead of 1 atm
    assert exergy.of_water_with(steam.liquid(140)) == pytest.approx(exergy.of_water(140), rel=1e-9)
    boiling = exergy.of_boiling_water(4.0)
    latent = steam.saturated_steam(4.0) - steam.saturated_liquid(4.0)
    kelvin = steam.saturation_temperature(4.0) + 273.15
    assert exergy.of_saturated_steam(4.0) == pytest.approx(boiling + latent * exergy.of_heat(kelvin), rel=1e-5)
