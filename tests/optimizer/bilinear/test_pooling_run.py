"""Pooling as a user runs it: a blend, its report, and a given blend evaluated."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app
from loopwise.problems.case_file import load_case
from loopwise.problems.pooling import PoolingCase
from loopwise.problems.pooling.blend import blend_of

BLEND = {"B -> tank": 100, "C -> Y": 100, "tank -> Y": 100}
"""Haverly's first problem: 200 of Y at quality 1.5 from B (1, price 16) and C (2, price 10), sold at 15: -400."""


def evaluated(flows: dict[str, Any], folder: Path, *options: str) -> Any:
    (folder / "design.json").write_text(json.dumps(flows), encoding="utf-8")
    command = ["evaluate", "haverly1", "--design", str(folder / "design.json"), "--out", str(folder / "out"), *options]
    return CliRunner().invoke(app, command)


def test_a_run_and_its_blend_evaluated_again(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["optimize", "haverly1", "--out", str(tmp_path / "found")])
    assert ran.exit_code == 0, ran.output
    assert "cost less revenue: -400, gap" in ran.output
    page = (tmp_path / "found" / "report.html").read_text(encoding="utf-8")
    assert "Products against their limits" in page
    assert "What is bought and sold" in page
    again = evaluated(json.loads((tmp_path / "found" / "result.json").read_text(encoding="utf-8")), tmp_path)
    assert again.exit_code == 0, again.output
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert (result["status"], result["objective"]["lower_bound"]) == ("evaluated", None)
    assert result["objective"]["value"] == pytest.approx(-400.0, rel=1e-5)


def test_a_given_blend_costs_what_its_flows_say(tmp_path: Path) -> None:
    """Half of everything: half the money, though more could be made."""
    ran = evaluated({name: flow / 2 for name, flow in BLEND.items()}, tmp_path, "--json")
    assert json.loads(ran.output)["objective"]["value"] == pytest.approx(-200.0)


def test_a_blend_that_breaks_a_limit_is_told_and_mended(tmp_path: Path) -> None:
    """150 of C make Y 1.6: within these flows 100 + 100 are the best."""
    ran = evaluated(BLEND | {"C -> Y": 150, "tank -> Y": 110}, tmp_path)
    assert ran.exit_code == 0, ran.output
    assert "tank takes 100 and gives 110" in ran.output
    assert "Y is made 260 where 200 is the most" in ran.output
    assert "Y has sulphur 1.57692 where 1.5 is the most" in ran.output
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert result["objective"]["value"] == pytest.approx(-400.0, rel=1e-5)


def test_a_blend_that_names_no_flow_of_the_case_is_refused(tmp_path: Path) -> None:
    ran = evaluated(BLEND | {"B -> tnak": 1, "C -> X": "much"}, tmp_path)
    assert ran.exit_code == 2
    assert "did you mean 'B -> tank'" in ran.output
    assert "expected a number from 0" in ran.output


def test_pools_in_a_ring_are_mixed_together() -> None:
    """10 of A (3) and 10 of B (1), 5 both ways between the pools: l = (30 + 5 r) / 15, r = (10 + 5 l) / 15."""
    case = load_case("haverly1")
    assert isinstance(case, PoolingCase)
    pools = [{"name": "left", "capacity": 300}, {"name": "right", "capacity": 300}]
    ends = ("A left", "B right", "left right", "right left", "left X", "right Y")
    arcs = [dict(zip(("from", "to"), pair.split(), strict=True)) for pair in ends]
    ring = PoolingCase.model_validate(case.model_dump(by_alias=True) | {"pools": pools, "arcs": arcs})
    flows = {("A", "left"): 10.0, ("B", "right"): 10.0, ("left", "right"): 5.0, ("right", "left"): 5.0}
    blend = blend_of(ring, flows | {("left", "X"): 10.0, ("right", "Y"): 10.0})
    assert (blend.quality["X", "sulphur"], blend.quality["Y", "sulphur"]) == pytest.approx((2.5, 1.5))
    assert blend.broken == ()
