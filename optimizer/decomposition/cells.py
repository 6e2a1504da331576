"""Many scenarios in few cells: a smaller problem of the same form whose optimum is never above the large one's.

With W the same in all scenarios, the recourse Q is convex in right-hand sides and bounds, which are affine in the
features: by Jensen's inequality, a cell's scenarios at their mean features cost no more than they do one by one
(Madansky 1960, doi:10.1287/mnsc.6.2.197). Q is concave in prices, where the mean would cost more: scenarios are split
between nodes of them first (`prices.py`). What is left of the prices is met otherwise. For any price t_j of a cell and
all activities l <= y_kj <= u,

    sum_k p_k q_kj y_kj >= t_j sum_k p_k y_kj + sum_k p_k min over l <= y <= u of (q_kj - t_j) y,

so that the cell may take t_j with that constant. Its loss is least for the t_j up to which the mean activity is bought
where prices are low. A CVaR is raised by no averaging within cells, but by nodes, which spread what one
scenario costs, and it is of whole scenarios: it goes without nodes and parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from ...problems.two_stage import RandomTerm, Scenarios, Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats, Integers, RandomPart
from .prices import DRAWN, FeatureSample, Prices


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
        return CellProblem(parts[0].problem, Scenarios.joined([part.scenarios for part in parts]))

    @staticmethod
    def of(
        problem: TwoStageProblem, sample: FeatureSample, prices: Prices, cell: Integers, price: Floats
    ) -> CellProblem:
        """Cells from the `cell` (N,) of every scenario and the cells' costs `price` (cells, J).

        Where the activity has one bound only, the cell's cost is the least favourable of its scenarios instead.
        """
        cells, sign = len(price), -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
        mass, mean = cell_means(sample, cell, cells)
        used = np.flatnonzero(mass > 0.0)
        mean = mean[used]
        own = _one_sided(sample, prices, cell, price, sign) if prices.differ.any() else price
        constant = np.zeros(cells)
        for first in range(0, len(cell) if prices.differ.any() else 0, DRAWN):
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


def cell_means(sample: FeatureSample, cell: Integers, cells: int) -> tuple[Floats, Floats]:
    """Probability (cells,) and mean features (cells, F) of each cell, 0 of one that no scenario is in."""
    gather = sp.csr_array((sample.probability, (cell, np.arange(len(cell)))), shape=(cells, len(cell)))
    mass = np.asarray(gather.sum(axis=1)).ravel()
    return mass, np.asarray(gather @ sample.features) / np.where(mass > 0.0, mass, 1.0)[:, None]


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
