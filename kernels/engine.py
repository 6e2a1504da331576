"""The seam between `RecourseLP` and the machines that solve its batches.

An engine is prepared once for a `StandardForm` and then called with batches. It returns raw iterates only: what they
prove (statuses, bounds, the exact re-solve of what did not converge) is decided once for all engines in
`certificates.py` and `recourse.py`. An engine never judges infeasibility; it reports what did not converge.

    min q'y   s.t.   W y = h,   0 <= y <= upper        (upper is finite exactly on the `bounded` columns)

The form is already scaled (powers of two), has no empty or fixed rows and columns, and free columns are split.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Sparse = Any  # a canonical sp.csc_array or sp.csr_array; what type checkers infer from SciPy's sources is of no use


class Engine(StrEnum):
    """Which machine solves a batch; `auto` takes the GPU for CuPy arrays, else the fastest that is installed."""

    AUTO = "auto"
    GPU = "gpu"
    CPU = "cpu"
    REFERENCE = "reference"


@dataclass(frozen=True)
class StandardForm:
    """What all scenarios share: `W` (m, n) in canonical CSC order and which columns have a finite upper bound.

    `W.data` are the values used where a batch brings none of its own; `bounded` (n,) bool.
    """

    W: Sparse
    bounded: Booleans


@dataclass(frozen=True)
class StandardBatch:
    """N scenarios of one standard form; NumPy or CuPy arrays, float64, C-contiguous, finite (bar unbounded `upper`).

    `h` (N, m). `q` and `upper` (n,) shared or (N, n); `upper` is ignored off the bounded columns and 0 takes a column
    out of a scenario: the engine leaves y_j = 0 and solves the LP without it. `W_values` (N, nnz) in the order of
    `StandardForm.W.data`, or None. `start` (m + 1,): duals and barrier parameter of a central point of a program like
    these, from which all of them start (`reference/starting_point.py`), or None.
    """

    h: Floats
    q: Floats
    upper: Floats
    W_values: Floats | None = None
    start: Floats | None = None

    def __len__(self) -> int:
        return len(self.h)


@dataclass(frozen=True)
class Iterates:
    """What an engine returns, in the kind of array that it was given.

    `dual` (N, m); `objective` (N,) = q'y + dual'(h - W y), the primal value corrected to first order for the
    remaining residual; `converged` (N,) bool; `iterations` (N,) int32;
    `primal_residual` (N,) = max|h - W y| / (1 + max|h|); `primal` (N, n) where asked for, else None.
    What did not converge may hold anything, NaN included.
    """

    dual: Floats
    objective: Floats
    primal_residual: Floats
    converged: Booleans
    iterations: NDArray[np.int32]
    primal: Floats | None = None


class PreparedEngine(Protocol):
    """An engine with its ordering, symbolic factorization and tape for one standard form."""

    def __call__(
        self, batch: StandardBatch, *, tolerance: float, max_iterations: int, primal: bool = False
    ) -> Iterates:
        """Iterates of all N scenarios, each independent of its neighbours in the batch.

        A scenario has converged when its relative duality gap, its relative primal and dual residuals, and what the
        primal residual is worth at the duals' prices, relative to the objective, are at most `tolerance`.
        """
        ...


# Each module has `unavailable() -> str | None`, why it cannot serve here, and `prepare(form) -> PreparedEngine`.
_MODULES = {
    Engine.GPU: "loopwise.kernels.gpu",
    Engine.CPU: "loopwise.kernels.cpu",
    Engine.REFERENCE: "loopwise.kernels.reference",
}


@cache
def unavailable(engine: Engine) -> str | None:
    """Why an engine cannot serve on this machine; None where it can."""
    try:
        module: Any = import_module(_MODULES[engine])
    except ModuleNotFoundError as missing:
        return f"module {missing.name} is not installed"
    return module.unavailable()


def available_engines() -> tuple[Engine, ...]:
    """Engines that can serve on this machine, fastest first."""
    return tuple(engine for engine in _MODULES if unavailable(engine) is None)


def preparation(engine: Engine) -> Callable[[StandardForm], PreparedEngine]:
    """The `prepare` of an engine that is available."""
    module: Any = import_module(_MODULES[engine])
    return module.prepare
