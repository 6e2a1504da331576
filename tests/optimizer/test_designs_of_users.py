"""Designs that are handed to `evaluate`: what is no number, no result, or breaks the first stage is told by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.run import Case, open_case, run_evaluate, run_optimize
from loopwise.problems.errors import CaseError
from loopwise.problems.smps import SmpsCase
from tests.problems.smps.small import read_texts


@pytest.fixture
def small(tmp_path: Path) -> SmpsCase:
    """X1 whole, 0 to 5; X2 at least 1; BUDGET: X1 + X2 at most 10."""
    return read_texts(tmp_path)


def refusal(case: Case, design: Path, **options: object) -> str:
    with pytest.raises(CaseError) as refused:
        run_evaluate(case, design, Options(scenarios="all", **options), QuietProgress())  # pyright: ignore[reportArgumentType]
    return str(refused.value)


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ((6, 2), ["x.json: X1: expected a whole number, from 0 to 5 (typed: 6)"]),
        ((2.5, 2), ["X1: expected a whole number, from 0 to 5 (typed: 2.5)"]),
        ((2, 0.5), ["X2: expected at least 1 (typed: 0.5)"]),
        ((4, 7), ["BUDGET: the design makes this row of the first stage 11, expected at most 10"]),
        ((-1, 20), ["2 problems", "X1: ", "BUDGET: "]),
    ],
)
def test_a_design_that_breaks_the_first_stage(
    values: tuple[float, float], lines: list[str], small: SmpsCase, tmp_path: Path
) -> None:
    design, good = tmp_path / "x.json", tmp_path / "good.json"
    design.write_text(json.dumps(dict(zip(("X1", "X2"), values, strict=True))))
    good.write_text('{"X1": 2, "X2": 2}')
    for message in (refusal(small, design), refusal(small, good, against=design)):
        assert all(line in message for line in lines), message


def test_what_solvers_leave_open_is_no_mistake(small: SmpsCase, tmp_path: Path) -> None:
    """The best design itself, and one as a solver of 1e-7 would print it, are evaluated."""
    best = run_optimize(small, Options(scenarios="all"), QuietProgress()).result
    (tmp_path / "best.json").write_text(best.to_json())
    (tmp_path / "near.json").write_text('{"X1": 2.0000001, "X2": 0.9999999}')
    for name in ("best", "near"):
        found = run_evaluate(small, tmp_path / f"{name}.json", Options(scenarios="all"), QuietProgress()).result
        assert found.objective.value >= best.objective.value - 1e-6
    assert np.isfinite(found.objective.value)


RESULT = {"schema_version": 1, "kind": "park"}
WATER = {"schema_version": 1, "kind": "water-network"}
UNIT = {"plant": "brewery", "name": "reverse osmosis", "built": True, "size": 10}


@pytest.mark.parametrize(
    ("case", "text", "words"),
    [
        ("single-plant", '{"brewery.reverse osmosis": NaN}', ["NaN is no number"]),
        ("single-plant", '{"brewery.reverse osmosis": 1e999}', ["expected 0 or 5 to 40 t/h", "typed: inf"]),
        ("single-plant", '{"brewery.reverse osmosis": true}', ["expected 0 or 5 to 40 t/h", "typed: True"]),
        ("single-plant", '{"a": 1,\n "b": }', ["x.json:2: cannot be read as JSON", "column"]),
        ("single-plant", "[" * 100_000, ["x.json: cannot be read as JSON"]),
        ("single-plant", json.dumps(RESULT | {"design": [{"name": "x"}]}), ["design: expected a list", "built, size"]),
        ("single-plant", json.dumps(RESULT | {"design": 5}), ["design: expected a list"]),
        ("single-plant", json.dumps(RESULT | {"design": [UNIT | {"on": 5}]}), ["osmosis: expected `on`", "typed: 5"]),
        ("single-plant", json.dumps(WATER | {"design": []}), ["is no result of a park", "typed: water-network"]),
        ("wang-smith-recycling", '{"a -> b": NaN}', ["NaN is no number"]),
        ("wang-smith-recycling", '{"water -> operation 1": 1' + "0" * 400 + "}", ["x.json: water -> operation 1: "]),
        (
            "wang-smith-recycling",
            json.dumps(WATER | {"design": [{"name": "x"}]}),
            ["design: expected a list", "name, component, built, size"],
        ),
    ],
)
def test_a_file_that_is_no_design(case: str, text: str, words: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(CaseError) as refused:
        run_evaluate(open_case(case), tmp_path / "x.json", Options(scenarios=20), QuietProgress())
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_a_result_of_another_kind_is_no_smps_design(small: SmpsCase, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(RESULT | {"design": [UNIT]}))
    assert "kind: is no result of an SMPS case (typed: park)" in refusal(small, tmp_path / "x.json")
