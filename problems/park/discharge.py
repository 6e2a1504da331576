"""Discharges: price, concentration limits at the outlet in every period, mass permits over the year."""

from __future__ import annotations

import pyomo.environ as pyo
from pydantic import Field

from ..units import AnnualMass, Concentration, LoadPrice, WaterFlow, WaterPrice
from .assembly import Assembly
from .base import CaseModel, Name
from .water_network import Role, WaterNetwork, WaterSink


class Discharge(CaseModel):
    """An outlet to a sewer, a river or a works outside the park. Fresh water may not dilute it."""

    price: WaterPrice = Field(default=0.0, ge=0.0, description="fee per mass of water")
    load_price: dict[Name, LoadPrice] = Field(default_factory=dict, description="fee or tax per mass of contaminant")
    limit: dict[Name, Concentration] = Field(default_factory=dict, description="largest concentration, every period")
    permit: dict[Name, AnnualMass] = Field(default_factory=dict, description="mass of contaminant a year, t/a")
    capacity: WaterFlow | None = Field(default=None, ge=0.0, description="largest flow; none: unlimited")
    plants: list[Name] | None = Field(default=None, min_length=1, description="plants connected to it; none: all")
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly, network: WaterNetwork, name: str, path: str) -> None:
        """Declare the sink of the network."""
        plants = None if self.plants is None else frozenset(self.plants)
        network.add_sink(WaterSink(name, Role.DISCHARGE, None, self.limit, None, plants=plants))

    def write_rows(self, assembly: Assembly, network: WaterNetwork, name: str, path: str) -> None:
        """Price and bound what leaves; the permits are rows of the year (see environment)."""
        sink = network.sinks[name]
        operation = assembly.model.operation
        operation.add_component(f"discharge_{name}", pyo.Block())
        block = getattr(operation, f"discharge_{name}")
        if self.capacity is not None and sink.received:
            block.limit = pyo.Constraint(assembly.periods, rule=lambda _, p: sink.total(p) <= self.capacity)
        price = assembly.uncertain(f"{path}.price", self.price)
        for p in assembly.periods:
            assembly.cost("discharge", p, price * sink.total(p))
            assembly.total("wastewater", p, sink.total(p))
            assembly.water("discharged", p, sink.total(p), inwards=False)
            for k in network.contaminants:
                mass = sink.inlet_mass(k, p)
                assembly.total(f"discharged {k} {name}", p, mass, "kg/a")
                if k in self.load_price:
                    fee = assembly.uncertain(f"{path}.load_price.{k}", self.load_price[k])
                    assembly.cost("discharge", p, fee * mass)
