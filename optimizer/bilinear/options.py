"""What a search may be asked for and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .program import Floats


class SearchStatus(StrEnum):
    """How the search ended."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time-limit"
    INTERRUPTED = "interrupted"
    UNRESOLVED = "unresolved"  # boxes too small to split, whose relaxations the LP solver could not close, remain
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"  # by the limit on boxes, or with an incumbent that was said to be enough


@dataclass(frozen=True)
class SearchOptions:
    """`gap` is relative to the incumbent's magnitude, `absolute_gap` is enough where it is wider; `time_limit` in s of
    wall time; `threads` share each round.

    `integers_first`: no other variable is branched on while an integer is fractional. They carry fixed costs, and the
    rest means little before they are decided: `two-plants-water` closes in 19 boxes for more than 4,000.

    `start` (n,): a point to begin with, in original units, used if it proves feasible.

    After `node_limit` boxes, or with an incumbent of at most `enough`, the search ends with what it has. `block_cuts`:
    see block_cuts.py.

    The same seed and number of threads give the same search, unless a limit cuts it short.
    """

    gap: float = 1e-4
    absolute_gap: float = 0.0
    time_limit: float = 3600.0
    seed: int = 0
    threads: int = 1
    strong_branching: int = 4
    reliable_after: int = 2
    tightening_rounds: int = 3
    starts: int = 9
    node_limit: int | None = None
    enough: float = -np.inf
    block_cuts: bool = True
    integers_first: bool = True
    start: Floats | None = None
    progress: Callable[[str], None] | None = None


@dataclass(frozen=True)
class SearchResult:
    """`x` (n,) in original units or None; `value`, `bound` in the sense of minimisation, `gap` relative."""

    status: SearchStatus
    x: Floats | None
    value: float
    bound: float
    gap: float
    nodes: int
    linear_programs: int
    seconds: float
    root_bound: float
    bounds_over_time: tuple[tuple[float, float, float], ...]


class UnboundedBoxError(ValueError):
    """Variables without finite bounds: no relaxation over a box exists."""
