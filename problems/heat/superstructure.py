"""Stage-wise superstructure of a heat-exchanger network.

Yee and Grossmann 1990, DOI 10.1016/0098-1354(90)85010-8. In every stage k = 1..S each hot stream i may meet each cold
stream j, both split over their exchangers; with heat-capacity flow F (stage 1 is the hot end):

    F_i (t_ik - t_i,k+1) = sum_j q_ijk          F_i (t_i,S+1 - target_i) = sum_u q_iu      (coolers)
    F_j (t_jk - t_j,k+1) = sum_i q_ijk          F_j (target_j - t_j1)    = sum_u q_uj      (heaters)
    q <= Q z,     difference at either end <= t_hot - t_cold + Gamma (1 - z),     difference >= approach temperature

Isothermal mixing lets the parts of a stream leave a stage at one temperature, which keeps everything linear. Free
mixing gives each exchanger a flow f <= F z of its own, sum f = F where there is one (a bypass would only cost), and
the difference d between its inlet and its outlet:  f d = q,  bilinear. The balance of the mixer behind a stage is the
stage's own.

A stream of several segments is one stream after another (`by_segments`); a phase change has t = T in every stage.
Every possible exchanger becomes an `Exchanger`; what it costs is left to the solver, because the area is not linear.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pyomo.environ

from .network_cuts import add_network_cuts
from .streams import HeatDataError, HeatRecoveryProblem, HeatStream, Side, Utility

pyo: Any = pyomo.environ  # Pyomo ships no usable types


class Mixing(StrEnum):
    """How the parts of a split stream leave a stage: at one temperature, or each at its own."""

    ISOTHERMAL = "isothermal"
    FREE = "free"


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
    [currency/h] is an expression of the duties. With free mixing also `flow[name, n]` [MW/K], `change[name, n]` [K].
    """

    model: Any
    exchangers: tuple[Exchanger, ...]
    ends: tuple[tuple[tuple[Any, Any], ...], ...]
    utility_cost: Any


def by_segments(problem: HeatRecoveryProblem) -> HeatRecoveryProblem:
    """The problem with each segment of a stream as a stream of its own, named `stream [number]` where there are more.

    Their ends are fixed, so nothing else joins them; an exchanger serves one segment.
    """
    streams: list[HeatStream] = []
    parts: dict[str, list[str]] = {}
    for stream in problem.streams:
        segments = [segment for segment in stream.segments if segment.duty > 0.0]
        several = len(segments) > 1
        own = [
            replace(stream, name=f"{stream.name} [{number}]" if several else stream.name, segments=(segment,))
            for number, segment in enumerate(segments, 1)
        ]
        streams += own
        parts[stream.name] = [part.name for part in own]
    forbidden = frozenset(
        (hot, cold)
        for pair in problem.forbidden_matches
        for hot in parts.get(pair[0], [pair[0]])
        for cold in parts.get(pair[1], [pair[1]])
    )
    return replace(problem, streams=tuple(streams), forbidden_matches=forbidden)


def superstructure(problem: HeatRecoveryProblem, stages: int, mixing: Mixing = Mixing.ISOTHERMAL) -> Superstructure:
    """The network without areas, of streams with one segment each. Raises HeatDataError for what it cannot hold."""
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
    if any(value <= 0.0 for value in least.values()):
        raise HeatDataError(["a network needs approach temperatures above 0 K, else areas are infinite"])
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
    if mixing is Mixing.FREE:
        _add_flows(problem, model, stages, exchangers)
    ends = tuple(_ends(problem, model, n, place, stages, mixing) for n, place in enumerate(exchangers))
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
            if own:
                model.driven.add(sum(model.duty[n] for n in own) <= utility.maximum)
    _move_forward(model, exchangers)
    add_network_cuts(problem, model, exchangers)
    cost = sum(
        (utilities[name].price or 0.0) * model.duty[n]
        for n, e in enumerate(exchangers)
        for name in (e.hot, e.cold)
        if name in utilities
    )
    return Superstructure(model, exchangers, ends, cost)


def _move_forward(model: Any, exchangers: Sequence[Exchanger]) -> None:
    """An exchanger beside which the stage before has nothing on either of its streams could as well stand there.

    Moved as far to the hot end as they go, the exchangers of every network have one order only.
    """
    model.moved = pyo.ConstraintList()
    for n, place in enumerate(exchangers):
        if place.stage > 1:
            before = [
                m
                for m, other in enumerate(exchangers)
                if other.stage == place.stage - 1 and (other.hot == place.hot or other.cold == place.cold)
            ]
            model.moved.add(model.exists[n] <= sum(model.exists[m] for m in before))


def _refuse(problem: HeatRecoveryProblem) -> None:
    found = [f"the case has no {side} utility" for side in Side if not any(u.side is side for u in problem.utilities)]
    found += [f"utility {u.name} has no price" for u in problem.utilities if u.price is None]
    if found:
        raise HeatDataError(found)


def is_flat(stream: HeatStream | Utility) -> bool:
    """Whether it keeps its temperature, as what condenses or boils."""
    return stream.supply == stream.target


def heat_capacity_flow(stream: HeatStream) -> float:
    """Heat-capacity flow [MW/K] of a stream of one segment, infinite for a phase change."""
    return math.inf if is_flat(stream) else stream.duty / abs(stream.supply - stream.target)


def _add_flows(problem: HeatRecoveryProblem, model: Any, stages: int, exchangers: Sequence[Exchanger]) -> None:
    """Flow through and change of temperature in every exchanger of a stage, on both sides that are not flat."""
    streams = {s.name: s for s in problem.streams}
    supply = {name: stream.supply for name, stream in streams.items()}
    keys = [
        (name, n)
        for n, place in enumerate(exchangers)
        for name in (place.hot, place.cold)
        if place.stage and not is_flat(streams[name])
    ]
    total = {name: heat_capacity_flow(stream) for name, stream in streams.items()}
    most = {n: supply[e.hot] - supply[e.cold] - approach_of(problem, e) for n, e in enumerate(exchangers) if e.stage}
    model.flow = pyo.Var(keys, bounds=lambda _, name, n: (0.0, total[name]))
    model.change = pyo.Var(keys, bounds=lambda _, name, n: (0.0, most[n]))
    rows = model.split = pyo.ConstraintList()
    for name, n in keys:
        flow, change, duty = model.flow[name, n], model.change[name, n], model.duty[n]
        rows.add(flow * change == duty)
        rows.add(total[name] * change >= duty)
        rows.add(most[n] * flow >= duty)
        rows.add(flow <= total[name] * model.exists[n])
        rows.add(change <= most[n] * model.exists[n])
    for name in streams:
        for k in range(1, stages + 1):
            own = [key for key in keys if key[0] == name and exchangers[key[1]].stage == k]
            if own:
                rows.add(sum(model.flow[key] for key in own) <= total[name])
            for key in own:  # a bypass only takes away from the differences of those that it passes by
                rows.add(sum(model.flow[other] for other in own) >= total[name] * model.exists[key[1]])


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
        gap = hot.supply - cold.supply
        if min(ends) < contribution or gap < contribution or (gap == contribution and not is_flat(hot)):
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
    if is_flat(own):
        return own.duty if reach >= 0.0 else 0.0
    return max(0.0, min(own.duty, heat_capacity_flow(own) * reach))


def _balances(model: Any, stream: HeatStream, stages: int, exchangers: tuple[Exchanger, ...]) -> None:
    flow, t = heat_capacity_flow(stream), model.temperature
    if is_flat(stream):
        own = [model.duty[n] for n, e in enumerate(exchangers) if stream.name in (e.hot, e.cold)]
        if not own:
            raise HeatDataError([f"stream {stream.name} finds no partner"])
        model.balance.add(sum(own) == stream.duty)
        return
    for k in range(1, stages + 1):
        own = [model.duty[n] for n, e in enumerate(exchangers) if e.stage == k and stream.name in (e.hot, e.cold)]
        model.balance.add(flow * (t[stream.name, k] - t[stream.name, k + 1]) == sum(own))
    rest = sum(model.duty[n] for n, e in enumerate(exchangers) if e.stage == 0 and stream.name in (e.hot, e.cold))
    if stream.side is Side.HOT:
        model.balance.add(flow * (t[stream.name, stages + 1] - stream.target) == rest)
    else:
        model.balance.add(flow * (stream.target - t[stream.name, 1]) == rest)


def _ends(
    problem: HeatRecoveryProblem, model: Any, n: int, place: Exchanger, stages: int, mixing: Mixing
) -> tuple[tuple[Any, Any], ...]:
    """(hot side, cold side) temperatures at the hot and at the cold end of an exchanger."""
    streams = {s.name: s for s in problem.streams}
    utilities = {u.name: u for u in problem.utilities}
    t = model.temperature
    if place.stage:
        k = place.stage
        if mixing is Mixing.FREE:
            hot, cold = t[place.hot, k], t[place.cold, k + 1]
            hot_out = hot - model.change[place.hot, n] if (place.hot, n) in model.change else hot
            cold_out = cold + model.change[place.cold, n] if (place.cold, n) in model.change else cold
            return (hot, cold_out), (hot_out, cold)
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
