"""Steam systems as an engineer would type them, assembled with water, drain and grid, and solved."""

from copy import deepcopy
from typing import Any

import pyomo.environ as pyo
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.problems.park.assembly import Assembly, UncertainFactor
from loopwise.problems.park.condensate import CondensateLine
from loopwise.problems.park.discharge import Discharge
from loopwise.problems.park.emergency import Emergency
from loopwise.problems.park.fresh_water import FreshWater
from loopwise.problems.park.fuel import Fuel
from loopwise.problems.park.power import Grid
from loopwise.problems.park.steam import SteamSystem
from loopwise.problems.park.steam_main import SteamMain
from loopwise.problems.park.water_network import WaterNetwork

FUELS = {
    "gas": Fuel(price=40, emission_factor=0.202),
    "wood": Fuel(price=25, emission_factor=0.36, biogenic=True),
}
PERIOD = "year"
GRID = {"connection": 60, "import_price": 90, "emission_factor": 0.5}

HEADERS: dict[str, Any] = {"HP": {"pressure": "40 barg", "temperature": 400}, "LP": {"pressure": "4 barg"}}
FEEDWATER: dict[str, Any] = {
    "header": "LP",
    "maximum": {"COD": 20},
    "demineralized": {"COD": 1},
    "recovery": 0.75,
    "cost": 0.8,
}
BOILER: dict[str, Any] = {"header": "HP", "fuel": "gas", "efficiency": 0.9, "existing": 60, "standby": 0.01}
ELECTRIC: dict[str, Any] = {"header": "HP", "existing": 60}
TURBINE: dict[str, Any] = {"from": "HP", "to": "LP", "existing": 4}
PLANT: dict[str, Any] = {
    "headers": HEADERS,
    "feedwater": FEEDWATER,
    "boilers": {"B1": BOILER},
    "letdowns": {"valve": {"from": "HP", "to": "LP"}},
    "turbines": {"T1": TURBINE},
    "steam_uses": {
        "reactor": {"header": "HP", "flow": {"fixed": 5}, "condensate_return": 0.5},
        "dryer": {"header": "LP", "heat": {"fixed": 18}, "condensate_temperature": 95, "condensate_return": 0.7},
    },
}
TAKER: dict[str, Any] = {
    "headers": {"LP": {"pressure": "2 barg"}},
    "steam_uses": {"vats": {"header": "LP", "flow": {"fixed": 8}, "condensate_return": 0.6}},
}
MAIN: dict[str, Any] = {
    "from": "giver",
    "to": "taker",
    "from_header": "LP",
    "to_header": "LP",
    "length": 1.5,
    "existing": 20,
}


def assembled(
    plants: dict[str, dict[str, Any]],
    mains: dict[str, dict[str, Any]] | None = None,
    uncertain: dict[str, UncertainFactor] | None = None,
    grid: dict[str, Any] = GRID,
    lines: dict[str, dict[str, Any]] | None = None,
) -> tuple[Assembly, WaterNetwork, dict[str, SteamSystem]]:
    """One Pyomo model of steam systems by plant name, in the order in which a park is built."""
    assembly = Assembly("test", {PERIOD: 8000.0}, uncertain or {}, interest=0.08)
    network = WaterNetwork(("COD",), {})
    systems = {name: SteamSystem.model_validate(data) for name, data in plants.items()}
    fresh, drain, emergency = FreshWater(price=0.5, concentration={"COD": 10}), Discharge(price=0.6), Emergency()
    for name, system in systems.items():
        site = assembly.site(name)
        system.add_to(assembly, network, site, f"plants.{name}.steam", FUELS, emergency)
        Grid.model_validate(grid).add_to(assembly, site, f"plants.{name}.grid")
    fresh.add_to(assembly, network, "municipal", "fresh_water.municipal")
    drain.add_to(assembly, network, "drain", "discharges.drain")
    network.connect(assembly)
    for name, data in (mains or {}).items():
        main = SteamMain.model_validate(data)
        assert not list(main.problems(f"steam_mains.{name}", systems, main.length or 1.0))
        main.add_to(assembly, name, main.length or 1.0, systems)
    for name, data in (lines or {}).items():
        line = CondensateLine.model_validate(data)
        assert not list(line.problems(f"condensate_lines.{name}", systems))
        line.add_to(assembly, name, line.length or 1.0, systems)
    fresh.write_rows(assembly, network, "municipal", "fresh_water.municipal")
    drain.write_rows(assembly, network, "drain", "discharges.drain")
    if network.arcs:
        network.write_rows(assembly, emergency.water)
    assembly.close_balances()
    assembly.report_residuals()
    cost = sum(assembly.annual_investment) + sum(sum(terms) for terms in assembly.costs.values())
    assembly.model.objective = pyo.Objective(expr=cost)
    return assembly, network, systems


def value(expression: object) -> float:
    """A number at the solved point."""
    return float(pyo.value(expression))


def component(assembly: Assembly, plant: str, name: str) -> Any:
    """The operation block of one unit."""
    return getattr(getattr(assembly.model.operation, plant), name)


def heat_residual(assembly: Assembly) -> float:
    """Largest heat [MW] by which a steam system's entries miss 0 at the solved point."""
    names = [name for name in assembly.reports if name.startswith("residual.heat.")]
    assert names
    return max(abs(float(pyo.value(assembly.reports[name][1]))) for name in names)


def solve(assembly: Assembly) -> None:
    """Solve to optimality by HiGHS; an infeasible model raises."""
    results = SolverFactory("highs").solve(assembly.model)
    assert results.incumbent_objective is not None


def changed(**parts: dict[str, Any]) -> dict[str, Any]:
    """PLANT with parts of it changed: `boilers__B1={"existing": 0}`."""
    plant = deepcopy(PLANT)
    for key, part in parts.items():
        group, name = key.split("__")
        plant[group].setdefault(name, {}).update(part)
    return plant
