"""Condensing turbines: steam of a header expands into a vacuum; behind a back-pressure turbine they make one with
extraction."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ..errors import Problem
from ..heat.streams import Side
from ..units import Temperature
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Site
from .emergency import Emergency
from .feedwater import return_condensate
from .header import Header, header_node
from .heat_network import Carrier, HeatNetwork, Piece, Role
from .references import unknown
from .steam import SteamSystem
from .turbine import SteamTurbine


class CondensingTurbine(SteamTurbine):
    """A condensing turbine with generator, sized by its power; the plant's cooling takes the heat of its vapour."""

    condenser: Temperature = Field(default=40.0, gt=10.0, le=100.0, description="temperature at which it condenses")

    def problems(self, place: str, system: SteamSystem | None) -> Iterator[Problem]:
        """A header that is not there, a plant without feed water, steam that would not expand."""
        if system is None or self.start not in system.headers:
            yield unknown(f"{place}.from", "header", self.start, () if system is None else system.headers)
        elif system.feedwater is None:
            yield Problem("its condensate needs the plant's 'feedwater'", place=place)
        elif steam.saturation_pressure(self.condenser) >= system.headers[self.start].pressure:
            yield Problem("its condenser is not below its header's pressure", place=f"{place}.condenser")

    def specific_power(self, inlet: Header) -> float:
        """Electrical power per steam at full load [MW/(t/h)]."""
        pressure = steam.saturation_pressure(self.condenser)
        drop = inlet.enthalpy - steam.isentropic_enthalpy(inlet.pressure, inlet.enthalpy, pressure)
        return self.generator_efficiency * self.isentropic_efficiency * drop * steam.MW_PER_T_AND_KJ_PER_KG

    def add_to(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        site: Site,
        name: str,
        path: str,
        system: SteamSystem,
        emergency: Emergency | None,
    ) -> None:
        """Steam m and power P by the rows of SteamTurbine; its vapour gives off, at the condenser's temperature,

            Q = m (h_in - h_condensate) - P / eta_generator

        and its condensate returns to the deaerator. Heat that finds no cooling is priced.
        """
        inlet, feedwater = system.headers[self.start], system.feedwater
        assert feedwater is not None
        block = self.run(assembly, site, name, path, self.specific_power(inlet))
        condensate, key = steam.liquid(self.condenser), f"{site.name}.{name}"
        per_steam = (inlet.enthalpy - condensate) * steam.MW_PER_T_AND_KJ_PER_KG
        rejected = {
            p: per_steam * block.steam[p] - block.power[p] / self.generator_efficiency for p in assembly.periods
        }
        vapour = Piece(self.condenser, self.condenser)
        price = None if emergency is None else emergency.heat_dump
        carrier = network.add(
            Carrier(
                f"{key} condenser", site.name, Side.HOT, Role.CONVERTER, (vapour,), 0.0, rejected, slack_price=price
            )
        )
        node = header_node(site.name, self.start)
        for p in assembly.periods:
            assembly.demand("steam", node, p, block.steam[p])
            assembly.heat(site.name, p, -inlet.power(block.steam[p]))
            return_condensate(assembly, site.name, p, block.steam[p], condensate, feedwater)
            assembly.total("condenser heat", p, rejected[p], "MWh/a")
            passed = block.steam[p] * (inlet.exergy - exergy.of_water(self.condenser)) * steam.MW_PER_T_AND_KJ_PER_KG
            left = block.power[p] + carrier.exergy * rejected[p]
            assembly.exergy(site.name, name, "turbine", p, passed - left)
            kept = condensate * steam.MW_PER_T_AND_KJ_PER_KG * block.steam[p]
            leaving = {"power": block.power[p], "heat": rejected[p], "condensate": kept}
            assembly.energy(site.name, name, p, entering={"steam": inlet.power(block.steam[p])}, leaving=leaving)
        assembly.flow("steam", node, key, "t/h", lambda p: block.steam[p])
