"""Targets through the command line, each against numbers worked out by hand; what makes no sense is refused at once."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app

HEAD = "kind: heat\nname: case\napproach_temperature: 10\n"


def asked(folder: Path, text: str) -> tuple[int, str, dict[str, Any]]:
    (folder / "case.yaml").write_text(HEAD + text, encoding="utf-8")
    answer = CliRunner().invoke(app, ["optimize", str(folder / "case.yaml"), "--out", str(folder / "out")])
    written = folder / "out" / "result.json"
    result = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
    return answer.exit_code, " ".join(answer.output.split()), result


STEAM = """
streams:
  - {name: waste, supply: 60, target: 40, duty: 2}
  - {name: feed, supply: 50, target: 250, heat_capacity_flow: 0.05}
utilities:
  - {name: HP, side: hot, supply: 260, price: 30}
  - {name: MP, side: hot, supply: 160, price: 20}
  - {name: LP, side: hot, supply: 110, price: 10}
  - {name: CW, side: cold, supply: 20, target: 30, price: 1}
objective: utility-cost
"""


def test_each_level_of_steam_heats_as_far_as_it_is_hot(tmp_path: Path) -> None:
    """Shifted, the feed goes from 55 to 255: 2.5 MW below LP's 105, 2.5 below MP's 155, 5 from HP; 2 MW are cooled."""
    code, _, result = asked(tmp_path, STEAM)
    assert code == 0
    assert result["objective"]["value"] == pytest.approx(8000 * (2.5 * 10 + 2.5 * 20 + 5 * 30 + 2 * 1), rel=1e-9)
    # Nothing crosses 155, 105 and 55 degC: the feed meets each steam once, the waste the water.
    assert result["indicators"]["units_target"] == 3 + 1


TWO_PINCHES = """
streams:
  - {name: top, side: hot, supply: 185, target: 185, duty: 1}
  - {name: boil, side: cold, supply: 145, target: 145, duty: 2}
  - {name: middle, side: hot, supply: 125, target: 125, duty: 3}
  - {name: low, side: cold, supply: 75, target: 75, duty: 3}
  - {name: waste, side: hot, supply: 55, target: 55, duty: 2}
"""


def test_no_heat_crosses_any_of_two_pinches(tmp_path: Path) -> None:
    """1 MW is missing above 145, 3 MW meet between, 2 MW are left below: three networks of 2, 1 and 1 units."""
    code, _, result = asked(tmp_path, TWO_PINCHES)
    found = result["indicators"]
    assert code == 0
    assert (found["hot_utility_mw"], found["cold_utility_mw"]) == pytest.approx((1, 2))
    assert found["units_target"] == 4
    assert "Pinch at 150, 120, 80, 50 °C" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("hot", "cold", "words"), [(5, 6, "no cold utility"), (6, 5, "no hot utility"), (5, 5, "no utility")]
)
def test_threshold_problems_need_one_utility_or_none(tmp_path: Path, hot: float, cold: float, words: str) -> None:
    streams = f"""
streams:
  - {{name: h, supply: 200, target: 100, duty: {hot}}}
  - {{name: c, supply: 20, target: 80, duty: {cold}}}
"""
    code, _, result = asked(tmp_path, streams)
    found = result["indicators"]
    assert code == 0
    assert (found["hot_utility_mw"], found["cold_utility_mw"]) == (max(cold - hot, 0), max(hot - cold, 0))
    assert found["pinch_shifted_degc"] is None
    assert words in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


PAIR = """
streams:
  - {name: h, supply: 200, target: 100, heat_capacity_flow: 0.02, film_coefficient: 2}
  - {name: c, supply: 50, target: 150, heat_capacity_flow: 0.02, film_coefficient: 2}
utilities:
  - {name: steam, side: hot, supply: 250, price: 20}
  - {name: water, side: cold, supply: 20, target: 30, price: 1}
exchanger_cost: {per_area: 2000}
annualization: 0.2
objective: utility-cost
"""


def test_the_cheapest_approach_lies_where_the_cost_is_flat(tmp_path: Path) -> None:
    """Below 50 K two streams of one heat-capacity flow need no utility and 2000 kW / (1 kW/m2K 50 K) = 40 m2 do all:
    every approach costs the same, up to 50 K; beyond, heat must be bought.
    """
    code, _, result = asked(tmp_path, PAIR)
    found = result["indicators"]
    assert code == 0
    assert found["area_target_m2"] == pytest.approx(40, rel=1e-6)
    assert found["cheapest_approach_temperature_k"] <= 50
    assert result["objective"]["value"] == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "K, 16,000 USD a year" in page


FOUR = """
streams:
  - {name: C1, supply: 20, target: 135, heat_capacity_flow: 0.2}
  - {name: H2, supply: 170, target: 60, heat_capacity_flow: 0.3}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FOUR + "mains:\n  - {name: m, hot_end: 60, cold_end: 90}\n", "is above its hot end of 60 degC"),
        (FOUR + "mains:\n  - {name: m, hot_end: .nan}\n", "that is finite"),
        (FOUR.replace("170", "-300"), "at least -273.15"),
        (FOUR.replace("0.3", "lots"), "a number, or a number and a unit"),
        (FOUR.replace("name: H2", "name: C1"), "this name is there twice"),
        (FOUR.replace("170,", "170, side: cold,"), "is cold but goes from 170 to 60"),
        (FOUR + "utilities:\n  - {name: s, side: hot, supply: 150, target: 250}\n", "is hot but goes from 150 to 250"),
        (FOUR + "forbidden_matches: [[H2, C2]]\n", "is no cold stream or utility"),
        (FOUR + "objective: annual_cost\n", "did you mean 'annual-cost'"),
        (FOUR + "aproach_contribution: 3\n", "unknown key"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_computed(tmp_path: Path, text: str, words: str) -> None:
    code, told, result = asked(tmp_path, text)
    assert code == 2
    assert words in told
    assert "Traceback" not in told
    assert not result


@pytest.mark.parametrize(
    ("utilities", "words"),
    [
        ("{name: s, side: hot, supply: 100, price: 1}", "needed, but the case has none"),
        ("{name: w, side: cold, supply: 160, price: 1}", "no cold utility is cold enough"),
        ("{name: w, side: cold, supply: 10, price: 1, maximum: 1 kW}", "their maxima add up to less"),
    ],
)
def test_utilities_that_cannot_do_it_are_named(tmp_path: Path, utilities: str, words: str) -> None:
    code, told, result = asked(tmp_path, f"{FOUR}utilities:\n  - {utilities}\n")
    assert code == 4
    assert words in told
    assert result["status"] == "infeasible"
