"""Many scenarios in few cells: a smaller problem of the same form whose optimum is never above the large one's.

With W the same in all scenarios, the recourse Q is convex in right-hand sides and bounds, which are affine in the
features: by Jensen's inequality, a cell's scenarios at their mean features cost no more than they do one by one
(Madansky 1960, doi:10.1287/mnsc.6.2.197). Q is concave in prices, where the mean would cost more. Where prices move
together along one direction, a scenario between two nodes of that line is replaced by the two (the bound of Edmundson
and Madansky, here of -Q):

    Q(h, (1 - l) q_a + l q_b) >= (1 - l) Q(h, q_a) + l Q(h, q_b).

What is left of the prices is met otherwise. For any price t_j of a cell and all activities l <= y_kj <= u,

    sum_k p_k q_kj y_kj >= t_j sum_k p_k y_kj + sum_k p_k min over l <= y <= u of (q_kj - t_j) y,

so that the cell may take t_j with that constant. Its loss is least for the t_j up to which the mean activity is bought
where prices are low. A CVaR is raised by no averaging within cells, but by the two nodes, which spread what one
scenario costs: it goes without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from ...problems.two_stage import RandomTerm, Scenarios, Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats, Integers, RandomPart
from .activity_bounds import activity_bounds

DRAWN = 16_384  # scenarios drawn at once
LARGEST_FEATURES = 100_000_000  # numbers that are kept of all scenarios
NODES = 3  # of the line that prices follow
REGRESSED = 10_000  # scenarios that the line is found from
MOST_FEATURES = 200  # of a scenario: beyond, cells mean nothing


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
        return (
            FeatureSample(features[possible], probability[possible])
            if len(possible) < count
            else FeatureSample(features, probability)
        )

    def __len__(self) -> int:
        return len(self.probability)

    def chosen(self, rows: Integers) -> FeatureSample:
        """The scenarios `rows`, with the probabilities that they have."""
        return FeatureSample(self.features[rows], self.probability[rows])

    def shared(self, share: Floats) -> FeatureSample:
        """The scenarios with a positive `share` (N,), with that share of their probabilities."""
        rows = np.flatnonzero(share > 0.0)
        return FeatureSample(self.features[rows], share[rows] * self.probability[rows])


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
    def of(problem: TwoStageProblem, sample: FeatureSample) -> Prices | None:
        """None where an activity without any bound has a random cost."""
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
        if not (np.isfinite(lower) | np.isfinite(upper)).all():
            return None
        return Prices(columns, entry, term.offset[entry], coefficients[entry], lower, upper)

    def of_features(self, features: Floats) -> Floats:
        """(N, J) costs at `features` (N, F)."""
        return self.offset + np.einsum("kf,jf->kj", features, self.coefficients)

    def nodes(self, sample: FeatureSample, usage: Floats) -> list[tuple[Floats, Prices]]:
        """Nodes of the line that costs follow most: the scenarios' shares (N,) in each, and prices there.

        `usage` (J,): typical activities, which say what a price is worth. One node where nothing is bought, none
        without a share. Shares and prices belong together: a part of the sample has no nodes of its own.
        """
        worth, coefficients = float(self.offset @ usage), usage @ self.coefficients
        place = worth + np.einsum("kf,f->k", sample.features, coefficients)
        low, high = float(place.min(initial=np.inf)), float(place.max(initial=-np.inf))
        if not high - low > 1e-9 * max(abs(low), abs(high)):
            return [(np.ones(len(sample)), self)]
        training = self.of_features(sample.features[:: max(1, len(sample) // REGRESSED)])
        along = training @ usage - (training @ usage).mean()
        direction = along @ (training - training.mean(axis=0)) / max(float(along @ along), 1e-300)
        result: list[tuple[Floats, Prices]] = []
        step = (high - low) / (NODES - 1)
        for value in np.linspace(low, high, NODES):
            share = np.maximum(1.0 - np.abs(place - value) / step, 0.0)
            offset = self.offset + direction * (value - worth)
            moved = replace(self, offset=offset, coefficients=self.coefficients - np.outer(direction, coefficients))
            if share.any():
                result.append((share, moved))
        return result


@dataclass(frozen=True)
class CellProblem:
    """`problem` with the cells' `scenarios`, one for each of the M cells that have a probability."""

    problem: TwoStageProblem
    scenarios: Scenarios

    def __len__(self) -> int:
        return len(self.scenarios)

    def draw(self, first: int, last: int) -> Scenarios:
        """Cells first..last-1."""
        return self.scenarios.part(first, last)

    @staticmethod
    def together(parts: Sequence[CellProblem]) -> CellProblem:
        """The cells of all `parts`, which share a problem."""
        scenarios = [part.scenarios for part in parts]
        joined: dict[RandomPart, Floats] = {
            part: np.concatenate([s.parts[part] for s in scenarios]) for part in scenarios[0].parts
        }
        xi, probability = (np.concatenate([getattr(s, name) for s in scenarios]) for name in ("xi", "probability"))
        return CellProblem(parts[0].problem, Scenarios(0, xi, probability, joined))

    @staticmethod
    def of(
        problem: TwoStageProblem, sample: FeatureSample, prices: Prices, cell: Integers, price: Floats
    ) -> CellProblem:
        """Cells from the `cell` (N,) of every scenario and the cells' costs `price` (cells, J).

        Where the activity has one bound only, the cell's cost is the least favourable of its scenarios instead.
        """
        cells, sign = len(price), -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
        gather = sp.csr_array((sample.probability, (cell, np.arange(len(cell)))), shape=(cells, len(cell)))
        mass = np.asarray(gather.sum(axis=1)).ravel()
        used = np.flatnonzero(mass > 0.0)
        mean = np.asarray(gather @ sample.features)[used] / mass[used, None]
        own = _one_sided(sample, prices, cell, price, sign)
        constant = np.zeros(cells)
        for first in range(0, len(cell), DRAWN):
            rows = slice(first, first + DRAWN)
            difference = prices.of_features(sample.features[rows]) - own[cell[rows]]
            with np.errstate(invalid="ignore"):
                ends = (sign * difference * bound for bound in (prices.lower, prices.upper))
                least = np.fmin(*(np.where(difference == 0.0, 0.0, end) for end in ends)).sum(axis=1)
            constant += np.bincount(cell[rows], least * sample.probability[rows], cells)
        parts: dict[RandomPart, Floats] = {name: term.values(mean) for name, term in problem.random.items()}
        if len(prices.entry):
            parts["cost"] = parts["cost"].copy()
            parts["cost"][:, prices.entry] = own[used]
        extra = sign * constant[used, None] / mass[used, None]
        random = dict(problem.random)
        if "constant" in random and len(random["constant"].index):
            parts["constant"] = parts["constant"] + extra
        else:
            nominal = np.array([problem.recourse.constant])
            random["constant"] = RandomTerm(np.zeros(1, np.int64), nominal, sp.csr_array((1, mean.shape[1])))
            parts["constant"] = nominal + extra
        return CellProblem(replace(problem, random=random), Scenarios(0, np.zeros((len(used), 0)), mass[used], parts))


def _one_sided(sample: FeatureSample, prices: Prices, cell: Integers, price: Floats, sign: float) -> Floats:
    """`price` (cells, J), replaced where an activity has no upper or no lower bound by what no scenario is below."""
    own = price.copy()
    for bound, worst in ((prices.upper, np.minimum), (prices.lower, np.maximum)):
        for j in np.flatnonzero(~np.isfinite(bound)):
            values = sign * (prices.offset[j] + np.einsum("kf,f->k", sample.features, prices.coefficients[j]))
            extreme = np.full(len(price), np.inf if worst is np.minimum else -np.inf)
            worst.at(extreme, cell, values)
            own[:, j] = np.where(np.isfinite(extreme), sign * extreme, own[:, j])
    return own
