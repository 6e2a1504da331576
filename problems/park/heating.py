"""What heats streams where process heat does not: steam of a header, a fuel, power, or heat that is bought."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from ..heat.streams import Side
from ..units import EmissionFactor, EnergyPrice, Fraction, Temperature
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site
from .base import Name
from .condensate import collect
from .feedwater import return_condensate
from .fuel import Fuel
from .header import header_node
from .heat_network import HeatNetwork, Piece, exergy_of
from .heat_utility import HeatUtility
from .steam import SteamSystem

SOURCES = ("header", "fuel", "power", "price")


class Heating(HeatUtility):
    """A hot utility. Steam condenses at its header's pressure; its superheat is counted at that temperature too."""

    header: Name | None = Field(default=None, description="steam header of the plant")
    fuel: Name | None = Field(default=None, description="one of the park's fuels")
    power: bool = Field(default=False, description="heated by the plant's power")
    price: EnergyPrice | None = Field(default=None, description="price of heat that is bought, per MWh of heat")
    emission_factor: EmissionFactor = Field(default=0.0, description="CO2 of bought heat, t/MWh")
    efficiency: Fraction = Field(default=1.0, gt=0.0, description="heat per fuel (LHV) or power")
    supply: Temperature | None = Field(default=None, description="temperature at which it gives heat; not for steam")
    target: Temperature | None = Field(default=None, description="where it has given it; none: as supply")
    condensate_return: Fraction = Field(default=0.0, description="share of the condensate that comes back")

    @model_validator(mode="after")
    def _one_source(self) -> Heating:
        given = [name for name in SOURCES if getattr(self, name) not in (None, False)]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(SOURCES)}" + (f", not {given}" if given else ""))
        if (self.header is None) == (self.supply is None):
            raise ValueError("steam has the temperature of its header; everything else needs its 'supply' temperature")
        if self.supply is not None and self.target is not None and self.target > self.supply:
            raise ValueError("a heating gives off heat: its target is not above its supply temperature")
        return self

    def temperatures(self, system: SteamSystem | None) -> tuple[float, float]:
        """Supply and target temperature [degC]; steam condenses."""
        if self.header is not None:
            assert system is not None
            boiling = steam.saturation_temperature(system.headers[self.header].pressure)
            return boiling, boiling
        assert self.supply is not None
        return self.supply, self.supply if self.target is None else self.target

    def add_to(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        site: Site,
        name: str,
        path: str,
        approach: float,
        system: SteamSystem | None,
        fuels: Mapping[str, Fuel],
    ) -> None:
        """Heat Q from steam m = 3600 Q / (h_header - h_boiling), fuel Q / efficiency, power Q / efficiency."""
        piece = Piece(*self.temperatures(system))
        heat = self.carrier(assembly, network, site, name, Side.HOT, (piece,), approach)
        key = f"{site.name}.{name}"
        if self.price is None:
            for p in assembly.periods:
                assembly.exergy(site.name, name, "heating", p, -exergy_of((piece,)) * heat[p])
                assembly.energy(site.name, name, p, leaving={"heat": heat[p]})
        if self.header is not None:
            assert system is not None
            self._steam(assembly, site, name, heat, system)
        elif self.fuel is not None:
            burnt = {p: heat[p] / self.efficiency for p in heat}
            fuels[self.fuel].burn(assembly, self.fuel, site.name, name, "heating", burnt)
        elif self.power:
            for p in assembly.periods:
                assembly.demand("power", site.name, p, heat[p] / self.efficiency)
                assembly.exergy(site.name, name, "heating", p, heat[p] / self.efficiency)
                assembly.energy(site.name, name, p, entering={"power": heat[p] / self.efficiency})
                assembly.total("power for heat", p, heat[p] / self.efficiency, "MWh/a")
            assembly.flow("power", site.name, key, "MW", lambda p: heat[p] / self.efficiency)
        else:
            assert self.price is not None
            price = assembly.uncertain(f"{path}.price", self.price)
            for p in assembly.periods:
                assembly.cost("heat bought", p, price * heat[p])
                assembly.emission("grid", p, self.emission_factor * heat[p])
                assembly.total("heat bought", p, heat[p], "MWh/a")
            assembly.flow("heat", "heat bought", key, "MW", lambda p: heat[p])

    def _steam(
        self, assembly: Assembly, site: Site, name: str, heat: Mapping[str, Expression], system: SteamSystem
    ) -> None:
        """The header's steam, and its condensate that leaves boiling: into the deaerator or the plant's tank."""
        assert self.header is not None
        header = system.headers[self.header]
        boiling = steam.saturated_liquid(header.pressure)
        per_steam = (header.enthalpy - boiling) * steam.MW_PER_T_AND_KJ_PER_KG
        node = header_node(site.name, self.header)
        used = {p: heat[p] / per_steam for p in assembly.periods}
        for p in assembly.periods:
            assembly.demand("steam", node, p, used[p])
            assembly.total("steam used", p, used[p])
            assembly.total("heat used", p, heat[p], "MWh/a")
            assembly.heat(site.name, p, -header.power(used[p]))
            condensate = self.condensate_return * exergy.of_boiling_water(header.pressure)
            brought = (header.exergy - condensate) * steam.MW_PER_T_AND_KJ_PER_KG
            assembly.exergy(site.name, name, "heating", p, brought * used[p])
            returned = self.condensate_return * boiling * steam.MW_PER_T_AND_KJ_PER_KG * used[p]
            entering = {"steam": header.power(used[p])}
            assembly.energy(site.name, name, p, entering=entering, leaving={"condensate": returned})
        assembly.flow("steam", node, f"{site.name}.{name}", "t/h", lambda p: used[p])
        if self.condensate_return == 0.0:
            return
        back = {p: self.condensate_return * used[p] for p in assembly.periods}
        assembly.flow("condensate", f"{site.name}.{name}", f"{site.name}.condensate", "t/h", lambda p: back[p])
        if system.feedwater is None:
            temperature = steam.saturation_temperature(header.pressure)
            collect(assembly, site, name, back, temperature, boiling)
            return
        for p in assembly.periods:
            return_condensate(assembly, site.name, p, back[p], boiling, system.feedwater)
