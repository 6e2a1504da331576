"""The count of components against all partitions of small random problems, and sections against the cascade."""

import numpy as np
import pytest

from loopwise.problems.heat import pinch_sections as sections_module
from loopwise.problems.heat.pinch_sections import least_matches, most_components, pinch_sections


def partitions(items: list) -> list[list[list]]:
    if not items:
        return [[]]
    first, rest = items[0], items[1:]
    found = []
    for partition in partitions(rest):
        found.append([[first], *partition])
        for k in range(len(partition)):
            found.append([*partition[:k], [first, *partition[k]], *partition[k + 1 :]])
    return found


def most_by_partitions(hot: np.ndarray, cold: np.ndarray) -> int:
    carriers = [(1, row) for row in hot] + [(-1, row) for row in cold]

    def closes(members: list[int]) -> bool:
        surplus = np.cumsum(sum(sign * row for sign, row in (carriers[k] for k in members)))
        return abs(surplus[-1]) < 1e-9 and surplus.min() > -1e-9

    return max(
        (len(p) for p in partitions(list(range(len(carriers)))) if all(closes(members) for members in p)), default=0
    )


@pytest.mark.parametrize("seed", range(8))
def test_components_against_all_partitions(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m = (int(x) for x in random.integers(2, 5, 2))
    cold = random.integers(0, 4, (m, 3)).astype(float)
    cold[:, 2] += 1.0
    hot = np.zeros((n, 3))  # every unit of cold heat comes from a random carrier in its own interval or above
    for (_, k), heat in np.ndenumerate(cold):
        for _ in range(int(heat)):
            hot[random.integers(n), random.integers(k + 1)] += 1.0
    hot = hot[hot.sum(axis=1) > 0]
    exact = most_by_partitions(hot, cold)
    assert exact >= 1
    bound = most_components(hot, cold, 1e-9)
    without_temperatures = most_by_partitions(hot.sum(axis=1, keepdims=True), cold.sum(axis=1, keepdims=True))
    assert exact <= bound <= without_temperatures
    assert least_matches(hot, cold, 1e-9) == len(hot) + len(cold) - bound


def test_a_single_interval_is_counted_exactly() -> None:
    hot, cold = np.array([[3.0], [5.0], [4.0], [2.0]]), np.array([[8.0], [1.0], [3.0], [2.0]])
    assert most_components(hot, cold, 1e-9) == most_by_partitions(hot, cold) == 3  # 3 + 5 = 8, 4 = 1 + 3, 2 = 2


def test_what_is_too_large_to_count_gets_the_weaker_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    hot, cold = np.ones((4, 1)), np.ones((4, 1))
    assert most_components(hot, cold, 1e-9) == 4
    uneven = np.array([[1.0], [1.5], [2.5]]), np.array([[2.0], [3.0]])
    assert most_components(*uneven, 1e-9) == 1
    monkeypatch.setattr(sections_module, "MOST_SETS", 1)
    assert most_components(*uneven, 1e-9) == 2
    monkeypatch.setattr(sections_module, "MOST_CARRIERS", 2)
    assert least_matches(*uneven, 1e-9) == 3


def test_sections_end_where_no_heat_passes() -> None:
    hot = np.array([[5.0, 0.0, 2.0, 0.0], [1.0, 2.0, 1.0, 3.0]])
    cold = np.array([[4.0, 3.0, 0.0, 0.0], [0.0, 1.0, 2.0, 4.0]])
    first, second = pinch_sections(hot, cold, 1e-9)
    assert (first.first, first.last, first.hot, first.cold, first.least_matches) == (0, 1, (0, 1), (0, 1), 3)
    assert (second.first, second.last, second.hot, second.cold, second.least_matches) == (2, 3, (0, 1), (1,), 2)
    assert np.flatnonzero(np.cumsum(hot.sum(axis=0) - cold.sum(axis=0)) == 0).tolist() == [first.last, second.last]


def test_carriers_within_the_tolerance_do_not_count() -> None:
    hot, cold = np.array([[1e-5], [50.0], [50.0]]), np.array([[50.0 + 1e-5], [50.0]])
    assert least_matches(hot, cold, 1e-9) == 3
    assert least_matches(hot, cold, 2e-5) == 2
    assert least_matches(hot[:1], cold[:0], 2e-5) == 0
