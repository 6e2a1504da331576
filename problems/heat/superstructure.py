"""Stage-wise superstructure of a heat-exchanger network with isothermal mixing.

Yee and Grossmann 1990, DOI 10.1016/0098-1354(90)85010-8. In every stage k = 1..S each hot stream i may meet each cold
stream j; the parts of a split stream leave a stage at one temperature, so that with heat-capacity flow F the balances
are linear (stage 1 is the hot end):

    F_i (t_ik - t_i,k+1) = sum_j q_ijk          F_i (t_i,S+1 - target_i) = sum_u q_iu      (coolers)
    F_j (t_jk - t_j,k+1) = sum_i q_ijk          F_j (target_j - t_j1)    = sum_u q_uj      (heaters)
    q <= Q z,     difference at either end <= t_hot - t_cold + Gamma (1 - z),     difference >= approach temperature

Every possible exchanger becomes an `Exchanger`; what it costs is left to the solver, because the area is not linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyomo.environ

from .streams import HeatDataError, HeatRecoveryProblem, HeatStream, Side, Utility

pyo: Any = pyomo.environ  # Pyomo ships no usable types
KW_PER_MW = 1000.0


@dataclass(frozen=True)
class Exchanger:
    """A place in the superstructure: its carriers, stage (0: heater or cooler), largest duty [MW] and differences [K].

    `coefficient` [kW/(m2 K)] of heat transfer; `warmest` bounds its differences at the hot and at the cold end.
    """

    hot: str
    cold: str
    stage: int
    largest: float
    warmest: tuple[float, float]
    coefficient: float


@dataclass(frozen=True)
class Superstructure:
    """Pyomo `model` with `duty`, `exists`, `hot_end`, `cold_end` indexed by the number of an exchanger.

    `ends`: (hot side, cold side) temperatures at the hot and the cold end of every exchanger; `utility_cost`
    [currency/h] is an expression of the duties.
    """

    model: Any
    exchangers: tuple[Exchanger, ...]
    ends: tuple[tuple[tuple[Any, Any], ...], ...]
    utility_cost: Any


def superstructure(problem: HeatRecoveryProblem, stages: int) -> Superstructure:
    """The network's linear part with `stages` stages. Raises HeatDataError for streams it cannot hold."""
    _refuse(problem)
    model: Any = pyo.ConcreteModel("heat_exchanger_network")
    hot, cold = problem.hot_streams, problem.cold_streams
    model.temperature = pyo.Var(
        [(s.name, k) for s in (*hot, *cold) for k in range(1, stages + 2)],
        bounds=lambda _, name, k: _range_of(problem, name),
    )
    exchangers = tuple(_places(problem, stages))
    numbers = range(len(exchangers))
    model.duty = pyo.Var(numbers, bounds=lambda _, n: (0.0, exchangers[n].largest))
    model.exists = pyo.Var(numbers, domain=pyo.Binary)
    least = {n: approach_of(problem, exchangers[n]) for n in numbers}
    model.hot_end = pyo.Var(numbers, bounds=lambda _, n: (least[n], max(exchangers[n].warmest[0], least[n])))
    model.cold_end = pyo.Var(numbers, bounds=lambda _, n: (least[n], max(exchangers[n].warmest[1], least[n])))
    model.balance = pyo.ConstraintList()
    for stream in hot:
        model.temperature[stream.name, 1].fix(stream.supply)
    for stream in cold:
        model.temperature[stream.name, stages + 1].fix(stream.supply)
    for stream in (*hot, *cold):
        _balances(model, stream, stages, exchangers)
    model.carried = pyo.Constraint(numbers, rule=lambda m, n: m.duty[n] <= exchangers[n].largest * m.exists[n])
    model.driven = pyo.ConstraintList()
    ends = tuple(_ends(problem, model, place, stages) for place in exchangers)
    for n, place in enumerate(exchangers):
        for difference, (warm, cool) in zip((model.hot_end, model.cold_end), ends[n], strict=True):
            gap = warm - cool
            slack = max(0.0, least[n] - _least_of(problem, place))
            model.driven.add(difference[n] <= gap + slack * (1 - model.exists[n]))
    utilities = {u.name: u for u in problem.utilities}
    for stream in (*hot, *cold):  # one utility at the end of a stream, or their order would be undefined
        own = [n for n, e in enumerate(exchangers) if e.stage == 0 and stream.name in (e.hot, e.cold)]
        if len(own) > 1:
            model.driven.add(sum(model.exists[n] for n in own) <= 1)
    for name, utility in utilities.items():
        if utility.maximum < float("inf"):
            own = [n for n, e in enumerate(exchangers) if name in (e.hot, e.cold)]
            model.driven.add(sum(model.duty[n] for n in own) <= utility.maximum)
    cost = sum(
        (utilities[name].price or 0.0) * model.duty[n]
        for n, e in enumerate(exchangers)
        for name in (e.hot, e.cold)
        if name in utilities
    )
    return Superstructure(model, exchangers, ends, cost)


def temperatures_of(model: Any, problem: HeatRecoveryProblem) -> Mapping[str, tuple[float, ...]]:
    """Temperatures [degC] of every stream at the ends of its stages, hot end first, from a solved model."""
    return {
        stream.name: tuple(float(model.temperature[key].value) for key in model.temperature if key[0] == stream.name)
        for stream in problem.streams
    }


def differences(structure: Superstructure, n: int) -> tuple[float, float]:
    """Temperature differences [K] at the hot and the cold end of exchanger n, from the temperatures of a solved model.

    The model's own differences may be smaller than these where that costs nothing.
    """
    (hot_1, cold_1), (hot_2, cold_2) = structure.ends[n]
    return float(pyo.value(hot_1 - cold_1)), float(pyo.value(hot_2 - cold_2))


def _refuse(problem: HeatRecoveryProblem) -> None:
    found = [
        f"stream {s.name}: a network is designed for streams of one segment with a heat-capacity flow; "
        "give a phase change a glide of 1 K, or split the stream"
        for s in problem.streams
        if len(s.segments) > 1 or s.supply == s.target
    ]
    found += [f"the case has no {side} utility" for side in Side if not any(u.side is side for u in problem.utilities)]
    found += [f"utility {u.name} has no price" for u in problem.utilities if u.price is None]
    if found:
        raise HeatDataError(found)


def _flow(stream: HeatStream) -> float:
    return stream.duty / abs(stream.supply - stream.target)


def _range_of(problem: HeatRecoveryProblem, name: str) -> tuple[float, float]:
    stream = next(s for s in problem.streams if s.name == name)
    return min(stream.supply, stream.target), max(stream.supply, stream.target)


def _places(problem: HeatRecoveryProblem, stages: int) -> list[Exchanger]:
    """Every exchanger that the second law and the case allow."""
    found: list[Exchanger] = []

    def add(hot: HeatStream | Utility, cold: HeatStream | Utility, stage: int) -> None:
        contribution = problem.contribution(hot) + problem.contribution(cold)
        if (hot.name, cold.name) in problem.forbidden_matches:
            return
        ends = _warmest(hot, cold)
        if min(ends) < contribution or hot.supply - cold.supply <= contribution:
            return
        largest = min(_largest(x, y, contribution) for x, y in ((hot, cold), (cold, hot)))
        coefficient = 1.0 / (1.0 / hot.film_coefficient + 1.0 / cold.film_coefficient)
        if largest > 0.0:
            found.append(Exchanger(hot.name, cold.name, stage, largest, ends, coefficient))

    for hot in problem.hot_streams:
        for cold in problem.cold_streams:
            for k in range(1, stages + 1):
                add(hot, cold, k)
        for utility in problem.utilities:
            if utility.side is Side.COLD:
                add(hot, utility, 0)
    for cold in problem.cold_streams:
        for utility in problem.utilities:
            if utility.side is Side.HOT:
                add(utility, cold, 0)
    return found


def _warmest(hot: HeatStream | Utility, cold: HeatStream | Utility) -> tuple[float, float]:
    """Largest differences [K] at the hot and the cold end of an exchanger of the two."""
    if isinstance(cold, Utility):  # a cooler ends at the stream's target
        return hot.supply - cold.target, hot.target - cold.supply
    if isinstance(hot, Utility):  # a heater ends at the stream's target
        return hot.supply - cold.target, hot.target - cold.supply
    return hot.supply - cold.supply, hot.supply - cold.supply


def _largest(own: HeatStream | Utility, other: HeatStream | Utility, contribution: float) -> float:
    """Most heat [MW] that `own` can exchange before it is `contribution` from the other's supply."""
    if isinstance(own, Utility):
        return own.maximum
    limit = other.supply + (contribution if own.side is Side.HOT else -contribution)
    reach = own.supply - limit if own.side is Side.HOT else limit - own.supply
    return max(0.0, min(own.duty, _flow(own) * reach))


def _balances(model: Any, stream: HeatStream, stages: int, exchangers: tuple[Exchanger, ...]) -> None:
    flow, t = _flow(stream), model.temperature
    for k in range(1, stages + 1):
        own = [model.duty[n] for n, e in enumerate(exchangers) if e.stage == k and stream.name in (e.hot, e.cold)]
        model.balance.add(flow * (t[stream.name, k] - t[stream.name, k + 1]) == sum(own))
    rest = sum(model.duty[n] for n, e in enumerate(exchangers) if e.stage == 0 and stream.name in (e.hot, e.cold))
    if stream.side is Side.HOT:
        model.balance.add(flow * (t[stream.name, stages + 1] - stream.target) == rest)
    else:
        model.balance.add(flow * (stream.target - t[stream.name, 1]) == rest)


def _ends(problem: HeatRecoveryProblem, model: Any, place: Exchanger, stages: int) -> tuple[tuple[Any, Any], ...]:
    """(hot side, cold side) temperatures at the hot and at the cold end of an exchanger."""
    streams = {s.name: s for s in problem.streams}
    utilities = {u.name: u for u in problem.utilities}
    t = model.temperature
    if place.stage:
        k = place.stage
        return (t[place.hot, k], t[place.cold, k]), (t[place.hot, k + 1], t[place.cold, k + 1])
    if place.cold in utilities:
        water = utilities[place.cold]
        return (t[place.hot, stages + 1], water.target), (streams[place.hot].target, water.supply)
    steam = utilities[place.hot]
    return (steam.supply, streams[place.cold].target), (steam.target, t[place.cold, 1])


def approach_of(problem: HeatRecoveryProblem, place: Exchanger) -> float:
    """Least temperature difference [K] at either end of an exchanger."""
    carriers: dict[str, HeatStream | Utility] = {s.name: s for s in problem.streams}
    carriers |= {u.name: u for u in problem.utilities}
    return problem.contribution(carriers[place.hot]) + problem.contribution(carriers[place.cold])


def _least_of(problem: HeatRecoveryProblem, place: Exchanger) -> float:
    """Least difference [K] that the carriers may show where the exchanger is not built."""
    lowest: dict[str, float] = {s.name: min(s.supply, s.target) for s in problem.streams}
    highest: dict[str, float] = {s.name: max(s.supply, s.target) for s in problem.streams}
    for u in problem.utilities:
        lowest[u.name], highest[u.name] = min(u.supply, u.target), max(u.supply, u.target)
    return lowest[place.hot] - highest[place.cold]
