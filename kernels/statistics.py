"""Distribution of a cost over a sample: mean, variance, quantiles, CVaR, histogram, in one pass and mergeable.

Up to `EXACT` scenarios every value is kept and everything is exact. Beyond, values are counted in fixed bins that are
the same for every chunk and worker: 2^16 bins between consecutive powers of two, by the leading bits of the number. A
quantile is then the mean of the values of its bin, off by at most 2^-16 of itself; mean and CVaR stay closer than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from .arrays import namespace, to_host
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
        return Statistics(((values.copy(), weights.copy()),), len(values))._fitted()

    def merge(self, other: Statistics) -> Statistics:
        """Statistics of both."""
        binned = self.binned or other.binned
        pieces = tuple(chain(self.pieces, other.pieces))
        if len({namespace(values) for values, _ in pieces}) > 1:  # some came from another process: meet on the host
            pieces = tuple((to_host(values), to_host(weights)) for values, weights in pieces)
        merged = Statistics(pieces, self.count + other.count, binned)
        return merged._in_bins() if binned else merged._fitted()

    def _fitted(self) -> Statistics:
        return self._in_bins() if self.count > EXACT else self

    def _in_bins(self) -> Statistics:
        xp, values, weights = self._all
        bins, place = xp.unique(_bin(xp, values), return_inverse=True)
        weight = xp.bincount(place, weights=weights, minlength=len(bins))
        finite = xp.isfinite(values)
        products = xp.where(finite, weights * xp.where(finite, values, 0.0), 0.0)
        total = xp.bincount(place, weights=products, minlength=len(bins))
        infinite = xp.zeros(len(bins))
        infinite[place[~finite]] = values[~finite]
        mean = xp.where(infinite != 0.0, infinite, total / xp.where(weight > 0.0, weight, 1.0))
        return Statistics(((mean, weight.astype(np.float64)),), self.count, binned=True)

    @property
    def _all(self) -> tuple[Any, Any, Any]:
        """Namespace, values and weights of all pieces together."""
        xp = namespace(self.pieces[0][0])
        values, weights = (xp.concatenate(parts) for parts in zip(*self.pieces, strict=True))
        return xp, values, weights

    def __getstate__(self) -> dict[str, Any]:
        pieces = tuple((to_host(values), to_host(weights)) for values, weights in self.pieces)
        return {"pieces": pieces, "count": self.count, "binned": self.binned}

    @cached_property
    def _sorted(self) -> tuple[Floats, Floats]:
        """Values in rising order with their weights; ties by weight, whatever order they came in."""
        xp, values, weights = self._all
        order = xp.lexsort(xp.stack([weights, values]))
        return values[order], weights[order]

    @property
    def points(self) -> tuple[Floats, Floats]:
        """(M,) values in rising order and (M,) their weights: each scenario's, or those of the bins."""
        values, weights = self._sorted
        return to_host(values), to_host(weights)

    @property
    def mean(self) -> float:
        """Weighted mean."""
        values, weights = self._sorted
        if not bool(namespace(values).isfinite(values).all()):
            return float(values.sum())
        return float((weights * values).sum() / weights.sum())

    @property
    def variance(self) -> float:
        """Weighted (population) variance; NaN where a value is not finite."""
        values, weights = self._sorted
        if not bool(namespace(values).isfinite(values).all()):
            return float("nan")
        return float((weights * (values - self.mean) ** 2).sum() / weights.sum())

    def quantile(self, level: float) -> float:
        """Smallest value that at least the share `level` in [0, 1] of the weight does not exceed."""
        if not 0.0 <= level <= 1.0:
            raise ValueError(f"a quantile's level lies between 0 and 1, got {level}")
        values, weights = self._sorted
        xp = namespace(values)
        cumulated = xp.cumsum(weights)
        share = level * cumulated[-1:] * (1.0 - 1e-14)  # 0.1 + 0.2 shall reach 0.3
        return float(values[min(int(xp.searchsorted(cumulated, share)[0]), len(values) - 1)])

    def cvar(self, level: float) -> float:
        """Mean of the worst (largest) share 1 - `level`, level in [0, 1]; at 1 the largest value.

        Rockafellar, Uryasev, J. Banking & Finance 26 (2002), DOI 10.1016/S0378-4266(02)00271-6, with the atom at the
        quantile split as theirs is.
        """
        if not 0.0 <= level <= 1.0:
            raise ValueError(f"a CVaR's level lies between 0 and 1, got {level}")
        values, weights = self._sorted
        xp = namespace(values)
        cumulated = xp.cumsum(weights)
        total = float(cumulated[-1])
        tail = xp.minimum(xp.maximum(cumulated - level * total, 0.0), weights)
        mass = float(tail.sum())
        if mass <= 1e-14 * total:
            return float(values[-1])
        used = tail > 0.0
        return float((tail[used] * values[used]).sum() / mass)

    def histogram(self, bins: int = 50) -> tuple[Floats, Floats]:
        """(weights (bins,), edges (bins + 1,)) over the finite values, bins of equal width."""
        values, weights = self._sorted
        xp = namespace(values)
        finite = xp.isfinite(values)
        counts, edges = xp.histogram(values[finite], bins=bins, weights=weights[finite])
        return to_host(counts.astype(np.float64)), to_host(edges.astype(np.float64))


def _bin(xp: Any, values: Any) -> Any:
    """Number of the bin of each value, rising with the value."""
    bits = xp.ascontiguousarray(values + 0.0).view(np.int64)
    ordered = xp.where(bits < 0, bits ^ np.int64(0x7FFF_FFFF_FFFF_FFFF), bits)
    return ordered >> _DROPPED_BITS
