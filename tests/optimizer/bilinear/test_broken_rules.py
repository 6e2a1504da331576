"""An infeasible network names the rules that stand in the way, and what would do."""

from typing import Any

import pytest

from loopwise.optimizer.bilinear.broken_rules import broken_rules
from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.result import RunStatus
from loopwise.optimizer.run import run_optimize
from loopwise.problems.water_network import WaterNetworkCase


def network(**parts: Any) -> WaterNetworkCase:
    """10 t/h of which each tonne is either fresh or treated: fresh water + treated flow = 10."""
    unit = {"name": "P", "flow": 10, "load": {"A": 1}, "inlet_maximum": {"A": 0}}
    base = {"contaminants": ["A"], "fresh_water": [{"name": "river"}], "process_units": [unit]}
    return WaterNetworkCase.model_validate(base | {"treatment_units": [{"name": "T", "outlet": {"A": 0}}]} | parts)


@pytest.mark.parametrize(
    ("parts", "rules"),
    [
        (
            {"limits": {"fresh-water": 2, "treated-flow": 5}},
            (
                "without limits.fresh-water (at least 5 t/h would do)",
                "without limits.treated-flow (at least 8 t/h would do)",
            ),
        ),
        ({"pipes": {"maximum_number": 1}}, ("without pipes.maximum_number (at least 2 pipes would do)",)),
        ({"pipes": {"minimum": 11}}, ("without pipes.minimum",)),
        (
            {"special_pipes": [{"from": "river", "to": "P", "forced": True, "minimum": 12}]},
            ("without special_pipes[0].minimum", "without special_pipes[0].forced"),
        ),
        (
            {"fresh_water": [{"name": "river", "maximum": 3}], "treatment_units": []},
            ("without fresh_water[0].maximum",),
        ),
        (
            {
                "fresh_water": [{"name": "river", "maximum": 3}],
                "treatment_units": [{"name": "T", "outlet": {"A": 0}, "capacity": 6}],
            },
            ("without fresh_water[0].maximum", "without treatment_units[0].capacity"),
        ),
        ({"limits": {"fresh-water": 2, "treated-flow": 5}, "pipes": {"maximum_number": 1}}, ()),  # two are in the way
    ],
)
def test_rules_in_the_way_are_named(parts: dict[str, Any], rules: tuple[str, ...]) -> None:
    assert broken_rules(network(**parts), seconds=3600.0) == rules


def test_the_message_of_a_run_has_them() -> None:
    opened = run_optimize(network(limits={"fresh-water": 2, "treated-flow": 5}), Options(), QuietProgress())
    assert opened.result.status is RunStatus.INFEASIBLE
    assert "there is one without limits.fresh-water (at least 5 t/h would do), or without" in opened.message
