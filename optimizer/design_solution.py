"""What a method knows about the best design when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ..problems.two_stage.problem import Floats

Notice = Callable[[float, float, float], None]
"""Called with (seconds, best bound, incumbent) while a method searches."""


class SolveStatus(StrEnum):
    """How a solve ended; a limit and an interruption keep the incumbent and its bound."""

    OPTIMAL = "optimal"
    LIMIT = "limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True)
class DesignSolution:
    """What is known when the solve ends.

    `x` (n1,) and `objective` are None without an incumbent. `lower_bound` and `upper_bound` hold for the sample's own
    problem; the one on the incumbent's side is its objective. `history`: (seconds, lower, upper). `conflict` names
    rows of an irreducible infeasible set; `scenario` is one that no design can serve.
    """

    status: SolveStatus
    x: Floats | None
    objective: float | None
    lower_bound: float
    upper_bound: float
    history: tuple[tuple[float, float, float], ...] = ()
    conflict: tuple[str, ...] = ()
    scenario: int | None = None

    @property
    def gap(self) -> float:
        """|upper - lower| / max(|objective|, 1e-9); infinite without an incumbent."""
        if self.objective is None:
            return float("inf")
        return abs(self.upper_bound - self.lower_bound) / max(abs(self.objective), 1e-9)
