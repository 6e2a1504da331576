"""Ambient temperature of the periods, and heat and power that depend on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..errors import Problem
from ..units import Quantity, Temperature
from .assembly import Assembly
from .base import CaseModel, Name
from .plant_data import PerPeriod

ANOMALY = "weather.anomaly"
Air = tuple[float, float]
"""Coldest and hottest temperature of the air in any period of any scenario [degC]."""
Anomaly = Annotated[float, Quantity("temperature difference", "K", difference=True)]


class TemperaturePerPeriod(PerPeriod):
    """A temperature [degC] for the whole year, or one per period."""

    every: Temperature = Field(default=0.0, description="temperature in periods that are not named")
    profile: dict[Name, Temperature] = Field(default_factory=dict, description="temperature per period")


class Weather(CaseModel):
    """Mean ambient temperature of every period; a year warmer or colder than that by the same anomaly everywhere."""

    temperature: TemperaturePerPeriod = Field(description="mean ambient temperature, per period")
    anomaly: Anomaly = Field(
        default=0.0, description="what a year is warmer than its mean; to be uncertain with 'relative: false'"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly) -> None:
        """T_p = temperature_p + anomaly, which demand with `per_degree` and machines follow; call before any plant."""
        anomaly = assembly.value(ANOMALY, self.anomaly)
        assembly.temperature = {p: self.temperature.at(p) + anomaly for p in assembly.periods}


def no_weather(place: str) -> Problem:
    """The problem of a unit that meets the air in a case without its temperature."""
    return Problem("depends on the ambient temperature: give the case's 'weather'", place=place)
