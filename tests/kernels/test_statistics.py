"""Statistics against their definitions, their limits, and independence of the order of merging."""

import numpy as np
import pytest

from loopwise.kernels import RecourseLP, Statistics, statistics


def sample(count=1000, seed=0):
    rng = np.random.default_rng(seed)
    return rng.lognormal(3.0, 1.0, count) - 10.0, rng.uniform(0.5, 1.5, count)


def test_exact_values():
    values, weights = sample()
    s = Statistics.of(values, weights)
    assert s.mean == pytest.approx(np.average(values, weights=weights), rel=1e-12)
    assert s.variance == pytest.approx(np.average((values - s.mean) ** 2, weights=weights), rel=1e-12)
    for level in (0.05, 0.5, 0.95):
        q = s.quantile(level)
        assert weights[values <= q].sum() >= level * weights.sum() * (1 - 1e-12)
        assert weights[values < q].sum() < level * weights.sum()
        # CVaR is the minimum of Rockafellar and Uryasev's function, attained at the quantile
        excess = weights @ np.maximum(values - q, 0.0) / weights.sum()
        assert s.cvar(level) == pytest.approx(q + excess / (1.0 - level), rel=1e-10)


def test_limits():
    values, weights = sample()
    s = Statistics.of(values, weights)
    assert s.cvar(0.0) == pytest.approx(s.mean, rel=1e-12)
    assert s.cvar(1.0) == values.max() == s.quantile(1.0)
    assert s.quantile(0.0) == values.min()
    equal = Statistics.of(np.arange(1.0, 11.0), np.full(10, 0.1))
    assert equal.quantile(0.3) == 3.0
    assert equal.cvar(0.75) == pytest.approx((10 + 9 + 0.5 * 8) / 2.5)
    counts, edges = equal.histogram(3)
    np.testing.assert_allclose(counts, [0.3, 0.3, 0.4])
    assert (edges[0], edges[-1]) == (1.0, 10.0)
    for bad in (-0.1, 1.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            s.cvar(bad)
        with pytest.raises(ValueError, match="between 0 and 1"):
            s.quantile(bad)


def test_infinite_costs():
    s = Statistics.of(np.array([1.0, 2.0, np.inf]), np.ones(3))
    assert s.mean == np.inf
    assert np.isnan(s.variance)
    assert s.quantile(0.5) == 2.0
    assert s.cvar(0.5) == np.inf
    assert s.histogram(2)[0].sum() == 2.0


@pytest.mark.parametrize("limit", [10_000_000, 100])
def test_merging_in_any_order(monkeypatch, limit):
    monkeypatch.setattr(statistics, "EXACT", limit)
    values, weights = sample(3000)
    whole = Statistics.of(values, weights)
    parts = [Statistics.of(v, w) for v, w in zip(np.split(values, 6), np.split(weights, 6), strict=True)]
    merged = parts[3]
    for k in (5, 0, 1, 4, 2):
        merged = merged.merge(parts[k])
    exact = limit > 3000
    assert merged.binned is not exact
    assert merged.count == 3000
    error = 1e-15 if exact else 1e-12
    for level in (0.01, 0.5, 0.9, 0.999):
        assert merged.quantile(level) == pytest.approx(whole.quantile(level), rel=error)
        assert merged.cvar(level) == pytest.approx(whole.cvar(level), rel=error)
    assert merged.mean == pytest.approx(np.average(values, weights=weights), rel=1e-12)


def test_bins_keep_their_stated_error(monkeypatch):
    values, weights = sample(20_000)
    exact = Statistics.of(values, weights)
    monkeypatch.setattr(statistics, "EXACT", 10)
    binned = Statistics.of(values, weights)
    for level in np.linspace(0.0, 1.0, 41):
        q = exact.quantile(level)
        assert abs(binned.quantile(level) - q) <= statistics.RELATIVE_ERROR * abs(q)
        assert binned.cvar(level) == pytest.approx(exact.cvar(level), rel=statistics.RELATIVE_ERROR)


def test_distribution_of_an_expectation(park_lp):
    park = park_lp(2)
    lp = RecourseLP(park.W, park.cost, park.upper)
    h = park.demands(300)
    result = lp.expectation(h, statistics=True)
    assert result.distribution is not None
    objective = lp.solve(h).objective
    assert result.distribution.quantile(0.5) == np.sort(objective)[149]
    assert result.distribution.mean == pytest.approx(result.mean, rel=1e-12)
