"""Transshipment MILP: fewest or cheapest matches that carry all the heat of a balanced problem.

Papoulias and Grossmann 1983, DOI 10.1016/0098-1354(83)85023-6:

    min sum c_ij y_ij   s.t.   R_ik + sum_j q_ijk = R_i,k-1 + hot_ik,   sum_i q_ijk = cold_jk,
                               sum_k q_ijk <= U_ij y_ij,   y binary,   R_iK = 0

tightened, all with the greedy limit of a single pair:
- over every run of cold intervals,  sum_{k in run} q_ijk <= (most that i can pass into the run) y_ij,  left out
  where two shorter runs imply it;
- a carrier needs at least as many matches as its largest limits take to add up to its duty;
- carriers that are alike are ordered by their number of matches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyomo.environ

from .match_data import MatchData, largest_exchange
from .temperature_intervals import Floats

SMALL = 1e-9
pyo: Any = pyomo.environ  # Pyomo ships no usable types


def match_model(data: MatchData, cost: Mapping[tuple[str, str], float] | None = None, *, tightened: bool = True) -> Any:
    """The MILP with `match[i, j]`, `heat[i, j, k]` [share of the total heat x 100] and `objective`.

    `cost` of a match by names, 1 where it is not given; `tightened=False` is the plain formulation.
    """
    n, m, last = data.shape
    scale = 100.0 / max(float(data.hot.sum()), SMALL)
    hot, cold = data.hot * scale, data.cold * scale
    limits = data.limits() * scale
    model = pyo.ConcreteModel("matches")
    model.scale = scale
    pairs = [(i, j) for i in range(n) for j in range(m) if limits[i, j] > SMALL]
    available = np.cumsum(hot, axis=1)
    places = [(i, j, k) for i, j in pairs for k in range(last) if cold[j, k] > SMALL and available[i, k] > SMALL]
    model.match = pyo.Var(pairs, domain=pyo.Binary)
    model.heat = pyo.Var(places, bounds=lambda _, i, j, k: (0.0, min(cold[j, k], available[i, k])))
    model.residual = pyo.Var(range(n), range(-1, last), bounds=(0.0, None))
    for i in range(n):
        model.residual[i, -1].fix(0.0)
        model.residual[i, last - 1].fix(0.0)
    into: dict[tuple[int, int], list[int]] = {(i, k): [] for i in range(n) for k in range(last)}
    outof: dict[tuple[int, int], list[int]] = {(j, k): [] for j in range(m) for k in range(last)}
    for i, j, k in places:
        into[i, k].append(j)
        outof[j, k].append(i)

    @model.Constraint(range(n), range(last))
    def hot_balance(model: Any, i: int, k: int) -> object:
        used = sum(model.heat[i, j, k] for j in into[i, k])
        return model.residual[i, k] + used == model.residual[i, k - 1] + float(hot[i, k])

    @model.Constraint([key for key, suppliers in outof.items() if suppliers or cold[key] > SMALL])
    def cold_balance(model: Any, j: int, k: int) -> object:
        if not outof[j, k]:
            return pyo.Constraint.Infeasible
        return sum(model.heat[i, j, k] for i in outof[j, k]) == float(cold[j, k])

    model.carried = pyo.ConstraintList()
    by_pair: dict[tuple[int, int], list[int]] = {pair: [] for pair in pairs}
    for i, j, k in places:
        by_pair[i, j].append(k)
    for (i, j), own in by_pair.items():
        runs = _binding_runs(hot[i], cold[j], own) if tightened else []
        for run, most in [*runs, (own, float(limits[i, j]))]:
            model.carried.add(sum(model.heat[i, j, k] for k in run) <= most * model.match[i, j])
    if tightened:
        _add_counts(model, hot, cold, limits, pairs)
        if cost is None:  # with prices of their own, twins are none
            _order_twins(model, data, pairs)

    def price(i: int, j: int) -> float:
        return (cost or {}).get((data.hot_names[i], data.cold_names[j]), 1.0)

    model.objective = pyo.Objective(expr=sum(price(i, j) * model.match[i, j] for i, j in pairs))
    return model


def _binding_runs(hot: Floats, cold: Floats, own: list[int]) -> list[tuple[list[int], float]]:
    """Runs of intervals, the whole one apart, whose limit is below the sum of the limits of any two parts."""

    def most(first: int, last: int) -> float:
        inside = np.zeros_like(cold)
        inside[own[first : last + 1]] = cold[own[first : last + 1]]
        return largest_exchange(hot, inside)

    limit = {(a, b): most(a, b) for a in range(len(own)) for b in range(a, len(own))}
    return [
        (own[a : b + 1], value)
        for (a, b), value in limit.items()
        if b - a + 1 < len(own) and (a == b or min(limit[a, x] + limit[x + 1, b] for x in range(a, b)) > value + SMALL)
    ]


def _add_counts(model: Any, hot: Floats, cold: Floats, limits: Floats, pairs: list[tuple[int, int]]) -> None:
    model.enough = pyo.ConstraintList()
    for side, rows in ((0, hot), (1, cold)):
        for index, row in enumerate(rows):
            own = [pair for pair in pairs if pair[side] == index]
            largest = np.cumsum(sorted((limits[pair] for pair in own), reverse=True))
            if row.sum() > SMALL and own:
                least = int(np.searchsorted(largest, row.sum() * (1 - 1e-7))) + 1
                model.enough.add(sum(model.match[pair] for pair in own) >= min(least, len(own)))


def _order_twins(model: Any, data: MatchData, pairs: list[tuple[int, int]]) -> None:
    model.order = pyo.ConstraintList()
    for side, is_hot in ((0, True), (1, False)):
        for a, b in data.twins(hot=is_hot):
            first = [pair for pair in pairs if pair[side] == a]
            second = [pair for pair in pairs if pair[side] == b]
            if first and second:
                model.order.add(sum(model.match[p] for p in first) >= sum(model.match[p] for p in second))
