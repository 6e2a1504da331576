"""Steam mains: heat loss and condensate, what must and must not be built, steam that cannot arrive."""

import pytest

from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.steam import SteamSystem
from loopwise.problems.park.steam_main import SteamMain
from tests.steam_cases import MAIN, PERIOD, PLANT, TAKER, assembled, component, heat_residual, solve, value


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


def test_steam_that_cannot_arrive_is_refused() -> None:
    systems = {"giver": SteamSystem.model_validate(PLANT), "taker": SteamSystem.model_validate(TAKER)}
    far = SteamMain.model_validate(MAIN | {"length": 10})
    (problem,) = far.problems("steam_mains.main", systems, 10.0)
    assert "below the 2 barg" in str(problem)
    (problem,) = SteamMain.model_validate(MAIN | {"to_header": "L"}).problems("steam_mains.main", systems, 1.0)
    assert "unknown header of taker 'L'" in str(problem)
