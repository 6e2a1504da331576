"""What is written is read back: the same arrays, the same distribution."""

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.problems.errors import CaseError
from loopwise.problems.smps import read_smps, smps_files, smps_texts
from loopwise.problems.two_stage import Scenarios, TwoStageProblem
from loopwise.problems.uncertainty import (
    Bernoulli,
    Correlation,
    Discrete,
    Lognormal,
    Normal,
    Triangular,
    Uncertainty,
    Uniform,
)
from tests.dense_oracle import extensive_optimum, scenario_part
from tests.problems.smps.small import read_texts
from tests.shared_cases import shared_case
from tests.two_stage_cases import random_problem

PARTS = ("cost", "row_lower", "row_upper", "lower", "upper", "technology", "recourse")


def again(folder: Path, problem: TwoStageProblem, scenarios: Scenarios | None = None) -> TwoStageProblem:
    for file, text in zip(smps_files(folder / "again.cor"), smps_texts(problem, scenarios), strict=True):
        file.write_text(text)
    return read_smps(folder / "again.cor").problem


def with_source(problem: TwoStageProblem, *laws, correlations=()) -> TwoStageProblem:
    source = Uncertainty({f"xi{k}": law for k, law in enumerate(laws)}, correlations)
    return TwoStageProblem(**{**vars(problem), "source": source})


def assert_same_arrays(a: TwoStageProblem, b: TwoStageProblem) -> None:
    """First stage and patterns of the second, exactly."""
    assert (a.sense, a.first_stage.names, a.recourse.names) == (b.sense, b.first_stage.names, b.recourse.names)
    assert (a.first_stage.row_names, a.recourse.row_names) == (b.first_stage.row_names, b.recourse.row_names)
    for part in ("cost", "lower", "upper", "integer", "row_lower", "row_upper"):
        np.testing.assert_allclose(getattr(a.first_stage, part), getattr(b.first_stage, part), rtol=1e-14)
    np.testing.assert_array_equal(a.first_stage.A.toarray(), b.first_stage.A.toarray())
    for matrix in ("W", "T"):
        one, other = getattr(a.recourse, matrix), getattr(b.recourse, matrix)
        np.testing.assert_array_equal(one.indices, other.indices)
        np.testing.assert_array_equal(one.indptr, other.indptr)


def table(problem: TwoStageProblem, s: Scenarios) -> np.ndarray:
    """Probability, constant and every array of every scenario, sorted."""
    rows = []
    for k, p in enumerate(s.probability):
        constant = problem.first_stage.constant + scenario_part(problem, s, "constant", k)[0]
        rows.append(np.concatenate([[constant], *(scenario_part(problem, s, part, k) for part in PARTS), [p]]))
    values = np.round(np.array(rows), 9)
    return values[np.lexsort(values.T)]


@pytest.mark.parametrize("seed", range(12))
def test_a_finite_distribution_comes_back(tmp_path: Path, seed: int) -> None:
    """Every part random, a product of two elements, sums of independent parts: INDEP, BLOCKS and ADD at once."""
    problem = with_source(
        random_problem(seed, integer=seed % 3 == 0),
        Bernoulli(probability=0.3),
        Discrete(values=(0.1, 0.6, 0.9), probabilities=(0.2, 0.3, 0.5)),
        Discrete(values=(0.2, 0.7), probabilities=(0.25, 0.75)),
    )
    read = again(tmp_path, problem)
    assert_same_arrays(problem, read)
    np.testing.assert_allclose(table(problem, problem.all_scenarios()), table(read, read.all_scenarios()), atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_sampled_scenarios_come_back(tmp_path: Path, seed: int) -> None:
    problem = random_problem(seed)  # a continuous distribution that moves many entries
    sample = problem.scenarios(0, 5, seed=1)
    read = again(tmp_path, problem, sample)
    assert_same_arrays(problem, read)
    np.testing.assert_allclose(table(problem, sample), table(read, read.all_scenarios()), atol=1e-9)
    assert extensive_optimum(problem, sample) == pytest.approx(extensive_optimum(read, read.all_scenarios()), rel=1e-7)


@pytest.mark.parametrize(
    ("core", "stoch"),
    [
        ("electric/lands", "lands.sto"),
        ("electric/lands", "lands-blocks.sto"),
        ("chem/chem", "chem.sto"),
        ("fxm2/fxm", "fxm-2-6.sto"),
        ("pltexpa2/pltexpa-2", "pltexpa-2-16.sto"),
        ("phone/phone", "phone1.sto"),
        ("stormg2/stormg2", "stormg2-8.sto"),
    ],
)
def test_published_cases_come_back(tmp_path: Path, core: str, stoch: str) -> None:
    file = shared_case(f"smps/{core}.cor")
    problem = read_smps(file, stoch=file.with_name(stoch)).problem
    read = again(tmp_path, problem)
    assert_same_arrays(problem, read)
    assert read.source.size == problem.source.size
    one, other = problem.all_scenarios(), read.all_scenarios()
    np.testing.assert_array_equal(one.probability, other.probability)
    for part, values in one.parts.items():
        np.testing.assert_allclose(values, other.parts[part], rtol=1e-14)


def test_a_huge_distribution_is_written_as_it_is(tmp_path: Path) -> None:
    problem = read_smps(shared_case("smps/ssn/ssn.cor")).problem
    read = again(tmp_path, problem)
    assert read.source.size == problem.source.size
    one, other = (p.scenarios(0, 50, seed=3) for p in (problem, read))
    np.testing.assert_array_equal(one.xi, other.xi)


LAWS = {
    "NORMAL": Normal(mean=2.0, standard_deviation=0.5),
    "UNIFORM": Uniform(lower=-1.0, upper=3.0),
    "LOGNORMAL": Lognormal(mean=2.0, standard_deviation=0.5),
}


@pytest.mark.parametrize("scale", [1.5, -2.0])
@pytest.mark.parametrize("family", LAWS)
def test_continuous_laws_come_back(tmp_path: Path, family: str, scale: float) -> None:
    """One element moves one right-hand side in proportion: INDEP with shifted and stretched parameters."""
    problem = read_texts(tmp_path).problem
    term = problem.random["row_lower"]
    term = type(term)(term.index, np.array([0.5]), sp.csr_array([[scale]]))
    changed = TwoStageProblem(**{**vars(with_source(problem, LAWS[family])), "random": {"row_lower": term}})
    if family == "LOGNORMAL" and scale < 0:
        with pytest.raises(CaseError, match="xi0, LOGNORMAL, stands with the factor -2 in NEED"):
            smps_texts(changed)
        return
    read = again(tmp_path, changed)
    one, other = (p.scenarios(0, 200, sampling="sobol").parts["row_lower"][:, 0] for p in (changed, read))
    np.testing.assert_allclose(np.sort(one)[5:-5], np.sort(other)[5:-5], atol=0.3 * abs(scale))
    quantiles = np.sort(np.array([LAWS[family].quantile(np.array([u]))[0] for u in (0.1, 0.5, 0.9)]) * scale + 0.5)
    read_quantiles = np.sort(read.source.groups[0].quantile(np.array([0.1, 0.5, 0.9]))[:, 0] + core_of(read))
    np.testing.assert_allclose(quantiles, read_quantiles, rtol=1e-12)


def core_of(problem: TwoStageProblem) -> float:
    return float(problem.random["row_lower"].offset[0])


@pytest.mark.parametrize("family", ["GAMMA", "BETA", "NORMAL", "UNIFORM", "LOGNORMAL"])
@pytest.mark.parametrize("modifier", ["REPLACE", "ADD", "MULTIPLY"])
def test_continuous_files_come_back(tmp_path: Path, family: str, modifier: str) -> None:
    stoch = f"STOCH\nINDEP  {family} {modifier}\n    RHS  NEED  2.0  SECOND  3.0\nENDATA\n"
    problem = read_texts(tmp_path, stoch=stoch).problem
    read = again(tmp_path, problem)
    one, other = (p.scenarios(0, 20, seed=3).parts["row_lower"] for p in (problem, read))
    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_what_smps_cannot_say_is_named(tmp_path: Path) -> None:
    problem = random_problem(0, parts={"row"})
    laws = (Triangular(lower=0, mode=0.5, upper=1), Uniform(lower=0, upper=1), Normal(mean=0, standard_deviation=1))
    with pytest.raises(CaseError) as caught:
        smps_texts(with_source(problem, *laws, correlations=[Correlation(between=("xi1", "xi2"), correlation=0.5)]))
    assert "xi0: a triangular distribution" in str(caught.value)
    assert "xi1, xi2: correlated quantities" in str(caught.value)


def test_names_with_blanks_and_doubles_are_spelled_anew(tmp_path: Path) -> None:
    problem = random_problem(2, parts=set())
    recourse = vars(problem.recourse) | {"names": ("x0", "a b", "a_b", *problem.recourse.names[3:])}
    read = again(tmp_path, TwoStageProblem(**{**vars(problem), "recourse": type(problem.recourse)(**recourse)}))
    assert read.recourse.names[:3] == ("x0~2", "a_b", "a_b~2")
    assert math.isfinite(extensive_optimum(read, read.all_scenarios()))


@pytest.mark.parametrize("stage", ["first", "second"])
def test_a_stage_without_columns(tmp_path: Path, stage: str) -> None:
    problem = random_problem(1, parts=set())
    keep = problem.first_stage if stage == "second" else problem.recourse
    if stage == "first":  # nothing to operate: rows of the second stage hold the design only
        empty = {
            "names": (), "cost": np.empty(0), "lower": np.empty(0), "upper": np.empty(0),
            "W": sp.csc_array((len(keep.row_names), 0)),
        }  # fmt: skip
        problem = TwoStageProblem(**{**vars(problem), "recourse": type(keep)(**{**vars(problem.recourse), **empty})})
    else:
        empty = {
            "names": (), "cost": np.empty(0), "lower": np.empty(0), "upper": np.empty(0), "integer": np.empty(0, bool),
            "A": sp.csr_array((0, 0)), "row_lower": np.empty(0), "row_upper": np.empty(0), "row_names": (),
        }  # fmt: skip
        recourse = vars(problem.recourse) | {"T": sp.csc_array((len(problem.recourse.row_names), 0))}
        problem = TwoStageProblem(
            **{
                **vars(problem),
                "first_stage": type(keep)(**{**vars(keep), **empty}),
                "recourse": type(problem.recourse)(**recourse),
            }
        )
    assert_same_arrays(problem, again(tmp_path, problem))
