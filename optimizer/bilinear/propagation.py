"""Feasibility-based bound tightening: what rows, products and powers imply."""

from __future__ import annotations

import numpy as np

from .program import BilinearProgram, Box, Floats, Integers
from .relaxation import integers_inward

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
