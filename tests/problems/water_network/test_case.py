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
        ({"objective": {"fresh-water": 1.0, "co2": -1.0}}, "below 0"),
        ({"distances": [{"between": ["north", "south"], "distance": 2}]}, "no such plant"),
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
