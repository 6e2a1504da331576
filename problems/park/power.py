"""Power inside a plant: demand, grid connection with import and export, photovoltaics."""

from __future__ import annotations

from typing import Annotated

import pyomo.environ as pyo
from pydantic import Field

from ..units import EmissionFactor, Power, Quantity
from .assembly import Assembly, Site, activity
from .asset import Investment, PowerInvestment
from .base import CaseModel
from .plant_data import EnergyPricePerPeriod, ScaledPower, SharePerPeriod

DemandCharge = Annotated[float, Quantity("demand charge", "currency/MW/year", minimum=0.0)]


class Grid(CaseModel):
    """Grid connection: import and export by price per period; location-based emission factor on imports.

    Exports earn no negative emission; what they avoid elsewhere is a line of its own.
    """

    connection: Power = Field(ge=0.0, description="largest import and export")
    import_price: EnergyPricePerPeriod = Field(description="price per period, currency/MWh")
    export_price: EnergyPricePerPeriod = Field(
        default_factory=EnergyPricePerPeriod, description="price per period, currency/MWh"
    )
    demand_charge: DemandCharge = Field(default=0.0, description="per MW of contracted import and year")
    emission_factor: EmissionFactor = Field(default=0.0, ge=0.0, description="location-based factor, t CO2/MWh")
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly, site: Site, path: str) -> None:
        """Import <= contracted <= connection, export <= connection; contracted is a priced first-stage size."""
        block = assembly.block(site, "grid")
        block.imported = activity(assembly.periods)
        block.exported = activity(assembly.periods, self.connection)
        contracted: object = self.connection
        if self.demand_charge > 0.0:
            option = Investment(proportional=self.demand_charge, maximum=self.connection, life=1.0, maintenance=0.0)
            contracted = assembly.contract(site, "contracted import", "grid", "MW", option)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.imported[p] <= contracted)
        buying = assembly.factor(f"{path}.import_price")
        selling = assembly.factor(f"{path}.export_price")
        for p in assembly.periods:
            assembly.supply("power", site.name, p, block.imported[p] - block.exported[p])
            assembly.cost("power import", p, buying * self.import_price.at(p) * block.imported[p])
            assembly.cost("power export", p, -selling * self.export_price.at(p) * block.exported[p])
            assembly.emission("grid", p, self.emission_factor * block.imported[p])
            assembly.emission("avoided", p, self.emission_factor * block.exported[p])
            assembly.total("power import", p, block.imported[p], "MWh/a")
            assembly.total("power export", p, block.exported[p], "MWh/a")
        assembly.flow("power", "grid", site.name, "MW", lambda p: block.imported[p])
        assembly.load("bought power", "MW", self.connection, lambda p: block.imported[p])
        assembly.flow("power", site.name, "grid", "MW", lambda p: block.exported[p])


class Photovoltaics(CaseModel):
    """Photovoltaics: size in MW peak, output bounded by the capacity factor of the period."""

    capacity_factor: SharePerPeriod = Field(description="mean output per installed peak power, per period")
    existing: Power = Field(default=0.0, ge=0.0, description="peak power that stands already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW peak")
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly, site: Site, path: str) -> None:
        """Output <= capacity factor xi x installed peak power (what is not used is curtailed at no cost)."""
        block = assembly.block(site, "photovoltaics")
        block.output = activity(assembly.periods)
        installed = assembly.capacity(
            site, "photovoltaics", "photovoltaics", "MW", existing=self.existing, option=self.investment
        )
        yield_factor = assembly.factor(f"{path}.capacity_factor")
        block.limit = pyo.Constraint(
            assembly.periods, rule=lambda b, p: b.output[p] <= self.capacity_factor.at(p) * yield_factor * installed
        )
        for p in assembly.periods:
            assembly.supply("power", site.name, p, block.output[p])
            assembly.total("power generated", p, block.output[p], "MWh/a")
        assembly.flow("power", "photovoltaics", site.name, "MW", lambda p: block.output[p])


def add_power_demand(
    assembly: Assembly, site: Site, demand: ScaledPower, path: str, deficit_price: float | None
) -> None:
    """Demand of the plant's processes, with a priced deficit for what cannot be curtailed with the throughput."""
    drawn = assembly.following(site, demand, path, "power demand")
    for p in assembly.periods:
        assembly.demand("power", site.name, p, drawn[p])
    assembly.flow("power", site.name, f"{site.name} processes", "MW", lambda p: drawn[p])
    if deficit_price is not None:
        assembly.deficit("power", site, site.name, deficit_price, "MWh/a")
