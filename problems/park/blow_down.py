"""What is won of boilers' blow-down: steam that flashes off at a lower pressure, then heat for the make-up water."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..units import MassFlow, Temperature, TemperatureDifference
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site, activity
from .asset import FlowInvestment
from .base import CaseModel, Name
from .header import Header, header_node, injection_ratio
from .heat_network import Piece, exergy_of
from .references import unknown

FLASH, HEAT = "blow-down flash", "blow-down heat"  # carriers: steam that may flash off [t/h], heat above cooled_to [MW]


class BlowDownFlash(CaseModel):
    """A vessel in which blow-down flashes, sized by its steam, and a cooler of what stays liquid."""

    header: Name | None = Field(default=None, description="header that takes the steam; none: the deaerator")
    cooled_to: Temperature | None = Field(
        default=None, description="temperature to which the liquid warms the make-up water; none: drained boiling"
    )
    approach_temperature: TemperatureDifference = Field(
        default=10.0, description="smallest difference between the liquid and the make-up water"
    )
    existing: MassFlow = Field(default=0.0, description="steam that a standing vessel can give")
    investment: FlowInvestment | None = Field(default=None, description="what may be built, per t/h of flash steam")
    source: str = Field(default="assumed", description="where the figures come from")

    def pressure(self, headers: Mapping[str, Header], deaerator: float) -> float:
        """Pressure of the vessel [barg]."""
        return deaerator if self.header is None else headers[self.header].pressure

    def problems(self, place: str, headers: Mapping[str, Header], deaerator: float, cold: float) -> Iterator[Problem]:
        """A header that is not there or the highest, a cooler colder than the make-up at `cold` degC allows."""
        if self.header is not None and self.header not in headers:
            yield unknown(f"{place}.header", "header", self.header, headers)
            return
        pressure = self.pressure(headers, deaerator)
        if all(header.pressure <= pressure for header in headers.values()):
            yield Problem("no boiler can blow down from above its pressure", place=f"{place}.header")
        if self.existing == 0.0 and self.investment is None:
            yield Problem("give 'existing' steam or an 'investment', else nothing can flash", place=place)
        if self.cooled_to is not None:
            low, high = cold + self.approach_temperature, steam.saturation_temperature(pressure)
            if not low <= self.cooled_to < high:
                message = f"lies between {low:.1f} degC of make-up and approach and {high:.1f} degC of the vessel"
                yield Problem(message, place=f"{place}.cooled_to", typed=f"{self.cooled_to:g}")

    def announce(self, site: Site, headers: Mapping[str, Header], deaerator: float) -> float:
        """Tell what blows down after this that it is flashed; returns by how much the liquid concentrates at most."""
        pressure, feed = self.pressure(headers, deaerator), steam.saturated_liquid(deaerator)
        worth, ratio = exergy.of_saturated_steam(pressure), 0.0
        if self.header is not None:
            header = headers[self.header]
            ratio = injection_ratio(steam.saturated_steam(pressure), header.enthalpy, feed)
            worth = (1.0 + ratio) * header.exergy - ratio * exergy.of_boiling_water(deaerator)
        site.vessel = Vessel(pressure, ratio, worth, None if self.cooled_to is None else steam.liquid(self.cooled_to))
        return 1.0 / (1.0 - max(site.vessel.share(header.pressure) for header in headers.values()))

    def add_to(
        self, assembly: Assembly, site: Site, headers: Mapping[str, Header], deaerator: float, make_up: float
    ) -> None:
        """Flash steam f <= capacity [t/h] of blow-down b_g that boils with h_g, of which a share x_g can flash:

            f <= sum_g x_g b_g

        The deaerator at `deaerator` barg takes it as it is. A header is superheated and flash steam dry: there it
        saves r f of the water that cools the header's other steam, so that there must be some:

            r = (h_vapour - h_header) / (h_header - h_bfw) < 0,     sum of injected water + r f >= 0

        The liquid may warm the make-up of `make_up` kJ/kg. Call after the plant's letdowns and turbines.
        """
        name, periods, vessel = site.name, assembly.periods, site.vessel
        assert vessel is not None
        vapour = steam.saturated_steam(vessel.pressure)
        capacity = assembly.capacity(
            site, "blow-down flash", "blow-down flash", "t/h", existing=self.existing, option=self.investment
        )
        block = assembly.block(site, "blow-down flash")
        block.steam, block.unflashed = activity(periods), activity(periods)
        block.limit = pyo.Constraint(periods, rule=lambda b, p: b.steam[p] <= capacity)
        for p in periods:
            assembly.demand("blow-down", name, p, block.steam[p])
            assembly.demand(FLASH, name, p, block.steam[p] + block.unflashed[p])
            assembly.heat(name, p, block.steam[p] * (vapour * steam.MW_PER_T_AND_KJ_PER_KG))
            assembly.total("steam from blow-down", p, block.steam[p])
            left = vessel.worth * steam.MW_PER_T_AND_KJ_PER_KG * block.steam[p]
            assembly.exergy(name, "blow-down", "blow-down", p, -left)
            flashed = vapour * steam.MW_PER_T_AND_KJ_PER_KG * block.steam[p]
            assembly.energy(name, "blow-down", p, leaving={"steam": flashed})
        if self.cooled_to is not None:
            self._warm_make_up(assembly, site, block, vessel, capacity, headers, make_up)
        if self.header is None:
            relative = (vapour - steam.saturated_liquid(deaerator)) * steam.MW_PER_T_AND_KJ_PER_KG
            worth = (vessel.worth - exergy.of_boiling_water(deaerator)) * steam.MW_PER_T_AND_KJ_PER_KG
            for p in periods:
                assembly.exergy(name, "deaerator", "deaerator", p, worth * block.steam[p])
                flashed = vapour * steam.MW_PER_T_AND_KJ_PER_KG * block.steam[p]
                leaving = {"feed water": flashed - relative * block.steam[p]}
                assembly.energy(name, "deaerator", p, entering={"steam": flashed}, leaving=leaving)
                assembly.supply("feedwater", name, p, block.steam[p])
                assembly.supply("deaerator heat", name, p, relative * block.steam[p])
            assembly.flow("steam", f"{name}.blow-down", f"{name}.deaerator", "t/h", lambda p: block.steam[p])
            return
        node, injected, ratio = header_node(name, self.header), site.injected.get(self.header, {}), vessel.ratio
        block.superheated = pyo.Constraint(periods, rule=lambda b, p: -ratio * b.steam[p] <= injected.get(p, 0.0))
        for p in periods:
            assembly.supply("steam", node, p, (1.0 + ratio) * block.steam[p])
            assembly.demand("feedwater", name, p, ratio * block.steam[p])
        assembly.flow("steam", f"{name}.blow-down", node, "t/h", lambda p: (1.0 + ratio) * block.steam[p])

    def _warm_make_up(
        self,
        assembly: Assembly,
        site: Site,
        block: Any,
        vessel: Vessel,
        capacity: Expression,
        headers: Mapping[str, Header],
        cold: float,
    ) -> None:
        """Heat Q [MW] of the liquid for make-up M, with h_c at `cooled_to` and h_limit an approach below the vessel:

            Q <= sum_g b_g (h_g - h_c) - f (h_vapour - h_c),     Q <= M (h_limit - h_make-up)
            Q <= k capacity,    k = (1 - x) / x (h_liquid - h_c)

        The cooler comes with the vessel and is as large as the liquid of the highest header's blow-down needs, x.
        """
        assert self.cooled_to is not None
        name, cooled, pressure = site.name, steam.liquid(self.cooled_to), vessel.pressure
        share = max(vessel.share(header.pressure) for header in headers.values())
        liquid = (steam.saturated_liquid(pressure) - cooled) * steam.MW_PER_T_AND_KJ_PER_KG
        per_capacity = 0.0 if share == 0.0 else (1.0 - share) / share * liquid
        per_steam = (steam.saturated_steam(pressure) - cooled) * steam.MW_PER_T_AND_KJ_PER_KG
        warmest = steam.liquid(steam.saturation_temperature(pressure) - self.approach_temperature)
        per_make_up = (warmest - cold) * steam.MW_PER_T_AND_KJ_PER_KG
        worth = exergy_of((Piece(steam.saturation_temperature(pressure), self.cooled_to),))
        block.heat, block.lost = activity(assembly.periods), activity(assembly.periods)
        make_up = site.operation.feedwater.make_up
        block.warmest = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= per_make_up * make_up[p])
        block.cooler = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= per_capacity * capacity)
        for p in assembly.periods:
            assembly.demand(HEAT, name, p, block.heat[p] + block.lost[p] + per_steam * block.steam[p])
            assembly.supply("deaerator heat", name, p, block.heat[p])
            assembly.heat(name, p, block.heat[p])
            assembly.total("heat from blow-down", p, block.heat[p], "MWh/a")
            assembly.exergy(name, "blow-down", "blow-down", p, -worth * block.heat[p])
            assembly.exergy(name, "deaerator", "deaerator", p, worth * block.heat[p])
            assembly.energy(name, "blow-down", p, leaving={"heat": block.heat[p]})
            assembly.energy(name, "deaerator", p, entering={"heat": block.heat[p]})


@dataclass(frozen=True)
class Vessel:
    """Where a plant's blow-down flashes, at `pressure` [barg].

    `ratio`: feed water per flash steam that its header gets, at most 0; `worth`: exergy [kJ/kg] of what becomes of the
    flash steam; `cooled`: enthalpy [kJ/kg] to which the liquid may be cooled, or None.
    """

    pressure: float
    ratio: float
    worth: float
    cooled: float | None

    def share(self, pressure: float) -> float:
        """Share of water boiling at a pressure [barg] that flashes:  (h - h_liquid) / (h_vapour - h_liquid).

        None from below, and none from so little above that the header's superheat would take more exergy from its
        other steam than the blow-down loses.
        """
        liquid, boiling = steam.saturated_liquid(self.pressure), steam.saturated_liquid(pressure)
        share = max(0.0, (boiling - liquid) / (steam.saturated_steam(self.pressure) - liquid))
        kept = share * self.worth + (1.0 - share) * exergy.of_boiling_water(self.pressure)
        return share if kept <= exergy.of_boiling_water(pressure) else 0.0


def blow_down(assembly: Assembly, site: Site, period: str, amount: Expression, pressure: float) -> None:
    """Blow-down [t/h], boiling at a pressure [barg], leaves a boiler: into the plant's vessel where it has one."""
    boiling = steam.saturated_liquid(pressure) * steam.MW_PER_T_AND_KJ_PER_KG
    worth = exergy.of_boiling_water(pressure) * steam.MW_PER_T_AND_KJ_PER_KG
    assembly.supply("blow-down", site.name, period, amount)
    assembly.heat(site.name, period, -boiling * amount)
    assembly.exergy(site.name, "blow-down", "blow-down", period, worth * amount)
    assembly.energy(site.name, "blow-down", period, entering={"blow-down": boiling * amount})
    if site.vessel is None:
        return
    assembly.supply(FLASH, site.name, period, site.vessel.share(pressure) * amount)
    if site.vessel.cooled is not None:
        usable = boiling - site.vessel.cooled * steam.MW_PER_T_AND_KJ_PER_KG
        assembly.supply(HEAT, site.name, period, usable * amount)
