"""Whether a design that somebody hands in is one: the first stage's bounds, whole numbers and rows."""

from __future__ import annotations

import numpy as np

from ..errors import CaseError, Problem
from .problem import FirstStage, Floats

TOLERANCE = 1e-6
"""Of a value's or a row's terms' size (at least 1): what solvers leave open and files round."""


def refuse_impossible_design(first_stage: FirstStage, x: Floats, file: str) -> None:
    """Raise CaseError naming every first-stage column and row that the design `x` (n1,) from `file` does not keep."""
    problems: list[Problem] = []
    room = TOLERANCE * np.maximum(1.0, np.abs(x))
    low, high = first_stage.lower, first_stage.upper
    outside = (x < low - room) | (x > high + room)
    broken = first_stage.integer & (np.abs(x - np.round(x)) > TOLERANCE)
    for j in np.flatnonzero(outside | broken):
        whole = ("a whole number",) if first_stage.integer[j] else ()
        expected = "expected " + ", ".join((*whole, *_between(low[j], high[j])))
        problems.append(Problem(expected, file=file, place=first_stage.names[j], typed=f"{x[j]:.10g}"))
    activity = np.asarray(first_stage.A @ x)
    room = TOLERANCE * np.maximum(1.0, np.asarray(abs(first_stage.A) @ np.abs(x)))
    low, high = first_stage.row_lower, first_stage.row_upper
    for i in np.flatnonzero((activity < low - room) | (activity > high + room)):
        expected = ", ".join(_between(low[i], high[i]))
        message = f"the design makes this row of the first stage {activity[i]:.10g}, expected {expected}"
        problems.append(Problem(message, file=file, place=first_stage.row_names[i]))
    if problems:
        raise CaseError(problems)


def _between(low: float, high: float) -> tuple[str, ...]:
    """The range in words; nothing where there are no bounds."""
    if low == high:
        return (f"{low:.10g}",)
    if np.isfinite(low) and np.isfinite(high):
        return (f"from {low:.10g} to {high:.10g}",)
    if np.isfinite(low):
        return (f"at least {low:.10g}",)
    return (f"at most {high:.10g}",) if np.isfinite(high) else ()
