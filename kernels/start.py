"""Where many programs start that are like one another: a point of the central path of their mean."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .arrays import Placed
from .engine import Floats


@dataclass(frozen=True)
class Start:
    """Row duals (m,) and the barrier parameter, a variable times the dual of its bound, in units of the objective.

    Any finite duals and any positive parameter serve: results do not depend on them beyond the tolerance, only how many
    iterations they take. Picklable, so that every worker starts from the same.
    """

    dual: Floats
    barrier: float
    placed: Placed = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        dual = np.array(self.dual, dtype=np.float64)
        if dual.ndim != 1 or not np.isfinite(dual).all() or not 0.0 < self.barrier < np.inf:
            raise ValueError("a start needs finite duals (m,) and a positive barrier parameter")
        dual.flags.writeable = False
        object.__setattr__(self, "dual", dual)
        object.__setattr__(self, "placed", Placed(np.append(dual, self.barrier)))
