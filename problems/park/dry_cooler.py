"""Dry coolers: streams cooled by the air of `weather`, the less the hotter it is."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..heat.streams import Side
from ..units import Power, Ratio, Temperature, TemperatureDifference
from .assembly import Assembly, Expression, Site, activity
from .asset import PowerInvestment
from .base import CaseModel
from .heat_network import KELVIN, Carrier, HeatNetwork, Piece, Role, share_of_approach
from .weather import Air, no_weather


class DryCooler(CaseModel):
    """Coolant between two temperatures that gives its heat to the air; sized by its duty at the design temperature."""

    supply: Temperature = Field(description="temperature at which the coolant arrives at the streams")
    target: Temperature = Field(description="temperature at which it leaves them")
    design_air: Temperature = Field(description="temperature of the air for which its size holds")
    power: Ratio = Field(default=0.02, description="power of the fans per heat, MW/MW")
    existing: Power = Field(default=0.0, description="duty that stands already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW at design")
    approach_contribution: TemperatureDifference | None = Field(
        default=None, description="own share of the approach temperature; none: half of the plant's"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    @property
    def mean(self) -> float:
        """Mean temperature of the coolant [degC]."""
        return 0.5 * (self.supply + self.target)

    def problems(self, place: str, air: Air | None) -> Iterator[Problem]:
        """A coolant that is not warmed, air that may be hotter than it: the limit below would turn negative."""
        if self.target <= self.supply:
            yield Problem("the coolant does not get warmer", place=f"{place}.target", typed=f"{self.target:g}")
        if air is None:
            yield no_weather(place)
        for key, temperature in (("design_air", self.design_air), ("supply", -inf if air is None else air[1])):
            if temperature >= self.supply:
                message = f"air of {temperature:g} degC cannot cool to {self.supply:g} degC"
                yield Problem(message, place=f"{place}.{key}", typed=f"{getattr(self, key):g}")

    def share(self, assembly: Assembly, period: str) -> Expression:
        """Duty per duty at design: the coolant's mean difference to the air, over that at design."""
        return (self.mean - assembly.temperature[period]) / (self.mean - self.design_air)

    def add_to(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        site: Site,
        name: str,
        approach: float,
    ) -> None:
        """Heat Q <= C (T_mean - T_air) / (T_mean - T_design),   fans e Q."""
        capacity = assembly.capacity(site, name, "dry cooler", "MW", existing=self.existing, option=self.investment)
        block, key = assembly.block(site, name), f"{site.name}.{name}"
        block.heat = activity(assembly.periods)
        block.limit = pyo.Constraint(
            assembly.periods, rule=lambda b, p: b.heat[p] <= self.share(assembly, p) * capacity
        )
        heat = {p: block.heat[p] for p in assembly.periods}
        own = share_of_approach(self.approach_contribution, approach)
        piece = Piece(self.supply, self.target)
        carrier = network.add(Carrier(key, site.name, Side.COLD, Role.UTILITY, (piece,), own, heat))
        for p in assembly.periods:
            worth = 1.0 - (assembly.temperature[p] + KELVIN) / carrier.temperature  # beside the air that it warms
            assembly.exergy(site.name, name, "dry cooler", p, (worth + self.power) * heat[p])
            assembly.energy(site.name, name, p, entering={"heat": heat[p], "power": self.power * heat[p]})
            assembly.demand("power", site.name, p, self.power * heat[p])
            assembly.total("cooling", p, heat[p], "MWh/a")
            assembly.total("power for heat", p, self.power * heat[p], "MWh/a")
        assembly.flow("power", site.name, key, "MW", lambda p: self.power * heat[p])
