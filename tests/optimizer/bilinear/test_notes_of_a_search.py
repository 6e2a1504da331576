"""What the terminal says beside the optimum: other networks, the end of a search without a limit."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, minimize, water_kind
from loopwise.optimizer.bilinear.from_pyomo import from_pyomo
from loopwise.optimizer.bilinear.search_outcome import ended_by_itself
from loopwise.optimizer.cli.app import app
from loopwise.optimizer.options import Options
from loopwise.problems.case_file import load_case
from loopwise.problems.pooling import PoolingCase, pooling_model

THREE = """
kind: water-network
name: three
contaminants: [C]
fresh_water: [{name: fresh}]
process_units:
  - {name: P1, load: {C: 2}, inlet_maximum: {C: 0}, outlet_maximum: {C: 100}}
  - {name: P2, load: {C: 5}, inlet_maximum: {C: 50}, outlet_maximum: {C: 100}}
objective: pipes
pipes: {minimum: 1}
best_networks: 2
"""


def test_the_best_networks_are_told(tmp_path: Path) -> None:
    """Two supplies and two discharges, or P1 into P2 and so less of one of them: no network has fewer than 4 pipes."""
    (tmp_path / "three.yaml").write_text(THREE, encoding="utf-8")
    ran = CliRunner().invoke(app, ["optimize", str(tmp_path / "three.yaml"), "--out", str(tmp_path / "out")])
    assert ran.exit_code == 0, ran.output
    found = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))["objective"]["value"]
    assert found == 4.0
    assert "note: network 1: 4 pipes" in ran.output
    assert "note: network 2: " in ran.output


def test_a_search_that_ends_by_itself_says_so() -> None:
    case = load_case("haverly1")
    assert isinstance(case, PoolingCase)
    found = minimize(from_pyomo(pooling_model(case)).program, SearchOptions(node_limit=1))
    late = replace(found, status=SearchStatus.TIME_LIMIT)
    assert any("3,600 s" in line and "--time-limit" in line for line in ended_by_itself(late, Options()))
    assert ended_by_itself(late, Options(time_limit=10.0)) == ()
    assert ended_by_itself(found, Options()) == ()


def test_an_interrupt_after_the_search_keeps_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the plant without reuse is searched."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(water_kind, "once_through", interrupted)
    ran = CliRunner().invoke(app, ["optimize", "wang-smith-recycling", "--out", str(tmp_path / "out")])
    assert ran.exit_code == 130, ran.output
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert (result["status"], result["baseline"]) == ("interrupted", None)
    assert result["objective"]["value"] == pytest.approx(20.0, rel=1e-3)
    assert result["design"]
