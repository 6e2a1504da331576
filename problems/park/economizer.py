"""Economizers: heat of a boiler's flue gas for the plant's streams; from the dew point down they condense its water."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..heat.streams import Side
from ..units import Fraction, Power, Temperature, TemperatureDifference
from .assembly import Assembly, Site, activity
from .asset import PowerInvestment
from .base import CaseModel, Name
from .boiler import Boiler
from .fuel import Fuel
from .heat_network import Carrier, HeatNetwork, Piece, Role, share_of_approach
from .references import unknown
from .steam import SteamSystem


class Economizer(CaseModel):
    """Flue gas cooled between two temperatures, sized by its heat; a condensing part is an entry of its own."""

    boiler: Name = Field(description="boiler of the plant that burns a fuel")
    supply: Temperature = Field(description="temperature at which the flue gas arrives")
    target: Temperature = Field(description="temperature at which it leaves")
    share: Fraction = Field(
        gt=0.0, le=0.2, description="heat between the two per fuel (LHV); beyond what the boiler's efficiency counts"
    )
    existing: Power = Field(default=0.0, description="duty that stands already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW")
    approach_contribution: TemperatureDifference | None = Field(
        default=None, description="own share of the approach temperature; none: half of the plant's"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    def problems(self, place: str, system: SteamSystem | None) -> Iterator[Problem]:
        """A boiler that is not there, flue gas that is not cooled."""
        boilers = () if system is None else system.boilers
        if self.boiler not in boilers:
            yield unknown(f"{place}.boiler", "boiler", self.boiler, boilers)
        if self.target >= self.supply:
            yield Problem("the flue gas is not cooled", place=f"{place}.target", typed=f"{self.target:g}")

    def add_to(self, assembly: Assembly, network: HeatNetwork, site: Site, name: str, approach: float) -> None:
        """Heat Q <= share x fuel burnt,  Q <= capacity; call after the boilers."""
        capacity = assembly.capacity(site, name, "economizer", "MW", existing=self.existing, option=self.investment)
        block, burnt = assembly.block(site, name), site.burnt[self.boiler]
        block.heat = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= capacity)
        block.flue_gas = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= self.share * burnt[p])
        heat = {p: block.heat[p] for p in assembly.periods}
        own = share_of_approach(self.approach_contribution, approach)
        piece = Piece(self.supply, self.target)
        carrier = network.add(Carrier(f"{site.name}.{name}", site.name, Side.HOT, Role.UTILITY, (piece,), own, heat))
        for p in assembly.periods:
            assembly.exergy(site.name, self.boiler, "boiler", p, -carrier.exergy * heat[p])
            assembly.energy(site.name, self.boiler, p, leaving={"heat": heat[p]})
            assembly.total("heat from flue gas", p, heat[p], "MWh/a")


def beyond_fuel(
    place: str, economizers: Mapping[str, Economizer], boilers: Mapping[str, Boiler], fuels: Mapping[str, Fuel]
) -> Iterator[Problem]:
    """Boilers of which steam and flue gas together would take more heat than their fuel brings (first law)."""
    for name, boiler in boilers.items():
        own = {key: one for key, one in economizers.items() if one.boiler == name}
        shares = sum(one.share for one in own.values())
        for fuel, share in boiler.mix.items() if own else ():
            brought = fuels[fuel].higher_heating_value if fuel in fuels else float("inf")
            taken = (share.efficiency or boiler.efficiency) + shares
            if taken > brought + 1e-9:
                message = f"with the steam of {name!r} more heat than {fuel!r} has: {taken:.3g} of {brought:.3g} LHV"
                last = list(own)[-1]
                yield Problem(message, place=f"{place}.{last}.share", typed=f"{own[last].share:g}")
