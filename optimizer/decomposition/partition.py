"""Which scenarios share a cell: those that one dual solution serves best.

At a design x, the dual solution of a cell bounds the recourse of any scenario from below, by an affine function of the
scenario's features plus what activities with a random price may gain. A scenario belongs to the cell whose bound is
greatest for it: least is lost. Solving the cells at their new means gives new duals (Lloyd's algorithm with the
Bregman divergence of the recourse: Banerjee, Merugu, Dhillon, Ghosh 2005, JMLR 6, 1705-1749; refining by the duals:
Song, Luedtke 2015, doi:10.1137/140967337).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from ...kernels import Engine, RecourseLP, Status
from ...problems.two_stage import Scenarios, TwoStageProblem
from ...problems.two_stage.problem import Floats, Integers, RandomPart
from ...problems.two_stage.recourse_data import RecourseData, recourse_data
from ...problems.two_stage.standard_form import StandardRecourse, standard_recourse
from ..risk import EXPECTATION, Risk
from .cells import CellProblem, FeatureSample, Prices

TRAINING = 2048  # scenarios whose own duals are computed; cells are made for them and then take in all others
FEWEST = 32  # cells that are tried first
ROUNDS = 3  # of Lloyd's algorithm
ASSIGNED = 2048  # scenarios whose bounds are compared at once
TOLERANCE = 1e-6  # of the kernel
ROUNDING = 1e-7  # of the greatest price


@dataclass(frozen=True)
class Solved:
    """Scenarios at a design in the standard form, minimised: `objective` (N,), `dual` (N, M), `activity` (N, n)."""

    objective: Floats
    dual: Floats
    activity: Floats


@dataclass(frozen=True)
class _Node:
    """Cells at one node of the prices: their `dual` (C, M), `price` (C, J) and the mean `bound` of their scenarios."""

    prices: Prices
    affine: _Affine
    dual: Floats
    price: Floats
    bound: float


class Partition:
    """Cells for the scenarios of `sample`, all of a positive probability, made at one design after the other."""

    def __init__(
        self,
        problem: TwoStageProblem,
        sample: FeatureSample,
        prices: Prices,
        engine: Engine | str,
        risk: Risk = EXPECTATION,
    ) -> None:
        self.problem, self.sample, self.prices, self.engine = problem, sample, prices, engine
        self._split = not risk.tail_weight  # scenarios between nodes: what a CVaR is of may not be spread
        self.form: StandardRecourse = standard_recourse(problem)
        self._lps = [RecourseLP(b.W, b.cost, b.upper, lower=b.lower) for b in self.form.blocks]
        count = len(sample)
        # evenly spread: the first outcomes of an enumeration are all alike
        self._training = np.unique(np.linspace(0, count - 1, min(count, TRAINING)).astype(np.int64))
        self.seconds_a_scenario = 0.0  # that one takes to be operated, as far as that is known
        self._generator = np.random.default_rng(0)

    def few(self, count: int) -> CellProblem:
        """Some scenarios in place of all, for a first design: no bound comes from them."""
        chosen = self._training[np.linspace(0, len(self._training) - 1, min(count, len(self._training))).astype(int)]
        few = self.sample.chosen(np.unique(chosen))
        few = FeatureSample(few.features, few.probability / few.probability.sum())
        own = self.prices.of_features(few.features)
        return CellProblem.of(self.problem, few, self.prices, np.arange(len(few)), own)

    def at(self, x: Floats, cells: int, wanted: float) -> tuple[CellProblem, float] | None:
        """About `cells` cells made at `x` (n1,), or fewer that lose less than `wanted`, with their loss there.

        The loss is that of the training scenarios, in the objective's unit. None where `x` does not serve all of them.
        """
        training = self.sample.chosen(self._training)
        training = FeatureSample(training.features, training.probability / training.probability.sum())
        started = time.perf_counter()
        own = self._solve(self._scenarios(training.features), x)
        if own is None:
            return None
        self.seconds_a_scenario = (time.perf_counter() - started) / len(training)
        usage = training.probability @ own.activity[:, self.prices.columns]
        number, nodes = min(cells, FEWEST), self._nodes(usage)
        while True:
            left, made = float(training.probability @ own.objective), list[_Node]()
            for share, prices in nodes:
                sample = training.shared(share[self._training])
                if not len(sample):  # all scenarios there were left out of the training
                    sample = self.sample.chosen(np.array([share.argmax()]))
                node = self._node(sample, prices, x, max(1, round(number * float(sample.probability.sum()))))
                if node is None:
                    return None
                left -= node.bound
                made.append(node)
            if left <= wanted or number == cells:
                break
            number = min(2 * number, cells)
        parts: list[CellProblem] = []
        for node, (share, _) in zip(made, nodes, strict=True):
            sample = self.sample.shared(share)
            cell, _ = node.affine.assign(sample.features, node.dual)
            parts.append(CellProblem.of(self.problem, sample, node.prices, cell, node.price))
        return CellProblem.together(parts), left

    def _nodes(self, usage: Floats) -> list[tuple[Floats, Prices]]:
        return self.prices.nodes(self.sample, usage) if self._split else [(np.ones(len(self.sample)), self.prices)]

    def _node(self, sample: FeatureSample, prices: Prices, x: Floats, cells: int) -> _Node | None:
        """At most `cells` cells of the scenarios of `sample` at one node of the prices."""
        chosen = np.sort(self._generator.permutation(len(sample))[:cells])
        price = prices.of_features(sample.features[chosen])
        first = CellProblem.of(self.problem, sample.chosen(chosen), prices, np.arange(len(chosen)), price)
        solved = self._solve(first.scenarios, x)
        if solved is None:
            return None
        affine, dual, bound = _Affine.at(self.form, prices, x, sample.features.shape[1]), solved.dual, -np.inf
        for _ in range(ROUNDS):
            cell, _ = affine.assign(sample.features, dual)
            price = self._fitting_prices(sample, prices, cell, price, x)
            solved = self._solve(self._cell_scenarios(sample, prices, cell, price), x)
            if solved is None:
                return None
            dual = dual.copy()
            dual[np.unique(cell)] = solved.dual
        _, own = affine.assign(sample.features, dual)
        bound = float(sample.probability @ own)
        return _Node(prices, affine, dual, price, bound)

    def _fitting_prices(
        self, sample: FeatureSample, prices: Prices, cell: Integers, price: Floats, x: Floats
    ) -> Floats:
        """(cells, J) the price of each activity up to which its cell buys at `x`, the cheapest scenarios first."""
        form = self.form
        mean = _mean_prices(sample, prices, cell, price)
        width = prices.upper - prices.lower
        bounded = np.flatnonzero(np.isfinite(width) & (width > 0.0))
        if not len(bounded):
            return mean
        solved = self._solve(self._cell_scenarios(sample, prices, cell, mean), x)
        if solved is None:
            return mean
        columns = prices.columns[bounded]
        standard = form.sense * form.sign[columns]
        fraction = np.clip(solved.activity[:, columns] / width[bounded], 0.0, 1.0)
        own = prices.of_features(sample.features)[:, bounded] * standard
        result = mean.copy()
        for row, c in enumerate(np.unique(cell)):
            members = np.sort(own[cell == c], axis=0)
            place = fraction[row] * (len(members) - 1)
            low = np.floor(place).astype(np.int64)
            high, part, every = np.minimum(low + 1, len(members) - 1), place - low, np.arange(len(bounded))
            result[c, bounded] = standard * ((1.0 - part) * members[low, every] + part * members[high, every])
        return result

    def _cell_scenarios(self, sample: FeatureSample, prices: Prices, cell: Integers, price: Floats) -> Scenarios:
        return CellProblem.of(self.problem, sample, prices, cell, price).scenarios

    def _scenarios(self, features: Floats) -> Scenarios:
        parts: dict[RandomPart, Floats] = {name: term.values(features) for name, term in self.problem.random.items()}
        count = len(features)
        return Scenarios(0, np.zeros((count, 0)), np.full(count, 1.0 / count), parts)

    def _solve(self, scenarios: Scenarios, x: Floats) -> Solved | None:
        """None where one is infeasible or could not be solved."""
        form = self.form
        own: dict[RandomPart, Floats] = {
            name: values for name, values in scenarios.parts.items() if name in self.problem.random
        }
        data: RecourseData = recourse_data(form, Scenarios(0, scenarios.xi, scenarios.probability, own))
        count = len(data)
        objective, dual = np.zeros(count), np.zeros((count, form.W.shape[0]))
        activity = np.zeros((count, form.W.shape[1]))
        for lp, block, lanes in zip(self._lps, form.blocks, data.lanes(x), strict=True):
            batch = lp.solve(lanes.h, lanes.q, lanes.upper, engine=self.engine, tolerance=TOLERANCE, primal=True)
            if (np.asarray(batch.status) != Status.OPTIMAL).any() or batch.primal is None:
                return None
            dual[:, block.rows] = batch.dual.reshape(count, *block.rows.shape)
            activity[:, block.columns] = batch.primal.reshape(count, *block.columns.shape)
            objective += batch.lower_bound.reshape(count, -1).sum(axis=1)
        return Solved(objective, dual, activity)


@dataclass(frozen=True)
class _Affine:
    """The standard form at one design as a function of features f: each is its row 0 plus its other rows times f.

    `h` (1 + F, M), `upper` (1 + F, n); costs that differ between scenarios are `prices` in the standard form.
    """

    form: StandardRecourse
    h: Floats
    upper: Floats
    cost: Floats
    columns: Integers
    price: Floats
    width: Floats

    @staticmethod
    def at(form: StandardRecourse, prices: Prices, x: Floats, count: int) -> _Affine:
        corners = np.concatenate([np.zeros((1, count)), np.eye(count)])
        parts: dict[RandomPart, Floats] = {name: term.values(corners) for name, term in form.problem.random.items()}
        data = recourse_data(form, Scenarios(0, np.zeros((len(corners), 0)), np.ones(len(corners)), parts))
        h, upper = data.at(x)
        with np.errstate(invalid="ignore"):
            h, upper = (np.concatenate([a[:1], a[1:] - a[:1]]) for a in (h, upper))
        sign = form.sense * form.sign[prices.columns]
        price = np.concatenate([prices.offset[:, None], prices.coefficients], axis=1).T * sign
        return _Affine(form, h, upper, data.cost[0], prices.columns, price, prices.upper - prices.lower)

    def assign(self, features: Floats, dual: Floats) -> tuple[Integers, Floats]:
        """(N,) the row of `dual` (C, M) whose bound is greatest for each of `features` (N, F), and that bound."""
        value = np.asarray((self.form.W.T @ dual.T).T)
        pull = np.minimum(self.cost - value, 0.0)
        finite = np.isfinite(self.upper[0])
        finite[self.columns] = False
        pull = np.where(finite, pull, 0.0)
        bounds = np.where(finite, self.upper, 0.0)
        linear = np.einsum("cm,fm->cf", dual, self.h) + np.einsum("cn,fn->cf", pull, bounds)
        cell, best = np.empty(len(features), np.int64), np.empty(len(features))
        for first in range(0, len(features), ASSIGNED):
            rows = slice(first, first + ASSIGNED)
            found = np.einsum("kf,cf->kc", features[rows], linear[:, 1:]) + linear[:, 0]
            price = np.einsum("kf,fj->kj", features[rows], self.price[1:]) + self.price[0]
            for j, column in enumerate(self.columns):
                short = np.minimum(price[:, j, None] - value[:, column], 0.0)
                if np.isfinite(self.width[j]):
                    found += short * self.width[j]
                else:  # no rounding error forbids a cell
                    found[short < -ROUNDING * np.abs(self.price[0]).max()] = -np.inf
            cell[rows] = found.argmax(axis=1)
            best[rows] = np.take_along_axis(found, cell[rows, None], axis=1)[:, 0]
        return cell, best


def _mean_prices(sample: FeatureSample, prices: Prices, cell: Integers, empty: Floats) -> Floats:
    """(cells, J) mean prices of the cells' scenarios, of `empty` (cells, J) where there are none."""
    cells = len(empty)
    gather: Any = sp.csr_array((sample.probability, (cell, np.arange(len(cell)))), shape=(cells, len(cell)))
    mass = np.bincount(cell, sample.probability, cells)[:, None]
    mean = prices.of_features(np.asarray(gather @ sample.features) / np.where(mass > 0.0, mass, 1.0))
    return np.where(mass > 0.0, mean, empty)
