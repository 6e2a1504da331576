"""Branch and bound whose nodes are Benders masters: every node adds cuts that hold for all, none solves a MILP.

A MILP master must be proven anew after each cut, and stalls: its bound at designs that no cut was taken at is weak (on
the synthetic park 0.6 % after 40 masters and 140 s). Here a node is a linear master of a few hundred rows, evaluated
until the bound stops moving. The open node with the least bound is next, then its children, depth first.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from ...problems.two_stage.problem import Floats
from .branching import Branch, Branching, fixed_by_reduced_cost
from .master import MasterSolution
from .rounding import Rounding
from .search import INTEGRAL, Search

NODE_EVALUATIONS = 8  # of one node before it is branched
WORTHWHILE = 0.1  # share of the distance to the cutoff that an evaluation must gain to be followed by another one
ROUNDING_EVERY = 10  # nodes
TREE_CUTS = 1000  # kept in the tree at least
SLACK_ROUNDS = 30  # solves that a cut may be slack for: other nodes may need it


@dataclass(order=True, frozen=True)
class Node:
    """Designs within `lower` and `upper` (n1,), none of which costs less than `bound`."""

    bound: float
    number: int
    lower: Floats = field(compare=False)
    upper: Floats = field(compare=False)


class Tree:
    """The search for the best integral design, to the search's gap."""

    def __init__(self, search: Search, rounding: Rounding) -> None:
        self.search, self.rounding = search, rounding
        self.branching = Branching(search)
        self.nodes = 0
        self._closed = np.inf  # the least bound of a node that was closed
        self._numbers = 0
        search.kept_cuts = max(TREE_CUTS, search.kept_cuts)
        search.slack_rounds = SLACK_ROUNDS

    def solve(self, bound: float) -> None:
        """Search below the root, whose relaxation has `bound`; raises what stops the search."""
        master = self.search.master
        self._solve([Node(bound, 0, master.lower, master.upper)])

    def resume(self, nodes: Floats, closed: float) -> None:
        """Go on with saved `nodes` (K, 1 + 2 n1), where the least closed bound is `closed`."""
        self._closed = closed
        size = self.search.master.size
        saved = [self._node(float(row[0]), row[1 : 1 + size], row[1 + size :]) for row in nodes]
        heapq.heapify(saved)
        self._solve(saved)

    def _solve(self, open_nodes: list[Node]) -> None:
        search = self.search
        root = search.master.lower, search.master.upper
        while open_nodes:
            node = heapq.heappop(open_nodes)
            search.raise_lower(min(node.bound, self._closed))
            if node.bound >= search.cutoff:
                self._close(node.bound)
                continue
            current: Node | None = node
            while current is not None:
                search.save(_saved([current, *open_nodes]), self._closed)
                current, sibling = self._process(current)
                if sibling is not None:
                    heapq.heappush(open_nodes, sibling)
        search.raise_lower(self._closed)
        search.master.bound_columns(*root)

    def _close(self, bound: float) -> None:
        self._closed = min(self._closed, bound)

    def _process(self, node: Node) -> tuple[Node | None, Node | None]:
        """The child to go on with and the one that waits; both None where the node is closed."""
        search = self.search
        self.nodes += 1
        search.master.bound_columns(node.lower, node.upper)
        solution, bound = self._evaluated(node)
        if solution.x is None or bound >= search.cutoff:
            self._close(bound)  # an infeasible node only because of what is not worth it is covered by `excluded`
            return None, None
        if search.fractionality(solution.x).max(initial=0.0) <= INTEGRAL:
            self._close(bound)  # its cost is known: the bound is as exact as the kernel's certificates
            return None, None
        if self.nodes % ROUNDING_EVERY == 0:
            self.rounding.round(solution.x, node.lower, node.upper)
        lower, upper = node.lower, node.upper
        if solution.reduced_cost is not None:
            room = search.cutoff - solution.bound  # not the node's: cuts that gave it may be gone
            lower, upper = fixed_by_reduced_cost(solution.x, solution.reduced_cost, room, search.integer, lower, upper)
        if (lower != node.lower).any() or (upper != node.upper).any():
            search.exclude()
        choice = self.branching.choose(solution.x, bound, lower, upper)
        if not isinstance(choice, Branch):
            return self._node(bound, choice.lower, choice.upper), None
        below, above = upper.copy(), lower.copy()
        below[choice.column], above[choice.column] = np.floor(choice.value), np.ceil(choice.value)
        down, up = self._node(bound, lower, below), self._node(bound, above, upper)
        return (up, down) if choice.up_first else (down, up)

    def _node(self, bound: float, lower: Floats, upper: Floats) -> Node:
        self._numbers += 1
        return Node(bound, self._numbers, lower, upper)

    def _evaluated(self, node: Node) -> tuple[MasterSolution, float]:
        """The node's master once further cuts hardly move its bound; an integral solution is followed to its end."""
        search = self.search
        solution = search.solve_master()
        bound = max(node.bound, solution.bound)
        last: Floats | None = None
        done = 0
        while solution.x is not None and bound < search.cutoff:
            integral = search.fractionality(solution.x).max(initial=0.0) <= INTEGRAL
            if integral and last is not None and np.allclose(solution.x, last, rtol=1e-9, atol=1e-9):
                break
            last = solution.x
            search.evaluate(solution.x, solution.threshold)
            done += 1
            search.master.purge(search.kept_cuts, search.slack_rounds)
            before, solution = bound, search.solve_master()
            bound = max(bound, solution.bound)
            if solution.x is None or search.fractionality(solution.x).max(initial=0.0) <= INTEGRAL:
                continue
            if done >= NODE_EVALUATIONS or bound - before < WORTHWHILE * (search.cutoff - bound):
                break
        return solution, bound


def _saved(nodes: list[Node]) -> Floats:
    """(K, 1 + 2 n1) as `SavedSearch` has them."""
    return np.array([np.concatenate([[node.bound], node.lower, node.upper]) for node in nodes])
