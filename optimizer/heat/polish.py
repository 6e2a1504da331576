"""The best duties of a heat-exchanger network whose exchangers are chosen: a smooth problem of few variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, minimize

from ...problems.heat import ExchangerCost, HeatRecoveryProblem, HeatStream, Side
from ...problems.heat.capital_targets import KW_PER_MW
from ...problems.heat.mean_temperature_difference import chen_gradient, chen_mean
from ...problems.heat.superstructure import Exchanger, approach_of

Floats = NDArray[np.float64]
FEASIBLE = 1e-9  # [K, MW] by which a polished point may miss its constraints


@dataclass(frozen=True)
class _Line:
    """An affine function of the duties: constant + slope'q."""

    constant: float
    slope: Floats

    def __sub__(self, other: _Line) -> _Line:
        return _Line(self.constant - other.constant, self.slope - other.slope)


@dataclass(frozen=True)
class Duties:
    """Duties (N,) [MW] of the chosen exchangers, their differences (N, 2) [K], temperatures by stream, cost a year."""

    duty: Floats
    ends: Floats
    temperatures: Mapping[str, tuple[float, ...]]
    cost: float


def polish(
    problem: HeatRecoveryProblem,
    chosen: Sequence[Exchanger],
    start: Floats,
    stages: int,
    cost: ExchangerCost,
    *,
    annualization: float,
    hours_per_year: float,
) -> Duties | None:
    """Locally least annual cost [currency/year] over the duties of `chosen`, from `start` (N,) [MW].

    None where the local search ends at a point that violates a constraint or costs more than the start.
    """
    count = len(chosen)
    temperature = {
        stream.name: [_temperature(stream, k, chosen, stages) for k in range(1, stages + 2)]
        for stream in problem.streams
    }
    ends = [_differences(problem, place, temperature, stages) for place in chosen]
    gaps = np.array([[line.constant for line in pair] for pair in ends])
    slopes = np.array([[line.slope for line in pair] for pair in ends])
    least = np.array([approach_of(problem, place) for place in chosen])
    need = np.array([KW_PER_MW / place.coefficient for place in chosen])
    prices = {u.name: hours_per_year * (u.price or 0.0) for u in problem.utilities}
    price = np.array([prices.get(p.hot, 0.0) + prices.get(p.cold, 0.0) for p in chosen])
    rows = np.array([[float(s.name in (p.hot, p.cold)) for p in chosen] for s in problem.streams])
    totals = np.array([s.duty for s in problem.streams])
    caps = [u for u in problem.utilities if np.isfinite(u.maximum)]
    scale = max(annualization * count * cost.fixed + float(np.abs(price) @ start), 1.0)

    def investment(q: Floats) -> tuple[float, Floats]:
        """Annualized investment and its gradient."""
        difference = np.maximum(gaps + slopes @ q, 1e-6)
        mean = chen_mean(difference[:, 0], difference[:, 1])
        area = np.maximum(need * q / mean, 1e-12)
        marginal = cost.coefficient * cost.exponent * area ** (cost.exponent - 1.0)
        gradient = marginal * need / mean
        by_end = np.array([chen_gradient(a, b) for a, b in difference])
        weight = -marginal * area / mean
        gradient = gradient + np.einsum("n,ne,nem->m", weight, by_end, slopes)
        value = float(np.sum(cost.fixed + cost.coefficient * area**cost.exponent))
        return annualization * value, annualization * gradient

    def total(q: Floats) -> tuple[float, Floats]:
        value, gradient = investment(q)
        return (value + float(price @ q)) / scale, (gradient + price) / scale

    constraints = [
        LinearConstraint(rows, totals, totals),
        LinearConstraint(slopes.reshape(2 * count, count), np.repeat(least, 2) - gaps.ravel(), np.inf),
    ]
    if caps:
        used = np.array([[float(u.name in (p.hot, p.cold)) for p in chosen] for u in caps])
        constraints.append(LinearConstraint(used, -np.inf, [u.maximum for u in caps]))
    answer = minimize(
        total,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(1e-6 * place.largest, place.largest) for place in chosen],
        constraints=constraints,
        options={"maxiter": 200, "ftol": 1e-12},
    )
    duty = np.asarray(answer.x)
    difference = gaps + slopes @ duty
    missed = max(float(np.abs(rows @ duty - totals).max()), float((least[:, None] - difference).max()))
    if (
        not np.all(np.isfinite(duty))
        or missed > FEASIBLE * max(1.0, float(totals.max()))
        or total(duty)[0] > total(start)[0]
    ):
        return None
    along = {
        name: tuple(line.constant + float(line.slope @ duty) for line in lines) for name, lines in temperature.items()
    }
    return Duties(duty, difference, along, scale * total(duty)[0])


def _temperature(stream: HeatStream, k: int, chosen: Sequence[Exchanger], stages: int) -> _Line:
    """Temperature of a stream at the hot end of stage k (the cold end of the last one: k = stages + 1)."""
    flow = stream.duty / abs(stream.supply - stream.target)
    before = range(1, k) if stream.side is Side.HOT else range(k, stages + 1)
    passed = np.array([float(p.stage in before and stream.name in (p.hot, p.cold)) for p in chosen])
    return _Line(stream.supply, (-passed if stream.side is Side.HOT else passed) / flow)


def _differences(
    problem: HeatRecoveryProblem, place: Exchanger, temperature: Mapping[str, Sequence[_Line]], stages: int
) -> tuple[_Line, _Line]:
    """Differences at the hot and the cold end of an exchanger."""
    streams, utilities = {s.name: s for s in problem.streams}, {u.name: u for u in problem.utilities}

    def constant(number: float) -> _Line:
        return _Line(number, np.zeros_like(next(iter(temperature.values()))[0].slope))

    if place.stage:
        k = place.stage
        hot, cold = temperature[place.hot], temperature[place.cold]
        return hot[k - 1] - cold[k - 1], hot[k] - cold[k]
    if place.cold in utilities:
        water = utilities[place.cold]
        return (
            temperature[place.hot][stages] - constant(water.target),
            constant(streams[place.hot].target - water.supply),
        )
    steam = utilities[place.hot]
    return constant(steam.supply - streams[place.cold].target), constant(steam.target) - temperature[place.cold][0]
