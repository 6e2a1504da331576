"""What a design is judged by: the expected cost, its CVaR, or a mixture of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # the command's options name a `Risk`, and their help should not wait for SciPy
    from ..problems.two_stage.problem import Floats


@dataclass(frozen=True)
class Risk:
    """mean_weight E[Z] + tail_weight CVaR_level[Z] of the cost Z (of the negative profit where profit is maximised).

    CVaR_a[Z] = min over t of  t + E[max(Z - t, 0)] / (1 - a)   (Rockafellar, Uryasev 2000, doi:10.21314/JOR.2000.038);
    level 0 is the mean. Raises ValueError where the level is not in [0, 1) or a weight is negative or both are 0.
    """

    mean_weight: float = 1.0
    tail_weight: float = 0.0
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 0.0 <= self.level < 1.0:
            raise ValueError(f"the level of a CVaR is from 0 to below 1, not {self.level:g}")
        if min(self.mean_weight, self.tail_weight) < 0.0 or self.total_weight <= 0.0:
            given = f"{self.mean_weight:g}, {self.tail_weight:g}"
            raise ValueError(f"the weights of mean and CVaR are not negative and not both 0: {given}")

    @property
    def total_weight(self) -> float:
        """What a certain cost of 1 counts."""
        return self.mean_weight + self.tail_weight

    def value_at_risk(self, costs: Floats, probability: Floats) -> float:
        """Smallest cost that is not exceeded with probability `level`; `costs`, `probability` (N,)."""
        order = np.argsort(costs, kind="stable")
        cumulative = np.cumsum(probability[order])
        k = int(np.searchsorted(cumulative, self.level * cumulative[-1] * (1.0 + 1e-12), side="left"))
        return float(costs[order][min(k, len(order) - 1)])

    def of(self, costs: Floats, probability: Floats) -> float:
        """The measure of a discrete distribution: `costs`, `probability` (N,); zero probabilities count nothing."""
        counted = probability > 0.0
        costs, probability = costs[counted], probability[counted]
        value = self.mean_weight * float(probability @ costs) if self.mean_weight else 0.0
        if self.tail_weight:
            if not np.isfinite(costs).all():
                return float("inf")
            threshold = self.value_at_risk(costs, probability)
            excess = float(probability @ np.maximum(costs - threshold, 0.0))
            value += self.tail_weight * (threshold + excess / (1.0 - self.level))
        return value


EXPECTATION = Risk()
