"""What uses steam, and the condensate it returns."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from ..units import Fraction, Temperature
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site
from .base import CaseModel, Name
from .header import Header, header_node
from .plant_data import ScaledFlow, ScaledPower


class SteamUse(CaseModel):
    """A user states its steam in t/h or its heat in MW; both follow the throughput."""

    header: Name = Field(description="header that it draws from")
    flow: ScaledFlow | None = Field(default=None, description="steam used, t/h; or give 'heat'")
    heat: ScaledPower | None = Field(default=None, description="heat used, MW; or give 'flow'")
    condensate_temperature: Temperature = Field(default=90.0, ge=0.0, description="temperature of the condensate")
    condensate_return: Fraction = Field(default=0.0, description="share of the condensate that comes back")
    source: str = Field(default="assumed", description="where the figures come from")

    @model_validator(mode="after")
    def _one_of(self) -> SteamUse:
        if (self.flow is None) == (self.heat is None):
            raise ValueError("give exactly one of 'flow' (t/h) and 'heat' (MW)")
        return self

    @property
    def condensate_enthalpy(self) -> float:
        """Enthalpy of the condensate where it leaves the user [kJ/kg]."""
        return steam.liquid(self.condensate_temperature)

    def add_to(self, assembly: Assembly, site: Site, name: str, header: Header, path: str) -> Mapping[str, Expression]:
        """Steam [t/h], or heat Q [MW] by  m = 3600 Q / (h_header - h_condensate);  condensate = share x m.

        Returns the condensate that comes back [t/h] per period.
        """
        node = header_node(site.name, self.header)
        key, quantity = ("flow", self.flow) if self.flow is not None else ("heat", self.heat)
        assert quantity is not None
        heat = (header.enthalpy - self.condensate_enthalpy) * steam.MW_PER_T_AND_KJ_PER_KG
        per_unit = 1.0 / heat if key == "heat" else 1.0
        amount = assembly.following(site, quantity, f"{path}.{key}", f"steam use {name}")
        use = {p: per_unit * amount[p] for p in assembly.periods}
        for p in assembly.periods:
            assembly.demand("steam", node, p, use[p])
            assembly.total("steam used", p, use[p])
            assembly.total("heat used", p, use[p] * heat, "MWh/a")
            assembly.heat(site.name, p, -header.power(use[p]))
        assembly.flow("steam", node, f"{site.name}.{name}", "t/h", lambda p: use[p])
        return {p: self.condensate_return * use[p] for p in assembly.periods}
