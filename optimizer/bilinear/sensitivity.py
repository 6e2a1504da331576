"""What a limit costs at the optimum: the duals of the program linearized there, with its integers fixed."""

from __future__ import annotations

import highspy
import numpy as np

from .linear_program import LinearProgram, new_highs, pass_linear_program
from .program import BilinearProgram, Booleans, Floats


def row_values(program: BilinearProgram, x: Floats, free: Booleans) -> Floats | None:
    """(m,) change of the objective per unit of right-hand side of each row, to first order at the optimum `x` (n,).

    `free` (n,) marks variables whose upper bounds only repeat what rows say: they are lifted, so that the rows carry
    the value. What is unused stays unused. None where the linearization has no optimum near `x`.
    """
    count, powers = len(program.product), len(program.power)
    x0, y0 = x[program.left], x[program.right]
    base = np.maximum(x[program.base], 1e-6)
    slope = program.exponent * base ** (program.exponent - 1.0)
    products = np.stack([np.ones(count), -y0, -x0], axis=1).ravel()
    lengths = np.concatenate([np.diff(program.A.indptr), np.full(count, 3), np.full(powers, 2)])
    triples = np.stack([program.product, program.left, program.right], axis=1).ravel()
    pairs = np.stack([program.power, program.base], axis=1).ravel()
    activity = program.A @ x  # rows hold to rounding only: here they hold exactly, or HiGHS may find `x` infeasible
    equal = program.row_lower == program.row_upper
    right = np.concatenate([-x0 * y0, base**program.exponent - slope * base])
    rows = LinearProgram(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        np.concatenate([program.column_of_entry, triples, pairs]).astype(np.int32),
        np.concatenate([program.entries, products, np.stack([np.ones(powers), -slope], axis=1).ravel()]),
        np.concatenate([np.where(equal, activity, np.minimum(program.row_lower, activity)), right]),
        np.concatenate([np.where(equal, activity, np.maximum(program.row_upper, activity)), right]),
    )
    lower, upper = program.lower.copy(), np.where(free, np.inf, program.upper)
    lower[program.integer] = upper[program.integer] = np.round(x[program.integer])
    unused = program.nonlinear[(x[program.nonlinear] <= 1e-6) & ~free[program.nonlinear]]
    upper[unused] = np.maximum(lower[unused], 0.0)  # an idle unit's concentration says nothing about using it
    highs = new_highs(simplex_scale_strategy=2)
    pass_linear_program(highs, program.cost, (lower, upper), rows)
    highs.run()
    value = highs.getObjectiveValue() + program.constant
    near = abs(value - program.objective(x)) <= 1e-3 * max(1.0, abs(value))
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal or not near:
        return None
    return np.array(highs.getSolution().row_dual)[: program.rows]
