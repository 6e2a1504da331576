"""Cuts that forbid designs for which a scenario has no operation at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from ...problems.two_stage import RecourseBlock
from ...problems.two_stage.problem import Floats
from ...problems.two_stage.recourse_data import RecourseData


@dataclass(frozen=True)
class FeasibilityCut:
    """slope'x <= limit holds for every design for which `scenario` is feasible; `slope` (n1,)."""

    scenario: int
    slope: Floats
    limit: float

    @property
    def hopeless(self) -> bool:
        """The scenario is infeasible for every design."""
        return self.limit < 0.0 and not self.slope.any()


class NoRayError(ValueError):
    """The solver says that a scenario is infeasible, but not why."""


def farkas_cut(
    data: RecourseData,
    first: int,
    k: int,
    block: RecourseBlock,
    component: int,
    ray: Floats,
    h: Floats,
    upper: Floats,
    x: Floats,
) -> FeasibilityCut:
    """The cut from the Farkas ray (m,) of one component of scenario first + k at x, with its `h` (m,), `upper` (n,).

    For any ray d with r = -W'd and pull = min(r, 0), where r >= 0 on columns without an upper bound (and = 0 on free
    ones), feasibility needs d'h(x) + pull'u(x) <= 0. Raises NoRayError where there is no such ray.
    """
    form = data.form
    rows, columns = block.rows[component], block.columns[component]
    dual, pull = np.zeros(form.W.shape[0]), np.zeros(form.W.shape[1])
    if (upper < block.lower).any():  # an upper bound below 0 forbids the design on its own
        j = int(np.argmin(upper))
        pull[columns[j]] = -1.0
        violation = -float(upper[j])
    else:
        values = form.W.data if data.W_values is None else data.W_values[k]
        W: Any = sp.csc_array((values, form.W.indices, form.W.indptr), shape=form.W.shape)
        dual[rows] = ray
        reduced = -(W.T @ dual)[columns]
        unbounded = ~np.isfinite(upper)
        own = np.where(unbounded, 0.0, np.minimum(reduced, 0.0))
        violation = float(ray @ h + own @ np.where(unbounded, 0.0, upper))
        if not violation > 0.0:
            raise NoRayError(f"{form.problem.name}: scenario {first + k} is infeasible, but no proof of it was found")
        pull[columns] = own
    slope = _one(form.upper_slope, data.slope_values, k, pull) - _one(form.T, data.T_values, k, dual)
    size = max(float(np.abs(slope).max(initial=0.0)), 1e-300)
    if size <= 1e-9 * max(violation, 1.0):
        return FeasibilityCut(first + k, np.zeros_like(slope), -1.0)
    return FeasibilityCut(first + k, slope / size, (float(slope @ x) - violation) / size)


def _one(matrix: Any, values: Floats | None, k: int, multiplier: Floats) -> Floats:
    """(n1,) matrix_k' multiplier."""
    if values is not None:
        matrix = sp.csc_array((values[k], matrix.indices, matrix.indptr), shape=matrix.shape)
    return np.asarray(matrix.T @ multiplier)
