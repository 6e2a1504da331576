"""Hot-water loops: the only way, beside steam, in which heat crosses from one plant to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..heat.streams import Side
from ..units import HeatLoss, MassFlow, SpecificPower, Temperature, TemperatureDifference
from . import steam_properties as steam
from .assembly import Assembly, Expression, activity
from .asset import FlowInvestment, Investment
from .commitment import running_capacity
from .emergency import Emergency
from .exchange import Line
from .heat_network import Carrier, HeatNetwork, Piece, Role
from .references import unknown

if TYPE_CHECKING:
    from .heat_system import HeatSystem

MW_PER_W_AND_KM = 1e-3  # 1 W/m over 1 km is 1 kW


class HotWaterLoop(Line):
    """Water that is heated in one plant, gives its heat off in another and comes back; sized by its flow."""

    levels: list[tuple[Temperature, Temperature]] = Field(
        min_length=1, description="supply and return temperatures to choose from; one of them is built"
    )
    existing: MassFlow = Field(default=0.0, description="flow that stands already, of a loop with one level")
    stations: FlowInvestment | None = Field(default=None, description="exchangers at both ends, per t/h of water")
    approach_contribution: TemperatureDifference = Field(
        default=5.0, description="the water's share of the approach temperature, at both ends"
    )
    temperature_drop: TemperatureDifference = Field(default=1.0, description="by which the water arrives colder")
    heat_loss: HeatLoss = Field(default=50.0, description="heat loss per length of route while in service")
    pumping: SpecificPower = Field(default=0.5, description="power per water circulated")

    def problems(self, place: str, systems: Mapping[str, HeatSystem]) -> Iterator[Problem]:
        """Plants without streams, levels that give no heat, what stands or must be built at more than one level."""
        for key, plant in (("from", self.start), ("to", self.end)):
            if plant not in systems:
                yield unknown(f"{place}.{key}", "plant with heat", plant, systems)
        for number, (supply, back) in enumerate(self.levels):
            if supply - self.temperature_drop <= back:
                message = "the water comes back as hot as it arrives: it gives no heat"
                yield Problem(message, place=f"{place}.levels[{number}]", typed=f"{supply:g}, {back:g}")
            if not 0.0 < back < supply <= 180.0:
                message = "a hot-water loop runs between 0 and 180 degC"
                yield Problem(message, place=f"{place}.levels[{number}]", typed=f"{supply:g}, {back:g}")
        if len(self.levels) > 1 and self.existing > 0.0:
            yield Problem("a loop that stands has one level", place=f"{place}.levels")

    def heat_per_flow(self, supply: float, back: float) -> float:
        """Heat [MW/(t/h)] that water takes up from its return to its supply temperature."""
        return (steam.liquid(supply) - steam.liquid(back)) * steam.MW_PER_T_AND_KJ_PER_KG

    def option(self, length: float) -> Investment | None:
        """The pipes' investment over the route and that of the stations, per t/h."""
        if self.investment is None:
            return None
        pipes = self.investment.over(length)
        if self.stations is None:
            return pipes
        return pipes.model_copy(
            update={
                "fixed": pipes.fixed + self.stations.fixed,
                "proportional": pipes.proportional + self.stations.proportional,
            }
        )

    def add_to(
        self, assembly: Assembly, network: HeatNetwork, name: str, length: float, emergency: Emergency | None
    ) -> None:
        """One loop per level, of which one is built; with water flow F, Z = capacity x on (first stage), length L:

            sent = F (h_supply - h_return),   F <= Z,   delivered = sent - q_L L on >= 0,   P = e F

        The loss is that of a loop in service, whatever it carries; heat that it lacks to stay warm is priced.
        """
        if self.forbidden:
            return
        built = [self._level(assembly, network, name, length, n, emergency) for n in range(len(self.levels))]
        chosen = [one for one in built if one is not None]
        if not chosen or (len(chosen) == 1 and not self.forced):
            return
        site = assembly.site(self.start)
        site.design.add_component(f"{name} level", pyo.Block())
        block = getattr(site.design, f"{name} level")
        block.one = pyo.Constraint(expr=sum(chosen) == 1 if self.forced else sum(chosen) <= 1)

    def _level(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        name: str,
        length: float,
        number: int,
        emergency: Emergency | None,
    ) -> Expression | None:
        """Write one level; returns its build decision, None where it stands already."""
        supply, back = self.levels[number]
        called = name if len(self.levels) == 1 else f"{name} {supply:g}-{back:g}"
        site = assembly.site(self.start)
        capacity = assembly.capacity(
            site,
            called,
            "hot-water loop",
            "t/h",
            existing=self.existing,
            option=self.option(length),
            forced=self.forced,
        )
        states = running_capacity(assembly, site, called, capacity, self.largest)
        per_flow, loss = self.heat_per_flow(supply, back), self.heat_loss * length * MW_PER_W_AND_KM
        block = assembly.block(site, f"{called} flow")
        block.sent = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.sent[p] <= per_flow * states[p][1])
        block.warm = pyo.Constraint(assembly.periods, rule=lambda b, p: b.sent[p] >= loss * states[p][0])
        sent = {p: block.sent[p] for p in assembly.periods}
        delivered = {p: block.sent[p] - loss * states[p][0] for p in assembly.periods}
        ends = [f"{plant}.loop {called}" for plant in (self.start, self.end)]
        arriving = supply - self.temperature_drop
        price = None if emergency is None else emergency.heat_deficit
        for key, plant, side, piece, amount in (
            (ends[0], self.start, Side.COLD, Piece(back, supply), sent),
            (ends[1], self.end, Side.HOT, Piece(arriving, back), delivered),
        ):
            slack = price if side is Side.COLD else None
            own = self.approach_contribution
            carrier = network.add(Carrier(key, plant, side, Role.CONVERTER, (piece,), own, amount, slack_price=slack))
            worth = carrier.exergy if side is Side.COLD else -carrier.exergy
            for p in assembly.periods:
                assembly.exergy(self.start, called, "hot-water loop", p, worth * amount[p])
        for p in assembly.periods:
            pumping = self.pumping / 1000.0 / per_flow * sent[p]
            assembly.demand("power", self.start, p, pumping)
            assembly.exergy(self.start, called, "hot-water loop", p, pumping)
            entering = {"heat": sent[p], "power": pumping}
            assembly.energy(self.start, called, p, entering=entering, leaving={"heat": delivered[p]})
            assembly.total("power for heat", p, pumping, "MWh/a")
            assembly.total("heat exchanged", p, delivered[p], "MWh/a")
            assembly.total("loop heat loss", p, loss * states[p][0], "MWh/a")
        assembly.flow("heat", ends[0], ends[1], "MW", lambda p: delivered[p])
        return getattr(site.design, called).built if self.investment is not None else None
