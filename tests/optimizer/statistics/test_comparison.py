"""Paired differences of designs."""

import numpy as np
import pytest

from loopwise.optimizer.sample import Sample
from loopwise.optimizer.statistics import compare_designs, share_better
from loopwise.problems.two_stage import Sense
from loopwise.problems.two_stage.problem import Sampling
from tests.optimizer.statistics.newsvendor import expected, newsvendor

ONE, OTHER = np.array([0.60]), np.array([0.62])


def by_hand(demand: np.ndarray) -> np.ndarray:
    """Costs of ordering 0.60 less those of ordering 0.62."""
    return 0.60 + 3 * np.maximum(demand - 0.60, 0) - 0.62 - 3 * np.maximum(demand - 0.62, 0)


@pytest.mark.parametrize("sense", list(Sense))
def test_common_scenarios_narrow_the_difference(sense: Sense) -> None:
    problem, sample = newsvendor(sense), Sample.evaluation(4_000, 4, "monte-carlo")
    found = compare_designs(problem, ONE, OTHER, sample)
    sign = -1.0 if sense is Sense.MAXIMIZE else 1.0
    difference = by_hand(problem.scenarios(0, 4_000, seed=4).xi[:, 0])
    assert found.mean == pytest.approx(sign * difference.mean(), abs=1e-7)
    assert found.standard_error == pytest.approx(difference.std(ddof=1) / np.sqrt(4_000), rel=1e-4)
    assert abs(found.mean - sign * (expected(0.60) - expected(0.62))) < 3 * found.standard_error
    assert share_better(found) == pytest.approx((difference < 0).mean())
    fresh = np.random.default_rng(0).random(4_000)
    alone = np.std(0.6 + 3 * np.maximum(fresh - 0.6, 0)) / np.sqrt(4_000)
    assert found.standard_error < 0.1 * alone


@pytest.mark.parametrize("sampling", ["latin-hypercube", "sobol"])
def test_independent_randomizations_are_what_the_error_comes_from(sampling: Sampling) -> None:
    problem, sample = newsvendor(), Sample.evaluation(1_600, 5, sampling)
    found = compare_designs(problem, ONE, OTHER, sample)
    demand = sample.draw(problem, 0, 1_600).xi[:, 0]
    means = by_hand(demand).reshape(16, 100).mean(axis=1)
    assert found.standard_error == pytest.approx(means.std(ddof=1) / 4, rel=1e-4)
    assert found.standard_error < 0.2 * by_hand(demand).std() / 40


def test_a_scenario_without_an_answer_is_counted() -> None:
    problem = newsvendor()
    capped = type(problem.recourse)(**{**vars(problem.recourse), "upper": np.array([0.1])})
    changed = type(problem)(**{**vars(problem), "recourse": capped})
    found = compare_designs(changed, np.array([0.6]), np.array([1.0]), Sample(50, 4))
    demand = problem.scenarios(0, 50, seed=4).xi[:, 0]
    assert found.failed == (demand > 0.7).sum() > 0
