"""Incumbents by successive linear programming: linearized products with elastic errors in a trust region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from .clock import Clock
from .linear_program import LinearProgram, new_highs, pass_linear_program, run_within
from .program import BilinearProgram, Box, Floats

_SETTLED = 1e-9
"""Largest error of a product, scaled, from which the repair of an incumbent takes over."""
_NEAR = 0.15
"""Radius from which on a linear program's promise is taken for the best that this search will find."""
_WORTH = 2e-5
"""An incumbent better by less, relative, is not worth a search."""


@dataclass(frozen=True)
class _Step:
    """A linear program's point (n,), the merit it promises, its elastic errors, and the largest dual of a product."""

    point: Floats
    promised: float
    elastic: float
    largest_dual: float
    basis: Any


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

    def improve(
        self, x: Floats, box: Box, *, radius: float = 0.5, iterations: int = 30, worth: float = np.inf
    ) -> Floats | None:
        """A point whose products hold, from `x`; None where the search ends infeasible, or sees nothing below `worth`.

        Integers are fixed at the rounded `x`. Errors weigh in the merit what the duals say that they are worth; a step
        that fails for the curvature of the products is corrected for it once before the region shrinks.
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
        started, error, basis = program.violation(x) < 1e-6, self._error(x), None
        for iteration in range(iterations):
            if self.clock.expired():
                break
            low, high = lower.copy(), upper.copy()
            low[free] = np.maximum(lower[free], x[free] - radius * width)
            high[free] = np.minimum(upper[free], x[free] + radius * width)
            step = self._linearized(x, (low, high), penalty, basis)
            if step is None:
                if radius >= 1.0 or iteration > 6:
                    return None
                basis, radius = None, min(1.0, 4.0 * radius)
                continue
            basis = step.basis
            if step.elastic > 1e-7 and penalty < largest and started:
                penalty *= 10.0
            if radius < _NEAR and step.promised > worth - _WORTH * max(1.0, abs(worth)):
                return None
            weight = min(penalty, 2.0 * step.largest_dual)
            current = self._merit(x, weight) if started else np.inf
            settled = 1e-9 * max(1.0, abs(current)) if started else 0.0
            if error < _SETTLED and step.promised > current - 10.0 * settled:
                x = step.point if self._error(step.point) < error else x
                break  # nothing better near a point whose products hold
            candidate, growth = step.point, 1.7
            if self._merit(candidate, weight) >= current - settled:
                candidate, growth = self._corrected(x, candidate), 1.0
            if candidate is not None and self._merit(candidate, weight) < current - settled:
                started, x, error = True, candidate, self._error(candidate)
                radius = min(1.0, growth * radius)
            else:
                radius *= 0.3
                if radius < 1e-7:
                    break
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

    def _linearized(self, x: Floats, box: Box, penalty: float, basis: Any) -> _Step | None:
        """One linear program about `x`; None where HiGHS does not solve it."""
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
            return None
        solution = self.highs.getSolution()
        values = np.array(solution.col_value)
        dual = np.abs(np.array(solution.row_dual)[program.rows : program.rows + count])
        return _Step(
            values[: program.columns],
            float(self.highs.getInfo().objective_function_value),
            float(values[program.columns :].sum()),
            float(dual.max(initial=0.0)),
            self.highs.getBasis(),
        )

    def _corrected(self, x: Floats, candidate: Floats) -> Floats | None:
        """The last linear program with the products' curvature between `x` and `candidate` added to its rows."""
        program = self.program
        count = len(program.product)
        x0, y0, x1, y1 = x[program.left], x[program.right], candidate[program.left], candidate[program.right]
        bound = (x1 - x0) * (y1 - y0) - x0 * y0
        rows = np.arange(program.rows, program.rows + count, dtype=np.int32)
        self.highs.changeRowsBounds(count, rows, bound, bound)
        if run_within(self.highs, self.clock) != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.highs.getSolution().col_value)[: program.columns]
