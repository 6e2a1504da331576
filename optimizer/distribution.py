"""What is known about a design after operating it in scenarios: mergeable sums, and the statistics taken from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..kernels import BLOCK, Statistics, Status
from ..kernels.block_tree import Place, insert, total
from ..problems.two_stage.problem import Floats

POSITIVE = 1e-3  # above which a physical report counts as having happened


@dataclass(frozen=True)
class BlockSums:
    """Sums over some blocks of scenarios; scenarios without an answer are in the counts only.

    `weight`, `value` (R,): probability and probability x objective by independent randomization; `reports`, `positive`
    (K,): probability x report, and probability that a report is positive; `worst` (E,): largest value of each residual;
    `counts` (4,): scenarios, resolved exactly, infeasible or unbounded, failed.
    """

    weight: Floats
    value: Floats
    reports: Floats
    positive: Floats
    worst: Floats
    counts: NDArray[np.int64]

    def plus(self, later: BlockSums) -> BlockSums:
        """Sums over both."""
        return BlockSums(
            self.weight + later.weight,
            self.value + later.value,
            self.reports + later.reports,
            self.positive + later.positive,
            np.maximum(self.worst, later.worst),
            self.counts + later.counts,
        )


@dataclass(frozen=True)
class Distribution:
    """Distribution of the objective over the scenarios seen so far; parts of one sample merge in any order.

    Sums are formed over blocks of `BLOCK` scenarios at fixed places of the sample and added along one fixed tree, so
    they do not depend on who computed what. `maximize`: small values are the bad ones.
    """

    maximize: bool = False
    _nodes: dict[Place, BlockSums] = field(default_factory=dict)
    limited: tuple[Distribution, ...] = ()  # of the amounts that limits over all scenarios are on
    _statistics: Statistics | None = None  # of the cost: of minus the objective where it is maximized

    @staticmethod
    def of_block(
        first: int,
        objective: Floats,
        probability: Floats,
        status: NDArray[np.int8],
        *,
        resolved_exactly: int = 0,
        maximize: bool = False,
        randomization: NDArray[np.int64] | None = None,
        randomizations: int = 1,
        reports: Floats | None = None,
        residuals: Floats | None = None,
        limited: Floats | None = None,
    ) -> Distribution:
        """Sums of one block of N <= BLOCK scenarios that begins at scenario `first`, a multiple of BLOCK.

        `objective`, `probability`, `status`, `randomization` (N,); `reports` (N, K); `residuals`
        (N, E); `limited` (N, L).
        """
        if first % BLOCK or len(objective) > BLOCK:
            raise ValueError(f"{len(objective)} scenarios from {first} are no block of {BLOCK}")
        good = status == Status.OPTIMAL
        values, weights = objective[good], probability[good]
        groups = np.zeros(len(values), np.int64) if randomization is None else randomization[good]
        physical = np.zeros((len(values), 0)) if reports is None else reports[good]
        worst = np.zeros((len(values), 0)) if residuals is None else residuals[good]
        failed = int((status == Status.FAILED).sum())
        sums = BlockSums(
            np.asarray(np.bincount(groups, weights, randomizations), np.float64),
            np.asarray(np.bincount(groups, weights * values, randomizations), np.float64),
            weights @ physical,
            weights @ (physical > POSITIVE),
            worst.max(axis=0, initial=-np.inf),
            np.array([len(objective), resolved_exactly, int((~good).sum()) - failed, failed], np.int64),
        )
        statistics = Statistics.of(-values if maximize else values, weights) if len(values) else None
        of_limits = (
            ()
            if limited is None
            else tuple(
                Distribution.of_block(
                    first, amount, probability, status, randomization=randomization, randomizations=randomizations
                )
                for amount in limited.T
            )
        )
        return Distribution(maximize, {(0, first // BLOCK): sums}, of_limits, statistics)

    def merge(self, other: Distribution) -> Distribution:
        """The distribution over both. Raises ValueError where a block is in both."""
        nodes = dict(self._nodes)
        for place, node in other._nodes.items():
            insert(nodes, place, node)
        mine, theirs = self._statistics, other._statistics
        both = mine.merge(theirs) if mine is not None and theirs is not None else mine or theirs
        pairs = zip(self.limited, other.limited, strict=True) if self._nodes and other._nodes else ()
        limited = tuple(one.merge(another) for one, another in pairs) or self.limited or other.limited
        return Distribution(other.maximize if not self._nodes else self.maximize, nodes, limited, both)

    @property
    def _total(self) -> BlockSums:
        return total(self._nodes)

    @property
    def scenarios(self) -> int:
        """Scenarios seen, with or without an answer."""
        return int(self._total.counts[0]) if self._nodes else 0

    @property
    def resolved_exactly(self) -> int:
        """Scenarios that the kernel left to the exact solver."""
        return int(self._total.counts[1]) if self._nodes else 0

    @property
    def failed(self) -> int:
        """Scenarios without an answer: infeasible, unbounded or failed."""
        return int(self._total.counts[2:].sum()) if self._nodes else 0

    @property
    def weight(self) -> float:
        """Probability of the scenarios that have an answer; 0 where none has."""
        return float(self._total.weight.sum()) if self._statistics is not None else 0.0

    @property
    def mean(self) -> float:
        """Weighted mean; NaN without an answer."""
        return float(self._total.value.sum() / self._total.weight.sum()) if self.weight else float("nan")

    @property
    def standard_error(self) -> float | None:
        """Of the mean: s / sqrt(N) for one sample of independent scenarios, else from the independent randomizations.

        With R randomizations of weights w_r (summing to 1) and means m_r about the mean m: the square root of
        R / (R - 1) sum_r w_r^2 (m_r - m)^2. None with fewer than two of what it is taken from.
        """
        if self._statistics is None:
            return None
        if len(self._total.weight) == 1:
            count = self.scenarios - self.failed
            return float(np.sqrt(self._statistics.variance / (count - 1))) if count > 1 else None
        done = self._total.weight > 0.0
        weight, value = self._total.weight[done], self._total.value[done]
        if len(weight) < 2:
            return None
        share = weight / weight.sum()
        return float(np.sqrt(len(weight) / (len(weight) - 1) * (share**2 @ (value / weight - self.mean) ** 2)))

    @property
    def points(self) -> tuple[Floats, Floats]:
        """(M,) values in rising order and (M,) their weights: of scenarios, or of fine bins beyond 10 million."""
        if self._statistics is None:
            return np.zeros(0), np.zeros(0)
        values, weights = self._statistics.points
        return (-values[::-1], weights[::-1]) if self.maximize else (values, weights)

    def quantile(self, level: float) -> float:
        """Smallest value that is not exceeded with at least probability `level`; NaN without an answer."""
        values, weights = self.points
        if not len(values):
            return float("nan")
        cumulated = np.cumsum(weights)
        share = level * cumulated[-1] * (1.0 - 1e-14)  # 0.1 + 0.2 shall reach 0.3
        return float(values[min(int(np.searchsorted(cumulated, share)), len(values) - 1)])

    def cvar(self, level: float) -> float:
        """Mean of the worst 1 - `level` of the probability (largest costs, smallest profits); NaN without an answer."""
        if self._statistics is None:
            return float("nan")
        return -self._statistics.cvar(level) if self.maximize else self._statistics.cvar(level)

    @property
    def report_means(self) -> Floats:
        """(K,) mean of every physical report."""
        return self._total.reports / (self.weight or 1.0)

    @property
    def report_probabilities(self) -> Floats:
        """(K,) probability that a report is positive."""
        return self._total.positive / (self.weight or 1.0)

    @property
    def worst_residuals(self) -> Floats:
        """(E,) largest of every residual; -inf without an answer."""
        return self._total.worst
