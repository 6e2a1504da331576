"""The public face: statuses, signs, bounds, bad input, pickling."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import RecourseLP, Status

inf = np.inf


def check_optimal(lp, batch, h, q=None, upper=None):
    """Primal and dual feasibility, complementarity and the certificate of every optimal scenario."""
    q = lp.q if q is None else q
    upper = lp.upper if upper is None else upper
    assert batch.primal is not None
    y = batch.primal
    size = 1.0 + np.abs(h).max(axis=1) + np.abs(y).max(axis=1, initial=0.0)
    assert (np.abs(y @ lp.W.T - h).max(axis=1, initial=0.0) <= 1e-6 * size).all()
    assert (y >= lp.lower - 1e-7 * size[:, None]).all()
    assert (y <= upper + 1e-7 * size[:, None]).all()
    np.testing.assert_allclose(batch.reduced_cost, q - batch.dual @ lp.W, atol=1e-9 * (1 + np.abs(q).max()))
    objective = np.broadcast_to(q, y.shape)
    scale = 1.0 + np.abs(batch.objective)
    assert (np.abs((objective * y).sum(axis=1) - batch.objective) <= 1e-6 * scale).all()
    assert (batch.lower_bound <= batch.objective + 1e-9 * scale).all()
    assert (batch.objective - batch.lower_bound <= 1e-7 * scale).all()


def test_one_scenario_by_hand(engine):
    # min y0 + 3 y1, y0 + y1 = h, y0 <= 2: for h = 5 the third unit costs 3
    lp = RecourseLP(sp.csc_array([[1.0, 1.0]]), [1.0, 3.0], [2.0, inf])
    batch = lp.solve(np.array([5.0]), engine=engine, primal=True)
    assert batch.status[0] == Status.OPTIMAL
    assert batch.objective[0] == pytest.approx(11.0, rel=1e-8)
    assert batch.dual[0, 0] == pytest.approx(3.0, rel=1e-7)
    np.testing.assert_allclose(batch.reduced_cost[0], [-2.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(batch.primal[0], [2.0, 3.0], rtol=1e-6)


def test_an_optimum_of_zero_is_proved_by_the_engine(engine):
    # what the first column's capacity covers costs nothing: objective, dual and their terms all vanish
    lp = RecourseLP(sp.csc_array([[1.0, 1.0]]), [0.0, 1.0], [28.0, inf])
    h = np.array([[2.7], [24.8], [30.0]])
    batch = lp.solve(h, engine=engine)
    assert not batch.resolved_exactly.any()
    np.testing.assert_allclose(batch.objective, [0.0, 0.0, 2.0], atol=1e-12, rtol=1e-8)
    assert (batch.lower_bound <= [0.0, 0.0, 2.0 + 2e-9]).all()
    assert (batch.lower_bound >= [-1e-12, -1e-12, 2.0 - 2e-7]).all()


def test_prices_of_very_different_size_are_proved_by_the_engine(engine, park_lp, oracle):
    # emergencies at a thousand times any other price, most columns unbounded: a reduced cost that is below zero by
    # rounding of the high prices would prove nothing, and its repair cost a gap of 1e-7
    park = park_lp(5)
    emergency = park.cost > 0.9 * park.cost.max()
    unbounded = (park.cost > 0.0) & (np.random.default_rng(3).random(len(park.cost)) < 0.7)
    lp = RecourseLP(park.W, np.where(emergency, 1e3 * park.cost, park.cost), np.where(unbounded, inf, park.upper))
    h = park.demands(256)
    batch = lp.solve(h, engine=engine, primal=True)
    assert not batch.resolved_exactly.any()
    check_optimal(lp, batch, h)
    for k in range(0, 256, 32):
        _, objective = oracle(lp.W, lp.q, h[k], lp.lower, lp.upper)
        assert batch.objective[k] == pytest.approx(objective, rel=1e-8)


def test_bounds_of_every_kind(engine, oracle):
    rng = np.random.default_rng(5)
    W = sp.random_array((6, 14), density=0.4, rng=rng, format="csc")
    lower = np.array([0, -2, -inf, -inf, 1, 0, -5, 0, 0, -inf, 3, 0, 0, 0.0])
    upper = np.array([4, inf, 6, inf, 9, inf, -1, 0, inf, 2, 3, 1, inf, 8.0])
    q = W.T @ rng.standard_normal(6) + np.where(np.isfinite(lower), 1.0, 0.0) - np.where(np.isfinite(upper), 1.0, 0.0)
    q[3] = (W.T @ rng.standard_normal(6))[3]
    y = np.clip(rng.standard_normal((9, 14)) * 3, np.maximum(lower, -9), np.minimum(upper, 9))
    lp = RecourseLP(W, q, upper, lower=lower)
    h = y @ W.T
    batch = lp.solve(h, engine=engine, primal=True)
    for k in range(len(h)):
        status, objective = oracle(W, q, h[k], lower, upper)
        expected = {0: Status.OPTIMAL, 2: Status.INFEASIBLE, 3: Status.UNBOUNDED}[status]
        assert batch.status[k] == expected
        if expected is Status.OPTIMAL:
            assert batch.objective[k] == pytest.approx(objective, rel=1e-8, abs=1e-8)
    if (batch.status == Status.OPTIMAL).all():
        check_optimal(lp, batch, h)


def test_infeasible_has_a_farkas_ray_and_infinite_objective(engine):
    lp = RecourseLP(sp.csc_array([[1.0, 1.0]]), [1.0, 3.0], [2.0, 2.0])
    batch = lp.solve(np.array([[5.0], [1.0], [-1.0]]), engine=engine)
    assert batch.status.tolist() == [Status.INFEASIBLE, Status.OPTIMAL, Status.INFEASIBLE]
    assert batch.objective[[0, 2]].tolist() == [inf, inf]
    assert batch.lower_bound[[0, 2]].tolist() == [inf, inf]
    assert batch.resolved_exactly.tolist() == [True, False, True]
    for k, h in ((0, 5.0), (2, -1.0)):
        proof = batch.dual[k] @ [h] + np.minimum(batch.reduced_cost[k], 0.0) @ lp.upper
        assert proof > 1e-6


def test_unbounded(engine):
    lp = RecourseLP(sp.csc_array([[1.0, -1.0]]), [1.0, -3.0], inf)
    batch = lp.solve(np.array([[5.0]]), engine=engine)
    assert batch.status[0] == Status.UNBOUNDED
    assert batch.objective[0] == -inf
    assert batch.lower_bound[0] == -inf


def test_unused_columns_and_rows(engine):
    W = sp.csc_array(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    lp = RecourseLP(W, [1.0, 2.0, -1.0], [inf, inf, 4.0])
    batch = lp.solve(np.array([[3.0, 0.0], [3.0, 1.0]]), engine=engine, primal=True)
    assert batch.status.tolist() == [Status.OPTIMAL, Status.INFEASIBLE]
    assert batch.objective[0] == pytest.approx(-1.0, rel=1e-8)
    np.testing.assert_allclose(batch.primal[0], [3.0, 0.0, 4.0], atol=1e-6)
    unbounded = RecourseLP(W, [1.0, 2.0, -1.0], inf).solve(np.array([[3.0, 0.0]]), engine=engine)
    assert unbounded.status[0] == Status.UNBOUNDED


def test_only_unused_columns(engine):
    lp = RecourseLP(sp.csc_array((1, 2)), [1.0, -1.0], [5.0, 2.0], lower=-1.0)
    batch = lp.solve(np.array([[0.0]]), engine=engine, primal=True)
    assert batch.objective[0] == -3.0
    assert batch.lower_bound[0] == -3.0
    assert batch.primal[0].tolist() == [-1.0, 2.0]


def test_redundant_rows(engine, oracle):
    rng = np.random.default_rng(2)
    W = rng.uniform(0.5, 2.0, (4, 9)) * (rng.random((4, 9)) < 0.6)
    W = np.vstack((W, W[0] + 2.0 * W[1], W[2] - W[3]))
    q, upper = rng.uniform(1.0, 2.0, 9), np.full(9, 5.0)
    h = rng.uniform(0.5, 3.0, (7, 9)) @ W.T
    lp = RecourseLP(W, q, upper)
    batch = lp.solve(h, engine=engine, primal=True)
    check_optimal(lp, batch, h)
    assert not batch.resolved_exactly.any()
    for k in range(7):
        assert batch.objective[k] == pytest.approx(oracle(W, q, h[k], 0.0, upper)[1], rel=1e-8)
    contradiction = lp.solve(h + np.eye(6)[4], engine=engine)
    assert (contradiction.status == Status.INFEASIBLE).all()


@pytest.mark.parametrize("count", [1, 7, 8, 9, 31, 257])
def test_results_do_not_depend_on_the_batch(engine, park_lp, count):
    park = park_lp(2)
    lp = RecourseLP(park.W, park.cost, park.upper)
    h = park.demands(257)
    whole = lp.solve(h, engine=engine)
    part = lp.solve(h[:count], engine=engine)
    assert np.array_equal(part.objective, whole.objective[:count])
    assert np.array_equal(part.dual, whole.dual[:count])


def test_own_costs_bounds_and_coefficients(engine, park_lp, oracle):
    park = park_lp(2)
    rng = np.random.default_rng(3)
    lp = RecourseLP(park.W, park.cost, park.upper)
    h = park.demands(8)
    q = park.cost * rng.uniform(0.8, 1.2, (8, 1))
    upper = park.upper * rng.uniform(0.5, 1.0, (8, len(park.cost)))
    values = park.W.data * rng.uniform(0.9, 1.1, (8, park.W.nnz))
    batch = lp.solve(h, q, upper, values, engine=engine)
    for k in range(8):
        W = sp.csc_array((values[k], park.W.indices, park.W.indptr), shape=park.W.shape)
        objective = oracle(W, q[k], h[k], 0.0, upper[k])[1]
        assert batch.objective[k] == pytest.approx(objective, rel=1e-8)
        assert objective - 1e-7 * abs(objective) <= batch.lower_bound[k] <= objective + 1e-9 * abs(objective)
        np.testing.assert_allclose(batch.reduced_cost[k], q[k] - W.T @ batch.dual[k], atol=1e-9)


def test_bounds_finite_in_some_scenarios_only(engine, oracle):
    lp = RecourseLP(sp.csc_array([[1.0, 1.0]]), [1.0, 3.0], inf)
    upper = np.array([[2.0, inf], [inf, inf], [inf, 1.0], [1.0, inf]])
    batch = lp.solve(np.full((4, 1), 5.0), upper=upper, engine=engine)
    np.testing.assert_allclose(batch.objective, [11.0, 5.0, 5.0, 13.0], rtol=1e-8)


def test_capacity_below_lower_bound_is_infeasible(engine):
    lp = RecourseLP(sp.csc_array([[1.0, 1.0]]), [1.0, 3.0], inf, lower=1.0)
    batch = lp.solve(np.full((2, 1), 5.0), upper=np.array([[0.5, inf], [2.0, inf]]), engine=engine)
    assert batch.status.tolist() == [Status.INFEASIBLE, Status.OPTIMAL]


def test_unbuilt_options_give_cuts_as_tight_as_the_optimum(engine, park_lp, oracle):
    park = park_lp(2)
    upper = park.upper.copy()
    upper[park.optional[::2]] = 0.0
    lp = RecourseLP(park.W, park.cost, park.upper)
    h = park.demands(31)
    batch = lp.solve(h, upper=upper, engine=engine)
    assert not batch.resolved_exactly.any()
    optimum = np.array([oracle(park.W, park.cost, h[k], 0.0, upper)[1] for k in range(len(h))])
    np.testing.assert_allclose(batch.lower_bound, optimum, rtol=1e-7)
    # the cut holds at the full design, and its slopes stay of the size of the prices
    full = np.array([oracle(park.W, park.cost, h[k], 0.0, park.upper)[1] for k in range(len(h))])
    pull = np.minimum(batch.reduced_cost[:, park.optional], 0.0)
    assert (
        batch.lower_bound + pull @ (park.upper[park.optional] - upper[park.optional]) <= full + 1e-9 * np.abs(full)
    ).all()
    assert np.abs(pull).max() < 2.0 * park.cost.max()


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_loose_tolerance_still_bounds_from_below(engine, park_lp, oracle, tolerance):
    park = park_lp(3)
    lp = RecourseLP(park.W, park.cost, park.upper)
    h = park.demands(31)
    batch = lp.solve(h, engine=engine, tolerance=tolerance)
    for k in range(len(h)):
        optimum = oracle(park.W, park.cost, h[k], 0.0, park.upper)[1]
        assert optimum - 10 * tolerance * abs(optimum) <= batch.lower_bound[k] <= optimum + 1e-9 * abs(optimum)


def test_park(engine, park_lp, oracle):
    park = park_lp(5)
    lp = RecourseLP(park.W, park.cost, park.upper)
    h = park.demands(64)
    batch = lp.solve(h, engine=engine, primal=True)
    assert not batch.resolved_exactly.any()
    check_optimal(lp, batch, h)
    for k in range(16):
        assert batch.objective[k] == pytest.approx(oracle(park.W, park.cost, h[k], 0.0, park.upper)[1], rel=1e-8)


def test_pickle_keeps_results(engine, park_lp):
    park = park_lp(2)
    lp = RecourseLP(park.W, park.cost, park.upper)
    h = park.demands(9)
    before = lp.solve(h, engine=engine)
    after = pickle.loads(pickle.dumps(lp)).solve(h, engine=engine)
    assert np.array_equal(before.objective, after.objective)


def test_bad_input_is_named():
    W = sp.csc_array([[1.0, 1.0]])
    with pytest.raises(ValueError, match=r"q\[1\] is nan.*lower\[0\] is inf"):
        RecourseLP(W, [1.0, np.nan], 1.0, lower=[inf, 0.0])
    with pytest.raises(ValueError, match=r"q has shape \(3,\), expected \(2,\)"):
        RecourseLP(W, [1.0, 1.0, 1.0], 1.0)
    with pytest.raises(ValueError, match=r"upper\[1\] = -1.0 is below lower\[1\] = 0.0"):
        RecourseLP(W, [1.0, 1.0], [1.0, -1.0])
    lp = RecourseLP(W, [1.0, 1.0], 1.0)
    h = np.ones((5, 1))
    h[3] = np.nan
    with pytest.raises(ValueError, match="h is nan in scenario 3, entry 0"):
        lp.solve(h)
    upper = np.ones((5, 2))
    upper[2, 1], upper[4, 0] = -inf, np.nan
    with pytest.raises(ValueError, match=r"upper is -inf in scenario 2, entry 1 \(1 more such entries\)"):
        lp.solve(np.ones((5, 1)), upper=upper)
    with pytest.raises(ValueError, match=r"h has shape \(5, 2\), expected \(N, 1\)"):
        lp.solve(np.ones((5, 2)))
    with pytest.raises(ValueError, match="engine 'gpuu' is unknown; allowed are auto, gpu, cpu, reference"):
        lp.solve(np.ones(1), engine="gpuu")


def test_no_scenarios(engine):
    batch = RecourseLP(sp.csc_array([[1.0, 1.0]]), [1.0, 1.0], 1.0).solve(np.zeros((0, 1)), engine=engine)
    assert len(batch) == 0
    assert batch.dual.shape == (0, 1)
