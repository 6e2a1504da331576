"""The best point so far: repaired, verified in original units, and noted with the time it was found."""

from __future__ import annotations

from collections.abc import Callable

import highspy
import numpy as np

from .concave import SLOTS
from .linear_program import new_highs, pass_linear_program
from .program import BilinearProgram, Floats, Integers
from .relaxation import Relaxation

_CUT_ROUNDS = 8
"""Solutions of a repair between which tangents of concave limits are added."""
FEASIBLE = 1e-6
"""Largest violation of an answer, relative to the size of a row's terms, in scaled and in original units."""


class Incumbent:
    """Holds `x` (n,) of the scaled program and its `value`; `accept` decides what may become it."""

    def __init__(self, original: BilinearProgram, relaxation: Relaxation, scale: Floats, cover: Integers) -> None:
        self.original, self.relaxation, self.scale = original, relaxation, scale
        self.program = relaxation.program
        self.fixed = np.union1d(cover, np.flatnonzero(self.program.integer))
        self.highs = new_highs(primal_feasibility_tolerance=1e-9, dual_feasibility_tolerance=1e-9)
        self.value = np.inf
        self.x: Floats | None = None
        self.on_change: Callable[[], None] = lambda: None

    def accept(self, x: Floats) -> bool:
        """Make `x` the incumbent if it is better and, repaired, satisfies the scaled and the original program."""
        x = self.program.complete(np.clip(x, self.program.lower, self.program.upper))
        if not self.better(self.program.objective(x)) or self.program.violation(x) > 100.0 * FEASIBLE:
            return False
        repaired = self.repaired(x)
        for candidate in (x,) if repaired is None else (repaired, x):
            value = self.program.objective(candidate)
            if self.better(value) and self.feasible(candidate):
                self.value, self.x = value, candidate
                self.on_change()
                return True
        return False

    def better(self, value: float) -> bool:
        """Whether `value` improves on the incumbent by more than rounding."""
        return value < self.value - 1e-9 * max(1.0, abs(value))

    def feasible(self, x: Floats) -> bool:
        """Whether `x` satisfies the scaled and the original program."""
        return self.program.violation(x) <= FEASIBLE and self.original.violation(x * self.scale) <= FEASIBLE

    def repaired(self, x: Floats) -> Floats | None:
        """With integers and the factors that make all products linear fixed at `x`: the best point of what remains.

        McCormick's inequalities are exact where a factor is fixed, so the LP's answer satisfies the products to the
        LP's tolerance (1e-9) instead of the local search's.
        """
        program = self.program
        lower, upper = program.lower.copy(), program.upper.copy()
        at = np.clip(x, lower, upper)[self.fixed]
        at = np.where(program.integer[self.fixed], np.round(at), at)
        lower[self.fixed] = upper[self.fixed] = at
        concave = program.concave
        tangents = None if concave is None else np.repeat(x[concave.arguments][None], SLOTS, axis=0)
        found = x
        for _ in range(_CUT_ROUNDS):
            rows = self.relaxation.rows((lower, upper), np.inf, tangents)
            pass_linear_program(self.highs, program.cost, (lower, upper), rows)
            self.highs.run()
            if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            found = np.clip(np.array(self.highs.getSolution().col_value), lower, upper)
            tangents = None if concave is None or tangents is None else concave.renewed(tangents, found)
            if tangents is None:
                break
        return program.complete(found)
