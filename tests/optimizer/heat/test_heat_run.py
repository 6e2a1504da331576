"""`loopwise optimize` on cases of kind heat: published numbers, the result file and what the report shows."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app
from loopwise.optimizer.heat.run import optimize
from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.report import render_report
from loopwise.optimizer.result import RunStatus
from loopwise.problems import load_case
from loopwise.problems.heat.case import HeatCase, StreamData


def case_of(name: str, **changes: object) -> HeatCase:
    case = load_case(name)
    assert isinstance(case, HeatCase)
    return case.model_copy(update=changes)


def test_least_hot_utility_without_any_utility_given() -> None:
    result = optimize(case_of("four-streams"), Options(), QuietProgress()).result
    assert result.objective.value == pytest.approx(0.020, abs=1e-9)
    assert result.objective.lower_bound == result.objective.value
    assert result.indicators["cold_utility_mw"] == pytest.approx(0.060, abs=1e-9)
    assert result.evaluation is not None
    assert result.evaluation.mean == result.objective.value


def test_utility_cost_of_yee_and_grossmann() -> None:
    # 450 kW of steam at 80 and 2100 kW of water at 15 $/(kW year).
    outcome = optimize(case_of("yee-grossmann", objective="utility-cost"), Options(), QuietProgress())
    assert outcome.result.objective.value == pytest.approx(450 * 80 + 2100 * 15)
    titles = [picture.title for picture in outcome.report.pictures]
    assert titles == ["Composite curves", "Grand composite curve", "What the approach temperature costs"]
    assert "Problem table" in render_report(outcome.result, outcome.report)


def test_fewest_matches_carry_every_stream() -> None:
    outcome = optimize(case_of("yee-grossmann", objective="matches"), Options(), QuietProgress())
    result = outcome.result
    assert result.status is RunStatus.OPTIMAL
    assert result.objective.value == result.objective.lower_bound == len(result.design)
    # Six carriers that balance in no subset need five matches to be joined (Hohmann 1971); a pair that meets on both
    # sides of the pinch counts once.
    assert result.objective.value == 5
    carried = sum(item.size or 0.0 for item in result.design if hasattr(item, "size"))
    assert carried == pytest.approx(5.1 + 0.45 + 2.1, abs=1e-6)


def test_several_plants_get_site_profiles() -> None:
    case = case_of("four-streams")
    plants = [s.model_copy(update={"plant": "A" if s.name in ("C1", "H2") else "B"}) for s in case.streams]
    outcome = optimize(case.model_copy(update={"streams": plants}), Options(), QuietProgress())
    assert "Total site profiles" in [picture.title for picture in outcome.report.pictures]


def test_a_utility_that_is_not_hot_enough_is_infeasible_and_says_so() -> None:
    case = case_of("yee-grossmann", streams=[StreamData(name="c", supply=20, target=600, duty=1.0)])
    outcome = optimize(case, Options(), QuietProgress())
    assert outcome.result.status is RunStatus.INFEASIBLE
    assert "no hot utility is hot enough" in outcome.message


def test_a_network_is_drawn_and_listed() -> None:
    outcome = optimize(case_of("yee-grossmann"), Options(gap=0.1), QuietProgress())
    assert outcome.result.objective.gap is not None
    assert outcome.result.objective.gap <= 0.1
    assert all(item.component == "exchanger" for item in outcome.result.design if hasattr(item, "component"))
    assert outcome.report.pictures[0].title == "The network"
    assert "Exchangers" in render_report(outcome.result, outcome.report)
    (table,) = (table for table in outcome.report.tables if table.title == "Exchangers")
    assert [row[0] for row in table.rows] == [str(n) for n in range(1, len(outcome.result.design) + 1)]


def test_mixing_is_chosen_on_the_command_line_and_misspelt_words_are_told(tmp_path: Path) -> None:
    text = """
kind: heat
name: split
approach_temperature: 5
streams:
  - {name: h, supply: 200, target: 80, heat_capacity_flow: 20 kW/K}
  - {name: c1, supply: 40, target: 150, heat_capacity_flow: 12 kW/K}
  - {name: c2, supply: 90, target: 170, heat_capacity_flow: 10 kW/K}
utilities:
  - {name: steam, side: hot, supply: 220, price: 12}
  - {name: water, side: cold, supply: 15, target: 25, price: 2}
exchanger_cost: {fixed: 3000, per_area: 500}
objective: annual-cost
stages: 1
mixing: MIXING
"""
    answers = []
    for word in ("free", "fre"):
        (tmp_path / "case.yaml").write_text(text.replace("MIXING", word), encoding="utf-8")
        asked = ["optimize", str(tmp_path / "case.yaml"), "--gap", "0.02", "--out", str(tmp_path / "out")]
        answers.append(CliRunner().invoke(app, asked))
    assert [answer.exit_code for answer in answers] == [0, 2]
    assert "did you mean 'free'" in answers[1].output
    assert "with free mixing" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
