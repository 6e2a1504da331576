"""docs/case-file.md is what the models say today."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from loopwise.problems.reference_page import documented_kinds, reference_page
from loopwise.problems.units import WaterFlow

PAGE = Path(__file__).parent.parent.parent / "docs" / "case-file.md"


def test_page_is_up_to_date() -> None:
    expected = reference_page(documented_kinds())
    if PAGE.read_text(encoding="utf-8") != expected:
        pytest.fail("write it again: python -m loopwise.problems.reference_page > docs/case-file.md")


def test_rows_say_unit_bound_default_and_description() -> None:
    class Pump(BaseModel):
        """A pump."""

        flow: WaterFlow = Field(description="what it\nmoves | at most")
        spare: bool = False

    class Toy(BaseModel):
        """A toy case."""

        kind: Literal["toy"]
        pumps: dict[str, Pump] = Field(default_factory=dict, description="by name")

    page = reference_page({"toy": Toy})
    assert "| `kind` | `toy` | **required** |  |" in page
    assert "| `pumps` | name: [Pump](#Pump) | none | by name |" in page
    assert r"| `flow` | water flow, t/h (≥ 0) | **required** | what it moves \| at most |" in page
    assert "| `spare` | true or false | `false` |  |" in page
