"""The search itself: root tightening, then the best open boxes of each round branched on side by side."""

from __future__ import annotations

import heapq
from dataclasses import replace
from functools import partial

import numpy as np

from .block_cuts import BlockCuts, Search
from .bound_tightening import tightened_box
from .box_solver import BoxStatus
from .branching import Pseudocost, Pseudocosts, scores
from .expansion import Expansion, expand
from .heuristics import improve, multistart
from .ledger import Ledger
from .node import Node, process
from .options import SearchOptions
from .program import Box, Floats
from .relaxation import Relaxation
from .workers import Engine, Workers

_SEARCH_NODES = frozenset((1, 2, 3, 5, 8, 12, 20, 32))
_SEARCH_EVERY = 50
_RESTART_NODES = 500
_CUTS_AFTER = 50
"""Boxes after which cuts are worth their time: what is easy is solved by then."""
_CUTS_FROM_GAP = 1e-3
"""A smaller relative gap is closed sooner by branching: blocks would have to be solved to a fraction of it."""


class Tree:
    """Best-first spatial branch and bound on `workers`; `run` ends when the gap is closed or nothing is open.

    `search` is the whole algorithm, for the smaller programs that cuts come from; from `starts` incumbents are sought
    first. `stopped`: whether the limit on boxes or an incumbent that is enough ended it.
    """

    def __init__(self, workers: Workers, ledger: Ledger, options: SearchOptions, search: Search) -> None:
        self.workers, self.ledger, self.options, self.search = workers, ledger, options, search
        self.starts: list[Floats] = []
        self.stopped = False
        self.cut = not options.block_cuts
        self.confined: Box | None = None
        self.incumbent = ledger.incumbent
        self.program = workers.relaxation.program
        self.cover = self.program.branching_cover()
        self.branchable = self.program.branchable()
        self.pseudocosts: Pseudocosts = {}
        self.heap: list[tuple[float, int, Node]] = []
        self.pushed = 0

    def run(self, box: Box) -> None:
        """Close the gap over `box`. Raises TimeUpError."""
        root = self.root(box)
        if root is not None:
            self.push(root)
            self.grow(root)
        if not self.ledger.closed and not self.stopped:
            self.ledger.finish()

    def push(self, node: Node) -> None:
        """Add an open box; of equal bounds the older comes first."""
        self.pushed += 1
        heapq.heappush(self.heap, (node.bound, self.pushed, node))

    def root(self, box: Box) -> Node | None:
        """Rounds of local searches and bound tightening; None where nothing better than the incumbent remains."""
        solver = self.workers.engine().boxes
        for round_number in range(self.options.tightening_rounds + 1):
            relaxed = solver.relax(box, None, self.incumbent.value)
            if relaxed.status is BoxStatus.EMPTY:
                return None
            self.ledger.raise_bound(relaxed.bound)
            self.ledger.root_bound = self.ledger.bound
            improve(self.workers, self.incumbent, [*self.starts, relaxed.point])
            self.starts = []
            if self.ended() or round_number == self.options.tightening_rounds:
                break
            multistart(self.workers, self.incumbent, box, self.options.starts, (self.options.seed, round_number))
            before = (box[1] - box[0])[self.cover]
            tightened = tightened_box(self.workers, box, self.cover, self.incumbent.value)
            self.workers.clock.check()
            if tightened is None:
                return None
            box = tightened
            shrunk = 1.0 - np.mean((box[1] - box[0])[self.cover] / np.maximum(before, 1e-9)) if len(self.cover) else 0.0
            if shrunk < 0.02:
                break
        return None if self.ended() else process(solver, box, None, self.ledger.target)

    def ended(self) -> bool:
        """Whether the gap is closed, or the options say that this is enough."""
        limit = self.options.node_limit
        self.stopped = self.incumbent.value <= self.options.enough or (limit is not None and self.ledger.nodes >= limit)
        return self.stopped or self.ledger.closed

    def grow(self, root: Node) -> None:
        """Branch until the heap is empty or the gap closed."""
        tightened_at = self.incumbent.value
        while self.heap:
            self.ledger.raise_bound(min(self.heap[0][0], self.ledger.target.prune))  # dropped boxes prove no more
            if self.ended():
                return
            self.workers.clock.check()
            if not self.cut and self.ledger.nodes >= _CUTS_AFTER and not self.strengthen(root.box):
                return
            if self.ledger.nodes < _RESTART_NODES and self.much_better_than(tightened_at):
                tightened_at = self.incumbent.value
                if not self.confine(root.box):
                    return
            self.expand_round()

    def much_better_than(self, value: float) -> bool:
        """Whether the cutoff fell so much that tightening the root again is worth while."""
        found = self.incumbent.value
        return np.isfinite(found) and (not np.isfinite(value) or value - found > 5e-3 * abs(found))

    def strengthen(self, box: Box) -> bool:
        """Begin again with cuts from the program's blocks; False where nothing better is left."""
        self.cut = True
        if self.incumbent.value - self.ledger.bound < _CUTS_FROM_GAP * abs(self.incumbent.value):
            return True
        cuts = BlockCuts(self.program, self.search, self.workers.clock, self.options)
        if not cuts.separate(self.confined or box, self.incumbent.value):
            return False
        if not cuts.cuts:
            return True
        self.program = cuts.strengthened()
        self.workers.adopt(Relaxation(self.program))
        self.heap, self.pseudocosts = [], {}  # boxes branched without the cuts are the wrong ones
        if not self.confine(box) or self.confined is None:
            return False
        root = process(self.workers.engine().boxes, self.confined, None, self.ledger.target)
        if root is not None:
            self.push(root)
        return root is not None

    def confine(self, box: Box) -> bool:
        """Tighten the root's box under the new cutoff, for all open boxes; False where nothing better is left."""
        self.confined = tightened_box(self.workers, self.confined or box, self.cover, self.incumbent.value)
        self.workers.clock.check()
        return self.confined is not None

    def inside_root(self, node: Node) -> Node | None:
        """The node within the tightened root; None where they do not meet."""
        if self.confined is None:
            return node
        lower, upper = np.maximum(node.box[0], self.confined[0]), np.minimum(node.box[1], self.confined[1])
        if np.any(lower > upper + 1e-7):
            return None
        crossed = lower > upper
        lower[crossed] = upper[crossed] = (lower[crossed] + upper[crossed]) / 2.0
        return replace(node, x=np.clip(node.x, lower, upper), box=(lower, upper))

    def expand_round(self) -> None:
        """Take the best open boxes, as many as there are threads, and put their children in their place."""
        batch: list[tuple[Node, Floats]] = []
        starts: list[Floats] = []
        while self.heap and len(batch) < self.workers.threads:
            node = self.inside_root(heapq.heappop(self.heap)[2])
            if node is None or node.bound >= self.ledger.target.prune:
                continue
            self.ledger.nodes += 1
            count = self.ledger.nodes
            if count in _SEARCH_NODES or count % _SEARCH_EVERY == 0 or self.incumbent.x is None:
                starts.append(node.x)
            score = self.score(node)
            if score is not None:
                batch.append((node, score))
        if starts:
            improve(self.workers, self.incumbent, starts)
        tasks = [partial(self.expand_one, node=node, score=score) for node, score in batch]
        for expansion in self.workers.map(tasks):
            for j, gain in expansion.observations:
                cost = self.pseudocosts.setdefault(j, Pseudocost())
                cost.gain += gain
                cost.observations += 1
            for child in expansion.children:
                self.push(child)

    def expand_one(self, engine: Engine, node: Node, score: Floats) -> Expansion:
        """A thread's task of the round."""
        options = self.options
        return expand(
            engine.boxes,
            node,
            score,
            self.ledger.target,
            self.pseudocosts,
            count=options.strong_branching,
            reliable=options.reliable_after,
        )

    def score(self, node: Node) -> Floats | None:
        """Branching scores; None where the box is done: its point is feasible, or nothing is left to split."""
        score = scores(self.program, self.branchable, node, integers_first=self.options.integers_first)
        if score.max(initial=0.0) > 0.0:
            return score
        self.incumbent.accept(self.program.complete(node.x))
        if node.bound >= self.ledger.target.prune:
            return None
        width = np.where(self.program.integer, 0.0, node.box[1] - node.box[0])
        if width.max(initial=0.0) < 1e-7:
            self.ledger.unresolved = min(self.ledger.unresolved, node.bound)
            return None
        score[int(np.argmax(width))] = 1.0
        return score
