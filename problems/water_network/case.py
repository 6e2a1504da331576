"""The case file of kind `water-network`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import CaseError, Problem, nearest
from ..units import AnnualRate, Concentration, Fraction, Hours, Investment, Load, WaterFlow, WaterPrice


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FreshWater(_Strict):
    """A supply; contaminants not named are absent from it."""

    name: str
    price: WaterPrice = 0.0
    concentration: dict[str, Concentration] = {}
    maximum: WaterFlow | None = None


class ProcessUnit(_Strict):
    """A unit that adds a fixed load; its flow is `flow`, or free up to the limiting flow where that is left out."""

    name: str
    flow: WaterFlow | None = None
    load: dict[str, Load]
    inlet_maximum: dict[str, Concentration] = {}
    outlet_maximum: dict[str, Concentration] = {}


class TreatmentUnit(_Strict):
    """Removes the named fractions, or gives fixed outlet concentrations; investment factor * flow ** exponent."""

    name: str
    removal: dict[str, Fraction] = {}
    outlet: dict[str, Concentration] = {}
    inlet_maximum: dict[str, Concentration] = {}
    capacity: WaterFlow | None = None
    investment_factor: Investment = 0.0
    exponent: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    operating_cost: WaterPrice = 0.0


class WaterNetworkCase(_Strict):
    """Units that may all be joined to one another; discharge limits hold for the mixed effluent."""

    kind: Literal["water-network"] = "water-network"
    name: str = "water-network"
    description: str = ""
    currency: str = "USD"
    contaminants: Annotated[list[str], Field(min_length=1)]
    fresh_water: Annotated[list[FreshWater], Field(min_length=1)]
    process_units: Annotated[list[ProcessUnit], Field(min_length=1)]
    treatment_units: list[TreatmentUnit] = []
    discharge_maximum: dict[str, Concentration] = {}
    objective: Literal["fresh-water", "annual-cost", "treated-flow"] = "fresh-water"
    hours_per_year: Hours = 8760.0
    annualization: AnnualRate = 0.1

    @model_validator(mode="after")
    def consistent(self) -> WaterNetworkCase:
        """Names are unique, contaminants declared, free flows confined. Raises CaseError with all problems."""
        problems: list[Problem] = []
        known = tuple(self.contaminants)

        def declared(place: str, names: dict[str, float]) -> None:
            problems.extend(
                Problem("no such contaminant", place=place, typed=n, allowed=known, suggestion=nearest(n, known))
                for n in names
                if n not in known
            )

        nodes = [*self.fresh_water, *self.process_units, *self.treatment_units]
        names = [node.name for node in nodes]
        problems.extend(
            Problem("two nodes have this name", place="process_units", typed=name)
            for name in sorted({name for name in names if names.count(name) > 1})
        )
        for i, supply in enumerate(self.fresh_water):
            declared(f"fresh_water[{i}].concentration", supply.concentration)
        for i, unit in enumerate(self.process_units):
            place = f"process_units[{i}]"
            for field in ("load", "inlet_maximum", "outlet_maximum"):
                declared(f"{place}.{field}", getattr(unit, field))
            if unit.flow is None:
                if not any(load > 0.0 for load in unit.load.values()):
                    problems.append(Problem("give the unit a flow or a load", place=place, typed=unit.name))
                problems.extend(
                    Problem(
                        f"is needed for {k} above the inlet limit, or give the unit a flow",
                        place=f"{place}.outlet_maximum",
                    )
                    for k, load in unit.load.items()
                    if load > 0.0 and unit.outlet_maximum.get(k, 0.0) <= unit.inlet_maximum.get(k, 0.0)
                )
            else:
                if unit.flow == 0.0:
                    problems.append(Problem("must be above 0", place=f"{place}.flow"))
                problems.extend(
                    Problem(f"{k} needs an inlet or outlet limit, or nothing confines it", place=f"{place}.load")
                    for k, load in unit.load.items()
                    if load > 0.0 and k not in unit.inlet_maximum and k not in unit.outlet_maximum
                )
        for i, unit in enumerate(self.treatment_units):
            for field in ("removal", "outlet", "inlet_maximum"):
                declared(f"treatment_units[{i}].{field}", getattr(unit, field))
            problems.extend(
                Problem("give removal or outlet, not both", place=f"treatment_units[{i}].outlet", typed=k)
                for k in unit.outlet
                if k in unit.removal
            )
        declared("discharge_maximum", self.discharge_maximum)
        if problems:
            raise CaseError(problems)
        return self
