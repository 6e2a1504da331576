"""`--reduce`: the few outcomes are solved, their error is told, and what cannot be reduced is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from loopwise.cluster import Serial
from loopwise.optimizer.cli.app import app
from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.reduced import ReducedSample
from loopwise.optimizer.statistics import reduce_scenarios
from loopwise.optimizer.two_stage_run import design_sample, find_design
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.park.problem import park_problem
from loopwise.problems.two_stage.problem import Sampling
from tests.dense_oracle import extensive_optimum
from tests.optimizer.statistics.newsvendor import newsvendor


@pytest.mark.parametrize("method", ["fast-forward", "k-means"])
@pytest.mark.parametrize("solver", ["extensive", "benders"])
@pytest.mark.parametrize("sampling", ["monte-carlo", "latin-hypercube"])
def test_the_reduced_problem_is_solved(method: str, solver: str, sampling: Sampling) -> None:
    """The newsvendor with 300 demands, of which 7 weighted ones are left: against the dense form of those."""
    problem = newsvendor()
    options = Options(scenarios=300, reduce=7, reduction=method, method=solver, sampling=sampling, seed=3, gap=1e-9)  # type: ignore[arg-type]
    sample = design_sample(problem, options)
    assert isinstance(sample, ReducedSample)
    assert sample.count == 7
    drawn = problem.scenarios(0, 300, seed=3, sampling=sampling)
    again = reduce_scenarios(drawn.xi, drawn.probability, 7, method, 3)  # type: ignore[arg-type]
    few = sample.draw(problem, 0, 7)
    np.testing.assert_array_equal(few.xi, again.xi)
    assert few.probability.sum() == pytest.approx(1.0)
    found = find_design(problem, sample, options, QuietProgress(), scheme=Serial())
    assert found.objective == pytest.approx(extensive_optimum(problem, few), rel=1e-8)


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The terminal's text and the folder of a reduced park with all statistics."""
    out = tmp_path_factory.mktemp("reduced") / "out"
    asked = ["--scenarios", "60", "--reduce", "6", "--evaluate", "50", "--replications", "2", "--information"]
    run = CliRunner().invoke(app, ["optimize", "single-plant", *asked, "--out", str(out)])
    assert run.exit_code == 0, run.output
    return run.output, out


def test_the_error_is_stated(reduced: tuple[str, Path]) -> None:
    """Value over all 60: the mean of the design's costs there, which the dense form with the design fixed gives."""
    text, out = reduced
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    told = result["reduction"]
    assert (told["method"], told["original"], told["scenarios"]) == ("fast-forward", 60, 6)
    assert result["objective"]["scenarios"] == 6
    assert 0.0 < told["relative"] < 1.0
    park = park_problem(load_case("single-plant"))
    x = np.zeros(len(park.problem.first_stage.names))
    sizes = {item["name"]: item for item in result["design"]}
    for asset in park.assets:
        for column, value in ((asset.build_column, "built"), (asset.size_column, "size")):
            if column is not None:
                x[park.problem.first_stage.names.index(column)] = float(sizes[asset.name][value])
    over_all = extensive_optimum(park.problem, park.problem.scenarios(0, 60), x)
    assert told["value"] == pytest.approx(over_all, rel=1e-6)
    assert told["error"] == pytest.approx(abs(result["objective"]["value"] - over_all) / over_all, rel=1e-3)
    assert "6 weighted scenarios stand for 60 (fast-forward)" in text
    assert "over all 60" in text
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "6 weighted futures stand for 60 (fast-forward)" in page
    assert f"{told['error']:.2%} off" in page


def test_statistics_stand_on_terminal_and_page(reduced: tuple[str, Path]) -> None:
    text, out = reduced
    page = (out / "report.html").read_text(encoding="utf-8")
    for words in (
        "best expectation that any design can have",
        "what the design loses against it",
        "wait and see",
        "value of the stochastic solution (VSS)",
        "expected value of perfect information (EVPI)",
    ):
        assert words in text
        assert words in page
    assert "from 2 further samples of 6 futures" in page


@pytest.mark.parametrize(
    ("case", "options", "words"),
    [
        ("single-plant", {"scenarios": 20, "reduce": 20}, "expected fewer than the 20 scenarios"),
        ("single-plant", {"scenarios": 20_001, "reduce": 20}, "k-means takes 20,001"),
        ("wang-smith", {"reduce": 2}, "nothing to reduce"),
    ],
)
def test_what_cannot_be_reduced(case: str, options: dict[str, int], words: str) -> None:
    with pytest.raises(CaseError, match=words):
        design_sample(park_problem(load_case(case)).problem, Options(**options))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--reduce", "0"], "expected a whole number above 0"),
        (["--reduce", "5", "--sample", "3"], "leave out one of the two"),
        (["--reduce", "5", "--reduction", "kmeans"], "did you mean 'k-means'"),
    ],
)
def test_refused_on_the_command_line(arguments: list[str], words: str) -> None:
    run = CliRunner().invoke(app, ["optimize", "single-plant", *arguments])
    assert run.exit_code == 2
    assert words in " ".join(run.output.split())


def test_a_kind_without_scenarios_has_none_to_reduce() -> None:
    run = CliRunner().invoke(app, ["optimize", "haverly1", "--reduce", "3"])
    assert run.exit_code == 2
    assert "no scenarios to reduce" in " ".join(run.output.split())
