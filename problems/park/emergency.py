"""Prices of the outlets that make recourse complete: no scenario is infeasible, every use of them is reported."""

from __future__ import annotations

from pydantic import Field

from ..units import EnergyPrice, LoadPrice, WaterPrice
from .base import CaseModel
from .water_network import EmergencyWater


class Emergency(CaseModel):
    """What an engineer would pay in an emergency. Dear enough that a good design avoids it; all figures assumed."""

    effluent_disposal: WaterPrice = Field(default=60.0, gt=0.0, description="effluent taken away by tanker")
    water_supply: WaterPrice = Field(default=20.0, gt=0.0, description="clean water brought by tanker")
    contaminant_removal: LoadPrice = Field(default=50.0, gt=0.0, description="contaminant taken out by hand, per kg")
    power_deficit: EnergyPrice = Field(default=3000.0, gt=0.0, description="power not supplied to fixed loads")
    steam_deficit: WaterPrice = Field(default=300.0, gt=0.0, description="steam not supplied to fixed loads, per t")
    steam_vent: WaterPrice = Field(default=1.0, gt=0.0, description="steam vented, per t, beside what it cost to raise")

    heat_deficit: EnergyPrice = Field(default=500.0, gt=0.0, description="heat that a cold stream does not get")
    heat_dump: EnergyPrice = Field(default=200.0, gt=0.0, description="heat of a hot stream that finds no cooling")

    @property
    def water(self) -> EmergencyWater:
        """The three prices of the water network."""
        return EmergencyWater(self.effluent_disposal, self.water_supply, self.contaminant_removal)
