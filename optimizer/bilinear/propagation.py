"""Feasibility-based bound tightening: what rows, products and powers imply."""

from __future__ import annotations

import numpy as np

from .program import BilinearProgram, Box, Floats, Integers
from .relaxation import integers_inward

_EPSILON = 1e-9


def _residual(row: Integers, term: Floats, rows: int) -> Floats:
    """Sum of the other terms of each entry's row; infinite ones are counted: one alone does not hide the rest."""
    infinite = ~np.isfinite(term)
    if not infinite.any():
        return np.bincount(row, term, minlength=rows)[row] - term
    finite = np.where(infinite, 0.0, term)
    total = np.bincount(row, finite, minlength=rows)[row] - finite
    others = np.bincount(row, infinite, minlength=rows)[row] - infinite
    return np.where(others > 0, np.nan, total)


def propagate(program: BilinearProgram, box: Box, rounds: int = 5) -> Box | None:
    """Bounds implied by rows, products and powers; None where the box holds no feasible point (to 1e-7, scaled)."""
    with np.errstate(all="ignore"):  # once: entering it costs as much as a product of small arrays
        return _propagated(program, box[0].copy(), box[1].copy(), rounds)


def _propagated(program: BilinearProgram, lower: Floats, upper: Floats, rounds: int) -> Box | None:
    for _ in range(rounds):
        before = lower.copy(), upper.copy()
        _propagate_rows(program, lower, upper)
        _propagate_products(program, lower, upper)
        _propagate_powers(program, lower, upper)
        integers_inward(lower, upper, program.integer)
        if np.any(lower > upper + 1e-7):
            return None
        crossed = lower > upper
        lower[crossed] = upper[crossed] = (lower[crossed] + upper[crossed]) / 2.0
        change = np.nan_to_num((lower - before[0]) + (before[1] - upper), nan=0.0, posinf=np.inf)
        width = np.where(np.isfinite(before[1] - before[0]), before[1] - before[0], 1.0)
        if np.max(np.where(width > 1e-7, change / np.maximum(width, 1e-9), 0.0), initial=0.0) < 1e-3:
            break
    return lower, upper


def _propagate_rows(program: BilinearProgram, lower: Floats, upper: Floats) -> None:
    row, column, a, positive = program.row_of_entry, program.column_of_entry, program.entries, program.positive_entries
    at_lower, at_upper = a * lower[column], a * upper[column]
    most = program.row_upper[row] - _residual(row, np.where(positive, at_lower, at_upper), program.rows)
    least = program.row_lower[row] - _residual(row, np.where(positive, at_upper, at_lower), program.rows)
    most, least = most / a, least / a
    np.fmin.at(upper, column, np.where(positive, most, least) + _EPSILON)  # fmin, fmax: NaN says nothing
    np.fmax.at(lower, column, np.where(positive, least, most) - _EPSILON)


def _propagate_products(program: BilinearProgram, lower: Floats, upper: Floats) -> None:
    left, right, product = program.left, program.right, program.product
    xl, xu, yl, yu = lower[left], upper[left], lower[right], upper[right]
    corners = np.stack([xl * yl, xl * yu, xu * yl, xu * yu])  # NaN where 0 meets infinity: nothing is known then
    known = np.isfinite(corners.sum(axis=0))
    np.minimum.at(upper, product, np.where(known, corners.max(axis=0) + _EPSILON, np.inf))
    np.maximum.at(lower, product, np.where(known, corners.min(axis=0) - _EPSILON, -np.inf))
    mine, other, of = program.both_factors
    wl, wu, ol, ou = lower[of], upper[of], lower[other], upper[other]
    positive = ol > 1e-9
    low = np.where(positive, np.minimum(wl / ol, wl / ou), -np.inf)
    high = np.where(positive, np.maximum(wu / ol, wu / ou), np.inf)
    low = np.where(~positive & (ol >= 0.0) & (ou > 1e-9) & (wl > 0.0), wl / ou, low)
    np.fmax.at(lower, mine, low - _EPSILON)
    np.fmin.at(upper, mine, high + _EPSILON)


def _propagate_powers(program: BilinearProgram, lower: Floats, upper: Floats) -> None:
    power, base, exponent = program.power, program.base, program.exponent
    if not len(power):
        return
    np.minimum.at(upper, power, np.maximum(upper[base], 0.0) ** exponent + _EPSILON)
    np.maximum.at(lower, power, np.maximum(lower[base], 0.0) ** exponent - _EPSILON)
    np.minimum.at(upper, base, np.maximum(upper[power], 0.0) ** (1.0 / exponent) + _EPSILON)
