"""Condensate: its way back with its heat, tanks and drains, what flashes."""

from copy import deepcopy

import pytest

from loopwise.problems.park import steam_properties as steam
from tests.golden_lp import golden_optimum
from tests.steam_cases import MAIN, PERIOD, PLANT, TAKER, assembled, changed, component, heat_residual, solve, value

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
