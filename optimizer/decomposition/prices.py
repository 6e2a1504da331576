"""The features of a whole sample, the costs that differ between its scenarios, and nodes between which these are split.

The recourse Q is concave in prices: where a scenario's prices are a mean of those at some nodes, with weights l_v,

    Q(h, sum_v l_v q_v) >= sum_v l_v Q(h, q_v)

(the bound of Edmundson and Madansky, here of -Q; with right-hand sides h beside them: Frauendorfer 1992, Stochastic
Two-Stage Programming, Springer). The nodes are a grid over the features that prices depend on most, l_v products of
hat functions, so that the means are exact. What the grid's features do not explain of prices stays with each scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ...problems.two_stage import Scenarios, TwoStageProblem
from ...problems.two_stage.problem import Booleans, Floats, Integers
from .activity_bounds import activity_bounds

DRAWN = 16_384  # scenarios drawn at once
LARGEST_FEATURES = 100_000_000  # numbers that are kept of all scenarios
MOST_FEATURES = 200  # of a scenario: beyond, cells mean nothing
REGRESSED = 10_000  # scenarios that prices are explained by the grid's features on
LEVELS = (3, 3, 2)  # of the grid, for the features that prices depend on most


@dataclass(frozen=True)
class FeatureSample:
    """`features` (N, F) and `probability` (N,) of all scenarios that can happen."""

    features: Floats
    probability: Floats

    @staticmethod
    def of(problem: TwoStageProblem, draw: Callable[[int, int], Scenarios], count: int) -> FeatureSample | None:
        """None where cells do not apply: each scenario with a recourse matrix of its own, or too much to keep."""
        width = len(problem.monomials)
        if "recourse" in problem.random or width > MOST_FEATURES or count * width > LARGEST_FEATURES:
            return None
        features, probability = np.empty((count, width)), np.empty(count)
        for first in range(0, count, DRAWN):
            last = min(first + DRAWN, count)
            part = draw(first, last)
            features[first:last], probability[first:last] = problem.features(part.xi), part.probability
        possible = np.flatnonzero(probability > 0.0)
        sample = FeatureSample(features, probability)
        return sample if len(possible) == count else sample.chosen(possible)

    def __len__(self) -> int:
        return len(self.probability)

    def chosen(self, rows: Integers) -> FeatureSample:
        """The scenarios `rows`, with the probabilities that they have."""
        return FeatureSample(self.features[rows], self.probability[rows])

    def weighing(self, total: float) -> FeatureSample:
        """The same scenarios with probabilities in the same proportions that sum to `total`."""
        return FeatureSample(self.features, self.probability * (total / self.probability.sum()))

    def shared(self, share: Floats) -> tuple[FeatureSample, Integers]:
        """The scenarios with a positive `share` (N,), with that share of their probabilities, and which they are."""
        rows = np.flatnonzero(share > 0.0)
        return FeatureSample(self.features[rows], share[rows] * self.probability[rows]), rows


@dataclass(frozen=True)
class Prices:
    """The J costs that differ between scenarios, `offset + coefficients @ features` of the recourse's `columns`.

    `offset` (J,), `coefficients` (J, F); `entry` (J,) their places in the problem's random costs; `lower`, `upper`
    (J,) bounds of the activities in every scenario and design.
    """

    columns: Integers
    entry: Integers
    offset: Floats
    coefficients: Floats
    lower: Floats
    upper: Floats

    @staticmethod
    def of(problem: TwoStageProblem, sample: FeatureSample) -> Prices:
        """Of the scenarios of `sample`."""
        width = sample.features.shape[1]
        if "cost" not in problem.random:
            none = np.zeros(0, np.int64)
            return Prices(none, none, np.zeros(0), np.zeros((0, width)), np.zeros(0), np.zeros(0))
        term = problem.random["cost"]
        coefficients = term.coefficients.toarray()
        entry = np.flatnonzero((np.abs(coefficients) * np.ptp(sample.features, axis=0)).any(axis=1))
        columns = term.index[entry]
        extremes = sample.features.min(axis=0), sample.features.max(axis=0)
        lower, upper = activity_bounds(problem, columns, *extremes)
        return Prices(columns, entry, term.offset[entry], coefficients[entry], lower, upper)

    @property
    def differ(self) -> Booleans:
        """(J,) those that still differ between scenarios."""
        return np.asarray(self.coefficients.any(axis=1), dtype=np.bool_)

    @property
    def bounded(self) -> bool:
        """Every activity whose price differs has a bound: without any, cells cannot take one price for all."""
        return bool((np.isfinite(self.lower) | np.isfinite(self.upper))[self.differ].all())

    def of_features(self, features: Floats) -> Floats:
        """(N, J) costs at `features` (N, F)."""
        return self.offset + np.einsum("kf,jf->kj", features, self.coefficients)


@dataclass(frozen=True)
class PriceGrid:
    """Nodes at all combinations of `levels` of the K `features`; without any, one node with all prices as they are."""

    features: Integers
    levels: tuple[Floats, ...]

    @staticmethod
    def of(prices: Prices, sample: FeatureSample, usage: Floats) -> PriceGrid:
        """A grid over the features that may make costs differ most; `usage` (J,): of activities without bounds."""
        width = prices.upper - prices.lower
        usage = np.where(np.isfinite(width), width, np.abs(usage))
        worth = usage @ np.abs(prices.coefficients) * sample.features.std(axis=0)
        order = np.argsort(-worth, kind="stable")[: len(LEVELS)]
        features, levels = list[int](), list[Floats]()
        for feature, count in zip(order, LEVELS, strict=False):
            values = sample.features[:, feature]
            ends = float(values.min()), float(values.max())
            if worth[feature] > 0.0 and ends[1] - ends[0] > 1e-9 * max(map(abs, ends)):
                inner = np.quantile(values, np.linspace(0.0, 1.0, count)[1:-1])
                features.append(int(feature))
                levels.append(np.unique(np.concatenate([[ends[0]], inner, [ends[1]]])))
        return PriceGrid(np.array(features, np.int64), tuple(levels))

    def nodes(self, sample: FeatureSample) -> Iterator[tuple[Floats, Floats]]:
        """The scenarios' shares (N,) in each node that has any, and the features (K,) there.

        The scenarios must be among those that the grid was made for: beyond its ends shares mean nothing.
        """
        hats = [_hats(sample.features[:, f], level) for f, level in zip(self.features, self.levels, strict=True)]
        for place in product(*(range(len(level)) for level in self.levels)):
            share = np.ones(len(sample))
            for hat, k in zip(hats, place, strict=True):
                share = share * hat[k]
            if (share > 0.0).any():
                yield share, np.array([level[k] for level, k in zip(self.levels, place, strict=True)])

    def prices_at(self, prices: Prices, sample: FeatureSample) -> Callable[[Floats], Prices]:
        """From a node's features (K,) to prices there.

        Prices move along their own coefficients of the grid's features, and along what other features, which move
        with these in `sample`, would add: whatever the directions are, a scenario's price is the mean of its nodes'.
        """
        own = prices.coefficients[:, self.features]
        rest = prices.coefficients.copy()
        rest[:, self.features] = 0.0
        direction = own
        if rest.any() and len(self.features):
            some = sample.features[:: max(1, len(sample) // REGRESSED)]
            known, other = (part - part.mean(axis=0) for part in (some[:, self.features], some @ rest.T))
            direction = own + np.linalg.lstsq(known, other, rcond=None)[0].T
        left = prices.coefficients.copy()
        left[:, self.features] -= direction

        def at(node: Floats) -> Prices:
            return replace(prices, offset=prices.offset + direction @ node, coefficients=left)

        return at


def _hats(values: Floats, levels: Floats) -> list[Floats]:
    """(N,) hat functions of all `levels` at `values` (N,); they sum to 1 and their mean of the levels is the value."""
    at = np.clip(np.searchsorted(levels, values, side="right") - 1, 0, len(levels) - 2)
    part = np.clip((values - levels[at]) / (levels[at + 1] - levels[at]), 0.0, 1.0)
    return [np.where(at == k, 1.0 - part, 0.0) + np.where(at + 1 == k, part, 0.0) for k in range(len(levels))]
