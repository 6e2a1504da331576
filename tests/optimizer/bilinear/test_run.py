"""The kinds as a user runs them."""

from pathlib import Path

import pytest

from loopwise.optimizer.result import RunStatus
from loopwise.optimizer.run import optimize
from loopwise.problems.errors import CaseError
from loopwise.problems.pooling import PoolingCase
from loopwise.problems.water_network import WaterNetworkCase


def test_result_and_report_of_a_water_network(tmp_path: Path) -> None:
    result = optimize("wang-smith-recycling", out=tmp_path / "out", gap=1e-4)
    assert result.status is RunStatus.OPTIMAL
    assert result.objective.unit == "t/h"
    assert result.objective.value == pytest.approx(20.0, rel=1e-4)
    assert result.indicators["wastewater_t_per_h"] == pytest.approx(20.0, rel=1e-4)
    assert "Concentrations" in (tmp_path / "out" / "report.html").read_text()


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
    assert optimize(case).status is RunStatus.INFEASIBLE


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
