"""Random LPs of every unpleasant kind, on every engine, judged by an independent HiGHS and by optimality conditions."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loopwise.kernels import RecourseLP, Status

STATUS = {0: Status.OPTIMAL, 2: Status.INFEASIBLE, 3: Status.UNBOUNDED}
SETTINGS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def linear_programs(draw):
    """(W, q, lower, upper, h (N, m)): most scenarios feasible, some not; degenerate, redundant, empty, badly scaled."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, n = draw(st.integers(1, 8)), draw(st.integers(1, 16))
    W = np.where(rng.random((m, n)) < draw(st.sampled_from([0.2, 0.5, 1.0])), rng.standard_normal((m, n)), 0.0)
    if draw(st.booleans()):
        W = np.round(2.0 * W)  # ties: degenerate vertices and many optimal duals
    if draw(st.booleans()) and m > 1:
        W[-1] = W[0] * 2.0 - (W[1] if m > 2 else 0.0)  # redundant
    if draw(st.booleans()):
        W[:, rng.integers(n)] = 0.0
    lower, upper = np.zeros(n), np.where(rng.random(n) < 0.5, rng.uniform(0.5, 4.0, n), np.inf)
    if draw(st.booleans()):
        lower = np.where(rng.random(n) < 0.3, -np.inf, rng.uniform(-2.0, 0.0, n))
    if draw(st.booleans()):
        upper[rng.integers(n)] = 0.0
    y = np.clip(rng.standard_normal((5, n)), lower, upper)
    y[1] = np.clip(0.0, lower, upper)  # degenerate
    h = y @ W.T
    q = W.T @ rng.standard_normal(m) + rng.uniform(0.0, 1.0, n) * (lower > -np.inf) * (upper == np.inf)
    q += rng.standard_normal(n) * (np.isfinite(lower) & np.isfinite(upper))
    q -= rng.uniform(0.0, 1.0, n) * ((lower == -np.inf) & np.isfinite(upper))
    if draw(st.booleans()):
        q = np.round(q, 1)  # may well be unbounded
    if draw(st.booleans()):
        h[2] += rng.standard_normal(m)  # may well be infeasible
    if draw(st.booleans()):
        rows, columns = 10.0 ** rng.uniform(-3.0, 3.0, m), 10.0 ** rng.uniform(-3.0, 3.0, n)
        W, h = W * rows[:, None] * columns, h * rows
        q, lower, upper = q * columns, lower / columns, upper / columns
    return W, q, lower, upper, h


def size(optimum, q, lower, upper, primal):
    """What an error of the objective is measured against: terms that cancel carry their rounding, zero included."""
    largest = np.maximum(*(np.where(np.isfinite(bound), np.abs(bound), 0.0) for bound in (lower, upper)))
    return max(abs(optimum), 1e-2 * np.abs(q * primal).sum(), 1e-3 * (np.abs(q) * largest).sum(), 1e-6)


@SETTINGS
@given(linear_programs())
def test_status_objective_and_bound(engine, oracle, program):
    W, q, lower, upper, h = program
    lp = RecourseLP(W, q, upper, lower=lower)
    batch = lp.solve(h, engine=engine, primal=True)
    for k in range(len(h)):
        status, optimum = oracle(W, q, h[k], lower, upper)
        if status not in STATUS:
            continue
        assert batch.status[k] == STATUS[status], (k, status)
        if status != 0:
            assert batch.objective[k] == (np.inf if status == 2 else -np.inf)
            continue
        scale = size(optimum, q, lower, upper, batch.primal[k])
        assert abs(batch.objective[k] - optimum) <= 1e-8 * scale
        assert optimum - 1e-7 * scale <= batch.lower_bound[k] <= optimum + 1e-9 * scale
        y, r = batch.primal[k], batch.reduced_cost[k]
        bounds = np.where(np.isfinite(lower), np.abs(lower), 0.0) + np.where(np.isfinite(upper), upper, 0.0)
        # a scenario in which nothing flows is measured against what flows in the others
        activity = np.abs(W) @ (np.abs(batch.primal[batch.status == Status.OPTIMAL]).max(axis=0) + bounds)
        assert (np.abs(W @ y - h[k]) <= 1e-6 * (activity + np.abs(h[k]).max()) + 1e-12).all()
        with np.errstate(invalid="ignore"):
            gap_below = np.where(r > 0, np.where(np.isfinite(lower), r * (y - lower), 0.0), 0.0)
            gap_above = np.where(r < 0, np.where(np.isfinite(upper), -r * (upper - y), 0.0), 0.0)
        assert (gap_below + gap_above <= 1e-6 * scale + 1e-6).all()


@SETTINGS
@given(linear_programs(), st.sampled_from([1e-2, 1e-4]))
def test_loose_bounds_stay_below_the_optimum(engine, oracle, program, tolerance):
    W, q, lower, upper, h = program
    batch = RecourseLP(W, q, upper, lower=lower).solve(h, engine=engine, tolerance=tolerance, primal=True)
    for k in range(len(h)):
        status, optimum = oracle(W, q, h[k], lower, upper)
        if status == 0:
            scale = size(optimum, q, lower, upper, batch.primal[k])
            assert batch.status[k] == Status.OPTIMAL
            assert optimum - 10 * tolerance * scale <= batch.lower_bound[k] <= optimum + 1e-9 * scale


@pytest.mark.parametrize(("plants", "hours"), [(1, 1), (3, 1), (10, 1), (1, 24)])
def test_park_sizes(engine, park_lp, oracle, plants, hours):
    park = park_lp(plants, hours)
    h = park.demands(4)
    batch = RecourseLP(park.W, park.cost, park.upper).solve(h, engine=engine)
    assert not batch.resolved_exactly.any()
    for k in range(len(h)):
        optimum = oracle(park.W, park.cost, h[k], 0.0, park.upper)[1]
        assert batch.objective[k] == pytest.approx(optimum, rel=1e-8)
        assert optimum * (1 - 1e-7) <= batch.lower_bound[k] <= optimum * (1 + 1e-9)


@pytest.mark.slow
def test_ten_thousand_scenarios(engine, park_lp, oracle):
    park = park_lp(5)
    h = park.demands(10_000)
    batch = RecourseLP(park.W, park.cost, park.upper).solve(h, engine=engine)
    assert (batch.status == Status.OPTIMAL).all()
    assert batch.resolved_exactly.sum() <= 10
    for k in range(0, len(h), 500):
        assert batch.objective[k] == pytest.approx(oracle(park.W, park.cost, h[k], 0.0, park.upper)[1], rel=1e-8)
