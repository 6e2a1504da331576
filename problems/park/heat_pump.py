"""Heat pumps and vapour recompression: heat lifted from one temperature to another by power.

With logarithmic means T [K] of sink and source, refrigerant temperatures T_c, T_e beyond the streams by the pinch, and
a second-law efficiency eta (review: Arpagaus et al. 2018, DOI 10.1016/j.energy.2018.03.166):

    sensible sink:   COP = eta T_sink / (T_sink - T_source)        (Lorenz)
    latent sink:     COP = eta T_c / (T_c - T_e)                   (Carnot)
    air as source:   1 / COP = (T_c - T_air + pinch) / (eta T_c)   linear in T_air, which may be uncertain
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import pyomo.environ as pyo
from pydantic import Field, model_validator

from ..errors import Problem
from ..heat.streams import Side
from ..units import Fraction, Power, Temperature, TemperatureDifference
from .assembly import Assembly, Expression, Site, activity
from .asset import PowerInvestment
from .base import CaseModel
from .heat_network import KELVIN, Carrier, HeatNetwork, Piece, Role, logarithmic_mean
from .weather import Air, no_weather

Stages = Annotated[int, Field(ge=1, le=3)]
COMMERCIAL, LIMIT = 120.0, 160.0  # degC of a refrigerant's sink: what can be bought, and what has been shown
CONDENSING = 5.0  # K within which a vapour that is compressed itself condenses
LARGEST_LIFT = 70.0  # K a stage


class TemperatureRange(CaseModel):
    """From where to where a stream goes."""

    start: Temperature = Field(alias="from", description="temperature before")
    end: Temperature = Field(alias="to", description="temperature after")

    @property
    def mean(self) -> float:
        """Logarithmic mean [K]."""
        return logarithmic_mean(self.start + KELVIN, self.end + KELVIN)


class HeatPump(CaseModel):
    """A heat pump between streams of a plant, or from the air of `weather`; sized by the heat that it gives off."""

    cools: TemperatureRange | None = Field(
        default=None, description="temperatures of the streams that it cools; none: the air is its source"
    )
    heats: TemperatureRange = Field(description="temperatures of the streams that it heats; equal ends: boiling")
    recompresses: bool = Field(
        default=False,
        description="compresses the vapour that it cools itself (open cycle): no refrigerant limits its temperatures",
    )
    efficiency: Fraction = Field(default=0.5, description="share of the ideal COP: 0.40-0.60, boiling sink 0.45-0.60")
    pinch: TemperatureDifference = Field(
        default=5.0, description="between refrigerant, or recompressed vapour, and streams"
    )
    stages: Stages = Field(default=1, description="stages of compression, each lifts by 70 K at most")
    existing: Power = Field(default=0.0, description="heat that it can give off already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW given off")
    source: str = Field(default="assumed", description="where the figures come from")

    @model_validator(mode="after")
    def _directions(self) -> HeatPump:
        if self.cools is not None and self.cools.end > self.cools.start:
            raise ValueError("what it cools does not get hotter")
        if self.recompresses and (self.cools is None or self.cools.start - self.cools.end > CONDENSING):
            raise ValueError(f"what is recompressed is a vapour: it condenses within {CONDENSING:g} K")
        if self.heats.end < self.heats.start:
            raise ValueError("what it heats does not get colder")
        return self

    @property
    def boiling(self) -> bool:
        """Whether the sink takes its heat at one temperature."""
        return self.heats.end == self.heats.start

    def problems(self, place: str, air: Air | None) -> Iterator[Problem]:
        """Sinks too hot, lifts too high or none in any scenario's air, efficiencies that nobody has measured."""
        if self.heats.end > LIMIT and not self.recompresses:
            message = f"no heat pump has shown more than {LIMIT:g} degC"
            yield Problem(message, place=f"{place}.heats.to", typed=f"{self.heats.end:g}")
        if self.cools is None and air is None:
            yield no_weather(place)
        else:
            yield from self._lift(place, air)
        least = 0.45 if self.boiling else 0.40
        if not least <= self.efficiency <= 0.60:
            message = f"heat pumps reach {least:g} to 0.6 of the ideal COP with such a sink"
            yield Problem(message, place=f"{place}.efficiency", typed=f"{self.efficiency:g}")

    def _lift(self, place: str, air: Air | None) -> Iterator[Problem]:
        """From the coldest of the source to the hottest of the sink, and whether there is any lift at all."""
        if self.cools is not None:
            coldest, mean = self.cools.end, self.cools.mean
        else:
            assert air is not None
            coldest, mean = air[0], air[1] + KELVIN
        lift = self.heats.end - coldest
        if lift > LARGEST_LIFT * self.stages:
            message = f"lifts by {lift:g} K, {self.stages} stage(s) by {LARGEST_LIFT * self.stages:g} at most"
            yield Problem(message, place=f"{place}.stages", typed=str(self.stages))
        if self.heats.mean - mean < 5.0:
            yield Problem("its sink is not hotter than its source by 5 K: an exchanger does that", place=place)

    def warnings(self, place: str) -> Iterator[str]:
        """Sinks beyond what can be bought."""
        if COMMERCIAL < self.heats.end <= LIMIT and not self.recompresses:
            yield f"{place}: {self.heats.end:g} degC is above the {COMMERCIAL:g} degC of heat pumps on the market"

    @property
    def cop(self) -> float:
        """Coefficient of performance of a pump between streams."""
        assert self.cools is not None
        if self.boiling:
            hot = self.heats.end + self.pinch + KELVIN
            return self.efficiency * hot / (hot - (self.cools.end - self.pinch + KELVIN))
        return self.efficiency * self.heats.mean / (self.heats.mean - self.cools.mean)

    def power_per_heat(self, assembly: Assembly, period: str) -> Expression:
        """1 / COP; with air as source it depends on the scenario's temperature."""
        if self.cools is not None:
            return 1.0 / self.cop
        hot = self.heats.end + self.pinch + KELVIN
        return (hot - KELVIN + self.pinch - assembly.temperature[period]) / (self.efficiency * hot)

    def add_to(self, assembly: Assembly, network: HeatNetwork, site: Site, name: str) -> None:
        """Heat Q <= capacity at the sink, power P = Q / COP, heat Q - P from the source."""
        capacity = assembly.capacity(site, name, "heat pump", "MW", existing=self.existing, option=self.investment)
        block = assembly.block(site, name)
        block.heat = activity(assembly.periods)
        block.power = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= capacity)
        block.compression = pyo.Constraint(
            assembly.periods, rule=lambda b, p: b.power[p] == self.power_per_heat(assembly, p) * b.heat[p]
        )
        key = f"{site.name}.{name}"
        heat = {p: block.heat[p] for p in assembly.periods}
        drawn = {p: block.heat[p] - block.power[p] for p in assembly.periods}
        sink = Piece(self.heats.end + self.pinch, self.heats.start + self.pinch)
        pumped = network.add(Carrier(key, site.name, Side.HOT, Role.CONVERTER, (sink,), 0.0, heat, owner=key))
        if self.cools is not None:
            source = Piece(self.cools.end - self.pinch, self.cools.start - self.pinch)
            cooled = network.add(
                Carrier(f"{key} source", site.name, Side.COLD, Role.CONVERTER, (source,), 0.0, drawn, owner=key)
            )
            for p in assembly.periods:
                assembly.exergy(site.name, name, "heat pump", p, cooled.exergy * drawn[p] - pumped.exergy * heat[p])
            assembly.flow("heat", f"{key} source", key, "MW", lambda p: drawn[p])
        else:
            for p in assembly.periods:  # beside the scenario's own air, what is drawn from it has no exergy
                worth = 1.0 - (assembly.temperature[p] + KELVIN) / pumped.temperature
                assembly.exergy(site.name, name, "heat pump", p, -worth * heat[p])
            assembly.flow("heat", "ambient air", key, "MW", lambda p: drawn[p])
        for p in assembly.periods:
            assembly.demand("power", site.name, p, block.power[p])
            assembly.total("power for heat", p, block.power[p], "MWh/a")
            assembly.total("heat pumped", p, heat[p], "MWh/a")
            assembly.exergy(site.name, name, "heat pump", p, block.power[p])
            entering = {"heat" if self.cools is not None else "heat of the air": drawn[p], "power": block.power[p]}
            assembly.energy(site.name, name, p, entering=entering, leaving={"heat": heat[p]})
        assembly.flow("power", site.name, key, "MW", lambda p: block.power[p])
