"""SMPS cases through the run's door, against published optima."""

from pathlib import Path

import pytest

from loopwise.optimizer import optimize
from loopwise.problems.smps import read_smps
from tests.shared_cases import shared_case


def test_published_optimum(tmp_path: Path) -> None:
    """pltexpA2 with 6 scenarios: -9.479354 (POSTS / SLPTESTSET)."""
    folder = Path(shared_case("smps/pltexpa2/pltexpa-2.cor")).parent
    case = read_smps(folder / "pltexpa-2.cor", stoch=folder / "pltexpa-2-6.sto")
    result = optimize(case, scenarios="all", out=tmp_path / "out")
    assert result.objective.value == pytest.approx(-9.479354, rel=1e-6)
    assert result.evaluation is not None
    assert result.evaluation.mean == pytest.approx(result.objective.value, rel=1e-6)
    assert {file.name for file in (tmp_path / "out").iterdir()} >= {"result.json", "design.csv", "scenarios.parquet"}
