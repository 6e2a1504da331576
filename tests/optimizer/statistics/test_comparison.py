"""Paired differences of designs."""

import numpy as np
import pytest

from loopwise.optimizer.statistics import compare_designs, paired_difference
from tests.optimizer.statistics.newsvendor import expected, newsvendor


def test_common_scenarios_narrow_the_difference() -> None:
    problem, count = newsvendor(), 4_000
    draw = lambda a, b: problem.scenarios(a, b, count=count, seed=4)  # noqa: E731
    found = compare_designs(problem, np.array([0.60]), np.array([0.62]), draw, count)
    assert found is not None
    assert found.low <= expected(0.60) - expected(0.62) <= found.high
    fresh = np.random.default_rng(0).random(count)
    alone = np.std(0.6 + 3 * np.maximum(fresh - 0.6, 0)) / np.sqrt(count)
    assert found.standard_error < 0.1 * alone


def test_randomizations_are_what_is_independent() -> None:
    """By hand: groups 1, 3 | 5, 7 | 9, 11 have means 2, 6, 10, whose standard error is 4 / sqrt(3)."""
    values = np.array([1.0, 3.0, 5.0, 7.0, 9.0, 11.0])
    found = paired_difference(values, np.zeros(6), np.array([0, 0, 1, 1, 2, 2]))
    assert found.value == 6.0
    assert found.standard_error == pytest.approx(4 / np.sqrt(3))
    assert found.high == pytest.approx(6 + 4.302653 * 4 / np.sqrt(3), rel=1e-6)
    with pytest.raises(ValueError, match="randomizations"):
        paired_difference(values, np.zeros(6), np.zeros(6, dtype=np.int64))


def test_a_scenario_without_an_answer_leaves_no_difference() -> None:
    problem = newsvendor()
    capped = type(problem.recourse)(**{**vars(problem.recourse), "upper": np.array([0.1])})
    changed = type(problem)(**{**vars(problem), "recourse": capped})
    draw = lambda a, b: changed.scenarios(a, b, count=50, seed=4)  # noqa: E731
    assert compare_designs(changed, np.array([0.6]), np.array([1.0]), draw, 50) is None
