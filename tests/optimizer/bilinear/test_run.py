"""The kinds as a user runs them."""

from pathlib import Path

import pytest

from loopwise.optimizer.bilinear import SearchOptions
from loopwise.optimizer.bilinear.water_report import concentration_table
from loopwise.optimizer.bilinear.water_run import best_networks
from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.result import RunStatus
from loopwise.optimizer.run import optimize, run_optimize
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.pooling import PoolingCase
from loopwise.problems.water_network import WaterNetworkCase
from loopwise.problems.water_network.parts import Pipes


def test_result_and_report_of_a_water_network(tmp_path: Path) -> None:
    result = optimize("wang-smith-recycling", out=tmp_path / "out", gap=1e-4)
    assert result.status is RunStatus.OPTIMAL
    assert result.objective.unit == "t/h"
    assert result.objective.value == pytest.approx(20.0, rel=1e-4)
    assert result.indicators["wastewater_t_per_h"] == pytest.approx(20.0, rel=1e-4)
    assert result.baseline is not None
    assert pytest.approx(112.5, rel=1e-4) == result.baseline.B0  # without reuse, as published
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Concentrations against their limits" in page
    assert "pinch is at 100 mg/L" in page
    assert "With regeneration to 5 mg/L and recycling it is 20 t/h" in page


def test_impossible_discharge_is_infeasible() -> None:
    unit = {"name": "P", "flow": 10, "load": {"C": 1}, "inlet_maximum": {"C": 50}}
    case = WaterNetworkCase.model_validate(
        {
            "contaminants": ["C"],
            "fresh_water": [{"name": "river"}],
            "process_units": [unit],
            "discharge_maximum": {"C": 5},
        }
    )
    opened = run_optimize(case, Options(), QuietProgress())
    assert opened.result.status is RunStatus.INFEASIBLE
    assert opened.message.endswith("discharge takes C at 100 mg/L where 5 is the limit")


def test_worth_of_a_limit_is_what_relaxing_it_saves() -> None:
    """Wang and Smith with reuse: below P1's and P2's outlet limit c, the pinch, 7000 + 40 (c - 50) g/h are taken up.

    d/dc of that over c is -0.5 t/h per mg/L at 100 mg/L.
    """
    case = load_case("wang-smith-recycling")
    assert isinstance(case, WaterNetworkCase)
    reuse = case.model_copy(update={"treatment_units": []})
    answer = best_networks(reuse, SearchOptions(gap=1e-6), QuietProgress())
    assert answer.network is not None
    table = concentration_table(reuse, answer.network, answer.limits, "t/h")
    worth = {row[0]: row[8] for row in table.rows}
    total = sum(saved for unit in ("P1", "P2") if isinstance(saved := worth[unit], float))
    assert total == pytest.approx(0.5, rel=1e-3)


def test_worth_of_a_discharge_limit_against_solving_again() -> None:
    case = load_case("karuppiah-grossmann")
    assert isinstance(case, WaterNetworkCase)
    here = best_networks(case, SearchOptions(gap=1e-4), QuietProgress())  # ends in a local optimum exact to 1e-9
    eased = case.model_copy(update={"discharge_maximum": {"A": 10.01, "B": 10.0}})
    there = best_networks(eased, SearchOptions(gap=1e-4), QuietProgress())
    assert here.network is not None
    table = concentration_table(case, here.network, here.limits, "USD/year")
    (worth,) = [row[5] for row in table.rows if row[:2] == ("discharge", "A")]
    assert isinstance(worth, float)
    assert worth == pytest.approx((here.found.value - there.found.value) / 0.01, rel=0.02)


def test_best_networks_differ_and_get_worse() -> None:
    pipes = {"investment": 1e4, "minimum": 1.0}
    case = load_case("wang-smith-recycling")
    assert isinstance(case, WaterNetworkCase)
    changed = case.model_copy(
        update={"treatment_units": [], "pipes": Pipes.model_validate(pipes), "best_networks": 3, "objective": "pipes"}
    )
    answer = best_networks(changed, SearchOptions(), QuietProgress())
    objectives = [objective for objective, _ in answer.networks]
    assert len(objectives) == 3
    assert objectives == sorted(objectives)
    assert len({frozenset(flows) for _, flows in answer.networks}) == 3
    assert objectives[0] == pytest.approx(len(answer.networks[0][1]))


def test_cluster_is_refused() -> None:
    with pytest.raises(CaseError, match="--cluster"):
        optimize("haverly1", cluster="tcp://somewhere:1")


def test_problems_are_collected_and_named() -> None:
    with pytest.raises(CaseError) as caught:
        WaterNetworkCase.model_validate(
            {
                "contaminants": ["chloride"],
                "fresh_water": [{"name": "river", "concentration": {"cloride": 3}}],
                "process_units": [{"name": "P", "flow": 10, "load": {"chloride": 1}}],
            }
        )
    text = str(caught.value)
    assert "did you mean 'chloride'" in text
    assert "process_units[0].load" in text


def test_arc_to_nowhere_is_named() -> None:
    with pytest.raises(CaseError, match="did you mean 'tank'"):
        PoolingCase.model_validate(
            {
                "components": [{"name": "A", "price": 1, "quality": {}, "maximum": 1}],
                "pools": [{"name": "tank", "capacity": 1}],
                "products": [{"name": "X", "price": 2, "maximum": 1}],
                "arcs": [{"from": "A", "to": "tnak"}, {"from": "tank", "to": "X"}],
            }
        )
