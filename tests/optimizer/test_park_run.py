"""The whole job for parks: from the library's name to the output folder."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from loopwise.optimizer import optimize
from loopwise.optimizer.options import Options
from loopwise.optimizer.output import write_outcome
from loopwise.optimizer.park_run import evaluate, read_design
from loopwise.optimizer.park_run import optimize as optimize_park
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.park.problem import park_problem
from tests.optimizer.stopping import Stopping
from tests.park_cases import park


@pytest.mark.parametrize(
    ("name", "fresh", "waste"),
    [
        ("wang-smith", 90.0, 90.0),
        ("polley", 70.0, 50.0),
        ("sorin-bedard", 200.0, 120.0),
        ("acrylonitrile", 7.4057142857, 29.3657142857),
    ],
)
def test_published_optima(name: str, fresh: float, waste: float) -> None:
    result = optimize(name)
    assert result.objective.value == pytest.approx(fresh, rel=1e-6)
    assert result.objective.unit == "t/h"
    assert result.evaluation is not None
    assert result.evaluation.mean == pytest.approx(fresh, rel=1e-6)
    assert result.indicators["wastewater_t_per_h"] == pytest.approx(waste, rel=1e-6)


def test_single_plant_end_to_end(tmp_path: Path) -> None:
    result = optimize("single-plant", scenarios=50, out=tmp_path / "out")
    assert result.status == "optimal"
    assert result.baseline is not None
    assert result.baseline.B0 is not None
    assert result.evaluation is not None
    assert result.evaluation.mean < result.baseline.B0
    written = json.loads((tmp_path / "out" / "result.json").read_text())
    assert written["kind"] == "park"
    rows = pq.read_table(tmp_path / "out" / "scenarios.parquet")
    assert rows.num_rows == result.evaluation.scenarios
    assert {"scenario", "objective", "fresh water"} <= set(rows.column_names)


def test_a_result_can_be_evaluated_again(tmp_path: Path) -> None:
    result = optimize("single-plant", scenarios=20, out=tmp_path / "out")
    outcome = evaluate(
        load_case("single-plant"), tmp_path / "out" / "result.json", Options(scenarios=20), QuietProgress()
    )
    assert result.evaluation is not None
    objective = outcome.result.objective
    assert (objective.lower_bound, objective.upper_bound, objective.gap) == (None, objective.value, None)
    assert outcome.result.evaluation is not None
    assert outcome.result.evaluation.mean == pytest.approx(result.evaluation.mean, rel=1e-3)


def test_the_design_says_which_units_run_when(tmp_path: Path) -> None:
    """On and off of a unit that stands and of one that is built, in the table and read back with it."""
    boiler = {"header": "LP", "fuel": "gas"}
    steam = {
        "headers": {"LP": {"pressure": 4}},
        "feedwater": {"header": "LP", "maximum": {"COD": 5}},
        "boilers": {
            "old": boiler | {"existing": 4, "efficiency": 0.7},
            "new": boiler | {"efficiency": 0.95, "investment": {"proportional": 1000, "maximum": 20, "life": 20}},
        },
        "steam_uses": {"vats": {"header": "LP", "flow": {"rate": 5}}},
    }
    market = {"distribution": "uniform", "lower": 0.8, "upper": 1}
    case = park(
        {"plant": {"throughput": {"lost_margin": 5000}, "steam": steam}},
        fuels={"gas": {"price": 50, "emission_factor": 0.2}},
        uncertainty={"elements": {"market": {"on": ["plants.plant.throughput"], "distribution": market}}},
    )
    outcome = optimize_park(case, Options(scenarios=4, evaluate=8, out=tmp_path), QuietProgress())
    write_outcome(tmp_path, outcome)
    items = {item.name: item for item in outcome.result.design}
    assert (items["old"].built, items["old"].size, items["old"].on) == (False, 4.0, {"year": False})
    assert (items["new"].built, items["new"].on) == (True, {"year": True})
    assert any(line.endswith(",year") for line in (tmp_path / "design.csv").read_text().splitlines())
    assert "Which units run when" in (tmp_path / "report.html").read_text(encoding="utf-8")
    problem = park_problem(case)
    fixed = read_design(tmp_path / "result.json", problem.assets)
    assert set(fixed) == {name for name in problem.problem.first_stage.names if not name.endswith("running[year]")}
    changed = json.loads((tmp_path / "result.json").read_text())
    changed["design"][0]["on"] = {"winter": True}
    (tmp_path / "result.json").write_text(json.dumps(changed))
    with pytest.raises(CaseError, match="is not switched in a period 'winter'"):
        read_design(tmp_path / "result.json", problem.assets)


def test_a_wrong_design_tells_everything(tmp_path: Path) -> None:
    file = tmp_path / "design.json"
    file.write_text(json.dumps({"brewery.photovoltaic": 1.0, "brewery.reverse osmosis": 1000.0}))
    with pytest.raises(CaseError) as caught:
        read_design(file, park_problem(load_case("single-plant")).assets)
    text = str(caught.value)
    assert "did you mean 'brewery.photovoltaics'" in text
    assert "0 or 5 to 40 t/h" in text


@pytest.mark.parametrize(
    ("during", "advances", "evaluated", "message"),
    [
        ("operating the design", 1, 1024, "interrupted after 1,024 of 2,000 scenarios"),
        ("the park as it is", 0, 2000, "interrupted before the park as it is was evaluated"),
        ("operating the park as it is", 1, 2000, "interrupted before the park as it is was evaluated"),
    ],
)
def test_interruption_of_the_evaluation_keeps_the_design(
    tmp_path: Path, during: str, advances: int, evaluated: int, message: str
) -> None:
    options = Options(scenarios=20, evaluate=2000, out=tmp_path)
    outcome = optimize_park(load_case("single-plant"), options, Stopping(advances, during))
    write_outcome(tmp_path, outcome)
    assert outcome.message.startswith(message)
    written = json.loads((tmp_path / "result.json").read_text())
    assert written["status"] == "interrupted"
    assert written["evaluation"]["scenarios"] == evaluated
    assert written["objective"]["gap"] <= 1e-3
    assert any(item["built"] for item in written["design"])
    assert written["baseline"] is None
    assert pq.read_table(tmp_path / "scenarios.parquet")["scenario"].to_pylist() == list(range(evaluated))
    assert {f.name for f in tmp_path.iterdir()} == {"result.json", "design.csv", "scenarios.parquet", "report.html"}
