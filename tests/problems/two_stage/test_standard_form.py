"""The standard form has the optimum, the solution and the derivatives of the problem it was made from."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from loopwise.problems.two_stage import (
    FirstStage,
    RandomTerm,
    Recourse,
    Sense,
    TwoStageProblem,
    recourse_data,
    standard_recourse,
)
from tests.two_stage_cases import UniformSource, plain_recourse, random_problem, scenario_arrays

X = np.array([1.0, 0.5, 2.0])


def solve_lane(block, lanes, k):
    """One lane by HiGHS: objective, primal, dual and reduced cost."""
    W = block.W.copy()
    if lanes.W_values is not None:
        W.data = lanes.W_values[k]
    q = block.cost if lanes.q is None else lanes.q[k]
    result = linprog(q, A_eq=W, b_eq=lanes.h[k], bounds=np.column_stack([block.lower, lanes.upper[k]]), method="highs")
    assert result.status == 0, result.message
    return result.fun, result.x, result.eqlin.marginals, q - W.T @ result.eqlin.marginals


def solve(data, x):
    blocks = []
    for block, lanes in zip(data.form.blocks, data.lanes(x), strict=True):
        answers = [solve_lane(block, lanes, k) for k in range(len(lanes.h))]
        blocks.append([np.array(column) for column in zip(*answers, strict=True)])
    return [list(part) for part in zip(*blocks, strict=True)]


@pytest.mark.parametrize("separated", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_same_optimum_and_solution(seed: int, separated: bool) -> None:
    problem = random_problem(seed)
    scenarios = problem.scenarios(0, 4, seed=seed)
    data = recourse_data(pickle.loads(pickle.dumps(standard_recourse(problem, separated=separated))), scenarios)
    objective, primal, dual, reduced = solve(data, X)
    value = data.per_scenario(objective)
    y = data.primal(primal)
    slope = data.row_dual(dual, reduced)
    for k in range(4):
        expected, _, _ = plain_recourse(problem, scenarios, k, X)
        assert value[k] == pytest.approx(expected, rel=1e-7, abs=1e-7)
        arrays = scenario_arrays(problem, scenarios, k)
        activity = arrays["recourse"] @ y[k] + arrays["technology"] @ X
        assert (activity >= arrays["row_lower"] - 1e-7).all()
        assert (activity <= arrays["row_upper"] + 1e-7).all()
        assert (y[k] >= arrays["lower"] - 1e-7).all()
        assert (y[k] <= arrays["upper"] + 1e-7).all()
        assert arrays["cost"] @ y[k] + arrays["constant"][0] == pytest.approx(expected, rel=1e-7, abs=1e-7)
        # Lagrangian bound from the mapped duals alone: strong duality shows that every one of them is right
        sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
        multiplier = sign * slope[k]
        side = np.where(multiplier > 0, arrays["row_lower"], arrays["row_upper"])
        rows = np.where(np.abs(multiplier) < 1e-9, 0.0, multiplier * np.where(np.isfinite(side), side, 0.0))
        assert (np.isfinite(side) | (np.abs(multiplier) < 1e-7)).all()
        left = sign * arrays["cost"] - arrays["recourse"].T @ multiplier
        bound = np.where(left > 0, arrays["lower"], arrays["upper"])
        columns = np.where(np.abs(left) < 1e-9, 0.0, left * np.where(np.isfinite(bound), bound, 0.0))
        dual_value = rows.sum() - multiplier @ (arrays["technology"] @ X) + columns.sum()
        assert sign * dual_value + arrays["constant"][0] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_capacities_move_into_bounds_and_ranges_take_one_slack() -> None:
    problem = random_problem(4)
    form = standard_recourse(problem)
    assert list(form.capacity_row) == [5, 6]
    assert list(form.capacity_column) == [0, 1]
    np.testing.assert_allclose(form.upper_slope.toarray()[:2], [[0.5, 0, 0], [0, 1.0, 0]])
    equal = sum(a == b for a, b in zip(problem.recourse.row_lower, problem.recourse.row_upper, strict=True))
    assert len(form.slack_row) == len(problem.recourse.row_names) - 2 - equal


def period_problem(periods: int, *, random_capacity: bool = False) -> TwoStageProblem:
    """Demand d_t met by a plant y_t <= x or by purchase z_t: `periods` separate LPs of one row."""
    W = sp.kron(sp.eye_array(periods), np.array([[1.0, 1.0], [1.0, 0.0]])).tocsc()
    T = sp.csc_array(np.tile([[0.0], [-1.0]], (periods, 1)))
    W, T = sp.csc_array(W), sp.csc_array(T[:, [0]])
    W.eliminate_zeros(), W.sort_indices(), T.eliminate_zeros(), T.sort_indices()
    demand = np.arange(0, 2 * periods, 2)
    random = {
        "row_lower": RandomTerm(demand, np.full(periods, 1.0), sp.csr_array(np.eye(periods))),
        "row_upper": RandomTerm(demand, np.full(periods, 1.0), sp.csr_array(np.eye(periods))),
    }
    if random_capacity:
        random["technology"] = RandomTerm(np.arange(periods), np.zeros(periods), sp.csr_array(-np.eye(periods)))
    return TwoStageProblem(
        "periods",
        Sense.MINIMIZE,
        FirstStage(
            ("x",),
            np.ones(1),
            np.zeros(1),
            np.full(1, 5.0),
            np.zeros(1, bool),
            sp.csr_array((0, 1)),
            *[np.empty(0)] * 2,
            (),
        ),
        Recourse(
            tuple(f"{a}{t}" for t in range(periods) for a in "yz"),
            np.tile([1.0, 3.0], periods),
            np.zeros(2 * periods),
            np.full(2 * periods, np.inf),
            W,
            T,
            np.tile([1.5, -np.inf], periods),
            np.tile([1.5, 0.0], periods),
            tuple(f"{a}{t}" for t in range(periods) for a in ("demand", "capacity")),
        ),
        UniformSource(periods),
        np.eye(periods, dtype=np.int64),
        random,
    )


@pytest.mark.parametrize("random_capacity", [False, True])
def test_uncoupled_periods_share_one_lp(random_capacity: bool) -> None:
    problem = period_problem(6, random_capacity=random_capacity)
    form = standard_recourse(problem)
    (block,) = form.blocks
    assert block.components == 6
    assert block.W.shape == (1, 2)
    scenarios = problem.scenarios(0, 3)
    data = recourse_data(form, scenarios)
    objective, primal, _, _ = solve(data, np.array([1.2]))
    demand = 1.0 + scenarios.xi
    made = np.minimum(demand, 1.2 * scenarios.xi if random_capacity else 1.2)
    np.testing.assert_allclose(data.per_scenario(objective), (made + 3.0 * (demand - made)).sum(axis=1))
    np.testing.assert_allclose(data.primal(primal)[:, ::2], made, atol=1e-9)
    slope, values = data.upper_slope(0, 4)
    np.testing.assert_allclose(slope.toarray(), [[1.0], [0.0]])
    assert (values is None) != random_capacity
    if values is not None:
        np.testing.assert_allclose(values[:, 0], scenarios.xi[:, 4])


def test_data_that_are_not_finite_are_named() -> None:
    problem = period_problem(2)
    scenarios = problem.realize(np.array([[0.1, 0.2], [0.3, np.nan]]), np.full(2, 0.5))
    with pytest.raises(ValueError, match="scenario 1: right-hand side of demand1"):
        recourse_data(standard_recourse(problem), scenarios)


def test_a_negative_capacity_is_no_bound() -> None:
    """2 y <= 3 - x with x up to 4 may turn negative: it stays a row."""
    problem = random_problem(4, parts=set())
    T = problem.recourse.T.toarray()
    T[5, 0] = 1.0
    recourse = problem.recourse.__class__(**{**vars(problem.recourse), "T": sp.csc_array(T)})
    changed = TwoStageProblem(**{**vars(problem), "recourse": recourse})
    assert list(standard_recourse(changed).capacity_row) == [6]
