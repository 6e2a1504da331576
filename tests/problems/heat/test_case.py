"""The case file of kind heat: what it accepts, what it builds, and that every contradiction is told at once."""

import math

import pytest

from loopwise.problems import load_case
from loopwise.problems.case_file import validate_case
from loopwise.problems.errors import CaseError
from loopwise.problems.heat import Side, problem_table
from loopwise.problems.heat.case import HeatCase
from loopwise.problems.yaml_lines import read_yaml


def validated(text: str) -> HeatCase:
    case = validate_case(read_yaml(text), "plant.yaml")
    assert isinstance(case, HeatCase)
    return case


def test_kemp_from_the_library() -> None:
    # Kemp, Pinch Analysis and Process Integration, 2nd ed. (2007), table 2.2.
    case = load_case("four-streams")
    assert isinstance(case, HeatCase)
    table = problem_table(case.problem())
    assert (table.hot_utility, table.cold_utility) == pytest.approx((0.020, 0.060), abs=1e-12)
    assert table.pinches == pytest.approx((85.0,))


def test_segments_follow_one_another() -> None:
    case = validated(
        """
kind: heat
streams:
  - name: condenser
    supply: 120 degC
    segments: [{target: 100, duty: 500 kW}, {target: 100, duty: 2 MW}, {target: 60, heat_capacity_flow: 10 kW/K}]
    film_coefficient: 800 W/m2/K
"""
    )
    (stream,) = case.problem().streams
    assert stream.side is Side.HOT
    assert [(s.supply, s.target) for s in stream.segments] == [(120, 100), (100, 100), (100, 60)]
    assert stream.duty == pytest.approx(0.5 + 2.0 + 0.4)
    assert stream.film_coefficient == pytest.approx(0.8)


def test_a_utility_without_a_maximum_has_none() -> None:
    case = load_case("yee-grossmann")
    assert isinstance(case, HeatCase)
    assert all(math.isinf(utility.maximum) for utility in case.problem().utilities)


def test_plants_that_must_not_meet_forbid_every_pair() -> None:
    case = validated(
        """
kind: heat
between_plants: false
streams:
  - {name: h, plant: mill, supply: 90, target: 50, duty: 1}
  - {name: c, plant: dairy, supply: 20, target: 60, duty: 1}
  - {name: d, plant: mill, supply: 20, target: 60, duty: 1}
"""
    )
    assert case.problem().forbidden_matches == {("h", "c")}


def test_every_contradiction_is_told_at_once() -> None:
    with pytest.raises(CaseError) as caught:
        validated(
            """
kind: heat
objective: utility-cost
streams:
  - {name: h, supply: 90, target: 90, duty: 1}
  - {name: c, supply: 20, target: 60, duty: 1, heat_capacity_flow: 3}
  - {name: c, supply: 20, target: 60, duty: 1}
  - {name: wrong, side: hot, supply: 20, target: 60, duty: 1}
utilities:
  - {name: steam, side: hot, supply: 180}
forbidden_matches: [[steem, c]]
"""
        )
    text = str(caught.value)
    for words in (
        "`side` is missing",
        "either `duty` or `heat_capacity_flow`",
        "there twice",
        "is hot but goes from 20 to 60",
        "needs its price",
        "steem",
        "steam",
        "plant.yaml",
    ):
        assert words in text
