"""Fuels of a park: price, CO2 and whether it is biogenic."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from ..units import EmissionFactor, EnergyPrice
from .assembly import Assembly, Expression
from .base import CaseModel


class Fuel(CaseModel):
    """A fuel, counted by its lower heating value."""

    price: EnergyPrice = Field(description="price per energy (LHV)")
    emission_factor: EmissionFactor = Field(description="CO2 of the stack per energy (LHV), t/MWh")
    biogenic: bool = Field(default=False, description="its CO2 is shown on a line of its own, not in the inventory")
    source: str = Field(default="assumed", description="where the figures come from")

    def burn(self, assembly: Assembly, name: str, target: str, amount: Mapping[str, Expression]) -> None:
        """Price and emit what is burnt:  cost = price xi B,  CO2 = factor B,  with B [MW] per period."""
        price = assembly.uncertain(f"fuels.{name}.price", self.price)
        line = "biogenic" if self.biogenic else "stack"
        for p in assembly.periods:
            assembly.cost("fuel", p, price * amount[p])
            assembly.emission(line, p, self.emission_factor * amount[p])
            assembly.total(f"fuel {name}", p, amount[p], "MWh/a")
        assembly.flow("fuel", name, target, "MW", lambda p: amount[p])
