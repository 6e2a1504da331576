"""Area and investment of the superstructure's exchangers, for a solver of bilinear programs with concave limits.

With duty q, mean temperature difference M, area A and coefficient U, all by Chen's mean of the differences at the ends:

    A M = q / U,     M <= chen(hot end, cold end),     investment = fixed z + c A^b

Chen's mean is concave and homogeneous: it lies below each of its tangents. q / M is bounded from below by tangents of
q^2 / (M Q), which is convex and equal to q / M at q = 0 and q = Q (Zamora and Grossmann 1998,
DOI 10.1016/S0098-1354(97)00251-0). Both kinds are rows that hold from the start; the solver adds more of the first.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ

from .capital_targets import KW_PER_MW, ExchangerCost
from .mean_temperature_difference import Floats, chen_gradient, chen_mean
from .superstructure import Superstructure

pyo: Any = pyomo.environ  # Pyomo ships no usable types
RATIOS = tuple(np.geomspace(1 / 30, 30, 15).tolist())  # of the differences, where tangents of Chen stand
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the largest duty, where the tangents of q^2 / (M Q) stand
SMALLEST = 1e-3  # K at which tangents are taken where a difference is smaller


@dataclass(frozen=True)
class AreaVariables:
    """`mean` [K] by number of the exchanger, limited by Chen's mean of its ends; `investment` of all."""

    mean: Any
    investment: Any


def add_areas(structure: Superstructure, cost: ExchangerCost) -> AreaVariables:
    """Add means, areas [m2] and their rows to the model of `structure`."""
    model = structure.model
    numbers = range(len(structure.exchangers))
    ranges = {n: _mean_range(model, n) for n in numbers}
    need = {n: KW_PER_MW / place.coefficient for n, place in enumerate(structure.exchangers)}
    model.mean = pyo.Var(numbers, bounds=lambda _, n: ranges[n])
    model.area = pyo.Var(numbers, bounds=lambda m, n: (0.0, need[n] * m.duty[n].ub / ranges[n][0]))
    rows = model.area_rows = pyo.ConstraintList()
    investment = 0.0
    for n in numbers:
        mean, area, duty, exists = model.mean[n], model.area[n], model.duty[n], model.exists[n]
        low, high = ranges[n]
        for ratio in RATIOS:
            by_hot, by_cold = chen_gradient(ratio, 1.0)
            rows.add(mean <= by_hot * model.hot_end[n] + by_cold * model.cold_end[n])
        rows.add(area * mean == need[n] * duty)
        rows.add(area <= area.ub * exists)
        rows.add(area >= need[n] * duty / high)
        largest = duty.ub
        for share, at in itertools.product(SHARES, np.geomspace(low, high, 3).tolist()):
            slope = share * largest / at
            rows.add(area >= need[n] * (2.0 * slope * duty - slope**2 * mean) / largest)
        grown = area if cost.exponent == 1.0 else area**cost.exponent
        investment = investment + cost.fixed * exists + (cost.coefficient * grown if cost.coefficient else 0.0)
    return AreaVariables(model.mean, investment)


def chen_tangents(ends: Floats) -> tuple[Floats, Floats]:
    """Chen's mean (C,) of differences (C, 2) [K], with its gradients (C, 2)."""
    a, b = np.maximum(ends, SMALLEST).T
    mean = chen_mean(a, b)
    slopes = np.stack([b * (2 * a + b), a * (2 * b + a)], axis=1) / (6 * mean[:, None] ** 2)
    return np.sum(slopes * ends, axis=1), slopes


def _mean_range(model: Any, n: int) -> tuple[float, float]:
    low = float(chen_mean(model.hot_end[n].lb, model.cold_end[n].lb))
    return low, max(float(chen_mean(model.hot_end[n].ub, model.cold_end[n].ub)), low * (1 + 1e-9))
