"""What `RecourseLP.solve` returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import to_host
from .engine import Booleans, Floats


class Status(IntEnum):
    """How one scenario ended; the `status` array of a batch holds these as int8."""

    OPTIMAL = 0
    INFEASIBLE = 1
    UNBOUNDED = 2
    FAILED = 3


@dataclass(frozen=True)
class RecourseBatch:
    """Results of N scenarios, in the kind of array (NumPy or CuPy) that the right-hand sides came in.

    `objective` (N,): optimal value; +inf where infeasible, -inf where unbounded, NaN where failed.
    `lower_bound` (N,): dual'h + sum_j min(reduced_cost_j lower_j, reduced_cost_j upper_j), valid for the duals as they
    are, within 10 x tolerance of the objective where optimal; +inf where infeasible, -inf where unbounded.
    `dual` (N, m): d objective / d h. Where infeasible a Farkas ray, scaled to max|.| = 1: ray'h + sum_j min(
    reduced_cost_j lower_j, reduced_cost_j upper_j) > 0, which is a feasibility cut; NaN where there is none.
    `reduced_cost` (N, n) = q - W'dual (-W'dual where infeasible).
    `status` (N,) int8 of `Status`; `resolved_exactly` (N,) bool: decided by HiGHS, not by the engine.
    `iterations` (N,) int32 of the engine; `primal_residual` (N,) = max|W y - h| / (1 + max|h|) in the engine's
    scaling.
    `primal` (N, n) where it was asked for, NaN where there is no optimum.
    """

    objective: Floats
    lower_bound: Floats
    dual: Floats
    reduced_cost: Floats
    status: NDArray[np.int8]
    resolved_exactly: Booleans
    iterations: NDArray[np.int32]
    primal_residual: Floats
    primal: Floats | None = None

    def on_host(self) -> RecourseBatch:
        """The same in NumPy arrays; an explicit transfer where it was on a device."""
        arrays: dict[str, Any] = {name: None if a is None else to_host(a) for name, a in vars(self).items()}
        return RecourseBatch(**arrays)

    def frozen(self) -> RecourseBatch:
        """Itself, its NumPy arrays read-only from now on (CuPy knows no such thing)."""
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.flags.writeable = False
        return self

    def reordered(self, rows: Any) -> RecourseBatch:
        """The scenarios `rows`, in that order."""
        arrays: dict[str, Any] = {name: None if a is None else a[rows] for name, a in vars(self).items()}
        return RecourseBatch(**arrays)

    def put(self, rows: Any, others: RecourseBatch) -> None:
        """Replace the scenarios `rows` by `others`; a `primal` that those have and this has not is left out."""
        for name, array in vars(self).items():
            if array is not None:
                array[rows] = getattr(others, name)

    def __len__(self) -> int:
        return len(self.objective)


def concatenated(xp: Any, parts: Sequence[RecourseBatch]) -> RecourseBatch:
    """All scenarios of all parts."""
    names = [name for name, value in vars(parts[0]).items() if value is not None]
    return RecourseBatch(**{name: xp.concatenate([getattr(part, name) for part in parts]) for name in names})
