"""Children of a node: strong branching over the best candidates until their pseudocosts are reliable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .box_solver import BoxSolver
from .branching import Pseudocosts, candidates, halves
from .node import Node, Target, process
from .program import Floats

_EMPTY = 1e9
"""Gain of a child that needs no further search."""


@dataclass(frozen=True)
class Expansion:
    """The children that stay open, and (variable, gain per unit of score) of every pair of children looked at."""

    children: tuple[Node, ...]
    observations: tuple[tuple[int, float], ...]


def expand(
    solver: BoxSolver, node: Node, score: Floats, target: Target, pseudocosts: Pseudocosts, *, count: int, reliable: int
) -> Expansion:
    """Branch on the best of `count` candidates; one whose pseudocost has `reliable` observations is trusted untried.

    `pseudocosts` are read only. Raises TimeUpError.
    """
    program = solver.relaxation.program
    open_candidates = candidates(score, count)
    trusted = [j for j in open_candidates if j in pseudocosts and pseudocosts[j].observations >= reliable]
    if trusted:
        best = max(trusted, key=lambda j: pseudocosts[j].gain / pseudocosts[j].observations * score[j])
        open_candidates = [best] + [j for j in open_candidates if j not in trusted]
    room = target.value - node.bound if np.isfinite(target.value) else _EMPTY
    chosen: list[Node | None] = []
    chosen_merit = -1.0
    observations: list[tuple[int, float]] = []
    for j in open_candidates:
        children = [process(solver, box, node, target) for box in halves(program, j, node)]
        gains = sorted(_EMPTY if child is None else max(child.bound - node.bound, 0.0) for child in children)
        observations.append((j, min(gains[0], room) / max(score[j], 1e-12)))
        merit = max(gains[0], 1e-9) * max(gains[1], 1e-9)
        if merit > chosen_merit:
            chosen, chosen_merit = children, merit
        if gains[1] >= _EMPTY:  # one side is empty: the other is a tightening, no choice to make
            chosen = children
            break
    return Expansion(tuple(child for child in chosen if child is not None), tuple(observations))
