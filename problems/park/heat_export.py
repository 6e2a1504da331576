"""Heat sold outside the park: a district-heating network that takes what it needs, at its own temperatures."""

from __future__ import annotations

import pyomo.environ as pyo
from pydantic import Field, model_validator

from ..heat.streams import Side
from ..units import EmissionFactor, EnergyPrice, Power, Temperature, TemperatureDifference
from .assembly import Assembly, Site, activity
from .asset import PowerInvestment
from .base import CaseModel, Name
from .heat_network import Carrier, HeatNetwork, Piece, Role, share_of_approach
from .plant_data import PerPeriod


class HeatDemand(PerPeriod):
    """Heat [MW] that a buyer can take for the whole year, or per period."""

    every: Power = Field(default=0.0, description="demand in periods that are not named")
    profile: dict[Name, Power] = Field(default_factory=dict, description="demand per period")


class HeatExport(CaseModel):
    """A buyer of heat; what it avoids elsewhere is a line of its own and lowers no inventory."""

    supply: Temperature = Field(description="temperature at which the buyer's water arrives")
    target: Temperature = Field(description="temperature to which it must be heated")
    demand: HeatDemand = Field(description="largest heat that is bought, per period")
    price: EnergyPrice = Field(description="what is paid for the heat")
    existing: Power = Field(default=0.0, description="connection that stands already")
    investment: PowerInvestment | None = Field(default=None, description="connection that may be built, per MW")
    avoided_emission_factor: EmissionFactor = Field(default=0.0, description="CO2 that the buyer would else emit")
    approach_contribution: TemperatureDifference | None = Field(
        default=None, description="own share of the approach temperature; none: half of the plant's"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    @model_validator(mode="after")
    def _rises(self) -> HeatExport:
        if self.target < self.supply:
            raise ValueError("the buyer's water is heated: its target is not below its supply temperature")
        return self

    def add_to(
        self, assembly: Assembly, network: HeatNetwork, site: Site, name: str, path: str, approach: float
    ) -> None:
        """Heat sold Q <= connection,  Q <= xi demand,  at a revenue of price x Q."""
        connection = assembly.capacity(site, name, "heat export", "MW", existing=self.existing, option=self.investment)
        factor, price = assembly.factor(f"{path}.demand"), assembly.uncertain(f"{path}.price", self.price)
        block = assembly.block(site, name)
        block.heat = activity(assembly.periods)
        block.connected = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= connection)
        block.wanted = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= factor * self.demand.at(p))
        heat = {p: block.heat[p] for p in assembly.periods}
        own = share_of_approach(self.approach_contribution, approach)
        piece = Piece(self.supply, self.target)
        network.add(Carrier(f"{site.name}.{name}", site.name, Side.COLD, Role.CONVERTER, (piece,), own, heat))
        for p in assembly.periods:
            assembly.cost("heat sold", p, -price * heat[p])
            assembly.emission("avoided", p, self.avoided_emission_factor * heat[p])
            assembly.total("heat sold", p, heat[p], "MWh/a")
