"""Scenario reduction: the stated distance is the transport problem's, the choice is the algorithm's."""

import numpy as np
import pytest
from scipy.optimize import linprog

from loopwise.optimizer.statistics import reduction
from loopwise.optimizer.statistics.reduction import reduce_scenarios


def cloud(seed: int, count: int = 40, dimension: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = rng.uniform(0.1, 1, count)
    return rng.normal(size=(count, dimension)) * [1.0, 10.0, 0.1][:dimension], probability / probability.sum()


def transport(a: np.ndarray, p: np.ndarray, b: np.ndarray, q: np.ndarray) -> float:
    """Kantorovich's distance by its definition, as a linear program."""
    cost = np.linalg.norm(a[:, None] - b[None], axis=2)
    n, m = cost.shape
    rows = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    found = linprog(cost.ravel(), A_eq=rows, b_eq=np.concatenate([p, q]), method="highs")
    assert found.status == 0
    return found.fun


@pytest.mark.parametrize("method", ["fast-forward", "k-means"])
@pytest.mark.parametrize("seed", range(4))
def test_the_stated_distance_is_kantorovichs(seed: int, method) -> None:
    xi, p = cloud(seed)
    found = reduce_scenarios(xi, p, 6, method, seed=seed)
    scale = np.sqrt(p @ (xi - p @ xi) ** 2)
    assert found.xi.shape == (6, 3)
    assert found.probability.sum() == pytest.approx(1)
    assert found.distance == pytest.approx(transport(xi / scale, p, found.xi / scale, found.probability), rel=1e-7)
    assert 0 < found.relative < 1


@pytest.mark.parametrize("seed", range(4))
def test_forward_selection_is_the_plain_algorithms(seed: int) -> None:
    """Algorithm 2.4 of Heitsch and Roemisch, step by step over all candidates."""
    xi, p = cloud(seed)
    z = xi / np.sqrt(p @ (xi - p @ xi) ** 2)
    cost = np.linalg.norm(z[:, None] - z[None], axis=2)
    chosen: list[int] = []
    for _ in range(8):
        left = cost[:, chosen].min(axis=1) if chosen else np.full(len(z), np.inf)
        remaining = [p @ np.minimum(left, cost[:, u]) if u not in chosen else np.inf for u in range(len(z))]
        chosen.append(int(np.argmin(remaining)))
    found = reduce_scenarios(xi, p, 8)
    np.testing.assert_array_equal(found.xi, xi[chosen])
    assert found.distance == pytest.approx(p @ cost[:, chosen].min(axis=1))


def test_k_means_keeps_the_mean_and_repeats() -> None:
    xi, p = cloud(1, 200)
    found = reduce_scenarios(xi, p, 10, "k-means", seed=5)
    np.testing.assert_allclose(found.probability @ found.xi, p @ xi, atol=1e-9)
    np.testing.assert_array_equal(found.xi, reduce_scenarios(xi, p, 10, "k-means", seed=5).xi)


@pytest.mark.parametrize("method", ["fast-forward", "k-means"])
def test_limits(method) -> None:
    xi, p = cloud(2)
    all_of_them = reduce_scenarios(xi, p, len(xi), method)
    assert all_of_them.distance == pytest.approx(0, abs=1e-9)
    assert len(reduce_scenarios(xi, p, 1, method).xi) == 1
    assert reduce_scenarios(xi, p, 1, method).relative == pytest.approx(1)
    doubled = reduce_scenarios(np.vstack([xi, xi]), np.concatenate([p, p]), 60, method)
    assert len(doubled.xi) <= 40
    assert doubled.distance == pytest.approx(0, abs=1e-9)
    assert doubled.probability.sum() == pytest.approx(2)
    certain = reduce_scenarios(np.ones((5, 2)), np.full(5, 0.2), 3, method)
    assert certain.distance == 0.0
    np.testing.assert_array_equal(certain.xi[0], [1, 1])
    without = reduce_scenarios(np.array([[0.0], [1.0], [5.0]]), np.array([0.5, 0.5, 0.0]), 2, method)
    assert sorted(without.xi[:, 0]) == pytest.approx([0.0, 1.0])


def test_refused() -> None:
    xi, p = cloud(3)
    with pytest.raises(ValueError, match="40 scenarios cannot be reduced to 41"):
        reduce_scenarios(xi, p, 41)
    many = np.zeros((reduction.MOST_FORWARD + 1, 1))
    with pytest.raises(ValueError, match=r"k-means takes 20,001"):
        reduce_scenarios(many, np.ones(len(many)), 5)
