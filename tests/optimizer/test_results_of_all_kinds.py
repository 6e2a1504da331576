"""Every kind of case writes the whole of result.json as the shipped schema has it, however its run ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from loopwise.optimizer.kinds import KINDS
from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.result import Result, result_schema
from loopwise.optimizer.run import case_hash, open_case, run_evaluate, run_optimize
from loopwise.problems.case_file import library_cases
from tests.problems.smps.small import CORE, read_texts

DETERMINISTIC = ("wang-smith", "four-streams", "wang-smith-recycling", "haverly1")
Make = Callable[[Path], Any]


def spoilt(library: str, old: str, new: str) -> Make:
    """A library case that its change makes impossible."""

    def make(folder: Path) -> Any:
        text = library_cases()[library].text
        assert old in text
        (folder / "spoilt.yaml").write_text(text.replace(old, new), encoding="utf-8")
        return open_case(folder / "spoilt.yaml")

    return make


def too_dear(folder: Path) -> Any:
    return read_texts(folder, core=CORE.replace(" UP BND       X1        5.0", " FX BND       X1        11.0"))


SOLVED: dict[str, Make] = {"smps": read_texts, "single-plant": lambda _: open_case("single-plant")}
SOLVED |= {name: (lambda _, name=name: open_case(name)) for name in DETERMINISTIC}
INFEASIBLE: dict[str, tuple[Make, tuple[str, ...]]] = {
    "park": (spoilt("wang-smith", "{price: 0}", "{price: 0, concentration: {contaminant: 1}}"), ("operation 1",)),
    "smps": (too_dear, ("BUDGET",)),
    "water-network": (
        spoilt("wang-smith-recycling", "{name: fresh}", "{name: fresh, concentration: {C: 1}}"),
        ("limits",),
    ),
    "pooling": (spoilt("haverly1", "{sulphur: 1.5}", "{sulphur: 0.5}, minimum: 10"), ("blend",)),
    "heat": (spoilt("yee-grossmann", "supply: 680 K,", "supply: 680 K, maximum: 0.1 MW,"), ("0.45 MW of hot utility",)),
}


def written(result: Result) -> dict[str, Any]:
    """What stands in result.json, refused where it has NaN, an infinity or something the schema does not know."""
    content = json.loads(result.to_json(), parse_constant=pytest.fail)
    jsonschema.validate(content, result_schema())
    assert set(content) == set(Result.model_fields)
    return content


def test_every_kind_is_looked_at(tmp_path: Path) -> None:
    assert {str(make(tmp_path).kind) for make in SOLVED.values()} == set(KINDS)


@pytest.mark.parametrize("name", SOLVED)
def test_a_solved_case(name: str, tmp_path: Path) -> None:
    case = SOLVED[name](tmp_path)
    outcome = run_optimize(case, Options(scenarios=40, sample=20), QuietProgress())
    content = written(outcome.result)
    assert (content["status"], content["case_hash"]) == ("optimal", case_hash(case))
    assert content["objective"]["gap"] <= 1e-3
    assert content["design"] or name in ("wang-smith", "four-streams")  # nothing can be built there
    if name in DETERMINISTIC:
        assert content["evaluation"]["mean"] == pytest.approx(content["objective"]["value"], rel=1e-6)


@pytest.mark.parametrize("kind", INFEASIBLE)
def test_an_infeasible_case_says_why(kind: str, tmp_path: Path) -> None:
    make, words = INFEASIBLE[kind]
    outcome = run_optimize(make(tmp_path), Options(scenarios=4), QuietProgress())
    content = written(outcome.result)
    assert (content["kind"], content["status"], content["objective"]["value"]) == (kind, "infeasible", None)
    assert content["evaluation"] is None
    for word in words:
        assert word in outcome.message


@pytest.mark.parametrize("name", ["smps", "single-plant"])
def test_an_evaluated_design(name: str, tmp_path: Path) -> None:
    case = SOLVED[name](tmp_path)
    options = Options(scenarios=40, sample=20)
    found = run_optimize(case, options, QuietProgress()).result
    (tmp_path / "result.json").write_text(found.to_json(), encoding="utf-8")
    content = written(run_evaluate(case, tmp_path / "result.json", options, QuietProgress()).result)
    assert (content["status"], content["objective"]["lower_bound"]) == ("evaluated", None)
    assert (
        content["evaluation"]["mean"] == pytest.approx(found.evaluation.mean, rel=1e-6) if found.evaluation else False
    )


def test_a_run_that_a_limit_stopped() -> None:
    options = Options(gap=0.0, time_limit=1.0)
    content = written(run_optimize(open_case("karuppiah-grossmann"), options, QuietProgress()).result)
    assert content["status"] == "limit"
    assert content["objective"]["lower_bound"] < content["objective"]["upper_bound"]
