"""Optimization-based bound tightening: the smallest and largest value of a variable under the incumbent's cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import highspy
import numpy as np

from .linear_program import new_highs, pass_linear_program, run_within
from .program import Box, Floats, Integers
from .propagation import propagate
from .workers import Engine, Workers

_EPSILON = 1e-9
Goal = tuple[float, int]
"""+1 and a column whose lower bound shall rise, -1 and one whose upper bound shall fall."""


def tightened_box(workers: Workers, box: Box, variables: Integers, cutoff: float) -> Box | None:
    """`box` less what the relaxation excludes below `cutoff`; None where nothing is left.

    The goals are dealt out to the threads; each bound is a safe bound of its own LP, so it holds however far simplex
    got. Ends early, with what it has, when the time is up.
    """
    wide = variables[np.argsort(-(box[1] - box[0])[variables], kind="stable")]
    goals = [(sign, int(j)) for sign in (1.0, -1.0) for j in wide]
    parts = [goals[k :: workers.threads] for k in range(workers.threads)]

    tasks = [partial(_tighten, box=box, goals=part, cutoff=cutoff) for part in parts if part]
    boxes = workers.map(tasks)
    lower, upper = box[0].copy(), box[1].copy()
    for found in boxes:
        if found is None:
            return None
        np.maximum(lower, found[0], out=lower)
        np.minimum(upper, found[1], out=upper)
    return propagate(workers.relaxation.program, (lower, upper))


def _tighten(engine: Engine, box: Box, goals: Sequence[Goal], cutoff: float) -> Box | None:
    """`box` after the LPs of `goals`, each from the last one's basis; None where the relaxation is empty."""
    relaxation, clock = engine.relaxation, engine.clock
    program = relaxation.program
    lower, upper = box[0].copy(), box[1].copy()
    rows = relaxation.rows(box, cutoff)
    highs = new_highs(simplex_strategy=4)  # primal simplex: only the objective changes
    pass_linear_program(highs, np.zeros(program.columns), box, rows)
    if run_within(highs, clock) == highspy.HighsModelStatus.kInfeasible:
        return None
    at_lower, at_upper = np.zeros((2, program.columns), dtype=bool)
    for sign, j in goals:
        if clock.expired():
            break
        if upper[j] - lower[j] <= 1e-6 or (at_lower if sign > 0.0 else at_upper)[j]:
            continue
        cost = np.zeros(program.columns)
        cost[j] = sign
        highs.changeColsCost(1, np.array([j], dtype=np.int32), np.array([sign]))
        status = run_within(highs, clock)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status == highspy.HighsModelStatus.kOptimal:
            solution = highs.getSolution()
            x: Floats = np.array(solution.col_value)
            at_lower |= x - lower < 1e-7
            at_upper |= upper - x < 1e-7
            bound, _ = relaxation.safe_bound(cost, (lower, upper), rows, np.array(solution.row_dual))
            if sign > 0.0:
                lower[j] = np.clip(bound - _EPSILON, lower[j], upper[j])
            else:
                upper[j] = np.clip(-bound + _EPSILON, lower[j], upper[j])
            highs.changeColBounds(j, float(lower[j]), float(upper[j]))
        highs.changeColsCost(1, np.array([j], dtype=np.int32), np.zeros(1))
    return lower, upper
