"""Strengthened cuts hold for every integral design, and ask for more where switches are undecided."""

from functools import partial

import numpy as np
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.optimizer.decomposition.recourse import ExpectedRecourse
from loopwise.optimizer.decomposition.scenario_set import ScenarioSet
from loopwise.optimizer.decomposition.strengthening import Switches
from loopwise.optimizer.sample import Sample

PROBLEM = park_design(2)
FIRST = PROBLEM.first_stage
SIZES = len(FIRST.names) // 2


def designs(count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Integral designs: some things built, of some size."""
    built = (rng.random((count, SIZES)) < rng.random((count, 1))).astype(float)
    return list(np.hstack([built * rng.random((count, SIZES)) * FIRST.upper[:SIZES], built]))


def fractional(rng: np.random.Generator) -> np.ndarray:
    """A solution of the relaxation: every size has just enough of its switch; some are full."""
    switch = np.where(rng.random(SIZES) < 0.3, 1.0, rng.random(SIZES) * (rng.random(SIZES) < 0.5))
    return np.concatenate([switch * FIRST.upper[:SIZES], switch])


def test_which_binary_switches_which_size() -> None:
    switches = Switches.of(FIRST)
    assert switches is not None
    assert (switches.switch[:SIZES] == SIZES + np.arange(SIZES)).all()
    assert (switches.switch[SIZES:] == SIZES + np.arange(SIZES)).all()
    assert switches.largest == pytest.approx(FIRST.upper)


@pytest.mark.parametrize("seed", range(8))
def test_no_integral_design_is_cut_off(seed: int) -> None:
    rng = np.random.default_rng(seed)
    recourse = ExpectedRecourse(ScenarioSet(PROBLEM, partial(Sample(6, seed).draw, PROBLEM), 6), groups=6)
    at = designs(30, rng)
    true = [recourse(x) for x in at]
    for _ in range(6):
        point = fractional(rng)
        found = recourse(point)
        assert found.expected is not None
        for x, exact in zip(at, true, strict=True):
            assert exact.expected is not None
            cut = found.expected.value + found.expected.slope @ (x - point)
            assert (cut <= exact.expected.value + 1e-5 * np.abs(exact.expected.value)).all()


def test_a_tenth_of_a_switch_does_not_buy_a_tenth_of_a_shortage() -> None:
    rng = np.random.default_rng(1)
    recourse = ExpectedRecourse(ScenarioSet(PROBLEM, partial(Sample(50, 1).draw, PROBLEM), 50), groups=1)
    gains = []
    for _ in range(20):
        found = recourse(fractional(rng))
        assert found.expected is not None
        gains.append(float(found.expected.value[0] / (found.values @ found.probability)) - 1.0)
    assert min(gains) > -1e-6
    assert max(gains) > 0.01


def test_columns_below_zero_take_more_than_a_switch_may_save() -> None:
    """Q = max(0, 3 - x - 4 b) with x from -2 to 2: at x = -2, b = 1 it is 1."""
    switches = Switches(np.array([-2.0, 0.0]), np.array([2.0, 1.0]), np.array([-1, 1]), np.array([2.0, 1.0]))
    point = np.array([0.5, 0.3])
    value, slope = np.array([3.0 - 0.5 - 1.2]), np.array([[-1.0, -4.0]])
    height, slopes = switches.strengthened(value, slope, point, np.zeros(1))
    for x in np.linspace(-2.0, 2.0, 9):
        for b in (0.0, 1.0):
            cut = float(height[0] + slopes[0] @ (np.array([x, b]) - point))
            assert cut <= max(0.0, 3.0 - x - 4.0 * b) + 1e-12
