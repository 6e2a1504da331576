"""Steam raised from process heat: waste-heat boilers that feed a header of their plant, and through it the mains."""

from __future__ import annotations

from collections.abc import Iterator

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..heat.streams import Side
from ..units import Power, TemperatureDifference
from . import steam_properties as steam
from .assembly import Assembly, Site, activity
from .asset import PowerInvestment
from .base import CaseModel, Name
from .blow_down import blow_down
from .feedwater import Feedwater
from .header import Header, header_node
from .heat_network import Carrier, HeatNetwork, Piece, Role, share_of_approach
from .references import unknown
from .steam import SteamSystem
from .steam_generator import enter_raised


class SteamRecovery(CaseModel):
    """Feed water that streams heat, boil and superheat; sized by the heat that it takes up."""

    header: Name = Field(description="header that it feeds")
    existing: Power = Field(default=0.0, description="heat that can be taken up already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW of heat")
    approach_contribution: TemperatureDifference | None = Field(
        default=None, description="own share of the approach temperature; none: half of the plant's"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    def problems(self, place: str, system: SteamSystem | None) -> Iterator[Problem]:
        """A header that is not there, a plant that has no feed water to make steam of."""
        if system is None or self.header not in system.headers:
            yield unknown(f"{place}.header", "header", self.header, () if system is None else system.headers)
        elif system.feedwater is None:
            yield Problem("steam needs the plant's 'feedwater'", place=place)

    def pieces(self, header: Header, feedwater: Feedwater) -> tuple[float, tuple[Piece, ...]]:
        """Heat per steam [MW/(t/h)] and how it spreads: warming up with the blow-down, boiling, superheating.

        Warm water takes more heat per kelvin than cold: with the slope of its hot end it is nowhere colder than it is.
        """
        share = feedwater.blow_down / (1.0 - feedwater.blow_down)
        boiling = steam.saturation_temperature(header.pressure)
        liquid, vapour = steam.saturated_liquid(header.pressure), steam.saturated_steam(header.pressure)
        slope = 10.0 * (steam.liquid(boiling) - steam.liquid(boiling - 0.1))  # kJ/(kg K)
        cold = boiling - (liquid - feedwater.enthalpy) / slope
        parts = (
            (cold, boiling, (1.0 + share) * (liquid - feedwater.enthalpy)),
            (boiling, boiling, vapour - liquid),
            (boiling, header.state_temperature, header.enthalpy - vapour),
        )
        total = sum(heat for _, _, heat in parts)
        pieces = tuple(Piece(start, end, heat / total) for start, end, heat in parts if heat > 0.0)
        return total * steam.MW_PER_T_AND_KJ_PER_KG, pieces

    def add_to(
        self, assembly: Assembly, network: HeatNetwork, site: Site, name: str, approach: float, system: SteamSystem
    ) -> None:
        """Steam y takes up Q = q y <= capacity, with the feed water and blow-down of a boiler:

        q = (1 + s) (h_boiling - h_bfw) + (h_header - h_boiling),   s = blow_down / (1 - blow_down)
        """
        feedwater, header = system.feedwater, system.headers[self.header]
        assert feedwater is not None
        per_steam, pieces = self.pieces(header, feedwater)
        capacity = assembly.capacity(site, name, "steam recovery", "MW", existing=self.existing, option=self.investment)
        block = assembly.block(site, name)
        block.steam = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: per_steam * b.steam[p] <= capacity)
        heat = {p: per_steam * block.steam[p] for p in assembly.periods}
        own = share_of_approach(self.approach_contribution, approach)
        carrier = network.add(Carrier(f"{site.name}.{name}", site.name, Side.COLD, Role.UTILITY, pieces, own, heat))
        share = feedwater.blow_down / (1.0 - feedwater.blow_down)
        node = header_node(site.name, self.header)
        for p in assembly.periods:
            assembly.supply("steam", node, p, block.steam[p])
            assembly.demand("feedwater", site.name, p, (1.0 + share) * block.steam[p])
            blow_down(assembly, site, p, share * block.steam[p], header.pressure)
            enter_raised(assembly, site, name, "steam recovery", p, block.steam[p], header, feedwater)
            assembly.exergy(site.name, name, "steam recovery", p, carrier.exergy * heat[p])
            assembly.energy(site.name, name, p, entering={"heat": heat[p]})
            assembly.heat(site.name, p, heat[p])
            assembly.total("steam raised", p, block.steam[p])
            assembly.total("steam from process heat", p, heat[p], "MWh/a")
        assembly.flow("steam", f"{site.name}.{name}", node, "t/h", lambda p: block.steam[p])
