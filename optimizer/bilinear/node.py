"""A box of the search: propagate, solve the relaxation, tighten by reduced costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .box_solver import BoxSolver, BoxStatus, Relaxed
from .program import BilinearProgram, Box, Floats
from .propagation import propagate
from .relaxation import integers_inward


@dataclass(frozen=True)
class Target:
    """The incumbent's `value`, and the bound `prune` from which a box cannot improve it by more than the gap."""

    value: float
    prune: float

    @classmethod
    def of(cls, value: float, gap: float, absolute_gap: float = 0.0) -> Target:
        """With the relative `gap`, or the absolute one where that is wider."""
        if not np.isfinite(value):
            return cls(value, value)
        return cls(value, value - 0.999999 * max(gap * max(abs(value), 1e-9), absolute_gap))


@dataclass(frozen=True)
class Node:
    """An open box: a valid `bound`, the relaxation's point and basis, duals per product and per power, tangents."""

    bound: float
    x: Floats
    box: Box
    basis: Any
    weights: tuple[Floats, Floats]
    tangents: Floats | None = None


def process(solver: BoxSolver, box: Box, parent: Node | None, target: Target, rounds: int = 3) -> Node | None:
    """The node of `box`; None where it is empty or cannot improve the incumbent by more than the gap.

    Repeated while a width shrinks by a fifth. Where HiGHS fails, the parent's bound and point stay: the box remains
    open. Raises TimeUpError.
    """
    program = solver.relaxation.program
    node, basis = parent, None if parent is None else parent.basis
    tangents = None if parent is None else parent.tangents
    for _ in range(rounds):
        propagated = propagate(program, box, rounds=3)
        if propagated is None:
            return None
        relaxed = solver.relax(propagated, basis, target.value, tangents=tangents)
        if relaxed.status is BoxStatus.EMPTY or relaxed.bound >= target.prune:
            return None
        bound = relaxed.bound if node is None else max(relaxed.bound, node.bound)
        if relaxed.status is BoxStatus.UNSOLVED:
            x = relaxed.point if node is None else np.clip(node.x, *propagated)
            weights = solver.relaxation.dual_weights(relaxed.dual) if node is None else node.weights
            return Node(bound, x, propagated, basis, weights, tangents)
        basis, tangents = relaxed.basis, relaxed.tangents
        box = reduced_cost_tightened(program, propagated, relaxed, target.value)
        node = Node(bound, relaxed.point, box, basis, solver.relaxation.dual_weights(relaxed.dual), tangents)
        width = (propagated[1] - propagated[0])[program.nonlinear]
        shrunk = (width - (box[1] - box[0])[program.nonlinear]) / np.maximum(width, 1e-9)
        if np.max(shrunk * (width > 1e-6), initial=0.0) < 0.2:
            break
    return node


def reduced_cost_tightened(program: BilinearProgram, box: Box, relaxed: Relaxed, value: float) -> Box:
    """bound + d_j (x_j - l_j) <= incumbent, and the same from above."""
    slack = value - relaxed.bound
    if not np.isfinite(slack) or slack < 0.0:
        return box
    lower, upper = box[0].copy(), box[1].copy()
    rise, fall = relaxed.reduced > 1e-9, relaxed.reduced < -1e-9
    upper[rise] = np.minimum(upper[rise], lower[rise] + slack / relaxed.reduced[rise] + 1e-9)
    lower[fall] = np.maximum(lower[fall], box[1][fall] + slack / relaxed.reduced[fall] - 1e-9)
    integers_inward(lower, upper, program.integer)
    return lower, upper
