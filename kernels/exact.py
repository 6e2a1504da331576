"""HiGHS, for the scenarios that an engine could not decide: infeasible, unbounded, or short of the tolerance.

Every solve starts from the optimal basis of one reference right-hand side, never from the scenario before it, so that
the vertex that is returned does not depend on which other scenarios were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from .batch import Status
from .engine import Floats, Sparse
from .highs import quiet_highs

TOLERANCE = 1e-9  # HiGHS's primal and dual feasibility tolerance

_STATUS = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
}


@dataclass(frozen=True)
class ExactSolution:
    """One scenario. `dual` is a Farkas ray where infeasible (None if HiGHS gave none), None where unbounded."""

    status: Status
    objective: float
    dual: Floats | None
    primal: Floats | None


class ExactSolver:
    """One LP inside HiGHS; not picklable, built when first needed."""

    def __init__(self, W: Sparse, q: Floats, lower: Floats, upper: Floats) -> None:
        self._W, self.lower = W, lower
        at_bound = np.clip(np.zeros(W.shape[1]), lower, upper)
        boxed = np.isfinite(lower) & np.isfinite(upper)
        at_bound[boxed] = 0.5 * (lower[boxed] + upper[boxed])
        reference = W @ at_bound
        self._highs = quiet_highs()
        for option, value in (
            ("primal_feasibility_tolerance", TOLERANCE),
            ("dual_feasibility_tolerance", TOLERANCE),
        ):
            self._highs.setOptionValue(option, value)
        self._pass(W.data, q, upper, reference)
        self._highs.run()
        self._basis: Any = self._highs.getBasis()

    def _pass(self, values: Floats, q: Floats, upper: Floats, h: Floats) -> None:
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = self._W.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = q, self.lower, upper
        lp.row_lower_ = lp.row_upper_ = h
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = self._W.indptr, self._W.indices, values
        self._highs.passModel(lp)

    def solve(self, h: Floats, q: Floats, upper: Floats, values: Floats | None) -> ExactSolution:
        """Decide one scenario: h (m,), q and upper (n,), its own W.data (nnz,) or None."""
        if (upper < self.lower).any():  # HiGHS would take it for a mistake in the model
            return ExactSolution(Status.INFEASIBLE, np.inf, None, None)
        highs = self._highs
        # passed whole: weights and factors left by the scenario before would change the last bits of this one
        self._pass(self._W.data if values is None else values, q, upper, h)
        if self._basis.valid:
            highs.setBasis(self._basis)
        solution = self._run()
        if solution.status is Status.FAILED:  # once more without the basis, and without presolve for a clear verdict
            highs.clearSolver()
            highs.setOptionValue("presolve", "off")
            solution = self._run()
            highs.setOptionValue("presolve", "choose")
        return solution

    def _run(self) -> ExactSolution:
        highs = self._highs
        highs.run()
        status = _STATUS.get(highs.getModelStatus(), Status.FAILED)
        if status is Status.OPTIMAL:
            solution = highs.getSolution()
            objective = highs.getInfo().objective_function_value
            return ExactSolution(status, objective, np.array(solution.row_dual), np.array(solution.col_value))
        if status is Status.INFEASIBLE:
            return ExactSolution(status, np.inf, self._farkas_ray(), None)
        return ExactSolution(status, -np.inf if status is Status.UNBOUNDED else np.nan, None, None)

    def _farkas_ray(self) -> Floats | None:
        found, exists, ray = self._highs.getDualRay()
        if found != highspy.HighsStatus.kOk or not exists:
            return None
        ray = np.array(ray)
        return ray / max(float(np.abs(ray).max(initial=0.0)), 1e-300)
