"""Distribution of a cost over a sample: mean, variance, quantiles, CVaR, histogram, in one pass and mergeable.

Up to `EXACT` scenarios every value is kept and everything is exact. Beyond, values are counted in fixed bins that are
the same for every chunk and worker: 2^16 bins between consecutive powers of two, by the leading bits of the number. A
quantile is then the mean of the values of its bin, off by at most 2^-16 of itself; mean and CVaR stay closer than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .engine import Floats

EXACT = 10_000_000  # values that are kept one by one
RELATIVE_ERROR = 2.0**-16  # of a quantile from bins
_DROPPED_BITS = 52 - 16


@dataclass(frozen=True)
class Statistics:
    """Weighted values of the scenarios seen so far; +inf where a scenario is infeasible.

    `pieces`: (values, weights) of chunks, kept as they came up to `EXACT` scenarios; `count`: scenarios; `binned`: each
    piece holds the mean values and weights of bins.
    """

    pieces: tuple[tuple[Floats, Floats], ...]
    count: int
    binned: bool = False

    @staticmethod
    def of(values: Floats, weights: Floats) -> Statistics:
        """Statistics of one chunk; `values`, `weights` (N,)."""
        return Statistics(((np.array(values), np.array(weights)),), len(values))._fitted()

    def merge(self, other: Statistics) -> Statistics:
        """Statistics of both."""
        binned = self.binned or other.binned
        pieces = tuple(chain(self.pieces, other.pieces))
        merged = Statistics(pieces, self.count + other.count, binned)
        return merged._in_bins() if binned else merged._fitted()

    def _fitted(self) -> Statistics:
        return self._in_bins() if self.count > EXACT else self

    def _in_bins(self) -> Statistics:
        values, weights = (np.concatenate(parts) for parts in zip(*self.pieces, strict=True))
        bins, place = np.unique(_bin(values), return_inverse=True)
        weight = np.bincount(place, weights, len(bins))
        finite = np.isfinite(values)
        total = np.bincount(place[finite], weights[finite] * values[finite], len(bins))
        infinite = np.zeros(len(bins))
        infinite[place[~finite]] = values[~finite]
        mean = np.where(infinite != 0.0, infinite, total / np.where(weight > 0.0, weight, 1.0))
        return Statistics(((mean, np.asarray(weight, np.float64)),), self.count, binned=True)

    @cached_property
    def _sorted(self) -> tuple[Floats, Floats]:
        """Values in rising order with their weights; ties by weight, whatever order they came in."""
        values, weights = (np.concatenate(parts) for parts in zip(*self.pieces, strict=True))
        order = np.lexsort((weights, values))
        return values[order], weights[order]

    @property
    def points(self) -> tuple[Floats, Floats]:
        """(M,) values in rising order and (M,) their weights: each scenario's, or those of the bins."""
        return self._sorted

    @property
    def mean(self) -> float:
        """Weighted mean."""
        values, weights = self._sorted
        return float(weights @ values / weights.sum()) if np.isfinite(values).all() else float(values.sum())

    @property
    def variance(self) -> float:
        """Weighted (population) variance; NaN where a value is not finite."""
        values, weights = self._sorted
        if not np.isfinite(values).all():
            return float("nan")
        return float(weights @ (values - self.mean) ** 2 / weights.sum())

    def quantile(self, level: float) -> float:
        """Smallest value that at least the share `level` in [0, 1] of the weight does not exceed."""
        if not 0.0 <= level <= 1.0:
            raise ValueError(f"a quantile's level lies between 0 and 1, got {level}")
        values, weights = self._sorted
        cumulated = np.cumsum(weights)
        share = level * cumulated[-1] * (1.0 - 1e-14)  # 0.1 + 0.2 shall reach 0.3
        return float(values[min(int(np.searchsorted(cumulated, share)), len(values) - 1)])

    def cvar(self, level: float) -> float:
        """Mean of the worst (largest) share 1 - `level`, level in [0, 1]; at 1 the largest value.

        Rockafellar, Uryasev, J. Banking & Finance 26 (2002), DOI 10.1016/S0378-4266(02)00271-6, with the atom at the
        quantile split as theirs is.
        """
        if not 0.0 <= level <= 1.0:
            raise ValueError(f"a CVaR's level lies between 0 and 1, got {level}")
        values, weights = self._sorted
        cumulated = np.cumsum(weights)
        total = cumulated[-1]
        tail = np.clip(cumulated - level * total, 0.0, weights)
        mass = tail.sum()
        if mass <= 1e-14 * total:
            return float(values[-1])
        used = tail > 0.0
        return float(tail[used] @ values[used] / mass)

    def histogram(self, bins: int = 50) -> tuple[Floats, Floats]:
        """(weights (bins,), edges (bins + 1,)) over the finite values, bins of equal width."""
        values, weights = self._sorted
        finite = np.isfinite(values)
        counts, edges = np.histogram(values[finite], bins=bins, weights=weights[finite])
        return counts.astype(np.float64), edges.astype(np.float64)


def _bin(values: Floats) -> NDArray[np.int64]:
    """Number of the bin of each value, rising with the value."""
    bits = np.ascontiguousarray(values + 0.0).view(np.int64)
    ordered = np.where(bits < 0, bits ^ np.int64(0x7FFF_FFFF_FFFF_FFFF), bits)
    return ordered >> _DROPPED_BITS
