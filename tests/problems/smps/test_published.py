"""Every finite SMPS case to its printed digits; values and sources in the shared cases' README."""

import numpy as np
import pytest

from loopwise.problems.smps import read_design, read_smps
from tests.dense_oracle import extensive_optimum
from tests.shared_cases import shared_case


@pytest.mark.parametrize(
    ("core", "stoch", "published", "digits"),
    [
        ("electric/lands", "lands.sto", 381.853333, 6),
        ("electric/lands", "lands-blocks.sto", 381.853333, 6),
        ("chem/chem", "chem.sto", -13009.166667, 6),
        ("fxm2/fxm", "fxm-2-6.sto", 18417.065572, 6),
        ("fxm2/fxm", "fxm-2-16.sto", 18416.759028, 6),
        ("pltexpa2/pltexpa-2", "pltexpa-2-6.sto", -9.479354, 6),
        ("pltexpa2/pltexpa-2", "pltexpa-2-16.sto", -9.663308, 6),
        ("phone/phone", "phone1.sto", 36.9, 6),
    ],
)
def test_optimum_is_the_published_one(core: str, stoch: str, published: float, digits: int) -> None:
    core_file = shared_case(f"smps/{core}.cor")
    problem = read_smps(core_file, stoch=core_file.with_name(stoch)).problem
    assert round(extensive_optimum(problem, problem.all_scenarios()), digits) == published


def test_probabilities_beside_one_are_said_and_normalized_when_asked() -> None:
    core = shared_case("smps/pltexpa2/pltexpa-2.cor")
    raw = read_smps(core, stoch=core.with_name("pltexpa-2-16.sto"))
    normalized = read_smps(core, stoch=core.with_name("pltexpa-2-16.sto"), normalize=True)
    assert "sum to 1.0002; taken as they are" in raw.notes[0]
    assert "divided by their sum" in normalized.notes[0]
    assert raw.problem.all_scenarios().probability.sum() == pytest.approx(1.0002, abs=1e-12)
    assert normalized.problem.all_scenarios().probability.sum() == pytest.approx(1.0, abs=1e-12)


def test_huge_distribution_is_enumerated_by_index_and_sampled() -> None:
    core = shared_case("smps/ssn/ssn.cor")
    problem = read_smps(core).problem
    size = problem.source.size
    assert size is not None
    assert size > 10**69
    last = problem.all_scenarios(size - 1, size)
    groups = problem.source.groups  # type: ignore[attr-defined]
    assert np.array_equal(last.xi[0], [g.values[-1, 0] for g in groups])
    assert last.probability[0] == pytest.approx(np.prod([g.probability[-1] for g in groups]))
    mean = [g.probability @ g.values[:, 0] / g.probability.sum() for g in groups]
    sample = problem.scenarios(0, 20_000, sampling="latin-hypercube")
    assert sample.xi.mean(axis=0) == pytest.approx(np.array(mean), rel=2e-3, abs=1e-3)


@pytest.mark.parametrize(("case", "count"), [("ssn/ssn", 89), ("20term/20", 63)])
def test_shipped_designs_are_read(case: str, count: int) -> None:
    core = shared_case(f"smps/{case}.cor")
    names = read_smps(core).problem.first_stage.names
    design = read_design(core.with_suffix(".sol"), names)
    assert design.shape == (count,)
    assert (design >= -1e-9).all()
