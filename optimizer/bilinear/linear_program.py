"""Small linear programs for HiGHS: loaded as arrays, scaled by us, never longer than the search's time limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from ...kernels.highs import quiet_highs
from .clock import Clock
from .program import Box, Floats

Indices = NDArray[np.int32]


@dataclass(frozen=True)
class LinearProgram:
    """Rows of an LP over the columns of the program, row-wise."""

    start: Indices
    index: Indices
    value: Floats
    row_lower: Floats
    row_upper: Floats


def new_highs(**options: Any) -> Any:
    """A silent HiGHS for LPs that we scale ourselves; its iterations are capped, because unscaled simplex can stall."""
    highs = quiet_highs()
    highs.setOptionValue(
        "parallel", "off"
    )  # `threads` must agree with every other HiGHS of this process, else run fails
    highs.setOptionValue("simplex_scale_strategy", 0)
    for name, value in options.items():
        highs.setOptionValue(name, value)
    return highs


def pass_linear_program(highs: Any, cost: Floats, box: Box, rows: LinearProgram) -> None:
    """Load  min cost'x  over `rows` and `box`."""
    highs.setOptionValue("simplex_iteration_limit", max(5000, 10 * (len(cost) + len(rows.row_lower))))
    highs.passModel(  # this overload takes the arrays as they are; a HighsLp copies them number by number
        len(cost),
        len(rows.row_lower),
        len(rows.value),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        cost,
        box[0],
        box[1],
        rows.row_lower,
        rows.row_upper,
        rows.start,
        rows.index,
        rows.value,
        np.zeros(len(cost), dtype=np.int32),
    )


def run_within(highs: Any, clock: Clock) -> highspy.HighsModelStatus:
    """Solve for at most what is left of the time; HiGHS counts its seconds over all its runs."""
    highs.setOptionValue("time_limit", highs.getRunTime() + clock.remaining() + 1e-3)
    highs.run()
    return highs.getModelStatus()
