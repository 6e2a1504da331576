"""Boilers that burn several fuels: shares, efficiencies and emissions by hand, the mix of a scenario by its prices."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.problem import park_problem
from loopwise.problems.park.steam import SteamSystem
from tests.golden_lp import golden_optimum
from tests.steam_cases import assembled, heat_residual, value

FUELS = {"gas": {"maximum": 0.9}, "wood": {"minimum": 0.1, "maximum": 0.6, "efficiency": 0.8}}
BOILER = {"header": "LP", "fuels": FUELS, "efficiency": 0.9, "existing": 40, "minimum_load": 0, "no_load": 0}
SYSTEM: dict[str, Any] = {
    "headers": {"LP": {"pressure": 4}},
    "feedwater": {"header": "LP", "recovery": 1.0, "maximum": {"COD": 20}},
    "boilers": {"B": BOILER},
    "steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": 20}}},
}


def heat_raised() -> float:
    """MW into 20 t/h of steam, that of the deaerator and the blow-down; nothing comes back."""
    feed, cold = steam.saturated_liquid(0.2), steam.liquid(25)
    header, blown_down = steam.enthalpy(4, steam.saturation_temperature(4) + 5), 0.03 / 0.97
    live = (feed - cold) / (header - feed)
    raised = 20 + live * 20 * (1 + blown_down) / (1 - blown_down * live)
    return raised * (header - feed + blown_down * (steam.saturated_liquid(4) - feed)) / 3600


def test_golden_fuel_mix() -> None:
    """Wood is cheaper by its heat (25 / 0.8 against 40 / 0.9), so it takes its largest share: B = H / 0.84."""
    assembly, *_ = assembled({"plant": SYSTEM})
    golden_optimum("fuel_mix", assembly.model)
    burnt = heat_raised() / (0.6 * 0.8 + 0.4 * 0.9)
    annual = {fuel: value(assembly.annual(f"fuel {fuel}")) for fuel in FUELS}
    assert annual == pytest.approx({"gas": 8000 * 0.4 * burnt, "wood": 8000 * 0.6 * burnt}, rel=1e-7)
    assert value(sum(assembly.costs["fuel"])) == pytest.approx(8000 * burnt * (0.4 * 40 + 0.6 * 25), rel=1e-7)
    emitted = {line: value(sum(assembly.emissions[line])) for line in ("stack", "biogenic")}
    assert emitted == pytest.approx({"stack": 0.202 * annual["gas"], "biogenic": 0.36 * annual["wood"]}, rel=1e-9)
    assert heat_residual(assembly) < 1e-6


def test_the_mix_follows_the_prices_of_every_scenario() -> None:
    """Wood at three times its price is dearer by its heat than gas, and falls to its smallest share."""
    element = {"on": ["fuels.wood.price"], "distribution": {"distribution": "uniform", "lower": 0.5, "upper": 3.0}}
    data = {
        "kind": "park",
        "name": "test",
        "operating_hours": 8000,
        "plants": {"plant": {"steam": SYSTEM | {"feedwater": {"header": "LP", "recovery": 1.0}}}},
        "fuels": {
            "gas": {"price": 40, "emission_factor": 0.202},
            "wood": {"price": 25, "emission_factor": 0.36, "biogenic": True},
        },
        "fresh_water": {"river": {"price": 0}},
        "discharges": {"drain": {}},
        "uncertainty": {"elements": {"wood price": element}},
    }
    case = ParkCase.model_validate(data)
    assert not case.problems()
    problem = park_problem(case).problem
    factors, heat = np.array([0.5, 1.0, 3.0]), heat_raised()
    block = Evaluator(problem, engine="reference").evaluate(
        problem.first_stage.lower, problem.realize(factors[:, None], np.full(3, 1 / 3))
    )
    share = np.array([0.6, 0.6, 0.1])
    cost = heat / (share * 0.8 + (1 - share) * 0.9) * (share * 25 * factors + (1 - share) * 40)
    assert block.objective == pytest.approx(8000 * cost, rel=1e-5)


@pytest.mark.parametrize(
    ("fuels", "words"),
    [
        ({"gas": {}, "wod": {}}, "did you mean 'wood'"),
        ({"gas": {"minimum": 0.7}, "wood": {"minimum": 0.6}}, "their minima add up to 1.3"),
        ({"gas": {"maximum": 0.4}, "wood": {"maximum": 0.5}}, "their maxima to 0.9"),
        ({"gas": {"minimum": 0.7, "maximum": 0.6}, "wood": {}}, "minimum 0.7 is larger"),
    ],
)
def test_impossible_mixes_are_refused(fuels: dict[str, Any], words: str) -> None:
    system = SteamSystem.model_validate(SYSTEM | {"boilers": {"B": BOILER | {"fuels": fuels}}})
    assert any(words in str(problem) for problem in system.problems("plants.plant.steam", ["COD"], ["gas", "wood"]))


@pytest.mark.parametrize("fuel", [{"fuel": "gas"}, {"fuels": {}}])
def test_a_boiler_has_a_fuel_or_several(fuel: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of 'fuel' and 'fuels'"):
        SteamSystem.model_validate(SYSTEM | {"boilers": {"B": BOILER | fuel}})
