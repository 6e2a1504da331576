"""One relaxation over one box: HiGHS solves it, the row duals bound it, and a failure is never taken for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import highspy
import numpy as np

from .clock import Clock
from .linear_program import new_highs, pass_linear_program, run_within
from .program import Box, Floats
from .relaxation import Relaxation

_CUT_ROUNDS = 3
"""How often tangents are added to one box."""


class BoxStatus(StrEnum):
    """What HiGHS found out about a box."""

    SOLVED = "solved"
    EMPTY = "empty"
    UNSOLVED = "unsolved"  # an error, or a limit: the bound holds, the point says nothing


_STATUS = {
    highspy.HighsModelStatus.kOptimal: BoxStatus.SOLVED,
    highspy.HighsModelStatus.kInfeasible: BoxStatus.EMPTY,
}


@dataclass(frozen=True)
class Relaxed:
    """`bound` holds whatever the status (+inf where empty); `point` and `reduced` (n,), `dual` (rows,) as they came.

    `tangents`: where those of concave limits stand.
    """

    status: BoxStatus
    bound: float
    point: Floats
    reduced: Floats
    dual: Floats
    basis: Any
    tangents: Floats | None = None


class BoxSolver:
    """A HiGHS of its own, so that each thread has one."""

    def __init__(self, relaxation: Relaxation, clock: Clock) -> None:
        self.relaxation = relaxation
        self.clock = clock
        self.highs = new_highs(simplex_dual_edge_weight_strategy=1)
        self.solved = 0

    def relax(
        self, box: Box, basis: Any, cutoff: float, cost: Floats | None = None, tangents: Floats | None = None
    ) -> Relaxed:
        """The relaxation over `box`, from `basis` and `tangents`, cut by new ones until its point keeps all limits.

        Raises TimeUpError.
        """
        concave = self.relaxation.program.concave
        if concave is None:
            return self.relax_once(box, basis, cutoff, cost, None)
        standing = concave.middle(*box) if tangents is None else tangents
        relaxed = self.relax_once(box, basis, cutoff, cost, standing)
        for _ in range(_CUT_ROUNDS):
            renewed = concave.renewed(standing, relaxed.point) if relaxed.status is BoxStatus.SOLVED else None
            if renewed is None:
                break
            standing = renewed
            relaxed = self.relax_once(box, relaxed.basis, cutoff, cost, standing)
        return relaxed

    def relax_once(self, box: Box, basis: Any, cutoff: float, cost: Floats | None, tangents: Floats | None) -> Relaxed:
        """The relaxation with the tangents as they are; tried again from scratch where HiGHS does not finish."""
        self.clock.check()
        program = self.relaxation.program
        objective = program.cost if cost is None else cost
        rows = self.relaxation.rows(box, cutoff, tangents)
        pass_linear_program(self.highs, objective, box, rows)
        if basis is not None:
            self.highs.setBasis(basis)
        status = self.run()
        if status is BoxStatus.UNSOLVED:
            self.clock.check()
            self.highs.clearSolver()
            status = self.run()
        if status is BoxStatus.EMPTY:
            nothing = np.zeros(0)
            return Relaxed(status, np.inf, nothing, nothing, nothing, None, tangents)
        solution = self.highs.getSolution()
        dual = _sound(solution.row_dual, len(rows.row_lower))
        bound, reduced = self.relaxation.safe_bound(objective, box, rows, dual)
        point = np.clip(_sound(solution.col_value, program.columns), *box)
        basis = self.highs.getBasis() if status is BoxStatus.SOLVED else None
        return Relaxed(status, bound + program.constant, point, reduced, dual, basis, tangents)

    def run(self) -> BoxStatus:
        """Solve what is loaded."""
        self.solved += 1
        return _STATUS.get(run_within(self.highs, self.clock), BoxStatus.UNSOLVED)


def _sound(values: Any, count: int) -> Floats:
    """HiGHS' numbers, zeros where it has none or not a number: any duals give a valid bound, only a weaker one."""
    array = np.array(values, dtype=np.float64)
    return np.nan_to_num(array, posinf=0.0, neginf=0.0) if len(array) == count else np.zeros(count)
