"""Boilers: fuel and emissions by hand, part load, standby, the exact product of size and on, electric ones."""

import pytest

from loopwise.problems.park import steam_properties as steam
from tests.golden_lp import golden_optimum
from tests.steam_cases import (
    BOILER,
    ELECTRIC,
    FEEDWATER,
    PERIOD,
    PLANT,
    assembled,
    changed,
    component,
    heat_residual,
    solve,
    value,
)


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
