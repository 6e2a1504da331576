"""Water-network cases: everything wrong is told at once, with place and nearest spelling."""

from typing import Any

import pytest

from loopwise.problems.errors import CaseError
from loopwise.problems.water_network import WaterNetworkCase, water_network_model

BASIC: dict[str, Any] = {
    "contaminants": ["A"],
    "fresh_water": [{"name": "river"}],
    "process_units": [{"name": "P", "flow": 10, "load": {"A": 1}, "inlet_maximum": {"A": 50}}],
}
PLANTS: dict[str, Any] = {
    "process_units": [BASIC["process_units"][0] | {"plant": "north"}],
    "discharges": [{"name": "sea", "plant": "south"}],
    "pipes": {"investment_per_distance": 1000},
}


def case(**changes: Any) -> WaterNetworkCase:
    return WaterNetworkCase.model_validate(BASIC | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"special_pipes": [{"from": "rivr", "to": "P"}]}, "did you mean 'river'"),
        ({"special_pipes": [{"from": "river", "to": "P", "forbidden": True, "forced": True}]}, "not both"),
        ({"treatment_units": [{"name": "RO", "recovery": 0.8, "removal": {"A": 0.9}}]}, "needs an inlet limit"),
        ({"treatment_units": [{"name": "P", "removal": {"A": 0.9}}]}, "two nodes"),
        ({"best_networks": 3}, "smallest flow"),
        ({"objective": {"fresh-water": 0.0}}, "above 0"),
        ({"objective": {"fresh-water": 1.0, "co2": -1.0}}, r"objective.co2: expected a number from 0 \(typed: -1"),
        ({"objective": {"fresh-water": float("inf")}}, "typed: inf"),
        ({"limits": {"treated-flow": float("nan")}}, r"limits.treated-flow: expected a number from 0 \(typed: nan"),
        ({"limits": {"treated-flow": -1.0}}, "typed: -1"),
        ({"contaminants": ["A", "B", "A"]}, "named twice"),
        ({"special_pipes": [{"from": "river", "to": "P", "minimum": 5, "maximum": 4}]}, "above the maximum"),
        ({"special_pipes": [{"from": "river", "to": "P"}, {"from": "river", "to": "P"}]}, "stands here already"),
        ({"special_pipes": [{"from": "P", "to": "P", "forced": True}]}, "back to its own unit"),
        (
            {
                "treatment_units": [{"name": "T", "removal": {"A": 0.9}}],
                "special_pipes": [{"from": "river", "to": "T", "forced": True}],
            },
            "is of no use",
        ),
        ({"distances": [{"between": ["north", "south"], "distance": 2}]}, "no such plant"),
        (PLANTS, "none is given for north - south"),
        (PLANTS | {"distances": [{"between": ["north", "north"], "distance": 2}]}, "one plant, not two"),
        (PLANTS | {"distances": [{"between": ["north", "south"], "distance": 2}] * 2}, "a distance already"),
        (
            {"process_units": [{"name": "P", "flow": 10, "loss": 10, "load": {"A": 1}, "inlet_maximum": {"A": 50}}]},
            "is a demand",
        ),
        ({"process_units": [{"name": "P", "flow": 10, "loss": 1, "load": {}}]}, "needs an inlet or outlet limit"),
        ({"process_units": []}, "process units, demands or sources"),
        ({"discharges": [{"name": "sea"}], "discharge_maximum": {"A": 5}}, "not here too"),
    ],
)
def test_mistakes_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(CaseError, match=words):
        case(**changes)


def test_node_without_pipes_is_named() -> None:
    lonely = case(
        demands=[{"name": "boiler", "flow": 5}],
        special_pipes=[
            {"from": "river", "to": "boiler", "forbidden": True},
            {"from": "P", "to": "boiler", "forbidden": True},
        ],
    )
    with pytest.raises(CaseError, match="without any pipe"):
        water_network_model(lonely)


def test_plain_case_has_no_integers() -> None:
    model = water_network_model(case())
    assert not len(model.pipe)
    assert not len(model.built)


LOGNORMAL = {"distribution": "lognormal", "mean": 1, "standard_deviation": 0.1}


def uncertain(on: str, **distribution: object) -> dict[str, Any]:
    element = {"on": [on], "distribution": {"distribution": "uniform", "lower": 0.5, "upper": 1.5, **distribution}}
    return {"objective": "annual-cost", "uncertainty": {"elements": {"x": element}}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (uncertain("process_units.P.laod"), "did you mean 'process_units.P.load'"),
        (uncertain("process_units.P.inlet_maximum.A"), "loads, flows and prices may be"),
        (uncertain("process_units.P.flow", lower=0.0), "can fall to 0"),
        (
            {
                "objective": "annual-cost",
                "uncertainty": {"elements": {"x": {"on": ["process_units.P.load"], "distribution": LOGNORMAL}}},
            },
            "can rise without end",
        ),
        (uncertain("process_units.P.flow") | {"objective": "fresh-water"}, "must count annual-cost"),
    ],
)
def test_mistakes_of_uncertainty_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(CaseError, match=words):
        case(**changes)


def test_design_point_holds_for_the_whole_range() -> None:
    """Load and flow apart: the largest rise of concentration is 1.5 kg/h in 5 t/h, 300 mg/L, at the largest flow 15."""
    both = uncertain("process_units.P.load.A")
    flow = uncertain("process_units.P.flow")["uncertainty"]["elements"]["x"]
    both["uncertainty"]["elements"]["flow"] = flow
    (unit,) = case(**both).at_design_point.process_units
    assert (unit.flow, unit.load["A"]) == pytest.approx((15.0, 4.5))
    together = uncertain("process_units.P.load")
    together["uncertainty"]["elements"]["x"]["on"].append("process_units.P.flow")
    (unit,) = case(**together).at_design_point.process_units  # moved by one element: 1.5 kg/h in 15 t/h
    assert (unit.flow, unit.load["A"]) == pytest.approx((15.0, 1.5))
