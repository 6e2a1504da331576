"""Back-pressure turbines between two headers: Willans line from IAPWS-IF97 and an isentropic efficiency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo
from pydantic import Field

from ..units import Fraction, Power
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Site, activity
from .asset import PowerInvestment, largest_size
from .base import CaseModel, Name
from .commitment import StartCost, running_capacity
from .header import Header, header_node


class SteamTurbine(CaseModel):
    """What turbines share: the header that they draw from, their efficiencies and their Willans line."""

    start: Name = Field(alias="from", description="header that gives")
    isentropic_efficiency: Fraction = Field(default=0.7, gt=0.1, description="at full load")
    generator_efficiency: Fraction = Field(default=0.95, gt=0.5, description="power per shaft work")
    no_load: Fraction = Field(default=0.1, description="intercept b of the Willans line, share of capacity")
    minimum_load: Fraction = Field(default=0.2, description="smallest load when on, share of capacity")
    existing: Power = Field(default=0.0, description="electrical capacity that stands already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW electrical")
    start_cost: StartCost = Field(default=0.0, description="steam and wear of a start, at the case's alternations")
    availability: Fraction = Field(default=1.0, description="share of the capacity that can run")
    source: str = Field(default="assumed", description="where the figures come from")

    def run(self, assembly: Assembly, site: Site, name: str, path: str, specific: float) -> Any:
        """Steam m, power P, capacity C, Z = C on (first stage), availability xi, full-load specific power w:

            P <= a m - b xi Z,    a = (1 + b) w,      (minimum_load + b) xi Z / a <= m <= xi Z / w

        so that P = w m at full load and less per steam below (the Willans line). The minimum load is one of steam:
        power that nobody takes can be throttled away, so every scenario has a plan. Returns the block of m and P.
        """
        capacity = assembly.capacity(site, name, "turbine", "MW", existing=self.existing, option=self.investment)
        largest = largest_size(self.existing, self.investment)
        available = assembly.uncertain(f"{path}.availability", self.availability)
        states = running_capacity(assembly, site, name, capacity, largest, self.start_cost)
        running = {p: size for p, (_, size) in states.items()}
        block = assembly.block(site, name)
        block.steam = activity(assembly.periods)
        block.power = activity(assembly.periods)
        slope = (1.0 + self.no_load) * specific
        block.willans = pyo.Constraint(
            assembly.periods,
            rule=lambda b, p: b.power[p] <= slope * b.steam[p] - self.no_load * available * running[p],
        )
        block.swallowing = pyo.Constraint(
            assembly.periods, rule=lambda b, p: b.steam[p] <= available * running[p] / specific
        )
        smallest = (self.minimum_load + self.no_load) / slope
        block.smallest = pyo.Constraint(
            assembly.periods,
            rule=lambda b, p: b.steam[p] >= smallest * available * running[p],
        )
        for p in assembly.periods:
            assembly.supply("power", site.name, p, block.power[p])
            assembly.total("power generated", p, block.power[p], "MWh/a")
        assembly.flow("power", f"{site.name}.{name}", site.name, "MW", lambda p: block.power[p])
        return block


class Turbine(SteamTurbine):
    """A back-pressure turbine with generator, sized by its electrical power."""

    end: Name = Field(alias="to", description="header that takes the exhaust")

    def isentropic_drop(self, inlet: Header, outlet: Header) -> float:
        """Enthalpy drop [kJ/kg] of the ideal expansion."""
        return inlet.enthalpy - steam.isentropic_enthalpy(inlet.pressure, inlet.enthalpy, outlet.pressure)

    def exhaust_enthalpy(self, inlet: Header, outlet: Header) -> float:
        """Enthalpy [kJ/kg] of the exhaust at full load, the coldest it gets."""
        return inlet.enthalpy - self.isentropic_efficiency * self.isentropic_drop(inlet, outlet)

    def specific_power(self, inlet: Header, outlet: Header) -> float:
        """Electrical power per steam at full load, w [MW/(t/h)]."""
        work = self.isentropic_efficiency * self.isentropic_drop(inlet, outlet)
        return self.generator_efficiency * work * steam.MW_PER_T_AND_KJ_PER_KG

    def add_to(
        self, assembly: Assembly, site: Site, name: str, headers: Mapping[str, Header], feedwater: float, path: str
    ) -> None:
        """Steam m and power P by the rows of SteamTurbine. The exhaust is hotter the less power is drawn per steam;
        feed water I [t/h] brings it to the state of its header by the turbine's energy balance, h in kJ/kg, which at
        full load is the ratio (h_exhaust - h_header) / (h_header - h_bfw):

            I (h_header - h_bfw) = m (h_in - h_header) - 3600 P / eta_generator
        """
        inlet, outlet = headers[self.start], headers[self.end]
        block = self.run(assembly, site, name, path, self.specific_power(inlet, outlet))
        start, end = header_node(site.name, self.start), header_node(site.name, self.end)
        per_steam = (inlet.enthalpy - outlet.enthalpy) / (outlet.enthalpy - feedwater)
        per_power = 1.0 / (self.generator_efficiency * steam.MW_PER_T_AND_KJ_PER_KG * (outlet.enthalpy - feedwater))
        for p in assembly.periods:
            injected = per_steam * block.steam[p] - per_power * block.power[p]
            assembly.demand("steam", start, p, block.steam[p])
            assembly.supply("steam", end, p, block.steam[p] + injected)
            assembly.demand("feedwater", site.name, p, injected)
            site.inject(self.end, p, injected)
            passed = block.steam[p] * inlet.exergy + injected * exergy.of_water_with(feedwater)
            left = (block.steam[p] + injected) * outlet.exergy
            lost = (passed - left) * steam.MW_PER_T_AND_KJ_PER_KG - block.power[p]
            assembly.exergy(site.name, name, "turbine", p, lost)
            water = injected * (feedwater * steam.MW_PER_T_AND_KJ_PER_KG)
            entering = {"steam": inlet.power(block.steam[p]), "feed water": water}
            leaving = {"steam": outlet.power(block.steam[p] + injected), "power": block.power[p]}
            assembly.energy(site.name, name, p, entering=entering, leaving=leaving)
            assembly.heat(site.name, p, -block.power[p] / self.generator_efficiency)
        assembly.flow("steam", start, f"{site.name}.{name}", "t/h", lambda p: block.steam[p])
        assembly.flow(
            "steam",
            f"{site.name}.{name}",
            end,
            "t/h",
            lambda p: (1.0 + per_steam) * block.steam[p] - per_power * block.power[p],
        )
