"""Cells of scenarios: their problem is never above the sample's own, and leads to the same optimum."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp

from benchmarks.subjects.park_design import park_design
from loopwise.kernels import Engine
from loopwise.optimizer.decomposition import large_sample, partition, solve_benders
from loopwise.optimizer.decomposition.activity_bounds import activity_bounds
from loopwise.optimizer.decomposition.cells import CellProblem
from loopwise.optimizer.decomposition.partition import Partition
from loopwise.optimizer.decomposition.prices import FeatureSample, Prices
from loopwise.optimizer.decomposition.solve import solve_scenarios
from loopwise.optimizer.design_solution import SolveStatus
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.risk import EXPECTATION, Risk
from loopwise.optimizer.sample import Sample
from loopwise.problems.two_stage import Sense, TwoStageProblem
from loopwise.problems.two_stage.problem import Floats
from tests.two_stage_cases import UniformSource, plain_recourse, random_problem

COUNT = 80
PARTS = {"cost", "constant", "row", "lower", "upper", "technology"}


def case(seed: int, *, parts: set[str] = PARTS) -> tuple[TwoStageProblem, FeatureSample, Prices]:
    problem = random_problem(seed, parts=parts, integer=True)
    sample = FeatureSample.of(problem, partial(Sample(COUNT, 3).draw, problem), COUNT)
    assert sample is not None
    return problem, sample, Prices.of(problem, sample)


def mean_cost(problem: TwoStageProblem, scenarios: object, x: Floats, risk: Risk = EXPECTATION) -> float:
    """Minimised, with its own solver: every scenario by HiGHS through the extensive form of one design."""
    fixed = dict(zip(problem.first_stage.names, x, strict=True))
    found = solve_extensive_form(problem, scenarios, gap=1e-9, fixed=fixed, risk=risk)  # type: ignore[arg-type]
    assert found.objective is not None
    return -found.objective if problem.sense is Sense.MAXIMIZE else found.objective


@pytest.mark.parametrize("seed", range(8))
def test_cells_cost_no_more_than_their_scenarios(seed: int) -> None:
    problem, sample, _ = case(seed)
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    x = np.array([1.0, 1.5, 2.0])
    made = Partition(problem, sample, Engine.AUTO).at(x, 40, 0.0)
    assert made is not None
    assert len(made.parts) == 1
    (cells,) = made.parts
    assert len(cells) <= 40
    assert cells.scenarios.probability.sum() == pytest.approx(1.0)
    for point in (x, np.array([0.0, 1.0, 0.0]), np.array([3.0, 0.5, 1.0])):
        whole = mean_cost(problem, scenarios, point)
        assert mean_cost(cells.problem, cells.scenarios, point) <= whole + 1e-7 * abs(whole)
    whole = mean_cost(problem, scenarios, x)
    lost = whole - mean_cost(cells.problem, cells.scenarios, x)
    assert lost <= 1.3 * made.loss + 1e-6, "the loss is an estimate, from the duals that the cells were made by"
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    first = sign * (problem.first_stage.constant + problem.first_stage.cost @ x)
    assert first + made.value == pytest.approx(whole, rel=1e-5)
    assert made.error == 0.0


class Coins(UniformSource):
    """Every element is 0 or 1."""

    def draw(self, first, last, *, count, seed, sampling):
        return np.round(super().draw(first, last, count=count, seed=seed, sampling=sampling))


def wide_prices(seed: int) -> TwoStageProblem:
    problem = random_problem(seed, parts={"cost"}, integer=True)
    own = problem.random["cost"]
    return replace(problem, random={"cost": replace(own, coefficients=own.coefficients * 4.0)})


def below_scenarios(problem: TwoStageProblem, count: int, risk: Risk = EXPECTATION) -> None:
    """Cells made at one design cost no more than all scenarios there and elsewhere."""
    draw = partial(Sample(count, 3).draw, problem)
    sample = FeatureSample.of(problem, draw, count)
    assert sample is not None
    x = np.array([1.0, 1.5, 2.0])
    made = Partition(problem, sample, Engine.AUTO, risk).at(x, 12, 0.0)
    assert made is not None
    (cells,) = made.parts
    for point in (x, np.array([0.0, 1.0, 0.0]), np.array([3.0, 0.5, 1.0])):
        whole = mean_cost(problem, draw(0, count), point, risk)
        assert mean_cost(cells.problem, cells.scenarios, point, risk) <= whole + 1e-7 * abs(whole)


@pytest.mark.parametrize("seed", [0, 10, 12])
@pytest.mark.parametrize("risk", [Risk(0.0, 1.0, 0.8), Risk(0.5, 0.5, 0.9)])
def test_cells_have_no_larger_cvar_than_their_scenarios_where_prices_differ_most(seed: int, risk: Risk) -> None:
    below_scenarios(wide_prices(seed), 40, risk)


@pytest.mark.parametrize("seed", [2, 10])
def test_cells_made_for_few_scenarios_take_in_prices_beyond_theirs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "TRAINING", 8)
    below_scenarios(wide_prices(seed), 60)


@pytest.mark.parametrize("training", [8, 2048])
@pytest.mark.parametrize("seed", [2, 3])
def test_no_scenario_near_the_middle_of_the_prices(seed: int, training: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "TRAINING", training)
    problem = wide_prices(seed)
    own = problem.random["cost"]
    first = own.coefficients.toarray() * np.array([1.0, 0.0, 0.0, 0.0])
    problem = replace(problem, random={"cost": replace(own, coefficients=sp.csr_array(first))}, source=Coins(3))
    below_scenarios(problem, 60)


def test_a_cell_of_its_own_for_every_scenario_loses_nothing() -> None:
    problem, sample, prices = case(2)
    own = CellProblem.of(problem, sample, prices, np.arange(COUNT), prices.of_features(sample.features))
    x = np.array([1.0, 1.5, 2.0])
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    assert mean_cost(own.problem, own.scenarios, x) == pytest.approx(mean_cost(problem, scenarios, x), rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_bounds_of_activities_hold(seed: int) -> None:
    problem, sample, _ = case(seed)
    columns = np.array([2, 3, 5, 6])
    lower, upper = activity_bounds(problem, columns, sample.features.min(axis=0), sample.features.max(axis=0))
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    for x in (np.array([1.0, 1.5, 2.0]), np.array([3.0, 0.5, 1.0])):
        for k in range(0, COUNT, 8):
            _, y, _ = plain_recourse(problem, scenarios, k, x)
            assert (y[columns] >= lower - 1e-9).all()
            assert (y[columns] <= upper + 1e-9).all()


@pytest.mark.parametrize(
    ("seed", "risk"), [(0, EXPECTATION), (1, EXPECTATION), (2, Risk(0.5, 0.5, 0.8)), (5, EXPECTATION)]
)
def test_the_same_as_the_extensive_form(seed: int, risk: Risk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether cells suffice, or the scenarios themselves have to decide in the end."""
    monkeypatch.setattr(large_sample, "FIRST_CELLS", 6)
    monkeypatch.setattr(large_sample, "LARGE_ROWS", 1)
    monkeypatch.setattr(large_sample, "LEAST_SCENARIOS", 1)
    problem = random_problem(seed, parts=PARTS, integer=True)
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    expected = solve_extensive_form(problem, scenarios, gap=1e-7, risk=risk)
    assert expected.objective is not None
    for gap in (0.05, 1e-4):
        found = solve_benders(problem, scenarios.part, COUNT, gap=gap, risk=risk)
        assert found.status is SolveStatus.OPTIMAL
        assert found.gap <= 1.001 * gap
        slack = 1e-6 * abs(expected.objective)
        assert found.lower_bound - slack <= expected.objective <= found.upper_bound + slack
        lower, upper = (np.array([row[k] for row in found.history]) for k in (1, 2))
        assert (lower <= upper + slack).all()


def test_a_park_of_many_scenarios_by_few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_sample, "LARGE_ROWS", 1)
    problem, count = park_design(1), 500
    draw = partial(Sample(count).draw, problem)
    found = solve_benders(problem, draw, count, gap=5e-3)
    again = solve_benders(problem, draw, count, gap=5e-3)
    assert found.status is SolveStatus.OPTIMAL
    assert found.gap <= 5e-3
    assert again.objective == found.objective
    expected = solve_scenarios(problem, draw, count, gap=1e-3)
    assert found.lower_bound <= expected.upper_bound
    assert expected.lower_bound <= found.upper_bound
