"""`loopwise evaluate --against`: one sample for both designs, the difference with its interval everywhere."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app
from loopwise.optimizer.run import optimize
from tests.problems.smps.small import read_texts


def evaluated(case: str, folder: Path, *arguments: str) -> tuple[str, dict]:
    run = CliRunner().invoke(app, ["evaluate", case, *arguments, "--out", str(folder), "--overwrite"])
    assert run.exit_code == 0, run.output
    return run.output, json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("sampling", ["monte-carlo", "sobol"])
def test_parks_are_compared_over_the_same_scenarios(sampling: str, tmp_path: Path) -> None:
    """The mean difference is the difference of the two evaluations, its error far below either's."""
    designs = {"small": 8.0, "large": 20.0}
    for name, size in designs.items():
        content = {"brewery.reverse osmosis": size, "brewery.photovoltaics": 2.0}
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    common = ["--scenarios", "20", "--evaluate", "160", "--sampling", sampling]
    other, small = str(tmp_path / "large.json"), str(tmp_path / "small.json")
    text, found = evaluated("single-plant", tmp_path / "both", "--design", small, "--against", other, *common)
    _, alone = evaluated("single-plant", tmp_path / "alone", "--design", other, *common)
    told = found["comparison"]
    difference = found["evaluation"]["mean"] - alone["evaluation"]["mean"]
    assert told["difference"]["value"] == pytest.approx(difference, rel=1e-6)
    assert told["difference"]["low"] < difference < told["difference"]["high"]
    assert told["difference"]["standard_error"] < 0.5 * found["evaluation"]["standard_error"]
    assert 0.0 <= told["share_better"] <= 1.0
    assert alone["comparison"] is None
    assert f"less {other}: +" in text
    page = (tmp_path / "both" / "report.html").read_text(encoding="utf-8")
    assert "95% confidence between" in page
    assert "of the same 160 futures" in page
    top = page[: page.index('class="cards"')]
    assert f"than with {other} (difference with 95% confidence between" in top


def test_an_enumerated_difference_is_proved(tmp_path: Path) -> None:
    core = tmp_path / "small.cor"
    optimize(read_texts(tmp_path), scenarios="all", out=tmp_path / "best")
    best = json.loads((tmp_path / "best" / "result.json").read_text(encoding="utf-8"))
    (tmp_path / "zero.json").write_text(json.dumps({"X1": 0, "X2": 1.0}), encoding="utf-8")
    asked = ["--design", str(tmp_path / "best" / "result.json"), "--against", str(tmp_path / "zero.json")]
    text, found = evaluated(str(core), tmp_path / "out", *asked, "--scenarios", "all")
    _, zero = evaluated(str(core), tmp_path / "zero", "--design", str(tmp_path / "zero.json"), "--scenarios", "all")
    told = found["comparison"]["difference"]
    assert told["certainty"] == "proved"
    assert told["value"] == pytest.approx(best["objective"]["value"] - zero["objective"]["value"], rel=1e-7)
    assert "(proved)" in text


def test_the_other_design_is_checked_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps({"brewery.reverse osmosis": 8.0}), encoding="utf-8")
    (tmp_path / "other.json").write_text(json.dumps({"brewery.reverse osmosi": 8.0}), encoding="utf-8")
    files = ["--design", str(tmp_path / "one.json"), "--against", str(tmp_path / "other.json")]
    run = CliRunner().invoke(app, ["evaluate", "single-plant", *files, "--out", str(tmp_path / "out")])
    assert run.exit_code == 2
    assert "other.json" in run.output
    assert "did you mean 'brewery.reverse osmosis'" in " ".join(run.output.split())
    assert not (tmp_path / "out").exists()
