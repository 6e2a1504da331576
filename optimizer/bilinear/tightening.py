"""Feasibility-based and optimization-based bound tightening."""

from __future__ import annotations

from collections.abc import Callable

import highspy
import numpy as np

from .program import BilinearProgram, Box, Floats, Integers
from .relaxation import Relaxation, integers_inward, new_highs, pass_linear_program

_EPSILON = 1e-9


def _residual(row: Integers, term: Floats, rows: int) -> Floats:
    """Sum of the other terms of each entry's row; infinite ones are counted: one alone does not hide the rest."""
    infinite = ~np.isfinite(term)
    finite = np.where(infinite, 0.0, term)
    total = np.bincount(row, finite, minlength=rows)[row] - finite
    others = np.bincount(row, infinite, minlength=rows)[row] - infinite
    return np.where(others > 0, np.nan, total)


def propagate(program: BilinearProgram, box: Box, rounds: int = 5) -> Box | None:
    """Bounds implied by rows, products and powers; None where the box holds no feasible point (to 1e-7, scaled)."""
    lower, upper = box[0].copy(), box[1].copy()
    row, column, a = program.row_of_entry, program.column_of_entry, program.entries
    positive = a > 0.0
    for _ in range(rounds):
        before = lower.copy(), upper.copy()
        with np.errstate(all="ignore"):
            smallest = np.where(positive, a * lower[column], a * upper[column])
            largest = np.where(positive, a * upper[column], a * lower[column])
            most = program.row_upper[row] - _residual(row, smallest, program.rows)
            least = program.row_lower[row] - _residual(row, largest, program.rows)
            high = np.where(positive, most / a, least / a)
            low = np.where(positive, least / a, most / a)
        np.minimum.at(upper, column, np.where(np.isnan(high), np.inf, high + _EPSILON))
        np.maximum.at(lower, column, np.where(np.isnan(low), -np.inf, low - _EPSILON))
        _propagate_products(program, lower, upper)
        _propagate_powers(program, lower, upper)
        integers_inward(lower, upper, program.integer)
        if np.any(lower > upper + 1e-7):
            return None
        crossed = lower > upper
        lower[crossed] = upper[crossed] = (lower[crossed] + upper[crossed]) / 2.0
        with np.errstate(invalid="ignore"):
            change = np.nan_to_num((lower - before[0]) + (before[1] - upper), nan=0.0, posinf=np.inf)
            width = np.where(np.isfinite(before[1] - before[0]), before[1] - before[0], 1.0)
        if np.max(np.where(width > 1e-7, change / np.maximum(width, 1e-9), 0.0), initial=0.0) < 1e-3:
            break
    return lower, upper


def _propagate_products(program: BilinearProgram, lower: Floats, upper: Floats) -> None:
    left, right, product = program.left, program.right, program.product
    with np.errstate(all="ignore"):
        corners = np.stack([a[left] * b[right] for a in (lower, upper) for b in (lower, upper)])
        known = np.isfinite(corners).all(axis=0)
    np.minimum.at(upper, product, np.where(known, corners.max(axis=0) + _EPSILON, np.inf))
    np.maximum.at(lower, product, np.where(known, corners.min(axis=0) - _EPSILON, -np.inf))
    for mine, other in ((left, right), (right, left)):
        wl, wu, ol, ou = lower[product], upper[product], lower[other], upper[other]
        with np.errstate(all="ignore"):
            positive = ol > 1e-9
            low = np.where(positive, np.minimum(wl / ol, wl / ou), -np.inf)
            high = np.where(positive, np.maximum(wu / ol, wu / ou), np.inf)
            low = np.where(~positive & (ol >= 0.0) & (ou > 1e-9) & (wl > 0.0), wl / ou, low)
        np.maximum.at(lower, mine, np.where(np.isnan(low), -np.inf, low - _EPSILON))
        np.minimum.at(upper, mine, np.where(np.isnan(high), np.inf, high + _EPSILON))


def _propagate_powers(program: BilinearProgram, lower: Floats, upper: Floats) -> None:
    power, base, exponent = program.power, program.base, program.exponent
    np.minimum.at(upper, power, np.maximum(upper[base], 0.0) ** exponent + _EPSILON)
    np.maximum.at(lower, power, np.maximum(lower[base], 0.0) ** exponent - _EPSILON)
    np.minimum.at(upper, base, np.maximum(upper[power], 0.0) ** (1.0 / exponent) + _EPSILON)


def minimize_widths(relaxation: Relaxation, box: Box, variables: Integers, expired: Callable[[], bool]) -> Box | None:
    """Optimization-based bound tightening of `variables` under the relaxation's cutoff; None where nothing is left.

    Each bound is a safe bound of its own LP, so it holds however far simplex got. Stops early once `expired()`.
    """
    program = relaxation.program
    lower, upper = box[0].copy(), box[1].copy()
    rows = relaxation.rows(box)
    highs = new_highs(simplex_strategy=4)  # primal simplex: only the objective changes
    pass_linear_program(highs, np.zeros(program.columns), box, rows)
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    x = np.array(highs.getSolution().col_value)
    at_lower, at_upper = x - lower < 1e-7, upper - x < 1e-7
    order = [int(j) for j in variables[np.argsort(-(upper - lower)[variables], kind="stable")]]
    for sign, j in [(1.0, j) for j in order] + [(-1.0, j) for j in order]:
        if upper[j] - lower[j] <= 1e-6 or (at_lower if sign > 0.0 else at_upper)[j]:
            continue
        if expired():
            break
        cost = np.zeros(program.columns)
        cost[j] = sign
        highs.changeColsCost(1, np.array([j], dtype=np.int32), np.array([sign]))
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status == highspy.HighsModelStatus.kOptimal:
            solution = highs.getSolution()
            x = np.array(solution.col_value)
            at_lower |= x - lower < 1e-7
            at_upper |= upper - x < 1e-7
            bound, _ = relaxation.safe_bound(cost, (lower, upper), rows, np.array(solution.row_dual))
            if sign > 0.0:
                lower[j] = np.clip(bound - _EPSILON, lower[j], upper[j])
            else:
                upper[j] = np.clip(-bound + _EPSILON, lower[j], upper[j])
            highs.changeColBounds(j, float(lower[j]), float(upper[j]))
        highs.changeColsCost(1, np.array([j], dtype=np.int32), np.zeros(1))
    return propagate(program, (lower, upper))
