"""Quantile functions against scipy's distributions, finite ones enumerated, and what case files may not say."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from loopwise.problems.uncertainty import (
    Bernoulli,
    Correlation,
    Discrete,
    Distribution,
    Empirical,
    Lognormal,
    Normal,
    Triangular,
    Truncated,
    Uncertainty,
    Uniform,
    correlation_matrix,
)

U = np.linspace(0.001, 0.999, 41)
SIGMA = np.sqrt(np.log1p(0.25))
CONTINUOUS = [
    (Normal(mean=3, standard_deviation=2), stats.norm(3, 2)),
    (Lognormal(mean=4, standard_deviation=2), stats.lognorm(SIGMA, scale=4 * np.exp(-(SIGMA**2) / 2))),
    (Uniform(lower=-1, upper=5), stats.uniform(-1, 6)),
    (Triangular(lower=1, mode=2, upper=5), stats.triang(0.25, 1, 4)),
    (Triangular(lower=1, mode=1, upper=5), stats.triang(0, 1, 4)),
    (Triangular(lower=1, mode=5, upper=5), stats.triang(1, 1, 4)),
    (Truncated(of=Normal(mean=3, standard_deviation=2), lower=2, upper=8), stats.truncnorm(-0.5, 2.5, 3, 2)),
    (Truncated(of=Normal(mean=0, standard_deviation=1), lower=1), stats.truncnorm(1, np.inf)),
]


@pytest.mark.parametrize(("ours", "theirs"), CONTINUOUS, ids=lambda d: getattr(d, "distribution", ""))
def test_continuous(ours: Distribution, theirs: stats.rv_continuous) -> None:
    np.testing.assert_allclose(ours.quantile(U), theirs.ppf(U), rtol=1e-9)
    np.testing.assert_allclose([ours.cumulative(v) for v in theirs.ppf(U)], U, rtol=1e-9)
    assert ours.average() == pytest.approx(theirs.mean(), rel=1e-4)
    assert ours.outcomes() is None
    np.testing.assert_allclose(ours.support(), theirs.support())


def test_finite(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("hour,price\n1,30\n2,10\n3,10\n4,20\n")
    prices = Empirical.model_validate({"file": "prices.csv", "column": "price"}, context={"folder": tmp_path})
    discrete = Discrete(values=(20, 10, 30), probabilities=(0.25, 0.5, 0.25))
    for distribution in (prices, discrete):
        values, probabilities = distribution.outcomes()
        np.testing.assert_array_equal(values, [10, 20, 30])
        np.testing.assert_allclose(probabilities, [0.5, 0.25, 0.25])
        np.testing.assert_array_equal(
            distribution.quantile(np.array([0.1, 0.49, 0.51, 0.74, 0.76])), [10, 10, 20, 20, 30]
        )
        assert distribution.average() == 17.5
    shut = Bernoulli(probability=0.1, yes=0, no=1)
    assert shut.quantile(np.array([0.05, 0.5])).tolist() == [0, 1]
    assert shut.average() == pytest.approx(0.9)


def test_empirical_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"load": [1.0, 2.0, 4.0]}), tmp_path / "load.parquet")
    load = Empirical.model_validate({"file": "load.parquet", "column": "load"}, context={"folder": tmp_path})
    assert load.average() == pytest.approx(7 / 3)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"distribution": "normal", "mean": 1, "standard_deviation": 0}, "greater than 0"),
        ({"distribution": "normal", "mean": "nan", "standard_deviation": 1}, "finite"),
        ({"distribution": "normal", "mean": 1, "sd": 1}, "sd"),
        ({"distribution": "gauss", "mean": 1}, "gauss"),
        ({"distribution": "uniform", "lower": 2, "upper": 2}, "below upper"),
        ({"distribution": "triangular", "lower": 0, "mode": 3, "upper": 2}, "lower <= mode"),
        ({"distribution": "discrete", "values": [1, 2], "probabilities": [0.5, 0.6]}, "sum to 1.1"),
        ({"distribution": "discrete", "values": [1, 2], "probabilities": [1]}, "2 values but 1"),
        ({"distribution": "bernoulli", "probability": 1.5}, "less than or equal to 1"),
        ({"distribution": "truncated", "of": {"distribution": "uniform", "lower": 0, "upper": 1}}, "state lower"),
        (
            {"distribution": "truncated", "of": {"distribution": "uniform", "lower": 0, "upper": 1}, "lower": 2},
            "no probability",
        ),
        ({"distribution": "empirical", "file": "nowhere.csv", "column": "a"}, "no file"),
        ({"distribution": "empirical", "file": "prices.csv", "column": "pricee"}, "did you mean 'price'"),
        ({"distribution": "empirical", "file": "prices.csv", "column": "note"}, "note"),
        ({"distribution": "empirical", "file": "prices.csv", "column": "gap"}, "number 2"),
        ({"distribution": "empirical", "file": "empty.csv", "column": "gap"}, "cannot be read"),
    ],
)
def test_refused(stated: dict[str, object], words: str, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("price,note,gap\n1,a,1\n2,b,\n")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(Distribution).validate_python(stated, context={"folder": tmp_path})


def test_correlation_reaches_the_normal_scores() -> None:
    source = Uncertainty(
        {
            "a": Normal(mean=0, standard_deviation=1),
            "b": Lognormal(mean=2, standard_deviation=1),
            "c": Uniform(lower=0, upper=1),
        },
        [Correlation(between=("a", "b"), correlation=0.8), Correlation(between=("b", "c"), correlation=-0.5)],
    )
    for sampling in ("monte-carlo", "latin-hypercube", "sobol"):
        xi = source.draw(0, 8192, count=8192, seed=2, sampling=sampling)
        scores = np.column_stack([xi[:, 0], np.log(xi[:, 1]), stats.norm.ppf(xi[:, 2])])
        np.testing.assert_allclose(np.corrcoef(scores.T), source.correlation, atol=0.035)
        for k, distribution in enumerate(source.distributions):
            assert stats.kstest(xi[:, k], np.vectorize(distribution.cumulative)).pvalue > 1e-3
        parts = [source.draw(a, b, count=8192, seed=2, sampling=sampling) for a, b in [(0, 1), (1, 3000), (3000, 8192)]]
        np.testing.assert_array_equal(np.concatenate(parts), xi)
    assert source.size is None
    with pytest.raises(ValueError, match="continuous"):
        source.enumerate(0, 1)


def test_perfect_correlation_is_allowed() -> None:
    source = Uncertainty(
        {name: Normal(mean=0, standard_deviation=1) for name in "abc"},
        [Correlation(between=("a", "b", "c"), correlation=1.0)],
    )
    xi = source.draw(0, 50, count=50, seed=1, sampling="monte-carlo")
    np.testing.assert_allclose(xi[:, 0], xi[:, 1], atol=1e-6)
    assert xi[:, 0].std() > 0.5


def test_contradicting_correlations_are_named() -> None:
    stated = [
        Correlation(between=("a", "b"), correlation=0.9),
        Correlation(between=("b", "c"), correlation=0.9),
        Correlation(between=("a", "c"), correlation=-0.9),
        Correlation(between=("d", "e"), correlation=0.5),
    ]
    with pytest.raises(ValueError, match="a and b") as refusal:
        correlation_matrix("abcde", stated)
    assert "d and e" not in str(refusal.value)
    with pytest.raises(ValueError, match="did you mean 'steam'") as refusal:
        correlation_matrix(
            ["steam", "water"],
            [
                Correlation(between=("staem", "water"), correlation=0.1),
                Correlation(between=("water", "water"), correlation=1),
            ],
        )
    assert "listed twice" in str(refusal.value)


def test_enumeration() -> None:
    source = Uncertainty(
        {"a": Discrete(values=(1, 2, 3), probabilities=(0.2, 0.3, 0.5)), "b": Bernoulli(probability=0.25)}
    )
    assert source.size == 6
    xi, probability = source.enumerate(0, 6)
    assert len({tuple(row) for row in xi}) == 6
    assert probability.sum() == pytest.approx(1)
    np.testing.assert_allclose(probability @ xi, source.means)
    chunk, _ = source.enumerate(4, 6)
    np.testing.assert_array_equal(chunk, xi[4:])


def test_enumeration_beyond_64_bits() -> None:
    source = Uncertainty({f"q{k}": Bernoulli(probability=0.5) for k in range(300)})
    assert source.size == 2**300
    xi, probability = source.enumerate(2**299 - 1, 2**299 + 1)
    np.testing.assert_array_equal(xi, [[0.0] + [1.0] * 299, [1.0] + [0.0] * 299])
    np.testing.assert_allclose(probability, 2.0**-300)
