"""Cuts, tail sums and moments: against per-scenario sums, the definition of a cut, and any cut of the sample."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import BLOCK, Expectation, RecourseLP, ScenarioMatrix, Status

COUNT = 3 * BLOCK + 100
THRESHOLD = 40_000.0  # about the median of the costs below


@pytest.fixture(scope="module")
def case(park_lp):
    """A park with a first stage: capacities of the optional columns and reserved grid power in T."""
    park = park_lp(2)
    rng = np.random.default_rng(4)
    m, n, optional = park.W.shape[0], park.W.shape[1], park.optional
    n1 = len(optional) + 2
    slope = sp.csc_array((np.ones(len(optional)), (optional, np.arange(len(optional)))), shape=(n, n1))
    T = sp.csc_array(([-1.0, -0.5, 1.0], ([3, 4, 13], [n1 - 2, n1 - 1, n1 - 1])), shape=(m, n1))
    index = np.array([0, 2])
    values = rng.uniform(-1.0, 1.0, (COUNT, 2))
    return park, RecourseLP(park.W, park.cost, park.upper), slope, ScenarioMatrix(T, index, values), park.demands(COUNT)


def technology(matrix, k):
    T = matrix.matrix.copy()
    T.data[matrix.index] = matrix.values[k]
    return T


def data(case, x, part=slice(None)):
    park, _, slope, T, demand = case
    h = np.array([demand[k] - technology(T, k) @ x for k in range(COUNT)[part]])
    upper = np.where(np.isfinite(park.upper), slope @ x, np.inf)
    return h, upper


def test_sums_match_single_scenarios(engine, case):
    _, lp, slope, T, _ = case
    rng = np.random.default_rng(0)
    x = rng.uniform(0.0, 20.0, slope.shape[1])
    h, upper = data(case, x)
    weights, groups = rng.uniform(0.5, 1.5, COUNT), rng.integers(0, 3, COUNT)
    result = lp.expectation(
        h, weights, groups, T=T, upper=upper, upper_slope=slope, threshold=THRESHOLD, group_count=4, engine=engine
    )
    batch = lp.solve(h, upper=upper, engine=engine)
    slopes = np.minimum(batch.reduced_cost, 0.0) @ slope
    slopes -= np.array([technology(T, k).T @ batch.dual[k] for k in range(COUNT)])
    excess = np.maximum(batch.lower_bound - THRESHOLD, 0.0)
    assert 0 < (excess > 0).sum() < COUNT
    for g in range(4):
        w = np.where(groups == g, weights, 0.0)
        tail = np.where(excess > 0, w, 0.0)
        np.testing.assert_allclose(result.weight[g], w.sum(), rtol=1e-12)
        np.testing.assert_allclose(result.value[g], w @ batch.lower_bound, rtol=1e-12)
        np.testing.assert_allclose(result.slopes[g], w @ slopes, rtol=1e-9, atol=1e-7)
        np.testing.assert_allclose(result.tail_weight[g], tail.sum(), rtol=1e-12)
        np.testing.assert_allclose(result.tail_value[g], w @ excess, rtol=1e-9)
        np.testing.assert_allclose(result.tail_slopes[g], tail @ slopes, rtol=1e-9, atol=1e-7)
    mean = np.average(batch.objective, weights=weights)
    assert result.mean == pytest.approx(mean, rel=1e-12)
    assert result.variance == pytest.approx(np.average((batch.objective - mean) ** 2, weights=weights), rel=1e-10)
    assert result.lower_bound == pytest.approx(weights @ batch.lower_bound, rel=1e-12)
    assert (result.scenarios, result.infeasible, result.failed) == (COUNT, 0, 0)


def test_a_cut_supports_the_expected_cost_everywhere(engine, case):
    _, lp, slope, T, _ = case
    part = slice(0, 64)
    few = ScenarioMatrix(T.matrix, T.index, T.values[part])
    rng = np.random.default_rng(1)
    x = np.where(rng.random(slope.shape[1]) < 0.5, 0.0, 15.0)
    h, upper = data(case, x, part)
    cut = lp.expectation(h, T=few, upper=upper, upper_slope=slope, threshold=THRESHOLD, engine=engine)
    assert cut.value[0] == pytest.approx(cut.mean, rel=1e-7)
    for _ in range(10):
        other = rng.uniform(0.0, 30.0, len(x))
        h, upper = data(case, other, part)
        there = lp.solve(h, upper=upper, engine=engine)
        assert cut.value[0] + cut.slopes[0] @ (other - x) <= there.objective.mean() * (1 + 1e-8)
        threshold = THRESHOLD * rng.uniform(0.8, 1.2)
        tail = np.maximum(there.objective - threshold, 0.0).mean()
        linear = cut.tail_value[0] + cut.tail_slopes[0] @ (other - x) - cut.tail_weight[0] * (threshold - THRESHOLD)
        assert linear <= tail + 1e-6


def test_slopes_are_derivatives(engine, case):
    _, lp, slope, T, _ = case
    part = slice(0, 200)
    few = ScenarioMatrix(T.matrix, T.index, T.values[part])
    x = np.random.default_rng(2).uniform(5.0, 25.0, slope.shape[1])
    step = 1e-4

    def expected(design):
        h, upper = data(case, design, part)
        return lp.expectation(h, T=few, upper=upper, upper_slope=slope, engine=engine)

    slopes = expected(x).slopes[0]
    for j in (0, 3, 10, len(x) - 2, len(x) - 1):
        unit = step * np.eye(len(x))[j]
        difference = (expected(x + unit).mean - expected(x - unit).mean) / (2 * step)
        assert slopes[j] == pytest.approx(difference, rel=1e-3, abs=1e-2)


def same(a: Expectation, b: Expectation) -> bool:
    names = ("weight", "value", "slopes", "tail_weight", "tail_value", "tail_slopes", "mean", "variance", "lower_bound")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


@pytest.mark.parametrize("cuts", [(1,), (2,), (1, 2), (1, 2, 3)])
def test_sums_do_not_depend_on_chunks(engine, case, cuts):
    park, lp, slope, _, h = case
    groups = np.arange(COUNT) % 3
    weights = np.random.default_rng(5).uniform(0.5, 1.5, COUNT)

    def chunk(first, last):
        part = slice(first, last)
        return lp.expectation(
            h[part], weights[part], groups[part], group_count=3, first=first, upper_slope=slope, threshold=THRESHOLD,
            engine=engine,
        )  # fmt: skip

    whole = chunk(0, COUNT)
    edges = [0, *(cut * BLOCK for cut in cuts), COUNT]
    parts = [chunk(a, b) for a, b in pairwise(edges)]
    merged = parts[-1]
    for part in parts[:-1]:  # in any order
        merged = part.merge(merged)
    assert same(whole, merged)
    with pytest.raises(ValueError, match="counted twice"):
        whole.merge(parts[0])
    assert park.W.shape[0] == lp.W.shape[0]


def test_infeasible_scenarios_are_counted_and_named(engine):
    lp = RecourseLP(sp.csc_array([[1.0, 1.0]]), [1.0, 3.0], [2.0, 2.0])
    h = np.ones((BLOCK + 5, 1))
    h[[BLOCK + 2, BLOCK + 3]] = 9.0
    result = lp.expectation(h, engine=engine, T=sp.csc_array([[1.0]]))
    assert result.infeasible == 2
    assert result.first_infeasible == BLOCK + 2
    assert result.mean == np.inf
    assert lp.solve(h[BLOCK + 2], engine=engine).status[0] == Status.INFEASIBLE
    np.testing.assert_allclose(result.slopes, [[-(BLOCK + 3) / (BLOCK + 5)]], rtol=1e-6)


def test_bad_arguments_are_named(case):
    _, lp, slope, _, h = case
    with pytest.raises(ValueError, match=f"multiple of {BLOCK}"):
        lp.expectation(h[:5], first=7)
    with pytest.raises(ValueError, match=r"groups must be integers in 0 .. 1"):
        lp.expectation(h[:5], groups=np.array([0, 1, 2, 0, 0]), group_count=2)
    with pytest.raises(ValueError, match="T has shape"):
        lp.expectation(h[:5], T=slope)
    with pytest.raises(ValueError, match="weights is nan in scenario 2"):
        lp.expectation(h[:5], np.array([1, 1, np.nan, 1, 1]))
