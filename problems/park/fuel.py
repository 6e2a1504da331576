"""Fuels of a park: price, CO2 and whether it is biogenic."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from ..units import EmissionFactor, EnergyPrice, Ratio
from .assembly import Assembly, Expression
from .base import CaseModel


class Fuel(CaseModel):
    """A fuel, counted by its lower heating value."""

    price: EnergyPrice = Field(description="price per energy (LHV)")
    emission_factor: EmissionFactor = Field(description="CO2 of the stack per energy (LHV), t/MWh")
    biogenic: bool = Field(default=False, description="its CO2 is shown on a line of its own, not in the inventory")
    exergy: Ratio = Field(
        default=1.04, gt=0.0, description="exergy per LHV: gas 1.04, oil 1.07, coal 1.09, wood 1.15 (Kotas 1985)"
    )
    higher_heating_value: Ratio = Field(
        default=1.11, ge=1.0, description="per LHV: gas 1.11, oil 1.06, coal 1.04, wood 1.08, wet wood more"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    def burn(
        self, assembly: Assembly, name: str, plant: str, unit: str, kind: str, amount: Mapping[str, Expression]
    ) -> None:
        """Price and emit what a unit burns:  cost = price xi B,  CO2 = factor B,  with B [MW] per period."""
        price = assembly.uncertain(f"fuels.{name}.price", self.price)
        line = "biogenic" if self.biogenic else "stack"
        for p in assembly.periods:
            assembly.cost("fuel", p, price * amount[p])
            assembly.emission(line, p, self.emission_factor * amount[p])
            assembly.total(f"fuel {name}", p, amount[p], "MWh/a")
            assembly.exergy(plant, unit, kind, p, self.exergy * amount[p])
            assembly.energy(plant, unit, p, entering={"fuel": self.higher_heating_value * amount[p]})
        assembly.flow("fuel", name, f"{plant}.{unit}", "MW", lambda p: amount[p])
