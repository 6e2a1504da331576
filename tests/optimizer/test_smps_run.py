"""SMPS cases through the run's door, against published optima."""

from pathlib import Path

import pytest

from loopwise.kernels.highs import quiet_highs
from loopwise.optimizer import Options, optimize
from loopwise.optimizer.extensive_lp import extensive_lp
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.smps_run import evaluate
from loopwise.problems.errors import CaseError
from loopwise.problems.smps import read_smps
from tests.shared_cases import shared_case

PUBLISHED = (
    # core, stochastic file, value as printed, digits of it that count; sources: README of the shared cases
    ("electric/lands", "lands.sto", 381.853333, 6),
    ("electric/lands", "lands-blocks.sto", 381.853333, 6),
    ("phone/phone", "phone.sto", 36.9, 6),
    ("phone/phone", "phone1.sto", 36.9, 6),
    ("chem/chem", "chem.sto", -13_009.166667, 6),
    ("fxm2/fxm", "fxm-2-6.sto", 18_417.065572, 6),
    ("fxm2/fxm", "fxm-2-16.sto", 18_416.759028, 6),
    ("pltexpa2/pltexpa-2", "pltexpa-2-6.sto", -9.479354, 6),
    ("pltexpa2/pltexpa-2", "pltexpa-2-16.sto", -9.663308, 6),  # as the file has them, probabilities sum to 1.0002
    ("stormg2/stormg2", "stormg2-8.sto", 15_535_235.7, 1),  # see the test below
    ("stormg2/stormg2", "stormg2-27.sto", 15_508_982.306, 3),
)


@pytest.mark.parametrize(("core", "stoch", "printed", "digits"), PUBLISHED)
def test_every_finite_case_to_its_printed_digits(core: str, stoch: str, printed: float, digits: int) -> None:
    """`loopwise optimize CORE --scenarios all`, by the method that `auto` takes; evaluated by the kernels beside it."""
    file = shared_case(f"smps/{core}.cor")
    case = read_smps(file, stoch=file.with_name(stoch))
    result = optimize(case, scenarios="all", gap=1e-9)
    assert round(result.objective.value, digits) == printed
    assert result.objective.gap <= 1e-9
    assert result.objective.scenarios == case.problem.source.size
    assert result.evaluation is not None
    weight = case.problem.all_scenarios().probability.sum()
    if weight == pytest.approx(1.0, abs=1e-9):  # else the mean is that of the normalized distribution
        assert result.evaluation.mean == pytest.approx(result.objective.value, rel=1e-8)


def test_storm_with_8_scenarios_is_printed_to_the_accuracy_of_its_source() -> None:
    """POSTS prints 15,535,231.897, solved to (UB - LB) / |LB| <= 1e-6 by its own rules: an end of that interval.

    The optimum is 15,535,235.730: HiGHS' simplex and interior point agree with each other and with their dual
    objectives to the last digit, and Uryasev (www.ise.ufl.edu/uryasev/research/testproblems,
    "Stochastic Two Stage Linear Problem", data set 1) prints 15,535,235.7.
    """
    file = shared_case("smps/stormg2/stormg2.cor")
    problem = read_smps(file, stoch=file.with_name("stormg2-8.sto")).problem
    highs = quiet_highs()
    highs.passModel(extensive_lp(problem, problem.all_scenarios(), {}))
    for solver in ("simplex", "ipm"):
        highs.setOptionValue("solver", solver)
        highs.clearSolver()
        highs.run()
        info = highs.getInfo()
        assert info.objective_function_value == pytest.approx(15_535_235.730, abs=1e-3)
        assert max(info.max_primal_infeasibility, info.max_dual_infeasibility) < 1e-9
        assert info.primal_dual_objective_error < 1e-12
    assert info.objective_function_value == pytest.approx(15_535_231.897, rel=1e-6)


def test_an_output_folder_holds_everything(tmp_path: Path) -> None:
    folder = Path(shared_case("smps/pltexpa2/pltexpa-2.cor")).parent
    case = read_smps(folder / "pltexpa-2.cor", stoch=folder / "pltexpa-2-6.sto")
    optimize(case, scenarios="all", out=tmp_path / "out")
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
