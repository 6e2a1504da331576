"""The library's parks compiled to arrays: what may be uncertain, loads that are curtailed or hauled, warnings."""

from pathlib import Path

import numpy as np
import pytest

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.park.problem import ParkProblem, park_problem
from loopwise.problems.park.uncertain import ParkUncertainty
from loopwise.problems.uncertainty import UncertainElement
from tests.park_cases import park


@pytest.fixture(scope="module")
def guangzhou() -> ParkProblem:
    return park_problem(load_case("guangzhou"))


def test_nothing_random_in_w(guangzhou: ParkProblem) -> None:
    assert "recourse" not in guangzhou.problem.random


def one(path: str):
    plants = {
        "plant": {
            "throughput": {"lost_margin": 1000},
            "water_uses": {"washer": {"inlet_flow": 5, "contaminants": {"COD": {"load": 1, "maximum_outlet": 900}}}},
            "treatments": {"filter": {"existing": 3, "contaminants": {"COD": {"outlet": 10}}}},
        }
    }
    element = {"on": [path], "distribution": {"distribution": "uniform", "lower": 0.5, "upper": 1.5}}
    return park(plants, uncertainty={"elements": {"factor": element}})


def test_what_would_change_w_is_refused_by_name() -> None:
    with pytest.raises(CaseError, match=r"plants\.plant\.treatments\.filter\.recovery.*W"):
        park_problem(one("plants.plant.treatments.filter.recovery"))


def test_unknown_path_suggests_the_nearest() -> None:
    with pytest.raises(CaseError, match=r"did you mean 'plants\.plant\.throughput'"):
        park_problem(one("plants.plant.troughput"))


def test_real_load_never_exceeds_the_assumed_one() -> None:
    """Uncertain load per throughput, curtailed: the plan stays feasible and conservative."""
    case = park_problem(one("plants.plant.water_uses.washer.contaminants.COD.load"))
    problem = case.problem
    x = np.zeros(len(problem.first_stage.names))
    block = Evaluator(problem).evaluate(x, problem.scenarios(0, 200, seed=4))
    columns = {name: k for k, name in enumerate(problem.recourse.names)}
    reports = {name: block.reports[:, k] for k, name in enumerate(problem.reports.names)}
    assert case.simulator.run(columns, block.primal, reports).margin.min() > -1e-6


def test_what_is_hauled_away_is_not_simulated_as_discharged() -> None:
    washer = {"inlet_flow": 5, "contaminants": {"COD": {"load": 1, "maximum_outlet": 250}}}
    element = {
        "on": ["plants.plant.water_uses.washer.contaminants.COD.load"],
        "distribution": {"distribution": "uniform", "lower": 1.3, "upper": 1.5},
    }
    case = park_problem(
        park({"plant": {"water_uses": {"washer": washer}}}, uncertainty={"elements": {"load": element}})
    )
    problem = case.problem
    block = Evaluator(problem).evaluate(np.zeros(0), problem.scenarios(0, 16, seed=4))
    reports = {name: block.reports[:, k] for k, name in enumerate(problem.reports.names)}
    assert reports["hauled COD"].min() > 0.0
    columns = {name: k for k, name in enumerate(problem.recourse.names)}
    assert case.simulator.run(columns, block.primal, reports).margin.min() > -1e-6


@pytest.mark.parametrize(("values", "warned"), [(8760, True), (12, False)])
def test_hourly_records_are_noticed(values: int, warned: bool) -> None:
    """A scenario is a year: 8,760 recorded values are hours, whatever the case calls them."""
    weights = {"values": list(np.linspace(0.5, 1.5, values)), "probabilities": [1 / values] * values}
    element = {"on": ["plants.plant.throughput"], "distribution": {"distribution": "discrete", **weights}}
    plants = {"plant": {"throughput": {"lost_margin": 1}, "water_sinks": {"tower": {"flow": 1}}}}
    case = park(plants, uncertainty={"elements": {"market": element}})
    assert any("hourly" in warning for warning in case.uncertainty.warnings()) == warned


@pytest.mark.parametrize(
    ("step", "rows", "warned"),
    [("1h", 24, "1 h apart"), ("30D", 60, "720 h apart"), ("366D", 40, None), (None, 8760, "8,760 recorded values")],
)
def test_records_of_hours_in_a_file_are_noticed(
    tmp_path: Path, step: str | None, rows: int, warned: str | None
) -> None:
    """By the file's own times, and by their number even where only two different values occur."""
    hours = {"1h": 1, "30D": 720, "366D": 8784}
    times = np.datetime64("1980-01-01T00") + np.arange(rows) * np.timedelta64(hours.get(step or "", 1), "h")
    header = "value" if step is None else "time,value"
    lines = [
        f"{0.9 + 0.2 * (k % 2):.1f}" if step is None else f"{t}:00,{0.9 + 0.2 * (k % 2):.1f}"
        for k, t in enumerate(times)
    ]
    (tmp_path / "market.csv").write_text("\n".join([header, *lines]))
    element = UncertainElement.model_validate(
        {"on": ["plants.plant.throughput"],
         "distribution": {"distribution": "empirical", "file": "market.csv", "column": "value"}},
        context={"folder": tmp_path},
    )  # fmt: skip
    (found,) = ParkUncertainty(elements={"market": element}).warnings() or (None,)
    assert (found is None) == (warned is None)
    assert warned is None or warned in str(found)
