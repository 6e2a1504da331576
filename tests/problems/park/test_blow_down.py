"""Blow-down: steam that flashes off and heat for the make-up, against balances worked out by hand from steam tables."""

from typing import Any

import numpy as np
import pytest

from loopwise.problems.park import exergy
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.blow_down import Vessel
from loopwise.problems.park.header import Header
from loopwise.problems.park.steam import SteamSystem
from tests.golden_lp import golden_optimum
from tests.steam_cases import BOILER, FEEDWATER, HEADERS, PERIOD, assembled, component, heat_residual, solve, value

HP, LP = steam.enthalpy(40, 400), steam.enthalpy(4, steam.saturation_temperature(4) + 5)
FEED, COLD = steam.saturated_liquid(0.2), steam.liquid(25)
BOILING = steam.saturated_liquid(40)
BLOWN = 0.03 / 0.97  # t of blow-down per t of steam
USED = 20.0


def plant(flash: dict[str, Any] | None, **parts: Any) -> dict[str, Any]:
    """20 t/h of low-pressure steam, raised at 40 barg and let down; none of its condensate comes back."""
    water = FEEDWATER if flash is None else FEEDWATER | {"flash": flash}
    data = {
        "headers": HEADERS,
        "feedwater": water,
        "boilers": {"B": BOILER | {"no_load": 0, "standby": 0, "minimum_load": 0}},
        "letdowns": {"valve": {"from": "HP", "to": "LP"}},
        "steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": USED}}},
    }
    return {"plant": data | parts}


def by_hand(pressure: float, into_header: bool, cooled: float | None) -> dict[str, float]:
    """Unknowns: steam raised y, let down v (all of y), into the deaerator D, make-up M; flash f = x b y.

    header      (1 + r) y + e f = D + used              e: 1 + r_f into the header, 0 into the deaerator
    mass        M + D + d f = (1 + b) y + r y + r_f f   d: 0 into the header, 1 into the deaerator
    heat        M (h_M - h_F) + D (h_LP - h_F) + d f (h_v - h_F) + Q = 0
    """
    vapour, liquid = steam.saturated_steam(pressure), steam.saturated_liquid(pressure)
    share = (BOILING - liquid) / (vapour - liquid)
    valve = (HP - LP) / (LP - FEED)
    saved = (vapour - LP) / (LP - FEED) if into_header else 0.0
    to_header, to_deaerator = (1.0 + saved, 0.0) if into_header else (0.0, 1.0)
    flash = share * BLOWN  # per t of steam raised
    warmed = 0.0 if cooled is None else BLOWN * (BOILING - cooled) - flash * (vapour - cooled)
    matrix = [
        [1.0 + valve + to_header * flash, -1.0, 0.0],
        [to_deaerator * flash - (1.0 + BLOWN) - valve - saved * flash, 1.0, 1.0],
        [to_deaerator * flash * (vapour - FEED) + warmed, LP - FEED, COLD - FEED],
    ]
    raised, deaerator, make_up = np.linalg.solve(matrix, [USED, 0.0, 0.0])
    return {
        "raised": raised,
        "deaerator": deaerator,
        "make_up": make_up,
        "flash": flash * raised,
        "warmed": warmed * raised / 3600,
    }


@pytest.mark.parametrize("into_header", [True, False])
@pytest.mark.parametrize("cooled_to", [None, 60.0])
def test_golden_blow_down_flash(into_header: bool, cooled_to: float | None) -> None:
    """Fuel at 40 per MWh and 90 %, water and demineralization by the tonne; the vessel is larger than needed."""
    flash: dict[str, Any] = {"existing": 5, "cooled_to": cooled_to} | ({"header": "LP"} if into_header else {})
    assembly, *_ = assembled(plant(flash))
    if into_header and cooled_to is not None:
        optimum = golden_optimum("blow_down_flash", assembly.model)
    else:
        solve(assembly)
        optimum = value(assembly.model.objective)
    hand = by_hand(4.0 if into_header else 0.2, into_header, None if cooled_to is None else steam.liquid(cooled_to))
    vessel, water = component(assembly, "plant", "blow-down flash"), component(assembly, "plant", "feedwater")
    assert component(assembly, "plant", "B").steam[PERIOD].value == pytest.approx(hand["raised"], rel=1e-7)
    assert vessel.steam[PERIOD].value == pytest.approx(hand["flash"], rel=1e-7)
    assert water.make_up[PERIOD].value == pytest.approx(hand["make_up"], rel=1e-7)
    assert value(assembly.annual("heat from blow-down")) == pytest.approx(8000 * hand["warmed"], rel=1e-7)
    assert heat_residual(assembly) < 1e-6
    raised, raw, drained = hand["raised"], hand["make_up"] / 0.75, BLOWN * hand["raised"] - hand["flash"]
    fuel = raised * (HP - FEED + BLOWN * (BOILING - FEED)) / 3600 / 0.9
    reject = raw - hand["make_up"]
    fresh = value(assembly.annual("fresh water")) / 8000  # the rest of the raw water is blow-down, blended in
    hourly = 40 * fuel + 0.8 * raw + 0.5 * fresh + 0.6 * (reject + drained - (raw - fresh))
    assert optimum == pytest.approx(8000 * hourly, rel=1e-7)


def test_what_flashes_thickens_the_rest() -> None:
    """1 mg/L of demineralized water is 33 in the blow-down and more in what stays liquid."""
    shares = []
    for flash in (None, {"existing": 5}, {"existing": 5, "header": "LP"}):
        _, network, _ = assembled(plant(flash))
        shares.append(1.0 / 0.03 / network.sources["plant.blow-down"].concentration["COD"])
    low, high = (
        (BOILING - steam.saturated_liquid(p)) / (steam.saturated_steam(p) - steam.saturated_liquid(p)) for p in (0.2, 4)
    )
    assert shares == pytest.approx([1.0, 1.0 - low, 1.0 - high])
    assert 0.0 < high < low < 0.35


def test_a_vessel_saves_what_its_steam_and_heat_are_worth() -> None:
    costs = []
    for flash in (None, {"existing": 0.1}, {"existing": 5}, {"existing": 5, "cooled_to": 60}):
        assembly, *_ = assembled(plant(flash))
        solve(assembly)
        costs.append(value(assembly.annual("fuel gas")))
    assert costs[0] > costs[1] > costs[2] > costs[3]


def test_a_header_without_injected_water_takes_no_flash_steam() -> None:
    """A low-pressure boiler alone feeds it: dry steam would take its superheat away."""
    low = BOILER | {"header": "LP", "no_load": 0, "standby": 0, "minimum_load": 0}
    parts = {"letdowns": {}, "boilers": {"low": low, "B": low | {"header": "HP", "existing": 20}}}
    uses = {"dryer": {"header": "LP", "flow": {"fixed": USED}}, "press": {"header": "HP", "flow": {"fixed": 5}}}
    assembly, *_ = assembled(plant({"existing": 5, "header": "LP"}, **parts, steam_uses=uses))
    solve(assembly)
    assert component(assembly, "plant", "blow-down flash").steam[PERIOD].value == pytest.approx(0, abs=1e-9)
    assert component(assembly, "plant", "blow-down flash").unflashed[PERIOD].value > 0.01


def test_a_vessel_is_built_where_it_pays() -> None:
    """And without it nothing warms the make-up either."""
    for price, built in ((1e4, True), (1e9, False)):
        option = {"proportional": price, "maximum": 5, "life": 20}
        assembly, *_ = assembled(plant({"investment": option, "cooled_to": 60}))
        solve(assembly)
        block = getattr(assembly.model.design.plant, "blow-down flash")
        assert (block.size.value > 0.1) == built
        steam_won = component(assembly, "plant", "blow-down flash").steam[PERIOD].value
        assert steam_won == pytest.approx(block.size.value, abs=1e-6)
        assert (value(assembly.annual("heat from blow-down")) > 1.0) == built


@pytest.mark.parametrize(
    ("flash", "words"),
    [
        ({"header": "LPP", "existing": 1}, "unknown header 'LPP'"),
        ({"header": "HP", "existing": 1}, "from above its pressure"),
        ({}, "give 'existing' steam or an 'investment'"),
        ({"existing": 1, "cooled_to": 30}, "lies between 35.0 degC"),
        ({"existing": 1, "cooled_to": 120}, "lies between 35.0 degC"),
    ],
)
def test_impossible_vessels_are_refused(flash: dict[str, Any], words: str) -> None:
    system = SteamSystem.model_validate(plant(flash)["plant"])
    assert any(words in problem.message for problem in system.problems("plants.plant.steam", ["COD"], ["gas"]))


def test_nothing_flashes_above_its_own_pressure_nor_where_it_would_cool_a_superheated_header() -> None:
    dry = Vessel(4.0, 0.0, exergy.of_saturated_steam(4.0), None)
    assert dry.share(1.0) == 0.0
    assert dry.share(40) == pytest.approx(0.2154, abs=1e-4)  # (1094.7 - 640.6) / (2748.2 - 640.6)
    hot = Header(pressure=4, temperature=260)
    ratio = (steam.saturated_steam(4) - hot.enthalpy) / (hot.enthalpy - FEED)
    superheated = Vessel(4.0, ratio, (1 + ratio) * hot.exergy - ratio * exergy.of_boiling_water(0.2), None)
    assert dry.share(4.5) > 0.0
    assert superheated.share(4.5) == 0.0
    assert superheated.share(40) == dry.share(40)
