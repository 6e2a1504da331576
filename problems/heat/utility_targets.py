"""Cheapest utilities on the grand composite curve: how much of each, none of them violating the second law.

The duties Q_u are the variables of a linear program over the cascade (Cerda, Westerberg, Mason and Linnhoff 1983,
DOI 10.1016/0009-2509(83)80021-8, with one node a temperature):

    min sum_u price_u Q_u   s.t.   R_k = sum_{l <= k} (surplus_l + sum_u +-share_ul Q_u) >= 0,   R_K = 0

Sloping utilities, utilities inside pockets and cold utilities with a negative price (steam raised and sold) are all
covered, which the graphical placement from the pinch outwards is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog

from .problem_table import problem_table
from .streams import HeatDataError, HeatRecoveryProblem, Side, Utility
from .temperature_intervals import RESOLUTION, Floats, TemperatureIntervals, pieces_of, stream_duties


@dataclass(frozen=True)
class UtilityTargets:
    """Duties [MW] in the order of the problem's utilities and the balanced cascade with them in place."""

    utilities: tuple[Utility, ...]
    duties: Floats
    cost: float | None
    intervals: TemperatureIntervals
    residual: Floats
    pinches: tuple[float, ...]

    def duty(self, name: str) -> float:
        """Duty [MW] of one utility; KeyError where there is none of that name."""
        return {utility.name: float(duty) for utility, duty in zip(self.utilities, self.duties, strict=True)}[name]

    def total(self, side: Side) -> float:
        """Duty [MW] of all hot or all cold utilities."""
        return float(sum(d for u, d in zip(self.utilities, self.duties, strict=True) if u.side is side))

    @property
    def hot(self) -> float:
        """Duty [MW] of the hot utilities together."""
        return self.total(Side.HOT)

    @property
    def cold(self) -> float:
        """Duty [MW] of the cold utilities together."""
        return self.total(Side.COLD)


def order_prices(problem: HeatRecoveryProblem) -> Floats:
    """(U,) prices that stand in where a case gives none: the nearer to the process, the cheaper.

    Every hot or cold utility costs something, so that none circulates, and a hotter (colder) one costs more.
    """
    mean = np.array([(problem.shifted(u, u.supply) + problem.shifted(u, u.target)) / 2 for u in problem.utilities])
    hot = np.array([u.side is Side.HOT for u in problem.utilities], dtype=bool)
    if not len(mean):
        return np.zeros(0)
    span = max(float(mean.max() - mean.min()), 1.0)
    return np.where(hot, 1.0 + (mean - mean.min()) / span, 1.0 + (mean.max() - mean) / span)


def utility_surplus(problem: HeatRecoveryProblem) -> tuple[TemperatureIntervals, Floats, Floats]:
    """Shifted intervals of streams and utilities; (K,) surplus of the streams; (U, K) signed shares of unit duties."""
    units = [utility.stream(1.0) for utility in problem.utilities]
    carriers = [*problem.streams, *units]
    intervals = TemperatureIntervals.of(pieces_of(problem, carriers, shifted=True))
    surplus = stream_duties(problem, problem.hot_streams, intervals, shifted=True).sum(axis=0)
    surplus = surplus - stream_duties(problem, problem.cold_streams, intervals, shifted=True).sum(axis=0)
    shares = stream_duties(problem, units, intervals, shifted=True)
    shares *= np.array([[1.0 if u.side is Side.HOT else -1.0] for u in problem.utilities]).reshape(-1, 1)
    return intervals, surplus, shares


def place_utilities(problem: HeatRecoveryProblem) -> UtilityTargets:
    """Cheapest duties of the utilities of `problem`; `cost` [currency/h] is None where a price is missing.

    Prices count only if every utility has one. Raises HeatDataError where no mix of the utilities can close the
    balance: it says which end of the cascade is not reached or which maximum binds.
    """
    _, surplus, shares = utility_surplus(problem)
    priced = all(u.price is not None for u in problem.utilities)
    prices = np.array([u.price for u in problem.utilities], dtype=float) if priced else order_prices(problem)
    scale = max(float(np.abs(surplus).sum()), 1e-300)
    cumulated = np.cumsum(shares, axis=1)
    needed = np.cumsum(surplus) / scale
    # Where a cold utility pays and a hot one is cheaper still, heat would be bought to be sold: maxima bound that.
    upper = [None if np.isinf(u.maximum) else u.maximum / scale for u in problem.utilities]
    if not problem.utilities:  # SciPy wants at least one column
        prices, cumulated, upper = np.ones(1), np.zeros((1, len(needed))), [0.0]
    answer = linprog(
        prices,
        A_ub=-cumulated[:, :-1].T,
        b_ub=needed[:-1],
        A_eq=cumulated[:, -1:].T,
        b_eq=-needed[-1:],
        bounds=[(0.0, u) for u in upper],
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if answer.status == 3:
        raise HeatDataError(["selling heat pays more than buying it costs and nothing limits it: set a maximum"])
    if answer.status != 0:
        raise HeatDataError(_why_infeasible(problem))
    duties = np.where(answer.x <= 1e-12, 0.0, answer.x)[: len(problem.utilities)] * scale
    return targets_at(problem, duties)


def targets_at(problem: HeatRecoveryProblem, duties: Floats) -> UtilityTargets:
    """The balanced cascade with (U,) `duties` [MW] of the utilities of `problem` in place."""
    intervals, surplus, shares = utility_surplus(problem)
    scale = max(float(np.abs(surplus).sum()), 1e-300)
    residual = np.concatenate([[0.0], np.cumsum(surplus + duties @ shares)])
    residual[np.abs(residual) <= 1e-9 * scale] = 0.0
    busy = np.flatnonzero(np.abs(surplus) + np.abs(shares).T @ duties > 1e-9 * scale)
    pinches = [
        float(intervals.edges[k]) for k in np.flatnonzero(residual == 0.0) if len(busy) and busy[0] < k <= busy[-1]
    ]
    prices = [utility.price for utility in problem.utilities]
    cost = None if None in prices else float(sum(p * d for p, d in zip(prices, duties, strict=True) if p is not None))
    return UtilityTargets(problem.utilities, duties, cost, intervals, residual, tuple(dict.fromkeys(pinches)))


def _why_infeasible(problem: HeatRecoveryProblem) -> list[str]:
    """Which end of the cascade the utilities of `problem` do not reach, or which maximum binds."""
    table = problem_table(problem)
    found: list[str] = []
    edges = table.intervals.edges
    for side, need, ends in (
        (Side.HOT, table.hot_utility, edges[:1]),
        (Side.COLD, table.cold_utility, edges[-1:]),
    ):
        own = [u for u in problem.utilities if u.side is side]
        if need <= 1e-9 * table.scale:
            continue
        if not own:
            found.append(f"{need:g} MW of {side} utility are needed, but the case has none")
            continue
        reach = [problem.shifted(u, u.target) for u in own]
        if side is Side.HOT and max(reach) < ends[0] - RESOLUTION:
            found.append(
                f"no hot utility is hot enough: the hottest ends at {max(reach):g} degC (shifted), needed {ends[0]:g}"
            )
        if side is Side.COLD and min(reach) > ends[0] + RESOLUTION:
            found.append(
                f"no cold utility is cold enough: the coldest ends at {min(reach):g} degC (shifted), needed {ends[0]:g}"
            )
        if sum(u.maximum for u in own) < need:
            found.append(f"{need:g} MW of {side} utility are needed, but their maxima add up to less")
    return found or ["the utilities cannot close the heat balance: they are not hot or cold enough where it counts"]


def with_utilities_as_streams(problem: HeatRecoveryProblem, targets: UtilityTargets) -> HeatRecoveryProblem:
    """The balanced problem: utilities in use become streams, so that hot and cold duties are equal."""
    used = tuple(
        replace(u.stream(float(d)), approach_contribution=problem.contribution(u))
        for u, d in zip(targets.utilities, targets.duties, strict=True)
        if d > 0
    )
    return replace(problem, streams=(*problem.streams, *used), utilities=())
