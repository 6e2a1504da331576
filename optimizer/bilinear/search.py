"""Spatial branch and bound with HiGHS as the only engine: a proven interval around the global optimum.

"Proven" means: every bound is recomputed from row duals (Relaxation.safe_bound); a box is dropped as infeasible where
HiGHS or propagation finds it so to 1e-7 in scaled units; the incumbent satisfies the original program to 1e-6.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import highspy
import numpy as np

from .local_search import LocalSearch
from .program import BilinearProgram, Box, Floats, scaled
from .relaxation import Relaxation, integers_inward, new_highs, pass_linear_program
from .tightening import minimize_widths, propagate

_FEASIBLE = 1e-6
_SEARCH_NODES = (1, 2, 3, 5, 8, 12, 20, 32)


class SearchStatus(StrEnum):
    """How the search ended."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time-limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True)
class SearchOptions:
    """`gap` is relative to the incumbent's magnitude; `time_limit` in s of wall time."""

    gap: float = 1e-4
    time_limit: float = 3600.0
    seed: int = 0
    strong_branching: int = 8
    reliable_after: int = 4
    tightening_rounds: int = 3
    starts: int = 9
    progress: Callable[[str], None] | None = None


@dataclass(frozen=True)
class SearchResult:
    """`x` (n,) in original units or None; `value`, `bound` in the sense of minimisation, `gap` relative."""

    status: SearchStatus
    x: Floats | None
    value: float
    bound: float
    gap: float
    nodes: int
    linear_programs: int
    seconds: float
    root_bound: float
    bounds_over_time: tuple[tuple[float, float, float], ...]


class UnboundedBoxError(ValueError):
    """Variables without finite bounds: no relaxation over a box exists."""


@dataclass
class _Node:
    bound: float
    x: Floats
    box: Box
    basis: Any
    weights: tuple[Floats, Floats]


@dataclass
class _Pseudocost:
    gain: float = 0.0
    observations: int = 0


class _TimeUpError(Exception):
    """The time limit passed."""


@dataclass
class _State:
    value: float = np.inf
    x: Floats | None = None
    bound: float = -np.inf
    unresolved: float = np.inf
    root_bound: float = -np.inf
    nodes: int = 0
    linear_programs: int = 0
    history: list[tuple[float, float, float]] = field(default_factory=list)


def minimize(program: BilinearProgram, options: SearchOptions = SearchOptions()) -> SearchResult:
    """The global minimum of `program` to `options.gap`, or the interval reached by the limit or Ctrl-C.

    Raises UnboundedBoxError naming variables that neither bounds nor rows confine.
    """
    return _Search(program, options).run()


class _Search:
    def __init__(self, original: BilinearProgram, options: SearchOptions) -> None:
        self.started = time.perf_counter()
        self.options = options
        self.original = original
        box = propagate(original, (original.lower, original.upper), rounds=20)
        self.empty = box is None
        if box is not None:
            confined = np.isfinite(box[0]) & np.isfinite(box[1])
            if not confined.all():
                loose = [original.names[j] for j in np.flatnonzero(~confined)[:5]]
                raise UnboundedBoxError(f"give finite bounds to {', '.join(loose)}: no constraint confines them")
            bounded = replace(original, lower=box[0], upper=box[1])
            inner = scaled(bounded)
            self.program, self.scale = inner.program, inner.scale
            self.relaxation = Relaxation(self.program)
            self.search = LocalSearch(self.program, self.expired)
            self.cover = self.program.branching_cover()
            self.branchable = self.program.integer.copy()
            self.branchable[self.cover] = True
        self.highs = new_highs(simplex_dual_edge_weight_strategy=1)
        self.random = np.random.default_rng(options.seed)
        self.pseudocosts: dict[int, _Pseudocost] = {}
        self.state = _State()
        self.dual = np.zeros(0)

    def elapsed(self) -> float:
        return time.perf_counter() - self.started

    def expired(self) -> bool:
        return self.elapsed() > self.options.time_limit

    def run(self) -> SearchResult:
        status = SearchStatus.INFEASIBLE
        if not self.empty:
            try:
                self.solve()
                status = SearchStatus.OPTIMAL if self.state.x is not None else SearchStatus.INFEASIBLE
            except _TimeUpError:
                status = SearchStatus.TIME_LIMIT
            except KeyboardInterrupt:
                status = SearchStatus.INTERRUPTED
        state = self.state
        if status is SearchStatus.INFEASIBLE:
            state.bound = np.inf
        bound = min(state.bound, state.value)
        gap = (state.value - bound) / max(abs(state.value), 1e-9) if np.isfinite(state.value) else np.inf
        x = None if state.x is None else state.x * self.scale
        return SearchResult(
            status,
            x,
            state.value,
            bound,
            gap,
            state.nodes,
            state.linear_programs,
            self.elapsed(),
            state.root_bound,
            tuple(state.history),
        )

    def target(self) -> float:
        """A box whose bound reaches this value cannot improve the incumbent by more than the gap."""
        return self.state.value - 0.999999 * self.options.gap * max(abs(self.state.value), 1e-9)

    def solve(self) -> None:
        box = propagate(self.program, (self.program.lower, self.program.upper), rounds=20)
        if box is None:
            return
        root = self.root(box)
        if root is None:
            self.state.bound = max(self.state.bound, self.target())
            return
        self.tree(root)

    def root(self, box: Box) -> _Node | None:
        """Rounds of local searches and bound tightening; None where nothing better than the incumbent remains."""
        solved = self.relax(box, None)
        if solved is None:
            return None
        self.note_bound(solved[0])
        self.improve(solved[1], box)
        for _ in range(self.options.tightening_rounds):
            if self.state.bound >= self.target():
                return None
            self.multistart(box)
            before = (box[1] - box[0])[self.cover]
            tightened = minimize_widths(self.relaxation, box, self.cover, self.expired)
            self.check_time()
            if tightened is None:
                return None
            box = tightened
            solved = self.relax(box, None)
            if solved is None:
                return None
            self.note_bound(solved[0])
            self.improve(solved[1], box)
            shrunk = 1.0 - np.mean((box[1] - box[0])[self.cover] / np.maximum(before, 1e-9)) if len(self.cover) else 0.0
            if shrunk < 0.1:
                break
        self.state.root_bound = self.state.bound
        return self.process(box, None)

    def tree(self, root: _Node) -> None:
        heap: list[tuple[float, int, _Node]] = [(root.bound, 0, root)]
        count, tightened_at = 0, self.state.value
        while heap:
            self.note_bound(min(heap[0][0], self.state.unresolved))
            if self.state.bound >= self.target():
                return
            self.check_time()
            better = np.isfinite(self.state.value) and (
                not np.isfinite(tightened_at) or tightened_at - self.state.value > 5e-3 * abs(self.state.value)
            )
            if better and self.state.nodes < 500:  # a better cutoff makes tightening the root worth while again
                tightened_at = self.state.value
                box = minimize_widths(self.relaxation, root.box, self.cover, self.expired)
                again = None if box is None else self.process(box, None)
                if again is None:
                    break
                root, count = again, count + 1
                heap = [(root.bound, count, root)]
                continue
            bound, _, node = heapq.heappop(heap)
            if bound >= self.target():
                continue
            self.state.nodes += 1
            if self.state.nodes in _SEARCH_NODES or self.state.nodes % 50 == 0 or self.state.x is None:
                self.improve(node.x, node.box)
            score = self.scores(node)
            if score.max(initial=0.0) <= 0.0:  # the relaxation's point is feasible: its value is the box's optimum
                self.accept(self.program.complete(node.x))
                if self.state.value > bound + self.options.gap * max(abs(self.state.value), 1e-9):
                    width = np.where(self.program.integer, 0.0, node.box[1] - node.box[0])
                    if width.max(initial=0.0) < 1e-7:  # nothing left to split, yet no point: its bound stays
                        self.state.unresolved = min(self.state.unresolved, bound)
                        continue
                    score[int(np.argmax(width))] = 1.0
                else:
                    continue
            for child in self.branch(node, score):
                count += 1
                heapq.heappush(heap, (max(child.bound, bound), count, child))
        self.state.bound = min(max(self.state.bound, self.target()), self.state.unresolved)

    def branch(self, node: _Node, score: Floats) -> list[_Node]:
        """Children by the best of a few candidates: strong branching until a pseudocost is reliable."""
        candidates = [int(j) for j in np.argsort(-score, kind="stable")[: self.options.strong_branching]]
        candidates = [j for j in candidates if score[j] > 1e-3 * score.max()]
        reliable = [j for j in candidates if self.costs(j).observations >= self.options.reliable_after]
        if reliable:
            best = max(reliable, key=lambda j: self.costs(j).gain / self.costs(j).observations * score[j])
            candidates = [best] + [j for j in candidates if j not in reliable]
        room = self.state.value - node.bound if np.isfinite(self.state.value) else 1e9
        chosen: list[_Node | None] = []
        chosen_merit = -1.0
        for j in candidates:
            self.check_time()
            children = [self.process(box, node.basis) for box in self.halves(j, node)]
            gains = sorted(1e9 if child is None else max(child.bound - node.bound, 0.0) for child in children)
            cost = self.costs(j)
            cost.gain += min(gains[0], room) / max(score[j], 1e-12)
            cost.observations += 1
            merit = max(gains[0], 1e-9) * max(gains[1], 1e-9)
            if merit > chosen_merit:
                chosen, chosen_merit = children, merit
            if gains[1] >= 1e9:  # one side is empty: the other is a tightening, no choice to make
                chosen = children
                break
        return [child for child in chosen if child is not None]

    def costs(self, j: int) -> _Pseudocost:
        return self.pseudocosts.setdefault(j, _Pseudocost())

    def halves(self, j: int, node: _Node) -> tuple[Box, Box]:
        lower, upper = node.box
        low_upper, high_lower = upper.copy(), lower.copy()
        if self.program.integer[j]:
            floor = min(np.floor(node.x[j]), upper[j] - 1.0)
            low_upper[j], high_lower[j] = floor, floor + 1.0
        else:
            width = upper[j] - lower[j]
            point = 0.75 * node.x[j] + 0.125 * (lower[j] + upper[j])
            low_upper[j] = high_lower[j] = np.clip(point, lower[j] + 0.15 * width, upper[j] - 0.15 * width)
        return (lower.copy(), low_upper), (high_lower, upper.copy())

    def scores(self, node: _Node) -> Floats:
        """(n,) how much branching on each variable promises: duals of the McCormick rows times |w - x y|."""
        program, x, (lower, upper) = self.program, node.x, node.box
        error = np.abs(x[program.product] - x[program.left] * x[program.right])
        weight, power_weight = node.weights
        weighted = error * (weight + 1e-3 * weight.max(initial=0.0) + 1e-12)
        wide = upper - lower > 1e-6
        score = np.zeros(program.columns)
        for side in (program.left, program.right):
            np.add.at(score, side, np.where(self.branchable[side] & wide[side], weighted, 0.0))
        if score.max(initial=0.0) <= 1e-14 and error.max(initial=0.0) > 1e-9:
            for side in (program.left, program.right):
                np.add.at(score, side, np.where(wide[side], weighted, 0.0))
        missing = np.maximum(np.maximum(x[program.base], 0.0) ** program.exponent - x[program.power], 0.0)
        np.add.at(score, program.base, missing * (power_weight + 1e-12))
        fraction = np.where(program.integer, np.abs(x - np.round(x)), 0.0)
        score += np.where(fraction > 1e-6, fraction, 0.0)
        score[~wide] = 0.0
        small = (
            error.max(initial=0.0) <= 1e-9 and fraction.max(initial=0.0) <= 1e-6 and missing.max(initial=0.0) <= 1e-9
        )
        return np.zeros(program.columns) if small else score

    def process(self, box: Box, basis: Any) -> _Node | None:
        """Propagate, solve, tighten by reduced costs, again while a width shrinks by a fifth; None where pruned."""
        program = self.program
        node: _Node | None = None
        for _ in range(3):
            self.check_time()
            propagated = propagate(program, box, rounds=3)
            if propagated is None:
                return None
            solved = self.relax(propagated, basis)
            if solved is None:
                return None
            bound, x, reduced = solved
            if bound >= self.target():
                return None
            basis = self.highs.getBasis()
            weights = self.relaxation.dual_weights(self.dual)
            box = self.tighten(propagated, bound, reduced)
            node = _Node(bound, x, box, basis, weights)
            width = (propagated[1] - propagated[0])[program.nonlinear]
            shrunk = (width - (box[1] - box[0])[program.nonlinear]) / np.maximum(width, 1e-9)
            if np.max(shrunk * (width > 1e-6), initial=0.0) < 0.2:
                break
        return node

    def tighten(self, box: Box, bound: float, reduced: Floats) -> Box:
        """bound + d_j (x_j - l_j) <= incumbent, and the same from above."""
        slack = self.state.value - bound
        if not np.isfinite(slack) or slack < 0.0:
            return box
        lower, upper = box[0].copy(), box[1].copy()
        rise, fall = reduced > 1e-9, reduced < -1e-9
        upper[rise] = np.minimum(upper[rise], lower[rise] + slack / reduced[rise] + 1e-9)
        lower[fall] = np.maximum(lower[fall], box[1][fall] + slack / reduced[fall] - 1e-9)
        integers_inward(lower, upper, self.program.integer)
        return lower, upper

    def relax(self, box: Box, basis: Any, cost: Floats | None = None) -> tuple[float, Floats, Floats] | None:
        """Safe bound, point and reduced costs of the relaxation over `box`; None where it is infeasible."""
        self.check_time()
        program = self.program
        objective = program.cost if cost is None else cost
        rows = self.relaxation.rows(box)
        pass_linear_program(self.highs, objective, box, rows)
        if basis is not None:
            self.highs.setBasis(basis)
        self.highs.run()
        self.state.linear_programs += 1
        status = self.highs.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
            self.highs.clearSolver()
            self.highs.run()
            status = self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        solution = self.highs.getSolution()
        self.dual = np.array(solution.row_dual)
        bound, reduced = self.relaxation.safe_bound(objective, box, rows, self.dual)
        x = np.clip(np.array(solution.col_value), *box)
        return bound + program.constant, x, reduced

    def improve(self, x: Floats, box: Box, radius: float = 0.3) -> None:
        """A local search from `x` in the whole program's box; a promising end is searched once more."""
        del box
        whole = (self.program.lower, self.program.upper)
        found = self.search.improve(x, whole, radius=radius)
        if found is None:
            return
        self.accept(found)
        if self.program.objective(found) < self.state.value + 0.3 * abs(self.state.value):
            again = self.search.improve(found, whole, radius=0.3, iterations=20)
            if again is not None:
                self.accept(again)

    def accept(self, x: Floats) -> None:
        """Make `x` the incumbent if it is better and satisfies scaled and original program."""
        value = self.program.objective(x)
        if not value < self.state.value - 1e-9 * max(1.0, abs(value)) or self.program.violation(x) > _FEASIBLE:
            return
        if self.original.violation(x * self.scale) > _FEASIBLE:
            return
        self.state.value, self.state.x = value, x
        self.relaxation.cutoff = value
        self.note()

    def multistart(self, box: Box) -> None:
        """Local searches from perturbed objectives and random points of the box."""
        program = self.program
        for k in range(self.options.starts):
            if k % 3 == 0:
                noise = self.random.standard_normal(program.columns) * (self.random.random(program.columns) < 0.3)
                solved = self.relax(box, None, program.cost + 0.3 * np.abs(program.cost).max(initial=1e-9) * noise)
                if solved is not None:
                    self.improve(solved[1], box, radius=0.5)
            else:
                point = box[0] + self.random.random(program.columns) * (box[1] - box[0])
                middle = point if k % 3 == 2 or self.state.x is None else 0.5 * (point + self.state.x)
                self.improve(program.complete(middle), box, radius=0.6)

    def note_bound(self, bound: float) -> None:
        if bound > self.state.bound:
            self.state.bound = min(bound, self.state.value)
            self.note()

    def note(self) -> None:
        state = self.state
        entry = (self.elapsed(), state.bound, state.value)
        last = state.history[-1] if state.history else None
        if last is None or entry[0] - last[0] > 0.05 or last[2] != entry[2]:
            state.history.append(entry)
            if self.options.progress is not None:
                self.options.progress(f"{entry[0]:7.1f} s  node {state.nodes}  [{entry[1]:.8g}, {entry[2]:.8g}]")

    def check_time(self) -> None:
        if self.expired():
            raise _TimeUpError
