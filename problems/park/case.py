"""The case file of an industrial park: the one source for loading, checking, defaults and the reference page."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ..errors import Problem
from ..units import AnnualRate, Concentration, Fraction, Hours, Quantity
from . import checks
from .base import CaseModel, Name
from .byproduct import ByProduct
from .commitment import Alternation
from .condensate import CondensateLine
from .discharge import Discharge
from .emergency import Emergency
from .environment import Environment
from .exchange import Line, PowerLine, WaterPipe
from .fresh_water import FreshWater
from .fuel import Fuel
from .heat_system import HeatSystem
from .hot_water_loop import HotWaterLoop
from .limits import ParkLimit
from .plant_data import ScaledPower
from .power import Grid, Photovoltaics
from .steam import SteamSystem
from .steam_main import SteamMain
from .throughput import Throughput
from .treatment import Treatment
from .uncertain import ParkUncertainty
from .water_use import WaterSinkPlain, WaterSourcePlain, WaterUse
from .weather import ANOMALY, Air, Weather

Coordinate = Annotated[float, Quantity("coordinate", "km")]


class Objective(StrEnum):
    """What is optimized. Emergency outlets and curtailment have prices, so they exist with annual cost only."""

    ANNUAL_COST = "annual-cost"
    FRESH_WATER = "fresh-water"
    TREATED_FLOW = "treated-flow"
    CO2 = "co2"


class Period(CaseModel):
    """A representative part of the year, the same in every scenario."""

    share: Fraction = Field(gt=0.0, description="share of the operating hours")


class Contaminant(CaseModel):
    """A contaminant that the case follows."""

    workshop_limit: Concentration | None = Field(
        None, ge=0.0, description="priority pollutant: largest concentration at the workshop outlet, before mixing"
    )


class Plant(CaseModel):
    """A plant: what it has, what it needs and what may be built there."""

    title: str = Field(default="", description="name in reports")
    location: tuple[Coordinate, Coordinate] = Field(default=(0.0, 0.0), description="coordinates, km")
    free_reuse: bool = Field(
        True, description="units may pass water to each other at no cost; false: only through a listed water pipe"
    )
    throughput: Throughput | None = Field(default=None, description="none: every flow is fixed")
    water_uses: dict[Name, WaterUse] = Field(default_factory=dict)
    water_sources: dict[Name, WaterSourcePlain] = Field(default_factory=dict)
    water_sinks: dict[Name, WaterSinkPlain] = Field(default_factory=dict)
    treatments: dict[Name, Treatment] = Field(default_factory=dict)
    by_products: dict[Name, ByProduct] = Field(
        default_factory=dict, description="what comes with the production beside water"
    )
    power_demand: ScaledPower = Field(default_factory=ScaledPower, description="power of the processes")
    grid: Grid | None = Field(default=None, description="grid connection")
    photovoltaics: Photovoltaics | None = Field(default=None)
    steam: SteamSystem | None = Field(default=None, description="headers, users, boilers, turbines, feed water")
    heat: HeatSystem | None = Field(default=None, description="streams to be cooled or heated, what exchanges heat")


class ParkCase(CaseModel):
    """An industrial park: plants, what they share, prices, and what is uncertain."""

    kind: Literal["park"]
    name: Name = Field(description="short name, used in file names")
    title: str = Field(default="", description="name in reports")
    description: str = Field(default="", description="what the case is and where it comes from")
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="currency of every price in the file")
    cost_year: int = Field(default=2024, ge=1970, le=2100, description="year of the prices")
    cost_index: dict[int, Annotated[float, Field(gt=0.0)]] = Field(
        default_factory=dict[int, float],
        description="plant cost index by year, for costs of other years than cost_year",
    )
    objective: Objective = Field(default=Objective.ANNUAL_COST)
    operating_hours: Hours = Field(default=8000.0, gt=0.0, le=8784.0, description="operating hours a year")
    interest: AnnualRate = Field(default=0.08, lt=1.0, description="real interest")
    detour: float = Field(default=1.3, ge=1.0, description="route length over straight distance")
    periods: dict[Name, Period] = Field(default_factory=lambda: {"year": Period(share=1.0)})
    alternations: list[Alternation] = Field(
        default_factory=list[Alternation], description="which periods follow each other, for what starts cost"
    )
    weather: Weather | None = Field(default=None, description="ambient temperature that heat and power may follow")
    contaminants: dict[Name, Contaminant] = Field(default_factory=dict)
    plants: dict[Name, Plant] = Field(min_length=1)
    fresh_water: dict[Name, FreshWater] = Field(default_factory=dict)
    discharges: dict[Name, Discharge] = Field(default_factory=dict)
    water_pipes: dict[Name, WaterPipe] = Field(default_factory=dict)
    fuels: dict[Name, Fuel] = Field(default_factory=dict)
    steam_mains: dict[Name, SteamMain] = Field(default_factory=dict)
    condensate_lines: dict[Name, CondensateLine] = Field(default_factory=dict)
    power_lines: dict[Name, PowerLine] = Field(default_factory=dict)
    hot_water_loops: dict[Name, HotWaterLoop] = Field(default_factory=dict)
    environment: Environment = Field(default_factory=Environment)
    emergency: Emergency = Field(default_factory=Emergency)
    limits: dict[Name, ParkLimit] = Field(
        default_factory=dict, description="caps on means and CVaRs over all futures, and chances"
    )
    uncertainty: ParkUncertainty = Field(default_factory=ParkUncertainty)

    @property
    def hours(self) -> dict[str, float]:
        """Operating hours a year that each period stands for."""
        return {name: period.share * self.operating_hours for name, period in self.periods.items()}

    @property
    def escalation(self) -> dict[int, float]:
        """Factor by which costs of a year become costs of `cost_year`; empty without that year's index."""
        now = self.cost_index.get(self.cost_year)
        return {} if now is None else {year: now / then for year, then in self.cost_index.items()}

    @property
    def steam_systems(self) -> dict[str, SteamSystem]:
        """The steam systems by plant."""
        return {name: plant.steam for name, plant in self.plants.items() if plant.steam is not None}

    @property
    def heat_systems(self) -> dict[str, HeatSystem]:
        """The heat systems by plant."""
        return {name: plant.heat for name, plant in self.plants.items() if plant.heat is not None}

    @property
    def air(self) -> Air | None:
        """Coldest and hottest ambient temperature of any period in any scenario; None without `weather`."""
        if self.weather is None:
            return None
        means = [self.weather.temperature.at(period) for period in self.periods]
        low, high = self.uncertainty.range(ANOMALY, self.weather.anomaly)
        return min(means) + low, max(means) + high

    @property
    def lines(self) -> dict[str, dict[str, Line]]:
        """Lines between plants, by their key in the case file and their name."""
        return {
            "water_pipes": dict(self.water_pipes),
            "steam_mains": dict(self.steam_mains),
            "condensate_lines": dict(self.condensate_lines),
            "power_lines": dict(self.power_lines),
            "hot_water_loops": dict(self.hot_water_loops),
        }

    @property
    def as_it_is(self) -> ParkCase:
        """The same park without lines that must be built: today they are not there."""
        return self.model_copy(
            update={
                group: {name: line.model_copy(update={"forced": False}) for name, line in lines.items()}
                for group, lines in self.lines.items()
            }
        )

    def problems(self) -> tuple[Problem, ...]:
        """Names that are not there, sources nobody can take, recycles that never bleed: all of them."""
        return checks.problems(self)
