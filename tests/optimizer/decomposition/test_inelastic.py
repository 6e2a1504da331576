"""Demand that must be met, by designs at the edge of what can be operated: a little inside, nothing works."""

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.optimizer.decomposition import large_sample, solve_benders
from loopwise.optimizer.design_solution import SolveStatus
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.risk import EXPECTATION, Risk
from loopwise.optimizer.sample import Sample
from loopwise.problems.two_stage import FirstStage, RandomTerm, Recourse, Sense, TwoStageProblem
from tests.two_stage_cases import UniformSource

COUNT = 6
LARGEST = 10.0


def inelastic(units: int, demand: float) -> TwoStageProblem:
    """Units of up to 10, each with a fixed cost, whose flows sum to a demand between 0.8 and 1 times `demand`."""
    rng = np.random.default_rng(units)
    eye, none = np.eye(units), np.zeros(units)
    first = FirstStage(
        tuple(f"{name} {k}" for name in ("size", "built") for k in range(units)),
        np.concatenate([rng.uniform(0.0, 0.2, units), rng.uniform(1.0, 3.0, units)]),
        np.zeros(2 * units),
        np.concatenate([none + LARGEST, none + 1.0]),
        np.repeat([False, True], units),
        sp.csr_array(np.hstack([eye, -LARGEST * eye])),
        none - np.inf,
        none,
        tuple(f"largest {k}" for k in range(units)),
    )
    recourse = Recourse(
        tuple(f"flow {k}" for k in range(units)), rng.uniform(1.0, 2.0, units), none, none + np.inf,
        sp.csc_array(np.vstack([eye, np.ones(units)])),
        sp.csc_array(np.vstack([np.hstack([-eye, 0.0 * eye]), np.zeros(2 * units)])),
        np.append(none - np.inf, demand), np.append(none, demand), tuple(f"row {k}" for k in range(units + 1)),
    )  # fmt: skip
    term = RandomTerm(np.array([units]), np.array([0.8 * demand]), sp.csr_array([[0.2 * demand]]))
    random = {"row_lower": term, "row_upper": term}
    return TwoStageProblem("inelastic", Sense.MINIMIZE, first, recourse, UniformSource(1), np.ones((1, 1), int), random)


@pytest.mark.parametrize("risk", [EXPECTATION, Risk(0.5, 0.5, 0.5)])
@pytest.mark.parametrize(("units", "demand"), [(1, 10.0), (3, 25.0), (3, 30.0)])
def test_the_same_as_the_extensive_form(units: int, demand: float, risk: Risk) -> None:
    problem = inelastic(units, demand)
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    expected = solve_extensive_form(problem, scenarios, gap=1e-7, risk=risk)
    assert expected.objective is not None
    found = solve_benders(problem, scenarios.part, COUNT, gap=1e-4, risk=risk)
    assert found.status is SolveStatus.OPTIMAL
    assert found.objective == pytest.approx(expected.objective, rel=1.1e-4)
    assert found.lower_bound <= expected.objective * (1.0 + 1e-6)


def test_by_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_sample, "LARGE_ROWS", 1)
    monkeypatch.setattr(large_sample, "LEAST_SCENARIOS", 1)
    test_the_same_as_the_extensive_form(3, 30.0, EXPECTATION)


def test_more_than_all_units_bring() -> None:
    problem = inelastic(3, 40.0)
    found = solve_benders(problem, Sample(COUNT, 3).draw(problem, 0, COUNT).part, COUNT, gap=1e-4)
    assert found.status is SolveStatus.INFEASIBLE


def test_a_free_design_after_many_feasibility_cuts() -> None:
    """Nothing moves the bound, round after round: that is no proof that no design serves all scenarios."""
    units, rows = 40, 80
    shares = np.random.default_rng(1).uniform(0.0, 1.0, (rows, units)) ** 4
    none = np.zeros(units)
    first = FirstStage(
        tuple(f"size {k}" for k in range(units)), none, none, none + 5.0, np.zeros(units, bool),
        sp.csr_array(np.ones((1, units))), np.array([0.0]), np.array([1e3]), ("budget",),
    )  # fmt: skip
    need = np.full(rows, 0.9 * 5.0 * float(shares.sum(axis=1).min()))
    recourse = Recourse(
        ("spare",), np.ones(1), np.zeros(1), np.ones(1), sp.csc_array(-np.ones((rows, 1))), sp.csc_array(shares), need,
        np.full(rows, np.inf), tuple(f"need {k}" for k in range(rows)),
    )  # fmt: skip
    term = RandomTerm(np.arange(rows), 0.9 * need, sp.csr_array(0.1 * need[:, None]))
    source, monomials = UniformSource(1), np.ones((1, 1), int)
    problem = TwoStageProblem("free", Sense.MINIMIZE, first, recourse, source, monomials, {"row_lower": term})
    found = solve_benders(problem, Sample(1, 3).draw(problem, 0, 1).part, 1, gap=1e-4)
    assert found.status is SolveStatus.OPTIMAL
    assert found.objective == pytest.approx(0.0, abs=1e-9)
