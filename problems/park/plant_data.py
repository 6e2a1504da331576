"""Quantities that follow a plant's throughput or the period of the year."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from ..units import EnergyPrice, Fraction, Load, Power, Quantity, Ratio, Temperature, WaterFlow
from .base import CaseModel, Name

PowerPerDegree = Annotated[float, Quantity("power per temperature", "MW/K", difference=True)]


class Scaled(CaseModel):
    """Fixed part + rate x throughput (1 = nominal), times the period's profile.

    A single number is a rate: all of it follows the throughput.
    """

    fixed: float = Field(default=0.0, description="part that stays at zero throughput")
    rate: float = Field(default=0.0, description="part that follows the throughput, at throughput 1")
    profile: dict[Name, Ratio] = Field(default_factory=dict, description="factor per period, 1 where not given")

    @model_validator(mode="before")
    @classmethod
    def _single_number(cls, data: Any) -> Any:
        return data if isinstance(data, (dict, Scaled)) else {"rate": data}

    @property
    def nominal(self) -> float:
        """Value at throughput 1."""
        return self.fixed + self.rate


class ScaledFlow(Scaled):
    """A mass flow [t/h] that follows the throughput."""

    fixed: WaterFlow = Field(default=0.0, description="flow that stays at zero throughput")
    rate: WaterFlow = Field(default=0.0, description="flow that follows the throughput, at throughput 1")


class ScaledLoad(Scaled):
    """A contaminant load [kg/h] that follows the throughput."""

    fixed: Load = Field(default=0.0, description="load that stays at zero throughput")
    rate: Load = Field(default=0.0, description="load that follows the throughput, at throughput 1")


class ScaledPower(Scaled):
    """Power or heat [MW] that follows the throughput, and the ambient temperature where the case has a `weather`.

    The part that follows the temperature T is `per_degree` (T - `reference`); it is not curtailed with the throughput.
    """

    fixed: Power = Field(default=0.0, description="part that stays at zero throughput")
    rate: Power = Field(default=0.0, description="part that follows the throughput, at throughput 1")
    per_degree: PowerPerDegree = Field(
        default=0.0, description="change per degree of ambient temperature: positive for cooling, negative for heating"
    )
    reference: Temperature = Field(default=20.0, description="ambient temperature at which fixed and rate hold")


class PerPeriod(CaseModel):
    """A number of at least 0 for the whole year, or one per period."""

    every: Ratio = Field(default=0.0, description="value in periods that are not named")
    profile: dict[Name, Ratio] = Field(default_factory=dict, description="value per period")

    @model_validator(mode="before")
    @classmethod
    def _single_number(cls, data: Any) -> Any:
        return data if isinstance(data, (dict, PerPeriod)) else {"every": data}

    def at(self, period: str) -> float:
        """Value in one period."""
        return self.profile.get(period, self.every)


class SharePerPeriod(PerPeriod):
    """A share between 0 and 1 for the whole year, or one per period."""

    every: Fraction = Field(default=0.0, description="share in periods that are not named")
    profile: dict[Name, Fraction] = Field(default_factory=dict, description="share per period")


class EnergyPricePerPeriod(PerPeriod):
    """An energy price [currency/MWh] for the whole year, or one per period."""

    every: EnergyPrice = Field(default=0.0, description="price in periods that are not named")
    profile: dict[Name, EnergyPrice] = Field(default_factory=dict, description="price per period")
