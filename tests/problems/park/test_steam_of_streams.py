"""Steam that streams raise and steam that heats them: golden LPs, their optima by hand from the steam tables.

With R raised, U used without condensate, D to the deaerator, M made up and s blown down per steam (used as make-up):

    R = U + D,   M = (1 + s) R - D,   M (h_F - h_M) = D (h - h_F),   fresh water U
"""

import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.model import build_model
from tests.golden_lp import golden_optimum
from tests.heat_parks import heat_park

HOURS = 8000.0
USED = 10.0  # t/h
HEADER, FEED = steam.enthalpy(4, steam.saturation_temperature(4) + 5), steam.saturated_liquid(0.2)
BLOWN_DOWN = 0.03 / 0.97  # per steam
PER_STEAM = (HEADER - FEED + BLOWN_DOWN * (steam.saturated_liquid(4) - FEED)) / 3600  # MW/(t/h)


SYSTEM = {
    "headers": {"LP": {"pressure": 4}},
    "feedwater": {"header": "LP", "recovery": 1.0},
    "boilers": {"B": {"header": "LP", "fuel": "gas", "existing": 30, "minimum_load": 0, "no_load": 0}},
}


def raised(used: float) -> float:
    cold, rich = FEED - steam.liquid(25), HEADER - FEED
    return used * (cold + rich) / (rich - BLOWN_DOWN * cold)


def powered(system, heat):
    supplies = {"fresh_water": {"river": {"price": 0.5}}, "discharges": {"drain": {}}}
    fuels = {"gas": {"price": 40, "emission_factor": 0.2}}
    return heat_park({"plant": {"steam": system, "heat": heat}}, fuels=fuels, **supplies)


def park(hot: float, option: dict | None = None):
    heat = {
        "streams": {"vapour": {"side": "hot", "supply": hot, "target": hot, "duty": 3}},
        "cooling": {"water": {"supply": 15}},
        "steam_recovery": {"waste-heat boiler": {"header": "LP", "investment": option or {"maximum": 5, "life": 20}}},
    }
    return powered(SYSTEM | {"steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": USED}}}}, heat)


def hourly(model, name: str) -> float:
    return float(pyo.value(model.assembly.annual(name))) / HOURS


def test_golden_steam_recovery() -> None:
    """All 3 MW of a vapour of 180 degC boil water at 152; the boiler, at 90 %, raises the rest."""
    option = {"proportional": 1e5, "maximum": 5, "life": 20}
    case = park(180, option)
    assert not case.problems()
    model = build_model(case)
    fuel = (raised(USED) * PER_STEAM - 3) / 0.9
    cost = capital_recovery_factor(0.08, 20) * 1e5 * 3 + HOURS * (40 * fuel + 0.5 * USED)
    assert golden_optimum("steam_recovery", model.pyomo) == pytest.approx(cost, rel=1e-7)
    assert hourly(model, "steam raised") == pytest.approx(raised(USED), rel=1e-6)
    assert hourly(model, "steam from process heat") == pytest.approx(3, rel=1e-6)
    residuals = [e for name, (_, e) in model.assembly.reports.items() if name.startswith("residual.heat.")]
    assert max(abs(float(pyo.value(e))) for e in residuals) < 1e-6


def test_a_vapour_that_is_not_hot_enough_raises_no_steam() -> None:
    """Boiling at 152 degC plus the approach of 10 K: nothing of a vapour of 160 degC, which goes into the water."""
    model = build_model(park(160))
    assert SolverFactory("highs").solve(model.pyomo).incumbent_objective is not None
    assert hourly(model, "steam from process heat") == pytest.approx(0.0, abs=1e-6)
    assert hourly(model, "cooling") == pytest.approx(3.0, rel=1e-6)


def test_golden_heating() -> None:
    """4 of 6 MW from steam that condenses and goes away boiling; 2 MW beyond the heater's size are bought at 60."""
    heating = {"heater": {"header": "LP", "capacity": 4}, "bought": {"price": 60, "supply": 150}}
    streams = {"feed": {"supply": 20, "target": 80, "duty": 6}}
    model = build_model(powered(SYSTEM, {"streams": streams, "heating": heating}))
    used = 4 * 3600 / (HEADER - steam.saturated_liquid(4))
    fuel = raised(used) * PER_STEAM / 0.9
    cost = HOURS * (40 * fuel + 0.5 * used + 60 * 2)
    assert golden_optimum("heating", model.pyomo) == pytest.approx(cost, rel=1e-7)
    assert hourly(model, "steam used") == pytest.approx(used, rel=1e-6)
