"""Targets against published values and against the transshipment linear program over all limiting profiles."""

import numpy as np
import pytest
from scipy.optimize import linprog

from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.water_network import WaterNetworkCase
from loopwise.problems.water_network.pinch import (
    LimitingProfile,
    limiting_composite_curve,
    limiting_profiles,
    minimum_fresh_water,
    regeneration_target,
)

# Wang and Smith 1994, example 1
WANG_SMITH = [
    LimitingProfile(0, 100, 2),
    LimitingProfile(50, 100, 5),
    LimitingProfile(50, 800, 30),
    LimitingProfile(400, 800, 4),
]


def test_published_targets() -> None:
    curve = limiting_composite_curve(WANG_SMITH)
    reuse = minimum_fresh_water(curve)
    assert (reuse.fresh, reuse.pinch) == pytest.approx((90.0, 100.0))
    once = regeneration_target(curve, 5.0, recycling=False)
    assert once.fresh == pytest.approx(9000 / 195)
    assert once.regenerated == pytest.approx(once.fresh)
    again = regeneration_target(curve, 5.0, recycling=True)
    assert again.fresh == pytest.approx(20.0)
    assert again.regenerated > again.fresh


def test_case_gives_the_same_curve() -> None:
    case = load_case("wang-smith-recycling")
    assert isinstance(case, WaterNetworkCase)
    curve = limiting_composite_curve(limiting_profiles(case))
    assert curve.load[-1] == pytest.approx(41.0)
    assert minimum_fresh_water(curve).fresh == pytest.approx(90.0)


def reuse_network(profiles: list[LimitingProfile], quality: float) -> float:
    """Least fresh water of the network LP: outlets at their limits, which is optimal for one contaminant."""
    n = len(profiles)
    fresh, reuse = np.arange(n), n + np.arange(n * n).reshape(n, n)  # reuse[i, j] from i to j
    cost = np.concatenate([np.ones(n), np.zeros(n * n)])
    rows, right = [], []
    for j, p in enumerate(profiles):
        inlet, outlet, gives = (np.zeros(n + n * n) for _ in range(3))
        inlet[fresh[j]], outlet[fresh[j]], gives[fresh[j]] = quality - p.inlet, quality - p.outlet, -1.0
        for i, q in enumerate(profiles):
            if i != j:
                inlet[reuse[i, j]] += q.outlet - p.inlet
                outlet[reuse[i, j]] += q.outlet - p.outlet
                gives[reuse[i, j]] -= 1.0
                gives[reuse[j, i]] += 1.0
        rows += [inlet, outlet, gives]
        right += [0.0, -1000.0 * p.load, 0.0]
    found = linprog(cost, A_ub=np.array(rows), b_ub=right, method="highs")
    assert found.success
    return float(found.fun)


@pytest.mark.parametrize("seed", range(12))
def test_target_equals_the_network(seed: int) -> None:
    random = np.random.default_rng(seed)
    profiles = []
    for _ in range(int(random.integers(1, 7))):
        inlet = float(random.integers(1, 40) * 10)
        profiles.append(
            LimitingProfile(inlet, inlet + float(random.integers(1, 40) * 10), float(random.uniform(1, 50)))
        )
    quality = float(random.integers(0, 10))
    target = minimum_fresh_water(limiting_composite_curve(profiles), quality)
    assert target.fresh == pytest.approx(reuse_network(profiles, quality), rel=1e-7)


def test_without_regeneration_worth_using_the_target_is_reuse() -> None:
    curve = limiting_composite_curve(WANG_SMITH)
    assert regeneration_target(curve, 1000.0, recycling=True).fresh == pytest.approx(90.0)


def test_supply_dirtier_than_a_unit_takes() -> None:
    curve = limiting_composite_curve(WANG_SMITH)
    with pytest.raises(CaseError, match="below the supply"):
        minimum_fresh_water(curve, quality=120.0)


def test_several_contaminants_have_no_target() -> None:
    case = load_case("karuppiah-grossmann")
    assert isinstance(case, WaterNetworkCase)
    with pytest.raises(CaseError, match="one contaminant"):
        limiting_profiles(case)
