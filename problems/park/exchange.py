"""Lines between plants: what they share is a route, a capacity and whether they exist, are forced or may be built."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pyomo.environ as pyo
from pydantic import Field

from ..units import Distance, Fraction, Lifetime, Power, SpecificPower, WaterFlow
from .assembly import Assembly, Expression, activity
from .asset import Investment
from .base import CaseModel, Name
from .commitment import running_capacity
from .water_network import WaterNetwork


class RouteInvestment(CaseModel):
    """Cost of a line: (fixed + proportional x capacity) per km of route."""

    fixed_per_km: float = Field(default=0.0, ge=0.0, description="installed cost per km of route")
    proportional_per_km: float = Field(default=0.0, ge=0.0, description="installed cost per km and unit of capacity")
    minimum: float = Field(default=0.0, ge=0.0, description="smallest capacity for which the cost holds")
    maximum: float = Field(gt=0.0, description="largest capacity for which the cost holds")
    life: Lifetime = Field(default=25.0, description="life of the line")
    maintenance: Fraction = Field(
        0.02, description="fixed operation and maintenance, share of the installed cost a year"
    )
    cost_year: int | None = Field(
        default=None, description="year of the costs; none: the case's. Another one needs the case's cost_index"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    def over(self, length: float) -> Investment:
        """The investment of a line of `length` km."""
        return Investment(
            fixed=self.fixed_per_km * length,
            proportional=self.proportional_per_km * length,
            minimum=self.minimum,
            maximum=self.maximum,
            life=self.life,
            maintenance=self.maintenance,
            cost_year=self.cost_year,
            source=self.source,
        )


class Line(CaseModel):
    """A line between two plants. Without `existing` or `investment` it cannot carry anything and is refused."""

    start: Name = Field(alias="from", description="plant that gives")
    end: Name = Field(alias="to", description="plant that takes")
    length: Distance | None = Field(
        default=None, gt=0.0, description="route length; none: from the plants' coordinates"
    )
    investment: RouteInvestment | None = Field(default=None, description="what may be built")
    forced: bool = Field(default=False, description="must be built; the park as it is (B0) is without it")
    forbidden: bool = Field(default=False, description="must not be used; keeps the entry in the file")
    source: str = Field(default="assumed", description="where the figures come from")
    existing: float = Field(default=0.0, ge=0.0, description="capacity that stands already")

    @property
    def largest(self) -> float:
        """Largest capacity: what stands and what may be built."""
        return self.existing + (self.investment.maximum if self.investment is not None else 0.0)

    def route(self, locations: Mapping[str, tuple[float, float]], detour: float) -> float:
        """Route length [km]: as given, else detour factor x straight distance."""
        if self.length is not None:
            return self.length
        return max(detour * math.dist(locations[self.start], locations[self.end]), 1e-3)

    def installed(
        self, assembly: Assembly, name: str, component: str, unit: str, existing: float, length: float
    ) -> Any:
        """Capacity of the line as a first-stage expression; forced lines have built = 1."""
        site = assembly.site(self.start)
        option = None if self.investment is None else self.investment.over(length)
        capacity = assembly.capacity(site, name, component, unit, existing=existing, option=option, forced=self.forced)
        if self.forced and option is not None:
            getattr(site.design, name).built.setlb(1)
        return capacity

    def usable(
        self,
        assembly: Assembly,
        name: str,
        capacity: Expression,
        minimum: float,
        sent: Callable[[str], Expression],
        shortfall: tuple[str, str, float | None],
    ) -> Mapping[str, Expression]:
        """What the line may carry in each period; writes the rows of the smallest flow.

        With a minimum the line is in service or not (`on`, first stage) in each period and may carry Z = capacity x on:

            minimum on - shortfall <= sent <= Z

        The `shortfall` (name of its annual total, unit, price) is reported: a scenario may bring less than the line
        needs. Without a price the minimum is a hard row.
        """
        if minimum == 0.0:
            return dict.fromkeys(assembly.periods, capacity)
        site, (total, unit, price) = assembly.site(self.start), shortfall
        states = running_capacity(assembly, site, name, capacity, self.largest)
        block = assembly.block(site, f"{name} minimum")
        short: Mapping[str, Expression] = dict.fromkeys(assembly.periods, 0.0)
        if price is not None:
            short = block.shortfall = activity(assembly.periods)
            for p in assembly.periods:
                assembly.cost("emergency", p, price * block.shortfall[p])
                assembly.total(total, p, block.shortfall[p], unit)
        block.least = pyo.Constraint(
            assembly.periods, rule=lambda _, p: minimum * states[p][0] - short[p] - sent(p) <= 0
        )
        return {p: running for p, (_, running) in states.items()}


class WaterPipe(Line):
    """Carries the water of one source to the sinks of another plant; one source, so that nothing mixes on the way."""

    of: str = Field(description="name of the source at the giving plant")
    to_units: list[str] | None = Field(default=None, description="sinks at the taking plant; none: all that accept it")
    existing: WaterFlow = Field(default=0.0, ge=0.0, description="capacity that stands already")
    minimum_flow: WaterFlow = Field(
        default=0.0, ge=0.0, description="flow below which the line may not run in a period in which it is in service"
    )
    leak: Fraction = Field(default=0.0, description="share of the water that does not arrive")
    pumping: SpecificPower = Field(default=0.0, ge=0.0, description="power per water sent")

    def add_to(
        self, assembly: Assembly, network: WaterNetwork, name: str, length: float, shortfall_price: float | None = None
    ) -> None:
        """sum_j F_ij <= capacity,  arriving = (1 - leak) F_ij,  P = e sum_j F_ij at the giving plant.

        With a minimum flow: see `Line.usable`.
        """
        if self.forbidden:
            return
        source = network.sources[f"{self.start}.{self.of}"]
        wanted = None if self.to_units is None else {f"{self.end}.{unit}" for unit in self.to_units}
        capacity = self.installed(assembly, name, "water pipe", "t/h", self.existing, length)
        flows: list[Mapping[str, Expression]] = []
        for sink in network.sinks.values():
            if sink.plant != self.end or (wanted is not None and sink.key not in wanted):
                continue
            if network.allowed(source, sink):
                flows.append(network.add_arc(assembly, source, sink, 1.0 - self.leak, name).flow)
        site = assembly.site(self.start)
        block = assembly.block(site, f"{name} flow")
        short = ("minimum flow shortfall", "t/a", shortfall_price)
        least = self.minimum_flow if flows else 0.0
        usable = self.usable(assembly, name, capacity, least, lambda p: sum(f[p] for f in flows), short)
        block.limit = pyo.Constraint(
            assembly.periods, rule=lambda _, p: _row(sum(f[p] for f in flows) - usable[p], flows)
        )
        for p in assembly.periods:
            sent = sum(f[p] for f in flows)
            assembly.demand("power", self.start, p, self.pumping / 1000.0 * sent)
            assembly.total("water exchanged", p, sent)


class PowerLine(Line):
    """Carries power from one plant to another with a proportional loss."""

    existing: Power = Field(default=0.0, ge=0.0, description="capacity that stands already")
    minimum_flow: Power = Field(
        default=0.0, ge=0.0, description="power below which the line may not run in a period in which it is in service"
    )
    loss_per_km: Fraction = Field(default=0.0, description="share of the power lost per km of route")

    def add_to(self, assembly: Assembly, name: str, length: float, shortfall_price: float | None = None) -> None:
        """Sent <= capacity,  arriving = (1 - loss length) sent; with a minimum flow see `Line.usable`."""
        if self.forbidden:
            return
        site = assembly.site(self.start)
        capacity = self.installed(assembly, name, "power line", "MW", self.existing, length)
        block = assembly.block(site, f"{name} flow")
        block.sent = activity(assembly.periods)
        short = ("minimum power shortfall", "MWh/a", shortfall_price)
        usable = self.usable(assembly, name, capacity, self.minimum_flow, lambda p: block.sent[p], short)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.sent[p] <= usable[p])
        arriving = max(0.0, 1.0 - self.loss_per_km * length)
        for p in assembly.periods:
            assembly.demand("power", self.start, p, block.sent[p])
            assembly.supply("power", self.end, p, arriving * block.sent[p])
            assembly.total("power exchanged", p, block.sent[p], "MWh/a")
            assembly.exergy(self.start, name, "power line", p, (1.0 - arriving) * block.sent[p])
            sent = {"power": block.sent[p]}
            assembly.energy(self.start, name, p, entering=sent, leaving={"power": arriving * block.sent[p]})
        assembly.flow("power", self.start, self.end, "MW", lambda p: block.sent[p])


def _row(body: Expression, flows: list[Mapping[str, Expression]]) -> Expression:
    return body <= 0 if flows else pyo.Constraint.Skip
