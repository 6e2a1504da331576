"""Boilers that use power."""

from __future__ import annotations

from pydantic import Field

from ..units import Fraction
from .assembly import Assembly, Site
from .feedwater import Feedwater
from .header import Header
from .steam_generator import SteamGenerator


class ElectricBoiler(SteamGenerator):
    """An electrode or resistance boiler: follows from nothing to full load, so that its defaults need no on/off."""

    efficiency: Fraction = Field(default=0.98, gt=0.5, description="heat to steam and blow-down per power")
    minimum_load: Fraction = Field(default=0.0, description="smallest steam when on, share of capacity")
    no_load: Fraction = Field(default=0.0, lt=1.0, description="input when on without steam, share of full-load input")

    def add_to(
        self, assembly: Assembly, site: Site, name: str, header: Header, feedwater: Feedwater, path: str
    ) -> None:
        """Draws power B [MW] of steam_generator's rows, with efficiency eta."""
        per_steam = self.input_per_steam(header, feedwater, self.efficiency)
        power = self.raise_steam(assembly, site, name, "electric boiler", path, header, feedwater, per_steam)
        for p in assembly.periods:
            assembly.demand("power", site.name, p, power[p])
            assembly.exergy(site.name, name, "electric boiler", p, power[p])
            assembly.energy(site.name, name, p, entering={"power": power[p]})
        assembly.flow("power", site.name, f"{site.name}.{name}", "MW", lambda p: power[p])
