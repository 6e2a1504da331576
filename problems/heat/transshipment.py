"""Transshipment LP: cheapest utilities where some pairs must not meet, so that heat keeps its origin in the cascade.

Papoulias and Grossmann 1983, DOI 10.1016/0098-1354(83)85023-6, problem P2, with hot carriers i, cold carriers j and
shifted temperature intervals k from hot to cold:

    min sum_u price_u Q_u   s.t.   R_ik + sum_j q_ijk = R_i,k-1 + hot_ik,   sum_i q_ijk = cold_jk,   R_iK = 0

where a utility u has hot_uk (or cold_uk) = Q_u share_uk. Without forbidden pairs it equals the cascade's LP.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ

from .streams import HeatRecoveryProblem, Side
from .temperature_intervals import TemperatureIntervals, pieces_of, stream_duties

pyo: Any = pyomo.environ  # Pyomo ships no usable types


def transshipment_model(problem: HeatRecoveryProblem, prices: dict[str, float], *, elastic: bool = False) -> Any:
    """The LP with `duty[name]` [MW] of every utility, `heat[i, j, k]` [MW] and `objective` sum of price * duty.

    `elastic`: minimize instead the heat `unserved[name]` [MW] of every carrier that finds no partner.
    """
    intervals = TemperatureIntervals.of(
        pieces_of(problem, [*problem.streams, *(u.stream(1.0) for u in problem.utilities)], shifted=True)
    )
    sides: dict[Side, list[str]] = {}
    fixed: dict[Side, Any] = {}
    for side, streams in ((Side.HOT, problem.hot_streams), (Side.COLD, problem.cold_streams)):
        own = [u for u in problem.utilities if u.side is side]
        sides[side] = [*(s.name for s in streams), *(u.name for u in own)]
        carriers = [*streams, *(u.stream(1.0) for u in own)]
        fixed[side] = stream_duties(problem, carriers, intervals, shifted=True).reshape(len(carriers), len(intervals))
    hot, cold = fixed[Side.HOT], fixed[Side.COLD]
    utility = {u.name for u in problem.utilities}
    model: Any = pyo.ConcreteModel("transshipment")
    model.duty = pyo.Var(
        [u.name for u in problem.utilities],
        bounds=lambda _, name: (0.0, next(u.maximum for u in problem.utilities if u.name == name)),
    )

    def amount(side: Side, i: int, k: int) -> Any:
        name, share = sides[side][i], float(fixed[side][i, k])
        return share * model.duty[name] if name in utility else share

    passes = np.cumsum(hot, axis=1) > 0.0  # heat of i is at hand in interval k or above
    model.heat = pyo.Var(
        [
            (i, j, k)
            for i, h in enumerate(sides[Side.HOT])
            for j, c in enumerate(sides[Side.COLD])
            if (h, c) not in problem.forbidden_matches
            for k in range(len(intervals))
            if passes[i, k] and cold[j, k] > 0.0
        ],
        bounds=(0.0, None),
    )
    model.residual = pyo.Var(range(len(hot)), range(-1, len(intervals)), bounds=(0.0, None))
    into: dict[tuple[int, int], list[Any]] = {(i, k): [] for i in range(len(hot)) for k in range(len(intervals))}
    outof: dict[tuple[int, int], list[Any]] = {(j, k): [] for j in range(len(cold)) for k in range(len(intervals))}
    for (i, j, k), flow in model.heat.items():
        into[i, k].append(flow)
        outof[j, k].append(flow)
    model.unserved = pyo.Var([*sides[Side.HOT], *sides[Side.COLD]], bounds=(0.0, None if elastic else 0.0))
    short = pyo.Var(list(outof), bounds=(0.0, None if elastic else 0.0))
    model.short = short
    for i in range(len(hot)):
        model.residual[i, -1].fix(0.0)
        model.residual[i, len(intervals) - 1].setub(None if elastic else 0.0)

    @model.Constraint(list(into))
    def hot_balance(model: Any, i: int, k: int) -> object:
        return model.residual[i, k] + sum(into[i, k]) == model.residual[i, k - 1] + amount(Side.HOT, i, k)

    @model.Constraint([key for key in outof if cold[key] > 0.0])
    def cold_balance(model: Any, j: int, k: int) -> object:
        return short[j, k] + sum(outof[j, k]) == amount(Side.COLD, j, k)

    @model.Constraint(range(len(hot)))
    def hot_unserved(model: Any, i: int) -> object:
        return model.unserved[sides[Side.HOT][i]] == model.residual[i, len(intervals) - 1]

    @model.Constraint(range(len(cold)))
    def cold_unserved(model: Any, j: int) -> object:
        return model.unserved[sides[Side.COLD][j]] == sum(short[j, k] for k in range(len(intervals)))

    model.objective = pyo.Objective(
        expr=sum(model.unserved.values()) if elastic else sum(prices[name] * duty for name, duty in model.duty.items())
    )
    return model
