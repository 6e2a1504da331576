"""Sample-average bounds on a problem whose true optimum is known."""

import numpy as np
import pytest

from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.statistics import Estimate, Replications, SampleProblem, replicate
from loopwise.problems.two_stage import Sense, TwoStageProblem
from tests.optimizer.statistics.newsvendor import OPTIMUM, expected, newsvendor

COUNT, SIZE = 8, 25


def replications(problem: TwoStageProblem, x: float, seed: int, **sampling) -> Replications:
    def solve(m: int) -> SampleProblem:
        draw = lambda a, b: problem.scenarios(a, b, count=SIZE, seed=1000 * seed + m, **sampling)  # noqa: E731
        found = solve_extensive_form(problem, draw(0, SIZE))
        bound = found.upper_bound if problem.sense is Sense.MAXIMIZE else found.lower_bound
        return SampleProblem(draw, SIZE, bound)

    return replicate(problem, np.array([x]), COUNT, solve)


@pytest.mark.parametrize("sense", list(Sense))
def test_intervals_hold_as_often_as_they_say(sense: Sense) -> None:
    """60 times 8 samples: each 95 % interval may fail in about 3 of 60 (a proper one in more than 8: 1 in 200)."""
    problem, sign = newsvendor(sense), -1.0 if sense is Sense.MAXIMIZE else 1.0
    x, missed_optimum, missed_gap, bounds = 0.55, 0, 0, []
    for seed in range(60):
        found = replications(problem, x, seed)
        fresh = np.random.default_rng(seed).random(500)
        design = Estimate.of_sample(sign * (x + 3 * np.maximum(fresh - x, 0)))
        optimum, gap = found.optimum(design), found.gap()
        missed_optimum += not optimum.low <= sign * OPTIMUM <= optimum.high
        missed_gap += gap.high < expected(x) - OPTIMUM
        assert gap.low == 0.0
        bounds.append(found.bound.mean())
    assert missed_optimum <= 8
    assert missed_gap <= 8
    assert sign * np.mean(bounds) < OPTIMUM - 1e-3  # the optimum of a sample is too good on average


def test_common_random_numbers_narrow_the_gap() -> None:
    """Against bounds and design values from independent samples."""
    found = replications(newsvendor(), 0.6, 1)
    apart = np.std(found.bound, ddof=1) + np.std(found.design, ddof=1)
    assert np.std(found.design - found.bound, ddof=1) < 0.2 * apart


def test_latin_hypercube_narrows_the_bound() -> None:
    random = replications(newsvendor(), 0.6, 2).bound_estimate()
    stratified = replications(newsvendor(), 0.6, 2, sampling="latin-hypercube").bound_estimate()
    assert stratified.standard_error < 0.2 * random.standard_error


def test_what_spoils_an_estimate() -> None:
    problem = newsvendor()

    def solve(m: int) -> SampleProblem:
        bound = -np.inf if m == 2 and spoilt == "no bound" else 0.8
        return SampleProblem(lambda a, b: problem.scenarios(a, b), SIZE, bound, complete=m < stopped)

    x = np.array([0.6])
    spoilt, stopped = "no bound", 99
    assert replicate(problem, x, 5, solve) is None
    spoilt, stopped = "", 1
    assert replicate(problem, x, 5, solve) is None  # one replication has no error
    stopped = 3
    found = replicate(problem, x, 5, solve)
    assert found is not None
    assert len(found.bound) == 3


def test_student_interval() -> None:
    """1..5: mean 3, s / sqrt(5) = 0.7071, t(4, 0.975) = 2.7764."""
    found = Estimate.of_sample([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.high == pytest.approx(3 + 2.776445 * 0.7071068, rel=1e-6)
    assert found.low == pytest.approx(3 - 2.776445 * 0.7071068, rel=1e-6)
    assert Estimate.of_mean(1.0, 0.0, 3).high == 1.0
