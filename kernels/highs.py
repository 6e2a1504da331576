"""A HiGHS that prints nothing, not even its banner, and linear programs for it."""

from __future__ import annotations

from typing import Any

import highspy
import scipy.sparse as sp

from .engine import Booleans, Floats


class _QuietHighs(highspy.Highs):
    """The constructor prints the banner when it enables the callbacks, before an option could be set from outside."""

    def enableCallbacks(self) -> None:  # noqa: N802  # highspy's name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def quiet_highs() -> Any:
    """A new HiGHS with every option at its default but silent: standard output belongs to the command line."""
    return _QuietHighs()


def linear_program(
    cost: Floats,
    columns: tuple[Floats, Floats],
    matrix: sp.csc_array | sp.csr_array,
    rows: tuple[Floats, Floats],
    *,
    integer: Booleans | None = None,
    maximize: bool = False,
) -> Any:
    """min cost'x within the lower and upper bounds of `columns`, matrix x within those of `rows`, as HiGHS takes it.

    `integer` (n,): columns that take whole numbers.
    """
    lp: Any = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, (lp.col_lower_, lp.col_upper_) = cost, columns
    lp.row_lower_, lp.row_upper_ = rows
    formats = {"csc": highspy.MatrixFormat.kColwise, "csr": highspy.MatrixFormat.kRowwise}
    lp.a_matrix_.format_ = formats[matrix.format]
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    if maximize:
        lp.sense_ = highspy.ObjSense.kMaximize
    if integer is not None and integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in integer]
    return lp
