"""Which scenarios share a cell: those that one dual solution serves best.

At a design x, the dual solution of a cell bounds the recourse of any scenario from below, by an affine function of the
scenario's features plus what activities with a random price may gain. A scenario belongs to the cell whose bound is
greatest for it: least is lost. The first duals are those of single scenarios, added one by one where they raise the
mean bound most, in whichever part of the recourse and at whichever node of the prices that is (greedy facility
location: Cornuejols, Fisher, Nemhauser 1977, doi:10.1287/mnsc.23.8.789). Solving the cells at their means gives better
ones (Lloyd's algorithm with the Bregman divergence of the recourse: Banerjee, Merugu, Dhillon, Ghosh 2005, JMLR 6,
1705-1749; refining by the duals: Song, Luedtke 2015, doi:10.1137/140967337).
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass

import numpy as np

from ...kernels import Engine
from ...problems.two_stage import TwoStageProblem
from ...problems.two_stage.problem import Floats, Integers
from ...problems.two_stage.recourse_data import recourse_data
from ..risk import EXPECTATION, Risk
from .cells import CellProblem, cell_means
from .dual_bounds import DualBounds
from .prices import FeatureSample, PriceGrid, Prices
from .separable import idle_links, separated
from .solved_scenarios import ScenarioSolver, SolvedScenarios

TRAINING = 2048  # scenarios that are operated at a design that cells are made at
CANDIDATES = 160  # of them, whose duals at every node cells are chosen from
ROUNDS = 1  # of Lloyd's algorithm


@dataclass(frozen=True)
class MadeCells:
    """Cells of every `part` of the recourse, made at a design; figures are minimised.

    `value`: what the design's recourse costs, from the training scenarios and the cells' bound of all others, with its
    standard `error`; `loss`: how much less the cells say there.
    """

    parts: tuple[CellProblem, ...]
    value: float
    error: float
    loss: float

    def __len__(self) -> int:
        return sum(map(len, self.parts))


@dataclass
class _Part:
    """A part of the recourse and its prices in all scenarios."""

    solver: ScenarioSolver
    prices: Prices


@dataclass
class _Node:
    """A part at one node of the prices: `candidates` with their `weight` (T,), what every one's dual bounds all of them
    by, `bounds` (T, T), and the best such bound `reached` (T,) of those chosen."""

    part: int
    prices: Prices
    bound: DualBounds
    candidates: FeatureSample
    dual: Floats
    bounds: Floats
    reached: Floats
    chosen: list[int]

    @property
    def weight(self) -> Floats:
        return self.candidates.probability

    def gain(self) -> tuple[float, int]:
        """What one more dual would raise the mean bound by at most, and which."""
        gains = np.maximum(self.bounds - self.reached, 0.0) @ self.weight
        best = int(gains.argmax())
        return float(gains[best]), best

    def choose(self, k: int) -> None:
        self.chosen.append(k)
        self.reached = np.maximum(self.reached, self.bounds[k])


class Partition:
    """Cells for the scenarios of `sample`, all of a positive probability, made at one design after the other."""

    def __init__(
        self, problem: TwoStageProblem, sample: FeatureSample, engine: Engine | str, risk: Risk = EXPECTATION
    ) -> None:
        self.problem, self.sample, self.risk, self._engine = problem, sample, risk, engine
        # neither parts nor shares between nodes where a CVaR of whole scenarios is asked for
        self._split = not risk.tail_weight
        self.solver = ScenarioSolver(problem, engine)
        count = len(sample)
        # evenly spread: the first outcomes of an enumeration are all alike
        self._training = np.unique(np.linspace(0, count - 1, min(count, TRAINING)).astype(np.int64))
        self._parts: list[_Part] = []
        self._grid = PriceGrid(np.zeros(0, np.int64), ())
        self.seconds_a_scenario = 0.0  # that one takes to be operated, as far as that is known

    def few(self, count: int) -> CellProblem:
        """Some scenarios in place of all, for a first design: no bound comes from them."""
        chosen = self._training[np.linspace(0, len(self._training) - 1, min(count, len(self._training))).astype(int)]
        few = self.sample.chosen(np.unique(chosen)).weighing(1.0)
        prices = Prices.of(self.problem, few)
        return CellProblem.of(self.problem, few, prices, np.arange(len(few)), prices.of_features(few.features))

    def at(self, x: Floats, cells: int, wanted: float) -> MadeCells | None:
        """About `cells` cells made at `x` (n1,), or fewer that lose less than `wanted` there.

        None where `x` does not serve all training scenarios, or where an activity without bounds has a price that no
        grid explains.
        """
        training = self.sample.chosen(self._training)
        started = time.perf_counter()
        own = self.solver.solve(self.solver.scenarios(training.features), x)
        if own is None:
            return None
        self.seconds_a_scenario = (time.perf_counter() - started) / len(training)
        if not self._parts:
            self._separate(own, training, x)
        nodes = self._nodes(x)
        if nodes is None:
            return None
        _choose(nodes, cells, wanted)
        parts, bound = self._cells(nodes, x)
        return self._made(parts, bound, own)

    def _separate(self, own: SolvedScenarios, training: FeatureSample, x: Floats) -> None:
        """Find parts and grid, once: at any design they are as valid."""
        problems = (self.problem,)
        if self._split:
            form = self.solver.form
            h, _ = recourse_data(form, self.solver.scenarios(training.features)).at(x)
            problems = separated(self.problem, idle_links(own, form, h))
        self._parts = [_Part(ScenarioSolver(p, self._engine), Prices.of(p, self.sample)) for p in problems]
        if self._split:
            prices = Prices.of(self.problem, self.sample)
            usage = training.probability @ own.activity[:, prices.columns]
            self._grid = PriceGrid.of(prices, self.sample, usage)

    def _nodes(self, x: Floats) -> list[_Node] | None:
        """Every part at every node, with candidates for its cells."""
        nodes: list[_Node] = []
        training = self.sample.chosen(self._training)
        moved = [self._grid.prices_at(part.prices, self.sample) for part in self._parts]
        shares = {place.tobytes(): share for share, place in self._grid.nodes(training)}
        for share, place in self._grid.nodes(self.sample):
            mass = float(self.sample.probability @ share)
            if place.tobytes() in shares:
                able, _ = training.shared(shares[place.tobytes()])
            else:  # all scenarios there were left out of the training
                able, _ = self.sample.chosen(np.array([share.argmax()])).shared(np.ones(1))
            rows = np.unique(np.linspace(0, len(able) - 1, min(len(able), CANDIDATES)).astype(np.int64))
            able = able.chosen(rows).weighing(mass)
            for k, part in enumerate(self._parts):
                node = _candidates(k, part, moved[k](place), able, x)
                if node is None:
                    return None
                nodes.append(node)
        return nodes

    def _cells(self, nodes: list[_Node], x: Floats) -> tuple[tuple[CellProblem, ...], Floats]:
        """The cells of the duals chosen, and what they bound every scenario (N,) by."""
        bound = np.zeros(len(self.sample))
        parts: list[list[CellProblem]] = [[] for _ in self._parts]
        of_place = iter(nodes)
        for share, _ in self._grid.nodes(self.sample):
            members, rows = self.sample.shared(share)
            for k, part in enumerate(self._parts):
                node = next(of_place)
                dual, price = _refined(node, part, x)
                cell, best = node.bound.best(members.features, dual)
                bound[rows] += share[rows] * best
                parts[k].append(CellProblem.of(part.solver.problem, members, node.prices, cell, price))
        return tuple(CellProblem.together(part) for part in parts), bound

    def _made(self, parts: tuple[CellProblem, ...], bound: Floats, own: SolvedScenarios) -> MadeCells:
        training = self.sample.chosen(self._training)
        weight = training.probability / training.probability.sum()
        difference = own.objective - bound[self._training]
        loss = float(weight @ difference)
        spread = float(np.sqrt(weight @ (difference - loss) ** 2 * (weight @ weight)))
        form = self.solver.form
        offset = form.sense * recourse_data(form, self.solver.scenarios(training.features)).offset
        if self.risk.tail_weight:
            value = self.risk.of(own.objective + offset, weight)
        else:
            value = self.risk.mean_weight * (float(self.sample.probability @ bound) + loss + float(weight @ offset))
        exact = len(training) == len(self.sample)
        return MadeCells(parts, value, 0.0 if exact else spread, loss)


def _candidates(k: int, part: _Part, prices: Prices, able: FeatureSample, x: Floats) -> _Node | None:
    """Part `k` at the node with `prices`, and the duals of the scenarios `able`; None where they cannot be solved."""
    if not prices.bounded:
        return None
    solver = part.solver
    first = CellProblem.of(solver.problem, able, prices, np.arange(len(able)), prices.of_features(able.features))
    solved = solver.solve(first.scenarios, x)
    if solved is None:
        return None
    bound = DualBounds.at(solver.form, prices, x, able.features.shape[1])
    bounds = bound.of(able.features, solved.dual).T
    return _Node(k, prices, bound, able, solved.dual, bounds, np.full(len(able), -np.inf), [])


def _choose(nodes: list[_Node], cells: int, wanted: float) -> None:
    """Choose duals until the mean bound is less than `wanted` below the best of all, or there are `cells`."""
    left = 0.0
    for node in nodes:
        node.choose(int((node.bounds @ node.weight).argmax()))
        left += float((node.bounds.max(axis=0) - node.reached) @ node.weight)
    heap = [(-node.gain()[0], k) for k, node in enumerate(nodes)]
    heapq.heapify(heap)
    for _ in range(cells - len(nodes)):
        _, k = heapq.heappop(heap)
        gain, best = nodes[k].gain()
        if left <= wanted or gain <= 0.0:
            return
        nodes[k].choose(best)
        left -= gain
        heapq.heappush(heap, (-nodes[k].gain()[0], k))


def _refined(node: _Node, part: _Part, x: Floats) -> tuple[Floats, Floats]:
    """Duals (C, M) of the node's cells and their prices (C, J): Lloyd's algorithm on its candidates."""
    dual, able, prices = node.dual[node.chosen], node.candidates, node.prices
    price = prices.of_features(able.features[node.chosen])
    for _ in range(ROUNDS):
        cell, _ = node.bound.best(able.features, dual)
        if prices.differ.any():
            price = _fitting_prices(part.solver, able, prices, cell, price, x)
        solved = part.solver.solve(CellProblem.of(part.solver.problem, able, prices, cell, price).scenarios, x)
        if solved is None:
            break
        dual = dual.copy()
        dual[np.unique(cell)] = solved.dual
    return dual, price


def _fitting_prices(
    solver: ScenarioSolver, sample: FeatureSample, prices: Prices, cell: Integers, price: Floats, x: Floats
) -> Floats:
    """(cells, J) the price of each activity up to which its cell buys at `x`, the cheapest scenarios first."""
    form = solver.form
    mean = _mean_prices(sample, prices, cell, price)
    width = prices.upper - prices.lower
    bounded = np.flatnonzero(np.isfinite(width) & (width > 0.0) & prices.differ)
    if not len(bounded):
        return mean
    solved = solver.solve(CellProblem.of(solver.problem, sample, prices, cell, mean).scenarios, x)
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


def _mean_prices(sample: FeatureSample, prices: Prices, cell: Integers, empty: Floats) -> Floats:
    """(cells, J) mean prices of the cells' scenarios, of `empty` (cells, J) where there are none."""
    mass, mean = cell_means(sample, cell, len(empty))
    return np.where(mass[:, None] > 0.0, prices.of_features(mean), empty)
