"""Fewer scenarios that stay close to many, with the distance that remains.

The distance between the two distributions is Kantorovich's (Wasserstein's of order 1) in the random elements, each
divided by its standard deviation: the least mean displacement that turns one distribution into the other. Once the n
points are chosen, it is least when every scenario gives its probability to the nearest of them:

    D = sum_k p_k min_j || z_k - z_j ||

Fast forward selection takes, one after another, the scenario that lowers D the most: Heitsch, Roemisch, Scenario
reduction algorithms in stochastic programming, Computational Optimization and Applications 24 (2003),
doi:10.1023/A:1021805924152, algorithm 2.4. As what a scenario can still gain only falls, most need no new evaluation
(Minoux, Accelerated greedy algorithms for maximizing submodular set functions, 1978, doi:10.1007/BFb0006528): the same
choice in a fraction of the time. k-means (Lloyd 1982, doi:10.1109/TIT.1982.1056489; seeded as by Arthur and
Vassilvitskii 2007) puts the points at the means of their groups, which keeps the mean of every random element, but not
its two values where it has only two.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from scipy.cluster import vq

from ...problems.two_stage.problem import Floats, Integers

ReductionMethod = Literal["fast-forward", "k-means"]
MOST_FORWARD = 20_000  # scenarios that fast forward selection takes: it compares all pairs
PAIRS = 20_000_000  # distances in memory at a time
LLOYD_STEPS = 200
_vq: Any = vq.vq


@dataclass(frozen=True)
class Reduction:
    """`xi` (n, K) with `probability` (n,) instead of `original` scenarios.

    `distance` is Kantorovich's in standard deviations; `relative` divides it by that of the best single scenario (for
    k-means: of the mean), so that 0 is no loss and 1 is no knowledge of the spread.
    """

    method: ReductionMethod
    original: int
    xi: Floats
    probability: Floats
    distance: float
    relative: float


def reduce_scenarios(
    xi: Floats, probability: Floats, count: int, method: ReductionMethod = "fast-forward", seed: int = 0
) -> Reduction:
    """`count` points in the place of the outcomes `xi` (N, K) with `probability` (N,); fewer where outcomes repeat.

    Raises ValueError where `count` is not in 1..N or fast forward selection is asked for more than it can take.
    """
    if not 1 <= count <= len(xi):
        raise ValueError(f"{len(xi)} scenarios cannot be reduced to {count}")
    if method == "fast-forward" and len(xi) > MOST_FORWARD:
        raise ValueError(f"fast forward selection takes {MOST_FORWARD:,} scenarios at most; k-means takes {len(xi):,}")
    total = float(probability.sum())
    share = probability / total
    mean = share @ xi
    deviation = np.sqrt(share @ (xi - mean) ** 2)
    moving = deviation > 1e-12 * np.maximum(np.abs(mean), 1e-300)
    z = (xi[:, moving] - mean[moving]) / deviation[moving]
    if method == "fast-forward":
        chosen, single = _forward(z, share, count)
        points, kept = z[chosen], xi[chosen]
    else:
        points = _lloyd(z, share, count, np.random.default_rng(seed))
        single = float(share @ np.linalg.norm(z, axis=1))
        kept = np.tile(mean, (len(points), 1))
        kept[:, moving] = mean[moving] + deviation[moving] * points
    nearest, displaced = _nearest(z, points)
    weights: Floats = np.asarray(np.bincount(nearest, share, len(points)), dtype=np.float64)
    used = weights > 0
    remaining = float(share @ displaced)
    relative = remaining / single if single > 0 else 0.0
    return Reduction(method, len(xi), kept[used], total * weights[used], remaining, relative)


def _forward(z: Floats, share: Floats, count: int) -> tuple[Integers, float]:
    """(count,) chosen scenarios, and the distance that the first of them leaves."""
    every = np.arange(len(z))
    alone = _summed(z, share, every, np.full(len(z), np.inf))
    first = int(np.argmin(alone))
    chosen, left = [first], np.linalg.norm(z - z[first], axis=1)
    gains = share @ left - _summed(z, share, every, left)
    queue = [(-gain, u, 1) for u, gain in enumerate(gains.tolist()) if u != first]
    heapq.heapify(queue)
    while len(chosen) < count and queue:
        gain, u, when = heapq.heappop(queue)
        towards = np.linalg.norm(z - z[u], axis=1)
        if when == len(chosen):
            if gain >= -1e-15:
                break  # only repetitions are left
            chosen.append(u)
            left = np.minimum(left, towards)
        else:
            heapq.heappush(queue, (-float(share @ np.maximum(left - towards, 0.0)), u, len(chosen)))
    return np.array(chosen, dtype=np.int64), float(alone[first])


def _summed(z: Floats, share: Floats, candidates: Integers, left: Floats) -> Floats:
    """Distance that would remain with each candidate beside what already leaves `left` (N,)."""
    size, squares = max(1, PAIRS // len(z)), np.sum(z**2, axis=1)
    remaining = np.empty(len(candidates))
    for k in range(0, len(candidates), size):
        some = candidates[k : k + size]
        pairs = z @ (-2.0 * z[some].T)  # || a - b ||^2 = a a - 2 a b + b b, as one matrix product
        pairs += squares[:, None] + squares[some]
        np.sqrt(np.maximum(pairs, 0.0, out=pairs), out=pairs)
        remaining[k : k + size] = share @ np.minimum(pairs, left[:, None], out=pairs)
    return remaining


def _lloyd(z: Floats, share: Floats, count: int, rng: np.random.Generator) -> Floats:
    """(<= count, K) means of groups that are nearest to them."""
    points = _seeds(z, share, count, rng)
    before = np.full(len(z), -1)
    for _ in range(LLOYD_STEPS):
        nearest, _ = _nearest(z, points)
        if np.array_equal(nearest, before):
            break
        before = nearest
        used, nearest = np.unique(nearest, return_inverse=True)
        groups = sp.csr_array((share, (nearest, np.arange(len(z)))), shape=(len(used), len(z)))
        points = np.asarray(groups @ z) / np.bincount(nearest, share, len(used))[:, None]
    return points


def _seeds(z: Floats, share: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Scenarios drawn in proportion to their weighted squared distance from those drawn before."""
    possible = np.flatnonzero(share > 0)
    chosen = [int(rng.choice(possible, p=share[possible] / share[possible].sum()))]
    squared = np.sum((z - z[chosen[0]]) ** 2, axis=1)
    while len(chosen) < count and (weight := share * squared).sum() > 0:
        chosen.append(int(rng.choice(len(z), p=weight / weight.sum())))
        squared = np.minimum(squared, np.sum((z - z[chosen[-1]]) ** 2, axis=1))
    return z[chosen]


def _nearest(z: Floats, points: Floats) -> tuple[Integers, Floats]:
    """(N,) nearest point of each scenario and (N,) the distance to it."""
    if z.shape[1] == 0:  # nothing is random
        return np.zeros(len(z), dtype=np.int64), np.zeros(len(z))
    code, away = _vq(z, points, check_finite=False)
    return np.asarray(code, dtype=np.int64), np.asarray(away, dtype=np.float64)
