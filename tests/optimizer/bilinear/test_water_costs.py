"""What is built has its size and investment; the lines of the annual cost add up to the objective."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.bilinear import SearchOptions
from loopwise.optimizer.bilinear.water_costs import cost_lines, design_items
from loopwise.optimizer.bilinear.water_run import best_networks
from loopwise.optimizer.cli.app import app
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems.case_file import load_case
from loopwise.problems.water_network import WaterNetworkCase

MILL = """
kind: water-network
name: mill
contaminants: [A]
fresh_water: [{name: river, price: 1, power: 0.5}]
process_units: [{name: P, plant: mill, flow: 10, load: {A: 1}, inlet_maximum: {A: 0}}]
treatment_units:
  - {name: T, plant: works, removal: {A: 0.9}, fixed_investment: 1000, investment_factor: 500, operating_cost: 0.2}
discharges: [{name: sea, plant: works, maximum: {A: 10}, price: 0.1}]
pipes: {investment_per_distance: 2000, investment_per_flow: 10}
distances: [{between: [mill, works], distance: 3}]
objective: annual-cost
hours_per_year: 1000
annualization: 0.1
electricity_price: 100
"""


def test_design_and_costs_of_a_network_worked_out_by_hand(tmp_path: Path) -> None:
    """10 t/h straight through: every number follows from the case."""
    (tmp_path / "mill.yaml").write_text(MILL, encoding="utf-8")
    ran = CliRunner().invoke(app, ["optimize", str(tmp_path / "mill.yaml"), "--out", str(tmp_path / "out")])
    assert ran.exit_code == 0, ran.output
    result: dict[str, Any] = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    found = {item["name"]: (item["plant"], item["component"], item["investment"]) for item in result["design"]}
    assert found == {
        "T": ("works", "treatment unit", pytest.approx(1000 + 500 * 10)),
        "river -> P": ("mill", "pipe", pytest.approx(10 * 10)),
        "P -> T": ("mill - works", "pipe", pytest.approx(2000 * 3 + 10 * 10)),
        "T -> sea": ("works", "pipe", pytest.approx(10 * 10)),
    }
    running = 1000 * (10 * 1 + 10 * 0.2 + 10 * 0.1 + 100 * 10 * 0.5 / 1000)
    assert result["objective"]["value"] == pytest.approx(running + 0.1 * (6000 + 6300), rel=1e-6)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Where the annual cost comes from" in page
    again = CliRunner().invoke(
        app, ["evaluate", str(tmp_path / "mill.yaml"), "--design", str(tmp_path / "out" / "result.json"), "--json"]
    )
    assert json.loads(again.output)["objective"]["value"] == pytest.approx(result["objective"]["value"])


def test_lines_add_up_to_the_objective() -> None:
    case = load_case("karuppiah-grossmann")
    assert isinstance(case, WaterNetworkCase)
    answer = best_networks(case, SearchOptions(gap=1e-2), QuietProgress())
    assert answer.network is not None
    assert sum(cost_lines(case, answer.network.flows).values()) == pytest.approx(answer.found.value, rel=1e-6)
    units = [i for i in design_items(case, answer.network.flows) if i.component == "treatment unit"]
    assert sum(item.size or 0.0 for item in units) == pytest.approx(
        sum(answer.network.into(t.name) for t in case.treatment_units)
    )
