"""Turbines below full load: the Willans line, the hotter exhaust and the least load, by hand from steam tables."""

import pytest

from loopwise.problems.park import steam_properties as steam
from tests.steam_cases import PERIOD, TURBINE, assembled, changed, component, heat_residual, solve

HP, LP = steam.enthalpy(40, 400), steam.enthalpy(4, steam.saturation_temperature(4) + 5)
FEED = steam.saturated_liquid(0.2)
FULL = 4.0  # MW
PER_STEAM = 0.95 * 0.7 * (HP - steam.isentropic_enthalpy(40, HP, 4)) / 3600  # MW/(t/h) at full load
SWALLOWS = FULL / PER_STEAM  # t/h


def sold(steam_used: float, price: float = 300.0, **turbine: float):
    """4 MW of turbine in front of a plant that needs this much low-pressure steam, and a buyer of its power."""
    uses = {"steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": steam_used}}}}
    size = {"existing": 120, "minimum_load": 0}
    plant = changed(boilers__B1=size, turbines__T1=TURBINE | {"no_load": 0.15, "minimum_load": 0.3} | turbine) | uses
    assembly, *_ = assembled(
        {"plant": plant}, grid={"connection": 20, "import_price": price + 10, "export_price": price}
    )
    solve(assembly)
    assert heat_residual(assembly) < 1e-6
    return assembly


@pytest.mark.parametrize("used", [20.0, 28.0, 35.0])
def test_power_below_full_load_lies_on_the_willans_line(used: float) -> None:
    """P = (1 + b) w m - b C: less per steam than at full load, and what is not power heats the exhaust."""
    unit = component(sold(used), "plant", "T1")
    flow, power = unit.steam[PERIOD].value, unit.power[PERIOD].value
    assert 0.45 * SWALLOWS < flow < SWALLOWS
    assert power == pytest.approx(1.15 * PER_STEAM * flow - 0.15 * FULL, rel=1e-7)
    assert 0.4 < power / flow / PER_STEAM < 1.0
    exhaust = HP - power / 0.95 * 3600 / flow
    injected = flow * (exhaust - LP) / (LP - FEED)
    assert injected > 0.0
    deaerator = component(sold(used), "plant", "feedwater").steam[PERIOD].value
    assert flow + injected == pytest.approx(used + deaerator, rel=1e-6)  # nothing passes the valve


def test_at_full_load_it_gives_its_size_and_the_valve_the_rest() -> None:
    assembly = sold(60.0)
    unit = component(assembly, "plant", "T1")
    assert unit.power[PERIOD].value == pytest.approx(FULL, rel=1e-7)
    assert unit.steam[PERIOD].value == pytest.approx(SWALLOWS, rel=1e-7)
    assert component(assembly, "plant", "letdown valve").flow[PERIOD].value > 1.0


def test_below_its_least_load_it_stands_still() -> None:
    """0.3 of its power needs (0.3 + 0.15) / 1.15 of its steam; to vent what nobody needs is dearer than its power."""
    least = 0.45 / 1.15 * SWALLOWS
    assembly = sold(0.5 * least, price=60.0)
    unit = component(assembly, "plant", "T1")
    assert unit.steam[PERIOD].value == pytest.approx(0.0, abs=1e-6)
    assert component(assembly, "plant", "letdown valve").flow[PERIOD].value > 0.3 * least


@pytest.mark.parametrize("available", [1.0, 0.5])
def test_what_is_out_of_order_neither_swallows_nor_idles(available: float) -> None:
    unit = component(sold(60.0, availability=available), "plant", "T1")
    assert unit.power[PERIOD].value == pytest.approx(available * FULL, rel=1e-7)
