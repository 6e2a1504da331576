"""The cogeneration target of heat cases, through the command line and by hand from the steam tables."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app
from loopwise.problems.steam_tables import (
    saturated_liquid,
    saturation_pressure,
    steam_after_expansion,
    steam_enthalpy,
)

PLANTS = """
kind: heat
name: site
approach_temperature: 10
streams:
  - {name: vapour, plant: A, side: hot, supply: 200, target: 200, duty: 3}
  - {name: boil, plant: B, side: cold, supply: 170, target: 170, duty: 8}
  - {name: warm, plant: B, supply: 60, target: 110, duty: 5}
"""
MAINS = """
mains:
  - {name: MP, hot_end: 185, approach_contribution: 5}
  - {name: LP, hot_end: 130, approach_contribution: 5}
  - {name: hot water, hot_end: 90, cold_end: 60, approach_contribution: 5}
"""
UTILITIES = """
utilities:
  - {name: MP, side: hot, supply: 185, price: 30}
  - {name: LP, side: hot, supply: 130, price: 20}
  - {name: furnace, side: hot, supply: 400, price: 50}
  - {name: water, side: cold, supply: 20, target: 30, price: 1}
between_plants: false
"""
STEAM = "cogeneration: {pressure: 40, temperature: 400, isentropic_efficiency: 0.8}\n"


def asked(folder: Path, text: str) -> tuple[int, str]:
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    answer = CliRunner().invoke(app, ["optimize", str(folder / "case.yaml"), "--out", str(folder / "out")])
    return answer.exit_code, " ".join(answer.output.split())


def by_hand(high: float, low: float) -> float:
    """Power [MW] of steam of 40 barg and 400 degC that gives `high` MW condensing at 185 degC and `low` MW at 130."""
    at = 41.01325
    above = steam_enthalpy(at, 400)
    drops, masses = [], []
    for temperature, heat in ((185, high), (130, low)):
        pressure = saturation_pressure(temperature)
        below = steam_after_expansion(at, above, pressure, 0.8)
        drops.append(above - below)
        masses.append(1000 * heat / (below - saturated_liquid(pressure)))
        above, at = below, pressure
    return (sum(masses) * drops[0] + masses[1] * drops[1]) / 1000


@pytest.mark.parametrize(
    ("parts", "high"),
    [
        (MAINS, 8 - 3),  # the vapour of A raises 3 MW of the MP steam that B boils with
        (UTILITIES, 8),  # on their own, the vapour of A is cooled
    ],
)
def test_steam_expands_to_where_it_is_used(tmp_path: Path, parts: str, high: float) -> None:
    code, _ = asked(tmp_path, PLANTS + parts + STEAM)
    assert code == 0
    indicators = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))["indicators"]
    assert indicators["cogeneration_target_mw"] == pytest.approx(by_hand(high, 5), rel=1e-9)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"could give {by_hand(high, 5):,.4g} MW of power" in page
    assert "Cogeneration target" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("40", "400000"), "steam is raised between 0 and 219 barg"),
        (("400,", "240,"), "at 40 barg water boils at 251.8"),
        (("temperature", "temprature"), "did you mean 'temperature'"),
        (("40, temp", "0.5, temp"), "has nothing to expand to"),
        (("0.8", "0"), "isentropic_efficiency"),
        (("0.8", ".nan"), "isentropic_efficiency"),
    ],
)
def test_steam_that_cannot_be_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    text = PLANTS + MAINS.replace("130", "140") + STEAM.replace(*change, 1)
    code, told = asked(tmp_path, text)
    assert code == 2
    assert words in told
