"""Parts of a recourse that nothing couples, and cells of their own for each."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import Engine, parts
from loopwise.optimizer.decomposition import large_sample, solve_benders
from loopwise.optimizer.decomposition.partition import MadeCells, Partition
from loopwise.optimizer.decomposition.prices import FeatureSample, PriceGrid, Prices
from loopwise.optimizer.decomposition.separable import separated
from loopwise.optimizer.design_solution import SolveStatus
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.sample import Sample
from loopwise.problems.two_stage import RandomTerm, Recourse, Sense, TwoStageProblem
from loopwise.problems.two_stage.problem import Floats
from tests.two_stage_cases import plain_recourse, random_problem


@pytest.fixture(autouse=True)
def _small_programs_are_taken_apart_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_ROWS", 1)
    monkeypatch.setattr(parts, "ROWS_A_LINK", 1)


PARTS = {"cost", "constant", "row", "lower", "upper", "technology"}
COUNT = 24


def joined(seed: int, copies: int, cap: float) -> TwoStageProblem:
    """A year of `copies` of one recourse, each with other right-hand sides, under one cap on all their slacks."""
    own = random_problem(seed, parts=PARTS, integer=True)
    r, rng = own.recourse, np.random.default_rng(seed)
    m, n2 = r.W.shape
    penalties = np.zeros(n2)
    penalties[-10:] = 1.0
    W = sp.csc_array(sp.vstack([sp.block_diag([r.W] * copies), sp.csr_array(np.tile(penalties, copies)[None])]))
    T = sp.csc_array(sp.vstack([r.T] * copies + [sp.csr_array((1, r.T.shape[1]))]))
    # entries keep their order within a column: those of copy 0, 1, ...
    W.sort_indices(), T.sort_indices()
    shift = np.concatenate([np.full(m, 0.1 * k) * (r.row_lower == r.row_upper) for k in range(copies)])
    stacked = lambda a: np.tile(a, copies)  # noqa: E731
    recourse = Recourse(
        tuple(f"{name} {k}" for k in range(copies) for name in r.names), stacked(r.cost), stacked(r.lower),
        stacked(r.upper), W, T, np.append(stacked(r.row_lower) + shift, -np.inf),
        np.append(stacked(r.row_upper) + shift, cap),
        (*(f"{name} {k}" for k in range(copies) for name in r.row_names), "cap"), r.constant,
    )  # fmt: skip
    random = dict(own.random)
    for part, term in own.random.items():
        if part == "constant":
            continue
        if part == "technology":
            column = np.repeat(np.arange(r.T.shape[1]), np.diff(r.T.indptr))[term.index]
            at = [T.indptr[column] + (term.index - r.T.indptr[column]) + k * np.diff(r.T.indptr)[column]
                  for k in range(copies)]  # fmt: skip
        else:
            at = [term.index + k * (m if part.startswith("row") else n2) for k in range(copies)]
        scale = [rng.uniform(0.5, 1.5) if part == "cost" else 1.0 for _ in range(copies)]
        random[part] = RandomTerm(
            np.concatenate(at), np.tile(term.offset, copies),
            sp.csr_array(sp.vstack([s * term.coefficients for s in scale])),
        )  # fmt: skip
    if "technology" in random:
        order = np.argsort(random["technology"].index)
        t = random["technology"]
        random["technology"] = RandomTerm(t.index[order], t.offset[order], sp.csr_array(t.coefficients[order]))
    return replace(own, recourse=recourse, random=random)


def sample_of(problem: TwoStageProblem, count: int = COUNT) -> FeatureSample:
    sample = FeatureSample.of(problem, partial(Sample(count, 3).draw, problem), count)
    assert sample is not None
    return sample


def cells_cost(made: MadeCells, x: Floats) -> float:
    """Minimised, every cell of every part by a plain solve, with the first stage's cost."""
    problem = made.parts[0].problem
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    total = sign * (problem.first_stage.constant + problem.first_stage.cost @ x)
    for cells in made.parts:
        costs = [plain_recourse(cells.problem, cells.scenarios, k, x)[0] for k in range(len(cells))]
        total += sign * float(cells.scenarios.probability @ costs)
    return total


def scenarios_cost(problem: TwoStageProblem, x: Floats) -> float:
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    costs = [plain_recourse(problem, scenarios, k, x)[0] for k in range(COUNT)]
    return sign * (problem.first_stage.constant + problem.first_stage.cost @ x + float(np.mean(costs)))


@pytest.mark.parametrize("seed", range(4))
def test_parts_sum_to_the_whole_where_no_row_left_out_binds(seed: int) -> None:
    problem = joined(seed, 3, 1e6)
    idle = np.zeros(len(problem.recourse.row_names), dtype=bool)
    assert separated(problem, idle) == (problem,)
    idle[-1] = True
    apart = separated(problem, idle)
    assert len(apart) == 3
    scenarios = Sample(4, 3).draw(problem, 0, 4)
    for x in (np.array([1.0, 1.5, 2.0]), np.array([0.0, 1.0, 0.0])):
        for k in range(4):
            costs = [plain_recourse(part, Sample(4, 3).draw(part, 0, 4), k, x)[0] for part in apart]
            assert sum(costs) == pytest.approx(plain_recourse(problem, scenarios, k, x)[0], rel=1e-8)


@pytest.mark.parametrize("cap", [1e6, 20.0])
@pytest.mark.parametrize("seed", [0, 3])
def test_cells_of_parts_cost_no_more_than_their_scenarios(seed: int, cap: float) -> None:
    """At the design they were made at, where the row left out may bind or not, and at others."""
    problem = joined(seed, 3, 1e6)
    x = np.array([1.0, 1.5, 2.0])
    partition = Partition(problem, sample_of(problem), Engine.AUTO)
    made = partition.at(x, 100, 0.0)
    assert made is not None
    assert len(made.parts) == 3
    limited = joined(seed, 3, cap)  # costs no less with a tighter cap, which the cells know nothing of
    for point in (x, np.array([0.0, 1.0, 0.0]), np.array([3.0, 0.5, 1.0])):
        whole = scenarios_cost(limited, point)
        if np.isfinite(whole):  # else nothing is within the cap
            assert cells_cost(made, point) <= whole + 1e-7 * abs(whole)
    whole = scenarios_cost(problem, x)
    assert whole - cells_cost(made, x) <= 1.3 * made.loss + 1e-5 * abs(whole)


@pytest.mark.parametrize("seed", range(4))
def test_prices_are_the_mean_of_those_at_their_nodes(seed: int) -> None:
    problem = random_problem(seed, parts=PARTS, integer=True)
    sample = sample_of(problem)
    prices = Prices.of(problem, sample)
    assert prices.differ.any()
    grid = PriceGrid.of(prices, sample, np.ones(len(prices.columns)))
    at, mean, total = grid.prices_at(prices, sample), 0.0, 0.0
    for share, place in grid.nodes(sample):
        assert (share >= 0.0).all()
        mean = mean + share[:, None] * at(place).of_features(sample.features)
        total = total + share
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    np.testing.assert_allclose(mean, prices.of_features(sample.features), rtol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_as_the_extensive_form_by_parts(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_sample, "LARGE_ROWS", 1)
    monkeypatch.setattr(large_sample, "LEAST_SCENARIOS", 1)
    monkeypatch.setattr(large_sample, "FIRST_CELLS", 60)
    problem = joined(seed, 3, 1e6)
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    expected = solve_extensive_form(problem, scenarios, gap=1e-7)
    assert expected.objective is not None
    for gap in (0.05, 1e-4):
        found = solve_benders(problem, scenarios.part, COUNT, gap=gap)
        assert found.status is SolveStatus.OPTIMAL
        assert found.gap <= 1.001 * gap
        slack = 1e-6 * abs(expected.objective)
        assert found.lower_bound - slack <= expected.objective <= found.upper_bound + slack


def test_interrupted_by_cells_keeps_bound_and_incumbent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_sample, "LARGE_ROWS", 1)
    monkeypatch.setattr(large_sample, "LEAST_SCENARIOS", 1)
    monkeypatch.setattr(large_sample, "FIRST_CELLS", 60)
    problem = joined(0, 3, 1e6)
    scenarios = Sample(COUNT, 3).draw(problem, 0, COUNT)
    expected = solve_extensive_form(problem, scenarios, gap=1e-7)
    assert expected.objective is not None
    heard: list[tuple[float, float]] = []

    def interrupt(_: float, bound: float, best: float) -> None:
        heard.append((bound, best))
        if np.isfinite(bound) and np.isfinite(best):
            raise KeyboardInterrupt

    found = solve_benders(problem, scenarios.part, COUNT, gap=1e-4, notice=interrupt)
    assert found.status is SolveStatus.INTERRUPTED
    assert found.x is not None
    slack = 1e-6 * abs(expected.objective)
    assert found.lower_bound - slack <= expected.objective <= found.upper_bound + slack
    limited = solve_benders(problem, scenarios.part, COUNT, gap=1e-4, time_limit=0.0)
    assert limited.status is SolveStatus.LIMIT
    assert limited.x is None
