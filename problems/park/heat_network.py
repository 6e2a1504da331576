"""Who may heat whom inside a plant, and how much passes: a transport problem on the plant's temperature grid.

Every carrier gives off (hot) or takes up (cold) heat over known temperatures, so that its heat in cell k is a fixed
share s_k of its amount Q [MW]. With the flows q of the pairs (i, j), for every period:

    hot i, cell k:    sum_jm q_ikjm + dump_ik = s_ik Q_i
    cold j, cell m:   sum_ik q_ikjm + deficit_jm = s_jm Q_j
    pair (i, j):      sum_km q_ikjm <= capacity_ij         where q_ikjm exists if cell k is hot enough for cell m

Heat never leaves the plant here: what crosses the fence does so as a carrier of each of two plants (a hot-water loop)
or as steam. Papoulias and Grossmann 1983, DOI 10.1016/0098-1354(83)85023-6, is the same with one residual a carrier.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyomo.environ as pyo

from ..heat.streams import Side
from . import exergy
from .assembly import Assembly, Expression
from .heat_grid import Ends, Grid, exchange_grid
from .heat_grid import Pair as GridPair
from .ledger import WHOLE_YEAR

KELVIN = 273.15
NAMES = {Side.HOT: "heat dump", Side.COLD: "heat deficit"}


def share_of_approach(own: float | None, approach: float) -> float:
    """What a carrier brings to every approach [K]: its own, else half of the plant's."""
    return approach / 2.0 if own is None else own


class Role(StrEnum):
    """What a carrier is; two utilities never meet."""

    STREAM = "stream"
    UTILITY = "utility"
    CONVERTER = "converter"


@dataclass(frozen=True)
class Piece:
    """A part of a carrier from `supply` to `target` [degC] with a share of its heat."""

    supply: float
    target: float
    share: float = 1.0


@dataclass
class Carrier:
    """Heat given off or taken up in a plant: `amount[period]` [MW] over `pieces`, at real temperatures.

    `contribution` [K] is its part of every approach. A `slack_price` [currency/MWh] lets heat go without a partner;
    `optional` lets it go for nothing. `owner` names the unit that two carriers belong to (they never meet).
    """

    key: str
    plant: str
    side: Side
    role: Role
    pieces: tuple[Piece, ...]
    contribution: float
    amount: Mapping[str, Expression]
    optional: bool = False
    slack_price: float | None = None
    forbidden: frozenset[str] = frozenset()
    owner: str = ""

    @property
    def ends(self) -> tuple[Ends, ...]:
        """Upper and lower shifted temperature and share of every piece."""
        shift = -self.contribution if self.side is Side.HOT else self.contribution
        return tuple((max(p.supply, p.target) + shift, min(p.supply, p.target) + shift, p.share) for p in self.pieces)

    @property
    def temperature(self) -> float:
        """Temperature [K] at which its heat would carry the same entropy."""
        return mean_temperature(self.pieces)

    @property
    def exergy(self) -> float:
        """Exergy per heat."""
        return exergy.of_heat(self.temperature)


@dataclass
class Exchange:
    """A pair of carriers that may exchange heat; `capacity` [MW] None: no limit. `arcs` names what passes, per cell."""

    name: str
    hot: Carrier
    cold: Carrier
    capacity: Expression | None = None
    extra: float = 0.0
    arcs: list[Arc] = field(default_factory=list["Arc"])


@dataclass(frozen=True)
class Arc:
    """Heat passed between two cells: the variable per period and mean entropic temperatures [K] of both ends."""

    flow: Mapping[str, Any]
    hot_temperature: float
    cold_temperature: float


class HeatNetwork:
    """Collects the carriers and exchangers of a park's plants, then writes what may pass between them."""

    def __init__(self) -> None:
        self.carriers: dict[str, Carrier] = {}
        self.exchanges: list[Exchange] = []
        self.piped: set[str] = set()  # plants whose streams meet only in exchangers that the case lists

    def add(self, carrier: Carrier) -> Carrier:
        """Declare a carrier; its key is unique in the park."""
        self.carriers[carrier.key] = carrier
        return carrier

    def exchanger(self, name: str, hot: str, cold: str, capacity: Expression, extra: float) -> None:
        """Declare an exchanger of two streams, by their keys."""
        self.exchanges.append(Exchange(name, self.carriers[hot], self.carriers[cold], capacity, extra))

    def connect(self) -> None:
        """Add the pairs that need no exchanger of their own: all but streams of plants that list theirs."""
        for hot in self.carriers.values():
            for cold in self.carriers.values():
                if hot.side is Side.HOT and cold.side is Side.COLD and hot.plant == cold.plant and self.free(hot, cold):
                    self.exchanges.append(Exchange(f"{hot.key}>{cold.key}", hot, cold))

    def free(self, hot: Carrier, cold: Carrier) -> bool:
        """Whether two carriers of a plant may meet without an exchanger that the case lists."""
        if cold.key in hot.forbidden or hot.key in cold.forbidden:
            return False
        if hot.role is Role.UTILITY and cold.role is Role.UTILITY:
            return False
        if hot.owner and hot.owner == cold.owner:
            return False
        return not (hot.role is Role.STREAM and cold.role is Role.STREAM and hot.plant in self.piped)

    def write_rows(self, assembly: Assembly) -> None:
        """Write the rows of the module's docstring for every plant."""
        if not self.carriers:
            return
        assembly.model.operation.heat = pyo.Block()
        for own, exchanges, grid in self._plants():
            number = {carrier.key: k for k, carrier in enumerate(own)}
            passing: dict[tuple[int, int], list[Mapping[str, Any]]] = defaultdict(list)
            for exchange, arcs in zip(exchanges, grid.arcs, strict=True):
                self._exchange(assembly, grid, exchange, arcs, number, passing)
            for k, carrier in enumerate(own):
                self._carrier(assembly, grid, k, carrier, passing)

    def _plants(self) -> Iterator[tuple[list[Carrier], list[Exchange], Grid]]:
        """Carriers, exchanges and grid of every plant."""
        for plant in dict.fromkeys(carrier.plant for carrier in self.carriers.values()):
            own = [carrier for carrier in self.carriers.values() if carrier.plant == plant]
            number = {carrier.key: k for k, carrier in enumerate(own)}
            exchanges = [e for e in self.exchanges if e.hot.plant == plant]
            pairs = [GridPair(number[e.hot.key], number[e.cold.key], e.extra) for e in exchanges]
            yield own, exchanges, exchange_grid([carrier.ends for carrier in own], pairs)

    def _exchange(
        self,
        assembly: Assembly,
        grid: Grid,
        exchange: Exchange,
        arcs: tuple[tuple[int, int], ...],
        number: Mapping[str, int],
        passing: dict[tuple[int, int], list[Mapping[str, Any]]],
    ) -> None:
        """The pair's variables and its capacity; nothing where its temperatures never allow an exchange."""
        if not arcs:
            return
        hot, cold = number[exchange.hot.key], number[exchange.cold.key]
        heat: Any = assembly.model.operation.heat
        heat.add_component(exchange.name, pyo.Block())
        block = getattr(heat, exchange.name)
        block.passed = pyo.Var(range(len(arcs)), assembly.periods, bounds=(0.0, None))
        for n, (a, b) in enumerate(arcs):
            flow = {p: block.passed[n, p] for p in assembly.periods}
            passing[hot, a].append(flow)
            passing[cold, b].append(flow)
            exchange.arcs.append(
                Arc(
                    flow,
                    entropic_temperature(grid.cells[hot][a], exchange.hot.contribution),
                    entropic_temperature(grid.cells[cold][b], -exchange.cold.contribution),
                )
            )
        total = {p: sum(block.passed[n, p] for n in range(len(arcs))) for p in assembly.periods}
        if exchange.capacity is not None:
            capacity = exchange.capacity
            block.limit = pyo.Constraint(assembly.periods, rule=lambda _, p: total[p] <= capacity)
        streams = exchange.hot.role is Role.STREAM and exchange.cold.role is Role.STREAM
        for p in assembly.periods:
            if streams:
                assembly.total("heat recovered", p, total[p], "MWh/a")
        unit = exchange.name.removeprefix(f"{exchange.hot.plant}.").replace(f">{exchange.hot.plant}.", " > ")
        lost = assembly.mean(lambda p: exergy_destroyed(exchange.arcs, p))
        assembly.exergy(exchange.hot.plant, unit, "heat exchange", WHOLE_YEAR, lost)
        passed = {"heat": assembly.mean(lambda p: total[p])}
        assembly.energy(exchange.hot.plant, unit, WHOLE_YEAR, entering=passed, leaving=passed)
        assembly.flow("heat", exchange.hot.key, exchange.cold.key, "MW", lambda p: total[p])

    def _carrier(
        self,
        assembly: Assembly,
        grid: Grid,
        number: int,
        carrier: Carrier,
        passing: Mapping[tuple[int, int], list[Mapping[str, Any]]],
    ) -> None:
        heat: Any = assembly.model.operation.heat
        heat.add_component(carrier.key, pyo.Block())
        block = getattr(heat, carrier.key)
        cells = range(len(grid.cells[number]))
        slack: Any = None
        if carrier.slack_price is not None and not carrier.optional:
            block.slack = pyo.Var(cells, assembly.periods, bounds=(0.0, None))
            slack = block.slack
            name = f"{NAMES[carrier.side]} {carrier.plant}"
            for p in assembly.periods:
                missing = sum(slack[k, p] for k in cells)
                assembly.cost("emergency", p, carrier.slack_price * missing)
                assembly.total(name, p, missing, "MWh/a")

        def rule(_: Any, k: int, p: str) -> Expression:
            flows = [flow[p] for flow in passing.get((number, k), [])]
            passed = sum(flows)
            wanted = grid.share(number, k) * carrier.amount[p]
            if carrier.optional:
                return pyo.Constraint.Feasible if not flows else passed <= wanted
            missing = 0.0 if slack is None else slack[k, p]
            row = passed + missing - wanted
            return row == 0

        block.balance = pyo.Constraint(cells, assembly.periods, rule=rule)

    def unserved(self) -> Iterator[tuple[Carrier, float, float]]:
        """Streams that must reach their target, with upper and lower end [degC] of a part that nothing can serve."""
        for own, exchanges, grid in self._plants():
            served = {(e.hot.key, a) for e, arcs in zip(exchanges, grid.arcs, strict=True) for a, _ in arcs}
            served |= {(e.cold.key, b) for e, arcs in zip(exchanges, grid.arcs, strict=True) for _, b in arcs}
            for carrier, cells in zip(own, grid.cells, strict=True):
                back = carrier.contribution if carrier.side is Side.HOT else -carrier.contribution
                for k, cell in enumerate(cells):
                    if carrier.role is Role.STREAM and not carrier.optional and (carrier.key, k) not in served:
                        yield carrier, cell[0][0] + back, cell[-1][1] + back


def entropic_temperature(cell: tuple[Ends, ...], shift: float) -> float:
    """Temperature [K] at which the cell's heat would carry the same entropy: Q / T is the sum over its pieces."""
    heat = sum(share for _, _, share in cell)
    inverse = sum(
        share / logarithmic_mean(upper + shift + KELVIN, lower + shift + KELVIN) for upper, lower, share in cell
    )
    return heat / inverse


def logarithmic_mean(a: float, b: float) -> float:
    """Mean temperature [K] of heat given off at constant heat-capacity flow between two temperatures [K]."""
    return a if abs(a - b) < 1e-6 else (a - b) / math.log(a / b)


def mean_temperature(pieces: tuple[Piece, ...]) -> float:
    """Temperature [K] at which the heat of all pieces would carry the same entropy."""
    return entropic_temperature(tuple((p.supply, p.target, p.share) for p in pieces), 0.0)


def exergy_of(pieces: tuple[Piece, ...]) -> float:
    """Exergy per heat of all pieces."""
    return exergy.of_heat(mean_temperature(pieces))


def exergy_destroyed(arcs: list[Arc], period: str) -> Expression:
    """Exergy [MW] destroyed by what passes: T0 q (1 / T_cold - 1 / T_hot), never negative."""
    lost = ((exergy.of_heat(a.hot_temperature) - exergy.of_heat(a.cold_temperature), a.flow[period]) for a in arcs)
    return sum(each * flow for each, flow in lost)
