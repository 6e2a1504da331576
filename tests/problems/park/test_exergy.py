"""Exergy: no unit creates any, in any scenario; over a whole plant what comes in is destroyed or leaves."""

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
from loopwise.problems.park.assembly import DESTROYED
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.problem import ParkProblem, park_problem
from loopwise.problems.park.steam import SteamSystem
from tests.steam_cases import MAIN, PERIOD, TAKER, assembled, changed, component, solve, value

STEAM: dict[str, Any] = {
    "headers": {"HP": {"pressure": 40, "temperature": 400}, "LP": {"pressure": 4}},
    "feedwater": {
        "header": "LP",
        "recovery": 0.8,
        "maximum": {"TDS": 500},
        "power": 1.0,
        "flash": {"header": "LP", "existing": 5, "cooled_to": 60},
    },
    "boilers": {
        "old": {
            "header": "HP",
            "fuels": {"gas": {}, "wood": {"maximum": 0.6, "efficiency": 0.8}},
            "existing": 60,
            "minimum_load": 0.1,
        }
    },
    "electric_boilers": {"electrode": {"header": "HP", "existing": 20}},
    "letdowns": {"valve": {"from": "HP", "to": "LP"}},
    "turbines": {"back-pressure": {"from": "HP", "to": "LP", "existing": 4}},
    "steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": 15}, "condensate_return": 0.5}},
}
HEAT: dict[str, Any] = {
    "streams": {
        "vapour": {"side": "hot", "supply": 180, "target": 180, "duty": 2},
        "oven": {"supply": 240, "target": 120, "duty": 4},
        "waste": {"supply": 95, "target": 40, "duty": 5, "flow": {"rate": 1, "profile": {"night": 0.2}}},
        "wash": {"supply": 20, "target": 60, "duty": 3, "flow": {"rate": 1, "profile": {"day": 0.2}}},
        "reactor": {"supply": 60, "target": 130, "duty": 3},
        "hall": {"supply": 17, "target": 12, "duty": 1},
    },
    "exchangers": {"waste to wash": {"hot": "waste", "cold": "wash", "existing": 1}},
    "heating": {"steam": {"header": "LP", "condensate_return": 0.7}, "kettle": {"fuel": "gas", "supply": 200}},
    "cooling": {
        "river": {"supply": 22, "target": 30, "power": 0.01, "price": 9},
        "chilled": {"supply": 5, "price": 60},
    },
    "dry_coolers": {"fans": {"supply": 36, "target": 45, "design_air": 25, "existing": 5}},
    "economizers": {"flue gas": {"boiler": "old", "supply": 140, "target": 60, "share": 0.06, "existing": 2}},
    "steam_recovery": {"waste-heat boiler": {"header": "LP", "existing": 3}},
    "heat_pumps": {
        "pump": {"cools": {"from": 60, "to": 45}, "heats": {"from": 60, "to": 85}, "existing": 2},
        "air pump": {"heats": {"from": 40, "to": 65}, "existing": 2},
        "recompression": {
            "cools": {"from": 90, "to": 88},
            "heats": {"from": 140, "to": 140},
            "recompresses": True,
            "existing": 1,
        },
    },
    "condensing_turbines": {"condensing": {"from": "HP", "existing": 3}},
    "rankine_cycles": {
        "cycle": {"driven_by": {"from": 200, "to": 130}, "rejects": {"from": 25, "to": 32}, "existing": 1}
    },
    "absorption_chillers": {
        "chiller": {
            "driven_by": {"from": 110, "to": 95},
            "chills": {"from": 12, "to": 7},
            "rejects": {"from": 25, "to": 32},
            "existing": 2,
        }
    },
    "stores": {"tank": {"hot": 90, "cold": 45, "cycles": 300, "existing": 20}},
    "exports": {"town": {"supply": 40, "target": 70, "demand": 2, "price": 20, "existing": 2}},
}
PRICES = {
    "gas": "fuels.gas.price",
    "wood": "fuels.wood.price",
    "power": "plants.works.grid.import_price",
    "sold": "plants.works.grid.export_price",
    "cold": "plants.works.heat.cooling.chilled.price",
    "heat": "plants.works.heat.exports.town.price",
}
PRICE = {"distribution": "uniform", "lower": 0.05, "upper": 4.0}


def everything() -> ParkCase:
    """One plant with a unit of every kind, a second behind a main, a loop, a condensate line and a power line."""
    taker = {
        "headers": {"LP": {"pressure": 2}},
        "steam_uses": {"vats": {"header": "LP", "flow": {"fixed": 3}, "condensate_return": 0.6}},
    }
    needs = {
        "streams": {"bath": {"supply": 30, "target": 55, "duty": 1}},
        "heating": {"boiler": {"power": True, "supply": 90}},
    }
    between = {"from": "works", "to": "hall", "length": 1}
    anomaly = {"distribution": "uniform", "lower": -8, "upper": 8}
    elements = {name: {"on": [path], "distribution": PRICE} for name, path in PRICES.items()}
    elements["year"] = {"on": ["weather.anomaly"], "relative": False, "distribution": anomaly}
    data = {
        "kind": "park",
        "name": "everything",
        "periods": {"day": {"share": 0.5}, "night": {"share": 0.5}},
        "weather": {"temperature": {"every": 22, "profile": {"night": 12}}},
        "contaminants": {"TDS": {}},
        "fresh_water": {"river": {"price": 0.5, "concentration": {"TDS": 200}}},
        "discharges": {"drain": {"limit": {"TDS": 40000}}},
        "fuels": {"gas": {"price": 40, "emission_factor": 0.2}, "wood": {"price": 25, "emission_factor": 0.36}},
        "plants": {
            "works": {
                "steam": STEAM,
                "heat": HEAT,
                "grid": {"connection": 30, "import_price": 90, "export_price": 50},
            },
            "hall": {"steam": taker, "heat": needs, "power_demand": 1},
        },
        "steam_mains": {"main": between | {"from_header": "LP", "to_header": "LP", "existing": 10}},
        "condensate_lines": {
            "return": {"from": "hall", "to": "works", "length": 1, "existing": 5, "pumping": 0.2, "temperature_drop": 5}
        },
        "power_lines": {"line": between | {"existing": 5, "loss_per_km": 0.01}},
        "hot_water_loops": {"loop": between | {"levels": [[80, 50]], "existing": 20}},
        "uncertainty": {"elements": elements},
    }
    return ParkCase.model_validate(data)


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


def test_created_exergy_is_seen(park: ParkProblem) -> None:
    block, x, scenarios = operated(park, 1.0)
    reports = block.reports.copy()
    at = next(k for k, name in enumerate(park.problem.reports.names) if name.startswith(DESTROYED))
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
