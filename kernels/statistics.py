"""Distribution of a cost over a sample: quantiles, CVaR, histogram, in one pass and mergeable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .engine import Floats

EXACT = 10_000_000  # values that are kept one by one


@dataclass(frozen=True)
class Statistics:
    """Sorted values and weights."""

    values: Floats
    weights: Floats

    @staticmethod
    def of(values: Floats, weights: Floats) -> Statistics:
        """Statistics of one chunk."""
        order = np.argsort(values, kind="stable")
        return Statistics(values[order], weights[order])

    def merge(self, other: Statistics) -> Statistics:
        """Statistics of both."""
        return Statistics.of(np.concatenate((self.values, other.values)), np.concatenate((self.weights, other.weights)))
