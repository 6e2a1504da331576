"""Boilers that burn a fuel."""

from __future__ import annotations

from pydantic import Field

from ..units import Fraction
from .assembly import Assembly, Site
from .base import Name
from .feedwater import Feedwater
from .fuel import Fuel
from .header import Header
from .steam_generator import SteamGenerator


class Boiler(SteamGenerator):
    """A boiler; its efficiency is that at full load on the lower heating value."""

    fuel: Name = Field(description="one of the park's fuels")
    efficiency: Fraction = Field(default=0.9, gt=0.3, description="heat to steam and blow-down per LHV, at full load")

    def add_to(
        self, assembly: Assembly, site: Site, name: str, header: Header, feedwater: Feedwater, fuel: Fuel, path: str
    ) -> None:
        """Burns B [MW, LHV] of steam_generator's rows, with efficiency eta."""
        per_steam = self.input_per_steam(header, feedwater, self.efficiency)
        burnt = self.raise_steam(assembly, site, name, "boiler", path, header, feedwater, per_steam)
        site.burnt[name] = burnt
        fuel.burn(assembly, self.fuel, f"{site.name}.{name}", burnt)
