"""Fresh water supplies: price, quality, availability and a yearly permit."""

from __future__ import annotations

import pyomo.environ as pyo
from pydantic import Field

from ..units import AnnualMass, Concentration, WaterFlow, WaterPrice
from .assembly import Assembly, activity
from .base import CaseModel, Name
from .plant_data import SharePerPeriod
from .water_network import Role, WaterNetwork, WaterSource


class FreshWater(CaseModel):
    """A supply that any plant it serves may take from."""

    price: WaterPrice = Field(ge=0.0, description="price of the water taken")
    concentration: dict[Name, Concentration] = Field(default_factory=dict, description="quality, per contaminant")
    available: WaterFlow | None = Field(default=None, ge=0.0, description="largest flow; none: unlimited")
    profile: SharePerPeriod = Field(
        default_factory=lambda: SharePerPeriod(every=1.0), description="share available per period"
    )
    permit: AnnualMass | None = Field(default=None, ge=0.0, description="mass that may be taken a year")
    permit_excess_price: WaterPrice = Field(default=20.0, gt=0.0, description="price of what is taken above the permit")
    plants: list[Name] | None = Field(default=None, min_length=1, description="plants served; none: all")
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly, network: WaterNetwork, name: str, path: str) -> None:
        """Declare the source of the network."""
        plants = None if self.plants is None else frozenset(self.plants)
        network.add_source(WaterSource(name, Role.FRESH, None, self.concentration, None, plants))

    def write_rows(self, assembly: Assembly, network: WaterNetwork, name: str, path: str) -> None:
        """Price and bound what is taken:  taken <= available xi,  cost = price xi taken."""
        source = network.sources[name]
        operation = assembly.model.operation
        operation.add_component(f"fresh_{name}", pyo.Block())
        block = getattr(operation, f"fresh_{name}")
        block.taken = activity(assembly.periods)
        block.balance = pyo.Constraint(
            assembly.periods, rule=lambda _, p: sum(source.taken.get(p, [])) - block.taken[p] == 0
        )
        if self.available is not None:
            available = assembly.uncertain(f"{path}.available", self.available)
            block.limit = pyo.Constraint(
                assembly.periods, rule=lambda _, p: block.taken[p] <= available * self.profile.at(p)
            )
        price = assembly.uncertain(f"{path}.price", self.price)
        for p in assembly.periods:
            assembly.cost("fresh water", p, price * block.taken[p])
            assembly.total("fresh water", p, block.taken[p])
            assembly.water("fresh water", p, block.taken[p], inwards=True)
            assembly.total(f"fresh water {name}", p, block.taken[p])
