"""A design inside the first stage, towards which cuts are taken.

Where a unit does not run, its operation has one feasible point and its duals no bound: the cut there is exact at the
design and useless beside it. Taken a little towards a core point, it is the cut that of all exact ones says most there
(Magnanti, Wong 1981, doi:10.1287/opre.29.3.464).
"""

from __future__ import annotations

import highspy
import numpy as np
import scipy.sparse as sp

from ...kernels.highs import linear_program, quiet_highs
from ...problems.two_stage.problem import FirstStage, Floats

AWAY = 0.2  # of its width, that a core point is from a column's bounds where it can be
WIDEST = 1e3  # width that an unbounded column counts as


def core_point(first: FirstStage) -> Floats | None:
    """(n1,) a point within rows and bounds that is away from both bounds of as many columns as can be; None: no such.

    max sum_j t_j    s.t. the rows,    lower_j + t_j width_j <= x_j <= upper_j - t_j width_j,    0 <= t_j <= AWAY
    """
    size = len(first.names)
    width = np.minimum(first.upper - first.lower, WIDEST)
    eye, wide = sp.eye_array(size), sp.diags_array(width)
    A = sp.csr_array(
        sp.vstack([sp.hstack([first.A, sp.csr_array(first.A.shape)]), sp.hstack([eye, -wide]), sp.hstack([eye, wide])])
    )
    free = np.full(size, np.inf)
    cost = np.concatenate([np.zeros(size), -np.ones(size)])
    columns = np.concatenate([first.lower, np.zeros(size)]), np.concatenate([first.upper, np.full(size, AWAY)])
    rows = (
        np.concatenate([first.row_lower, first.lower, -free]),
        np.concatenate([first.row_upper, free, first.upper]),
    )
    highs = quiet_highs()
    highs.passModel(linear_program(cost, columns, A, rows))
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(highs.getSolution().col_value[:size])
