"""SMPS cases through the run's door, against published optima."""

from pathlib import Path

import pytest

from loopwise.optimizer import Options, optimize
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.smps_run import evaluate
from loopwise.problems.errors import CaseError
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


def test_statistics_of_a_finite_case() -> None:
    """LandS (381.853333), all 3 scenarios: everything is proved, and the chain WS <= RP <= EEV holds."""
    found = optimize(read_smps(shared_case("smps/electric/lands.cor")), scenarios="all", gap=0.0, information=True)
    known = found.statistics
    assert known is not None
    assert known.sample_optimum.value == pytest.approx(381.853333, abs=1e-5)
    assert known.expected_objective.certainty == "proved"
    assert known.expected_objective.value == pytest.approx(381.853333, abs=1e-5)
    assert known.wait_and_see.high <= 381.853334 <= known.expected_value_design.low + 1e-5
    gain = known.expected_value_design.value - known.sample_optimum.value
    assert known.value_of_stochastic_solution.value == pytest.approx(gain, abs=1e-6)
    assert known.replications is None


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_cvar_of_a_finite_case(method: str) -> None:
    """LandS: the costliest tenth is one scenario; the design for it costs more on average."""
    case = read_smps(shared_case("smps/electric/lands.cor"))
    found = optimize(case, scenarios="all", gap=1e-6, method=method, cvar_weight=1.0, cvar_level=0.9)
    assert found.objective.name == "expected objective: 1 CVaR 0.9"
    assert found.objective.value == pytest.approx(found.evaluation.cvar["0.9"], rel=1e-6)
    mean = optimize(case, scenarios="all", gap=1e-6, method=method)
    assert mean.objective.value == pytest.approx(381.853333, abs=1e-3)
    assert mean.evaluation.mean < found.evaluation.mean
    assert mean.evaluation.cvar["0.9"] > found.evaluation.cvar["0.9"]


def test_replications_bound_the_true_optimum() -> None:
    """LandS sampled: the interval holds the optimum of the whole distribution."""
    case = read_smps(shared_case("smps/electric/lands.cor"))
    found = optimize(case, scenarios=60, evaluate=4_000, replications=6, seed=1)
    known = found.statistics
    assert known is not None
    assert known.replications.count == 6
    assert known.true_optimum.low <= 381.853333 <= known.true_optimum.high
    assert known.true_optimum.certainty == "estimated"
    assert 0.0 == known.true_gap.low <= known.true_gap.high


def test_probabilities_beside_one_weigh_the_recourse_only(tmp_path: Path) -> None:
    """pltexpA2-16, whose probabilities sum to 1.0002: -9.663308 optimized and evaluated."""
    core = shared_case("smps/pltexpa2/pltexpa-2.cor")
    case = read_smps(core, stoch=core.with_name("pltexpa-2-16.sto"))
    found = optimize(case, scenarios="all", gap=0.0, out=tmp_path / "out")
    assert round(found.objective.value, 6) == -9.663308
    options = Options(scenarios="all")
    again = evaluate(case, tmp_path / "out" / "result.json", options, QuietProgress()).result
    assert again.objective.value == pytest.approx(found.objective.value, rel=1e-7)


def test_one_replication_is_refused() -> None:
    with pytest.raises(CaseError, match="expected 0, or 2 and more"):
        Options(replications=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cvar_weight": 1.5}, "a share from 0 to 1"),
        ({"cvar_level": 1.0}, "from 0 to below 1"),
        ({"cvar_weight": 0.5, "replications": 3}, "best expected cost"),
        ({"checkpoint": Path("search.npz")}, "--method benders"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], message: str) -> None:
    with pytest.raises(CaseError, match=message):
        Options(**options)
