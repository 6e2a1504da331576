"""Incumbents by successive linear programming: linearized products with elastic errors in a trust region."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from .clock import Clock
from .linear_program import LinearProgram, new_highs, pass_linear_program, run_within
from .program import BilinearProgram, Box, Floats


class LocalSearch:
    """Prepared once for a (scaled) program; `improve` runs from any starting point."""

    def __init__(self, program: BilinearProgram, clock: Clock) -> None:
        self.program = program
        self.clock = clock
        count = len(program.product)
        errors = program.columns + np.arange(2 * count)
        quintuples = np.stack([program.product, program.left, program.right, errors[:count], errors[count:]], axis=1)
        pairs = np.stack([program.power, program.base], axis=1)
        limits = np.zeros((0, 0), dtype=np.int64)
        if program.concave is not None:
            limits = np.concatenate([program.concave.limited[:, None], program.concave.arguments], axis=1)
        lengths = np.concatenate(
            [
                np.diff(program.A.indptr),
                np.full(count, 5),
                np.full(len(program.power), 2),
                np.full(len(limits), limits.shape[1]),
            ]
        )
        self.start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        self.index = np.concatenate(
            [program.column_of_entry, quintuples.ravel(), pairs.ravel(), limits.ravel()]
        ).astype(np.int32)
        self.highs = new_highs(primal_feasibility_tolerance=1e-9)

    def improve(self, x: Floats, box: Box, *, radius: float = 0.5, iterations: int = 30) -> Floats | None:
        """A point whose products hold, from `x`; None where the search ends infeasible or the time does.

        Integers are fixed at the rounded `x`. The penalty on the products' errors grows tenfold while they stall.
        """
        program = self.program
        lower, upper = box[0].copy(), box[1].copy()
        if program.integer.any():
            fixed = np.round(np.clip(x, lower, upper))[program.integer]
            lower[program.integer] = upper[program.integer] = fixed
        free = program.nonlinear
        width = (program.upper - program.lower)[free]
        width = np.where(np.isfinite(width), width, (upper - lower)[free])
        x = x.copy()
        x[free] = np.clip(x[free], lower[free], upper[free])
        penalty = 10.0 * max(float(np.abs(program.cost).max(initial=0.0)), 1e-3)
        largest = 1e5 * penalty
        current, error, basis = np.inf, np.inf, None
        for iteration in range(iterations):
            if self.clock.expired():
                break
            low, high = lower.copy(), upper.copy()
            low[free] = np.maximum(lower[free], x[free] - radius * width)
            high[free] = np.minimum(upper[free], x[free] + radius * width)
            candidate, basis = self._linearized(x, (low, high), penalty, basis)
            if candidate is None:
                if radius >= 1.0 or iteration > 6:
                    return None
                radius = min(1.0, 4.0 * radius)
                continue
            merit = self._merit(candidate, penalty)
            if not np.isfinite(current) or merit < current - 1e-10 * max(1.0, abs(current)):
                decrease, x, current = current - merit, candidate, merit
                radius = min(1.0, 1.7 * radius)
                error = self._error(x)
                if error < 1e-9 and decrease < 1e-7 * max(1.0, abs(merit)):
                    break
            else:
                radius *= 0.3
                if radius < 1e-6 and error >= 1e-9 and penalty < largest:
                    penalty, radius = 10.0 * penalty, 0.05
                    current = self._merit(x, penalty)
                elif radius < 1e-9 or (error < 1e-9 and radius < 1e-5):
                    break
            if error >= 1e-9 and iteration % 8 == 7 and penalty < largest:
                penalty, radius = 10.0 * penalty, max(radius, 0.05)
                current = self._merit(x, penalty)
        return program.complete(x)

    def _error(self, x: Floats) -> float:
        program = self.program
        return float(np.abs(x[program.product] - x[program.left] * x[program.right]).max(initial=0.0))

    def _merit(self, x: Floats, penalty: float) -> float:
        program = self.program
        powers = np.maximum(x[program.base], 0.0) ** program.exponent - x[program.power]
        errors = np.abs(x[program.product] - x[program.left] * x[program.right]).sum()
        if program.concave is not None:
            errors += program.concave.excess(x).sum()
        return float(program.cost @ x + program.cost[program.power] @ powers + penalty * errors)

    def _linearized(self, x: Floats, box: Box, penalty: float, basis: Any) -> tuple[Floats | None, Any]:
        program = self.program
        count = len(program.product)
        x0, y0 = x[program.left], x[program.right]
        value = np.ones((count, 5))
        value[:, 1], value[:, 2], value[:, 4] = -y0, -x0, -1.0
        base = np.maximum(x[program.base], 1e-4)
        slope = program.exponent * base ** (program.exponent - 1.0)
        tangent = base**program.exponent - slope * base
        limit_value, limit_high = np.zeros(0), np.zeros(0)
        if program.concave is not None:
            limit_value, limit_high = program.concave.rows(x[program.concave.arguments][None])
        rows = LinearProgram(
            self.start,
            self.index,
            np.concatenate(
                [
                    program.entries,
                    value.ravel(),
                    np.stack([np.ones_like(slope), -slope], axis=1).ravel(),
                    limit_value.ravel(),
                ]
            ),
            np.concatenate([program.row_lower, -x0 * y0, tangent, np.full(len(limit_high), -np.inf)]),
            np.concatenate([program.row_upper, -x0 * y0, np.full(len(slope), np.inf), limit_high]),
        )
        errors = 2 * count
        lower, upper = box[0].copy(), box[1].copy()
        lower[program.product], upper[program.product] = program.lower[program.product], program.upper[program.product]
        pass_linear_program(
            self.highs,
            np.concatenate([program.cost, np.full(errors, penalty)]),
            (np.concatenate([lower, np.zeros(errors)]), np.concatenate([upper, np.full(errors, np.inf)])),
            rows,
        )
        if basis is not None:
            self.highs.setBasis(basis)
        if run_within(self.highs, self.clock) != highspy.HighsModelStatus.kOptimal:
            return None, None
        return np.array(self.highs.getSolution().col_value)[: program.columns], self.highs.getBasis()
