"""The parts of a water-network case: supplies, units, sources, demands, treatment, discharges, pipes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..units import (
    Concentration,
    Distance,
    Fraction,
    Investment,
    InvestmentPerDistance,
    InvestmentPerFlow,
    Load,
    LoadPrice,
    SpecificPower,
    WaterFlow,
    WaterPrice,
)

Concentrations = dict[str, Concentration]
Loads = dict[str, Load]


class Part(BaseModel):
    """Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(Part):
    """Something that pipes lead to or from."""

    name: str
    plant: str = Field(
        default="",
        description="where it stands; pipes between plants are as long as `distances` say, "
        "those of a node without a plant as long as inside one",
    )


class FreshWater(Node):
    """A supply; contaminants not named are absent from it."""

    price: WaterPrice = 0.0
    concentration: Concentrations = {}
    maximum: WaterFlow | None = Field(default=None, description="what can be drawn")
    power: SpecificPower = Field(default=0.0, description="electricity for abstraction and pumping")


class ProcessUnit(Node):
    """A unit that adds a fixed load; its flow is `flow`, or free up to the limiting flow where that is left out.

    Water lost or gained inside is free of contaminants: what is lost concentrates the rest.
    """

    flow: WaterFlow | None = Field(default=None, description="inlet flow")
    loss: WaterFlow = Field(default=0.0, description="water that does not leave (evaporation)")
    gain: WaterFlow = Field(default=0.0, description="clean water that joins inside the unit")
    load: Loads
    inlet_maximum: Concentrations = {}
    outlet_maximum: Concentrations = {}


class Demand(Node):
    """Takes a fixed flow and returns none of it."""

    flow: WaterFlow
    maximum: Concentrations = Field(default={}, description="largest concentrations")


class Source(Node):
    """Gives a fixed flow of fixed quality that must go somewhere."""

    flow: WaterFlow
    concentration: Concentrations = {}


class TreatmentUnit(Node):
    """Removes the named fractions, or gives fixed outlet concentrations.

    With `recovery` below 1 the rest of the water leaves as a second stream, `<name> reject`, with what was removed.
    Investment: fixed_investment + investment_factor * flow ** exponent.
    """

    removal: dict[str, Fraction] = Field(default={}, description="share of the inlet mass that is not in the product")
    outlet: Concentrations = Field(default={}, description="concentrations of the product, whatever comes in")
    recovery: Annotated[Fraction, Field(gt=0.0)] = Field(
        default=1.0, description="share of the inlet flow in the product"
    )
    inlet_maximum: Concentrations = {}
    capacity: WaterFlow | None = Field(default=None, description="largest inlet flow")
    minimum: WaterFlow = Field(default=0.0, description="smallest inlet flow, where the unit is built at all")
    fixed_investment: Investment = 0.0
    investment_factor: Investment = 0.0
    exponent: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    operating_cost: WaterPrice = 0.0
    power: SpecificPower = Field(default=0.0, description="electricity per water treated")

    def cost(self, flow: float) -> float:
        """Investment of a unit that treats `flow` t/h."""
        return self.fixed_investment + self.investment_factor * flow**self.exponent


class Discharge(Node):
    """Where water leaves to; limits hold for the mixed effluent."""

    maximum: Concentrations = Field(default={}, description="largest concentrations of the mixed effluent")
    permit: Loads = Field(default={}, description="largest masses of the mixed effluent")
    capacity: WaterFlow | None = Field(default=None, description="largest flow")
    price: WaterPrice = Field(default=0.0, description="fee")


class Pipe(Part):
    """What is special about one pipe; the rest is as `pipes` says."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    distance: Distance | None = None
    minimum: WaterFlow | None = Field(default=None, description="smallest flow, where the pipe is built at all")
    maximum: WaterFlow | None = None
    investment: Investment | None = Field(default=None, description="fixed investment, instead of the common one")
    forbidden: bool = False
    forced: bool = Field(default=False, description="the pipe is built whatever it costs")


class Pipes(Part):
    """What pipes cost: investment + investment_per_distance * km + (investment_per_flow) * flow."""

    investment: Investment = 0.0
    investment_per_distance: InvestmentPerDistance = 0.0
    investment_per_flow: InvestmentPerFlow = 0.0
    minimum: WaterFlow = Field(default=0.0, description="smallest flow of a pipe that is built")
    maximum_number: Annotated[int, Field(ge=1)] | None = Field(default=None, description="largest number of pipes")
    inside: Distance = Field(default=0.0, description="length of a pipe inside a plant")


class PlantDistance(Part):
    """How far two plants lie apart."""

    between: tuple[str, str]
    distance: Distance


class Emergency(Part):
    """What an uncertain case pays where its network cannot serve a scenario; every use is reported. All assumed."""

    water_supply: WaterPrice = Field(default=20.0, gt=0.0, description="clean water brought by tanker")
    effluent_disposal: WaterPrice = Field(default=60.0, gt=0.0, description="water taken away by tanker")
    contaminant_removal: LoadPrice = Field(default=50.0, gt=0.0, description="contaminant taken out by hand, per kg")
