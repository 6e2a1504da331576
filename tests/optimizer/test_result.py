"""result.json: its schema is shipped and true, and nothing in it is NaN or infinite."""

import json

import jsonschema
import pytest
from pydantic import ValidationError

from loopwise.optimizer.result import Objective, Result, result_schema
from tests.optimizer.results import example_result


def test_shipped_schema_is_the_models() -> None:
    assert result_schema() == Result.model_json_schema(mode="serialization")


def test_result_validates_and_has_every_field() -> None:
    content = json.loads(example_result().to_json(), parse_constant=pytest.fail)
    jsonschema.validate(content, result_schema())
    assert set(content) == set(Result.model_fields)
    assert set(content["objective"]) == {"name", "unit", "value", "lower_bound", "upper_bound", "gap", "scenarios"}
    assert content["baseline"] == {"B0": 2.5e6, "B1": None, "B2": None, "B3": None}
    assert content["bounds_over_time"][0] == [0.1, None, 2.2e6]  # nothing proved yet


def test_gap_is_the_documented_one() -> None:
    assert Objective.of("x", "", -10.0, -11.0, -10.0, 1).gap == pytest.approx(0.1)
    assert Objective.of("x", "", 0.0, 0.0, 0.0, 1).gap == 0.0
    assert Objective.of("x", "", 1.0, float("-inf"), 1.0, 1).gap is None
    assert Objective.of("x", "", None, None, None, None).value is None


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="never NaN"):
        Objective.of("x", "", float("nan"), 0.0, 1.0, 1)
    with pytest.raises(ValidationError, match="never NaN"):
        example_result().model_validate(example_result().model_dump() | {"indicators": {"reuse_rate": float("nan")}})
