"""The extensive form in which some first-stage columns are decided anew in every scenario: a relaxation of it.

    min  c'x + sum_s p_s (d'z_s + q_s'y_s)     rows of x and z hold for every z_s,   T_s (x, z_s) + W_s y_s as before

With the commitments of a park as z its optimum bounds what switching units in every future could be worth. It is an
extensive form only: with integers in the recourse nothing of the decomposition holds.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from ..kernels.highs import linear_program, quiet_highs
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from .extensive_lp import extensive_lp


def flexible_bound(
    problem: TwoStageProblem, scenarios: Scenarios, free: Collection[str], gap: float, time_limit: float | None
) -> float | None:
    """A bound that no decision of the `free` columns in every scenario can pass; None where the search proves none.

    In the direction of optimization: from below for a minimum.
    """
    solver = quiet_highs()
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("random_seed", 0)
    if time_limit is not None:
        solver.setOptionValue("time_limit", float(time_limit))
    solver.passModel(flexible_lp(problem, scenarios, free))
    solver.HandleKeyboardInterrupt = True
    solver.solve()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInterrupt:
        raise KeyboardInterrupt
    bound = float(solver.getInfo().mip_dual_bound)
    return bound if np.isfinite(bound) and abs(bound) < highspy.kHighsInf else None


def flexible_lp(problem: TwoStageProblem, scenarios: Scenarios, free: Collection[str]) -> Any:
    """The extensive form as a HighsLp with columns x (without the free ones), y_1 .. y_N, z_1 .. z_N."""
    first, count = problem.first_stage, len(scenarios)
    whole = extensive_lp(problem, scenarios, {})
    shape = (whole.num_row_, whole.num_col_)
    values, indices, starts = (getattr(whole.a_matrix_, key) for key in ("value_", "index_", "start_"))
    matrix = sp.csc_array((np.array(values), np.array(indices), np.array(starts)), shape=shape)
    n1, m1 = len(first.names), len(first.row_names)
    chosen = np.isin(first.names, list(free))
    z, kept = np.flatnonzero(chosen), np.concatenate([np.flatnonzero(~chosen), np.arange(n1, shape[1])])
    top, scenario_rows = sp.csr_array(matrix)[:m1], sp.csr_array(matrix)[m1:]
    shared = np.diff(sp.csr_array(top[:, z]).indptr) > 0
    again = np.tile(np.flatnonzero(shared), count)  # rows that hold for every z_s
    m2 = scenario_rows.shape[0] // count
    technology = scenario_rows[:, z].tocoo()
    block = technology.coords[0] // m2
    own = sp.coo_array(
        (technology.data, (technology.coords[0], block * len(z) + technology.coords[1])),
        shape=(scenario_rows.shape[0], count * len(z)),
    )
    repeated = top[np.flatnonzero(shared)]
    rows = sp.vstack(
        [
            sp.hstack([top[~shared][:, kept], sp.csr_array((int((~shared).sum()), count * len(z)))]),
            sp.hstack([sp.vstack([repeated[:, kept]] * count), sp.block_diag([repeated[:, z]] * count)]),
            sp.hstack([scenario_rows[:, kept], own]),
        ]
    )
    order = np.concatenate([np.flatnonzero(~shared), again, np.arange(m1, shape[0])])

    def columns(own: Any, weighted: bool = False) -> Any:
        everything = np.array(own)
        copies = np.tile(everything[z], (count, 1))
        return np.concatenate(
            [everything[kept], (scenarios.probability[:, None] * copies if weighted else copies).ravel()]
        )

    sides = [np.array(side)[order] for side in (whole.row_lower_, whole.row_upper_)]
    lp = linear_program(
        columns(whole.col_cost_, weighted=True),
        (columns(whole.col_lower_), columns(whole.col_upper_)),
        sp.csc_array(rows),
        (sides[0], sides[1]),
        integer=np.concatenate(
            [first.integer[~chosen], np.zeros(shape[1] - n1, bool), np.tile(first.integer[z], count)]
        ),
        maximize=problem.sense is Sense.MAXIMIZE,
    )
    lp.offset_ = whole.offset_
    return lp
