"""Rows of flow covers hold for every integral design, and raise the relaxation."""

import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.kernels.highs import quiet_highs
from loopwise.optimizer.decomposition import solve_benders
from loopwise.optimizer.decomposition.cover_search import covered_scenarios, find_covers
from loopwise.optimizer.decomposition.recourse import ExpectedRecourse
from loopwise.optimizer.decomposition.scenario_set import ScenarioSet
from loopwise.optimizer.decomposition.switched_flows import (
    CoveredScenarios,
    FlowCover,
    SwitchedFlows,
    with_covers,
)
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.extensive_lp import extensive_lp
from loopwise.optimizer.sample import Sample
from loopwise.problems.two_stage import Scenarios, TwoStageProblem
from tests.two_stage_cases import random_problem

COUNT = 6
PARK = park_design(2)
DRAW = partial(Sample(COUNT).draw, PARK)


@pytest.fixture(scope="module")
def covered() -> ScenarioSet:
    flows = SwitchedFlows.of(PARK)
    assert flows is not None
    covers, lift = find_covers(flows, DRAW(0, COUNT))
    assert lift > 5e-3
    return ScenarioSet(with_covers(flows, covers), CoveredScenarios(flows, covers, DRAW), COUNT)


def relaxation(problem: TwoStageProblem, scenarios: Scenarios) -> float:
    highs = quiet_highs()
    highs.passModel(extensive_lp(problem, scenarios, {}, relaxed=True))
    highs.run()
    return float(highs.getInfo().objective_function_value)


def test_a_row_written_by_hand() -> None:
    """One inflow a <= u z_a and a limited outflow: a - min(u - b, u_k) z_k - other outflows <= b z_a."""
    flows = SwitchedFlows.of(PARK)
    assert flows is not None
    row = 1  # medium steam at the first plant: turbines and valves bring and take it
    columns, entries = flows.aggregated([(row, 1.0)])
    inflow = next(int(j) for j, a in zip(columns, entries, strict=True) if a == 1.0 and flows.switch[j] >= 0)
    limited = next(int(j) for j, a in zip(columns, entries, strict=True) if a == -1.0 and flows.switch[j] >= 0)
    sides = flows.sides(DRAW(0, 2))
    cover = flows.rows(FlowCover(((row, 1.0),), (inflow,), (limited,)), sides)
    most, b = flows.largest[[inflow, limited]], sides[:, row]
    excess = most[0] - b
    assert (excess > 0.0).all()
    of = {int(c): cover.on_switches[:, k] for k, c in enumerate(cover.switches)}
    assert of[int(flows.switch[inflow])] == pytest.approx(-b)
    assert of[int(flows.switch[limited])] == pytest.approx(-np.minimum(excess, most[1]))
    assert cover.limit == pytest.approx(np.zeros(2), abs=1e-12)
    kept = dict(zip(cover.activities.tolist(), cover.on_activities.tolist(), strict=True))
    outflows = {int(j): float(a) for j, a in zip(columns, entries, strict=True) if a < 0.0 and j != limited}
    assert kept == pytest.approx({inflow: 1.0} | outflows)


def test_small_coefficients_stay_in_aggregated_balances() -> None:
    """A row without them would say too much: activities may be large. What cancels out is left out."""
    recourse = PARK.recourse
    row = 1
    W = recourse.W.copy()
    W.data = np.where(W.indices == row, 1e-10 * W.data, W.data)
    flows = SwitchedFlows.of(replace(PARK, recourse=replace(recourse, W=W)))
    plain = SwitchedFlows.of(PARK)
    assert flows is not None
    assert plain is not None
    columns, entries = plain.aggregated([(row, 1.0)])
    small_columns, small = flows.aggregated([(row, 1.0)])
    assert np.array_equal(small_columns, columns)
    assert small == pytest.approx(1e-10 * entries)
    assert not len(plain.aggregated([(row, 1.0), (row, -1.0)])[0])


@pytest.mark.parametrize("seed", range(4))
def test_integral_designs_cost_the_same(covered: ScenarioSet, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = PARK.first_stage
    half = len(first.names) // 2
    built = (rng.random(half) < (0.2, 0.5, 0.8, 1.0)[seed]).astype(float)
    x = np.concatenate([built * first.upper[:half] * rng.random(half), built])
    plain = ExpectedRecourse(ScenarioSet(PARK, DRAW, COUNT))
    assert ExpectedRecourse(covered)(x).values == pytest.approx(plain(x).values, rel=1e-6)


def test_the_relaxation_is_higher_and_below_the_optimum(covered: ScenarioSet) -> None:
    plain = relaxation(PARK, DRAW(0, COUNT))
    raised = relaxation(covered.problem, covered.draw(0, COUNT))
    best = solve_extensive_form(PARK, DRAW(0, COUNT), gap=1e-4)
    assert best.objective is not None
    assert plain < raised <= best.objective * (1.0 + 1e-6)
    assert raised - plain > 0.3 * (best.objective - plain)


def test_covers_hold_in_scenarios_that_they_were_not_found_in() -> None:
    """The optimum of other scenarios is the same with the rows as without."""
    flows = SwitchedFlows.of(PARK)
    assert flows is not None
    covers, _ = find_covers(flows, DRAW(0, COUNT))
    draw = CoveredScenarios(flows, covers, partial(Sample(4, 9).draw, PARK))
    plain = solve_extensive_form(PARK, draw.draw(0, 4), gap=1e-6)
    rows = solve_extensive_form(with_covers(flows, covers), draw(0, 4), gap=1e-6)
    assert rows.objective == pytest.approx(plain.objective, rel=1e-5)


def test_pickled_scenarios_are_the_same(covered: ScenarioSet) -> None:
    again = pickle.loads(pickle.dumps(covered.draw))
    for name, values in covered.draw(1, 3).parts.items():
        assert np.array_equal(again(1, 3).parts[name], values)


@pytest.mark.parametrize(
    ("problem", "gap", "worth_it"),
    [
        (random_problem(2, integer=True), 1e-3, False),  # nothing is switched
        (PARK, 1e-3, False),  # little is
        (park_design(5), 1e-3, True),
        (park_design(5), 0.1, False),  # more than the covers raise
    ],
)
def test_where_covers_are_used(problem: TwoStageProblem, gap: float, worth_it: bool) -> None:
    draw = partial(Sample(2).draw, problem)
    assert (covered_scenarios(ScenarioSet(problem, draw, 2), gap) is not None) == worth_it


@pytest.mark.slow
def test_bounds_of_a_large_park_do_not_cross_those_of_the_extensive_form() -> None:
    problem = park_design(5)
    draw = partial(Sample(5).draw, problem)
    expected = solve_extensive_form(problem, draw(0, 5), gap=2e-3)
    found = solve_benders(problem, draw, 5, gap=5e-3)
    assert found.objective is not None
    assert expected.objective is not None
    assert found.lower_bound <= expected.upper_bound * (1.0 + 1e-6)
    assert expected.lower_bound <= found.upper_bound * (1.0 + 1e-6)
    assert found.gap <= 5e-3
