"""Starts from the central path of the mean: the same answers in fewer iterations, whatever the start is worth."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import BLOCK, Engine, RecourseLP, Start
from loopwise.kernels.engine import StandardBatch, StandardForm
from loopwise.kernels.reference import prepare
from loopwise.kernels.reference.central_path import central_points

COUNT = 257


@pytest.fixture
def start(lp, park):
    found = lp.start(park.demands(32, seed=9))
    assert found is not None
    return found


def agree(mine, theirs):
    """Both proved; each objective is off by at most the tolerance of 1e-8, so that two differ by twice as much."""
    np.testing.assert_allclose(mine.objective, theirs.objective, rtol=2e-8)
    assert (mine.lower_bound <= theirs.objective * (1.0 + 1e-9)).all()
    assert (mine.lower_bound >= mine.objective - 1e-7 * abs(mine.objective)).all()


def test_the_same_optima_in_fewer_iterations(engine, lp, park, start):
    h = park.demands(COUNT)
    plain, started = lp.solve(h, engine=engine), lp.solve(h, engine=engine, start=start)
    agree(started, plain)
    assert not started.resolved_exactly.any()
    assert started.iterations.mean() < plain.iterations.mean() - 1.0


def test_scenarios_with_data_of_their_own(engine, lp, park):
    """Costs, coefficients, and bounds of which some are 0."""
    random = np.random.default_rng(4)
    h = park.demands(40)
    q = park.cost * random.uniform(0.8, 1.2, (40, len(park.cost)))
    upper = park.upper * random.uniform(0.5, 1.0, q.shape)
    upper[::3, park.optional[::4]] = 0.0
    values = park.W.data * random.uniform(0.95, 1.05, (40, park.W.nnz))
    start = lp.start(h[:16], q[:16], upper[:16], values[:16], engine=Engine.REFERENCE)
    assert start is not None
    plain = lp.solve(h, q, upper, values, engine=engine)
    started = lp.solve(h, q, upper, values, engine=engine, start=start, primal=True)
    agree(started, plain)
    assert (started.primal[upper == 0.0] == 0.0).all()


@pytest.mark.parametrize("barrier", [1e-9, 1e9])
def test_a_useless_start_costs_time_only(engine, lp, park, barrier):
    h = park.demands(33)
    useless = Start(1e3 * np.random.default_rng(0).standard_normal(20), barrier)
    started = lp.solve(h, engine=engine, start=useless)
    agree(started, lp.solve(h, engine=engine))


def test_rows_and_columns_that_the_standard_form_changes(engine):
    """A free column, one reflected, one shifted, dependent and empty rows, scales of 1e3."""
    W = sp.csc_array([[1e3, 1.0, 0.0, 1.0, 2.0], [2e3, 2.0, 0.0, 2.0, 4.0], [0.0, 1.0, -1e-3, 0.0, 1.0], [0.0] * 5])
    q = [3.0, 1.0, 0.5, 2.0, 0.1]
    lower, upper = [0.0, -np.inf, 0.0, -np.inf, 1.0], [np.inf, np.inf, 9.0, 4.0, 2.0]
    lp = RecourseLP(W, q, upper, lower=lower)
    feasible = np.array([0.5, 1.0, 2.0, 3.0, 1.5]) * np.random.default_rng(1).uniform(0.8, 1.2, (9, 5))
    h = feasible @ W.T.toarray()
    h[:, 1] = 2.0 * h[:, 0]
    start = Start(np.array([0.3, 0.0, 0.2, 0.0]), 0.5)
    plain, started = lp.solve(h, engine=engine), lp.solve(h, engine=engine, start=start)
    np.testing.assert_array_equal(started.status, plain.status)
    np.testing.assert_allclose(started.objective, plain.objective, rtol=2e-8)


@pytest.mark.parametrize("engine", [Engine.AUTO, Engine.REFERENCE])
def test_results_do_not_depend_on_neighbours(lp, park, start, engine):
    h = park.demands(40)
    everything, some = lp.solve(h, engine=engine, start=start), lp.solve(h[11:30], engine=engine, start=start)
    for name in ("objective", "dual", "iterations"):
        np.testing.assert_array_equal(getattr(everything, name)[11:30], getattr(some, name))


def test_sums_do_not_depend_on_chunks(lp, park, start):
    h = park.demands(BLOCK + 200)
    weights = np.full(len(h), 1.0 / len(h))
    copied = pickle.loads(pickle.dumps(start))
    whole = lp.expectation(h, weights, start=start)
    parts = [lp.expectation(h[a:b], weights[a:b], first=a, start=copied) for a, b in ((0, BLOCK), (BLOCK, len(h)))]
    merged = parts[0].merge(parts[1])
    assert merged.value == whole.value
    assert merged.iterations == whole.iterations


def test_points_of_the_path_are_central():
    """Towards the optimum of min y1 + 2 y2, y1 + y2 = 1: z = (1, 2) - d, y = mu / z, and y sums to 1."""
    form = StandardForm(sp.csc_array([[1.0, 1.0]]), np.zeros(2, np.bool_))
    program = StandardBatch(np.array([[1.0]]), np.array([1.0, 2.0]), np.full(2, np.inf))
    points = central_points(prepare(form), program)
    assert len(points) >= 4
    for dual, mu in points[2:]:
        assert mu / (1.0 - dual) + mu / (2.0 - dual) == pytest.approx(1.0, abs=0.05)


def test_no_start_where_there_is_nothing_to_iterate(lp, park):
    assert RecourseLP(sp.csc_array((1, 2)), [1.0, -1.0], 5.0).start(np.zeros((3, 1))) is None
    assert lp.start(park.demands(0)) is None


def test_what_is_no_start(lp, park):
    with pytest.raises(ValueError, match="positive barrier"):
        Start(np.zeros(20), 0.0)
    with pytest.raises(ValueError, match="finite duals"):
        Start(np.full(20, np.nan), 1.0)
    with pytest.raises(ValueError, match="19 duals, the LP has 20 rows"):
        lp.solve(park.demands(3), start=Start(np.zeros(19), 1.0))
