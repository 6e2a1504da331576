"""The case file of kind `water-network`."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from ..errors import CaseError
from ..units import AnnualRate, EmissionFactor, EnergyPrice, Hours
from .parts import (
    Concentrations,
    Demand,
    Discharge,
    Emergency,
    FreshWater,
    Part,
    Pipe,
    Pipes,
    PlantDistance,
    ProcessUnit,
    Source,
    TreatmentUnit,
)
from .uncertain import WaterUncertainty, design_point

ObjectiveName = Literal["fresh-water", "treated-flow", "annual-cost", "pipes", "co2"]
OBJECTIVES: tuple[ObjectiveName, ...] = get_args(ObjectiveName)
DISCHARGE = "discharge"


class WaterNetworkCase(Part):
    """Units that may all be joined to one another, unless a pipe is forbidden; concentrations are free."""

    kind: Literal["water-network"] = "water-network"
    name: str = "water-network"
    description: str = ""
    currency: str = "USD"
    contaminants: Annotated[list[str], Field(min_length=1)]
    fresh_water: Annotated[list[FreshWater], Field(min_length=1)]
    process_units: list[ProcessUnit] = Field(default=[])
    demands: list[Demand] = Field(default=[])
    sources: list[Source] = Field(default=[])
    treatment_units: list[TreatmentUnit] = Field(default=[])
    discharges: list[Discharge] = Field(default=[], description="none: one called `discharge`")
    discharge_maximum: Concentrations = Field(
        default={}, description="limits of the one discharge, where none is named"
    )
    pipes: Pipes = Field(default_factory=Pipes)
    special_pipes: list[Pipe] = Field(default=[])
    distances: list[PlantDistance] = Field(default=[], description="between plants; each pair once")
    regeneration: Literal["recycling", "reuse"] = Field(
        default="recycling",
        description="reuse: no more water is treated than fresh water comes in, so on average it is treated once",
    )
    objective: ObjectiveName | dict[ObjectiveName, float] = Field(
        default="fresh-water", description="what is minimized, or weights for a sum of these"
    )
    limits: dict[ObjectiveName, float] = Field(default={}, description="largest values of the other objectives")
    best_networks: Annotated[int, Field(ge=1)] = Field(
        default=1, description="how many networks, best first, that differ in their pipes"
    )
    hours_per_year: Hours = 8760.0
    annualization: AnnualRate = 0.1
    electricity_price: EnergyPrice = 0.0
    electricity_co2: EmissionFactor = 0.0
    emergency: Emergency = Field(default_factory=Emergency, description="used where something is uncertain")
    uncertainty: WaterUncertainty = Field(default_factory=WaterUncertainty)

    @property
    def outfalls(self) -> list[Discharge]:
        """The discharges, or the one that stands for them."""
        return self.discharges or [Discharge(name=DISCHARGE, maximum=self.discharge_maximum)]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is possible and probably wrong."""
        return tuple(self.uncertainty.warnings())

    @property
    def at_design_point(self) -> WaterNetworkCase:
        """The case that the network is found for: itself where nothing is uncertain."""
        return design_point(self)

    @property
    def weights(self) -> dict[ObjectiveName, float]:
        """The objective as weights."""
        return dict(self.objective) if isinstance(self.objective, dict) else {self.objective: 1.0}

    @model_validator(mode="after")
    def consistent(self) -> WaterNetworkCase:
        """Names are unique and known, free flows confined. Raises CaseError with all problems."""
        from .checks import problems_of_network

        problems = problems_of_network(self)
        if problems:
            raise CaseError(problems)
        return self
