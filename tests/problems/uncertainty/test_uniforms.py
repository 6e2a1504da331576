"""Scenario k is the same whatever the chunks, and every sampling has the uniform marginals that it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loopwise.problems.uncertainty import uniforms

SAMPLINGS = ["monte-carlo", "latin-hypercube", "sobol"]


@pytest.mark.parametrize("sampling", SAMPLINGS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_chunks_do_not_matter(sampling: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 300))
    dimension = data.draw(st.integers(1, 9))
    seed = data.draw(st.integers(0, 2**64 - 1))
    whole = uniforms(0, count, dimension=dimension, count=count, seed=seed, sampling=sampling)
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=4)))
    edges = [0, *cuts, count]
    order = data.draw(st.permutations(range(len(edges) - 1)))  # workers do not take chunks in order
    parts = {
        i: uniforms(edges[i], edges[i + 1], dimension=dimension, count=count, seed=seed, sampling=sampling)
        for i in order
    }
    np.testing.assert_array_equal(np.concatenate([parts[i] for i in sorted(parts)]), whole)
    assert whole.min() > 0
    assert whole.max() < 1


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_marginals_and_independence(sampling: str) -> None:
    count = 4096
    u = uniforms(0, count, dimension=6, count=count, seed=11, sampling=sampling)
    for column in u.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    off_diagonal = np.corrcoef(u.T) - np.eye(6)
    assert np.abs(off_diagonal).max() < 4 / np.sqrt(count)
    other = uniforms(0, count, dimension=6, count=count, seed=12, sampling=sampling)
    assert abs(np.corrcoef(u[:, 0], other[:, 0])[0, 1]) < 4 / np.sqrt(count) or sampling == "sobol"
    assert not np.array_equal(u, other)


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 3000), seed=st.integers(0, 2**32))
def test_latin_hypercube_has_one_point_in_every_stratum(count: int, seed: int) -> None:
    u = uniforms(0, count, dimension=3, count=count, seed=seed, sampling="latin-hypercube")
    for column in u.T:
        np.testing.assert_array_equal(np.sort(np.floor(column * count)), np.arange(count))


def test_small_latin_hypercubes_are_random_permutations() -> None:
    """All 24 orders of four strata come up equally often over the seeds (chi-squared)."""
    orders = [
        tuple(np.floor(4 * uniforms(0, 4, dimension=1, count=4, seed=s, sampling="latin-hypercube")[:, 0]).astype(int))
        for s in range(4800)
    ]
    frequency = np.array([orders.count(o) for o in set(orders)])
    assert len(frequency) == 24
    assert stats.chisquare(frequency).pvalue > 1e-3


def test_monte_carlo_begins_with_the_shorter_sample() -> None:
    short = uniforms(0, 10, dimension=5, count=10, seed=3, sampling="monte-carlo")
    np.testing.assert_array_equal(uniforms(0, 10, dimension=5, count=1000, seed=3, sampling="monte-carlo"), short)


def test_sobol_is_balanced() -> None:
    """The first 2^k points put exactly one into each of the 2^k dyadic intervals of every dimension."""
    u = uniforms(0, 256, dimension=20, count=256, seed=5, sampling="sobol")
    for column in u.T:
        np.testing.assert_array_equal(np.sort(np.floor(column * 256)), np.arange(256))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"first": 5, "last": 3}, "not inside"),
        ({"last": 11}, "not inside"),
        ({"seed": -1}, "seed"),
        ({"sampling": "halton"}, "sampling"),
        ({"dimension": 30_000, "sampling": "sobol"}, "dimensions"),
    ],
)
def test_bad_requests(change: dict[str, object], words: str) -> None:
    arguments = {"first": 0, "last": 10, "dimension": 2, "count": 10, "seed": 0, "sampling": "monte-carlo"} | change
    with pytest.raises(ValueError, match=words):
        uniforms(arguments.pop("first"), arguments.pop("last"), **arguments)
