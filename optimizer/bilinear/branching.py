"""Which variable to branch on and where: scores from McCormick duals, pseudocosts, the two halves of a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .node import Node
from .program import BilinearProgram, Booleans, Box, Floats


@dataclass
class Pseudocost:
    """Gain in bound per unit of score that branching on a variable brought so far."""

    gain: float = 0.0
    observations: int = 0


Pseudocosts = dict[int, Pseudocost]


def scores(program: BilinearProgram, branchable: Booleans, node: Node, *, integers_first: bool = False) -> Floats:
    """(n,) how much branching on each variable promises: duals of the McCormick rows times |w - x y|.

    Zero everywhere where the relaxation's point satisfies the program.
    """
    x, (lower, upper) = node.x, node.box
    error = np.abs(x[program.product] - x[program.left] * x[program.right])
    missing = np.maximum(np.maximum(x[program.base], 0.0) ** program.exponent - x[program.power], 0.0)
    fraction = np.where(program.integer, np.abs(x - np.round(x)), 0.0)
    if max(error.max(initial=0.0), missing.max(initial=0.0)) <= 1e-9 and fraction.max(initial=0.0) <= 1e-6:
        return np.zeros(program.columns)
    wide = upper - lower > 1e-6
    undecided = np.where((fraction > 1e-6) & wide, fraction * np.maximum(program.cost, 1e-3), 0.0)
    if integers_first and undecided.max(initial=0.0) > 0.0:
        return undecided
    weight, power_weight = node.weights
    weighted = error * (weight + 1e-3 * weight.max(initial=0.0) + 1e-12)
    score = np.zeros(program.columns)
    for side in (program.left, program.right):
        np.add.at(score, side, np.where(branchable[side] & wide[side], weighted, 0.0))
    if score.max(initial=0.0) <= 1e-14 and error.max(initial=0.0) > 1e-9:
        for side in (program.left, program.right):
            np.add.at(score, side, np.where(wide[side], weighted, 0.0))
    np.add.at(score, program.base, missing * (power_weight + 1e-12))
    score += np.where(fraction > 1e-6, fraction, 0.0)
    score[~wide] = 0.0
    return score


def candidates(score: Floats, count: int) -> list[int]:
    """The `count` best variables of a score, less those that promise next to nothing."""
    best = np.argsort(-score, kind="stable")[:count]
    return [int(j) for j in best if score[j] > 1e-3 * score.max()]


def halves(program: BilinearProgram, j: int, node: Node) -> tuple[Box, Box]:
    """The node's box split along variable j, near the relaxation's point but never at the box's edge."""
    lower, upper = node.box
    low_upper, high_lower = upper.copy(), lower.copy()
    if program.integer[j]:
        floor = min(np.floor(node.x[j]), upper[j] - 1.0)
        low_upper[j], high_lower[j] = floor, floor + 1.0
    else:
        width = upper[j] - lower[j]
        point = 0.75 * node.x[j] + 0.125 * (lower[j] + upper[j])
        low_upper[j] = high_lower[j] = np.clip(point, lower[j] + 0.15 * width, upper[j] - 0.15 * width)
    return (lower.copy(), low_upper), (high_lower, upper.copy())
