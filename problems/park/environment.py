"""CO2 inventory, its price, and the caps of a year with their priced excess."""

from __future__ import annotations

from collections.abc import Iterator

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..units import AnnualMass, MassPrice, WaterPrice
from .assembly import Assembly, Expression
from .base import CaseModel


class AnnualCap(CaseModel):
    """A cap that holds in every scenario-year; what exceeds it is paid and reported."""

    limit: AnnualMass = Field(ge=0.0, description="largest mass a year, t/a")
    excess_price: WaterPrice | None = Field(
        default=None,
        ge=0.0,
        description="price of the excess per t; needed with annual cost, unused (no excess at all) with the others",
    )


class Environment(CaseModel):
    """CO2 inventory = stack + imports x location-based factor; exports earn nothing in any cap or price."""

    co2_price: MassPrice = Field(default=0.0, ge=0.0, description="price of the inventory's CO2")
    co2_cap: AnnualCap | None = Field(default=None, description="cap on the inventory")
    fresh_water_cap: AnnualCap | None = Field(default=None, description="cap on all fresh water")
    permit_excess_price: float = Field(
        default=50_000.0, gt=0.0, description="price per t of contaminant discharged above its mass permit, currency/t"
    )

    def problems(self, *, priced: bool) -> Iterator[Problem]:
        """Caps whose excess has no price: a scenario that cannot keep them would have no operation at all."""
        for name in ("co2_cap", "fresh_water_cap"):
            cap: AnnualCap | None = getattr(self, name)
            if priced and cap is not None and cap.excess_price is None:
                message = "give 'excess_price', as dear as an excess is bad: a future may come that cannot keep the cap"
                yield Problem(message, place=f"environment.{name}")

    def write_rows(self, assembly: Assembly, path: str, *, priced: bool = True) -> None:
        """Price the inventory and write one row per cap:  annual amount - excess <= cap, excess 0 without prices."""
        price = assembly.uncertain(f"{path}.co2_price", self.co2_price)
        inventory = co2_inventory(assembly)
        assembly.costs["CO2"].append(price * inventory)
        assembly.report("co2", "t/a", inventory)
        for line in ("stack", "grid", "biogenic", "avoided"):
            assembly.report(f"co2.{line}", "t/a", sum(assembly.emissions.get(line, [])) + 0.0)
        capped = (
            ("co2", inventory, self.co2_cap),
            ("fresh water", assembly.annual("fresh water"), self.fresh_water_cap),
        )
        for name, amount, cap in capped:
            if cap is not None:
                annual_cap(assembly, name, amount, cap.limit, cap.excess_price if priced else None)


def co2_inventory(assembly: Assembly) -> Expression:
    """Fossil CO2 of stacks and grid imports [t/a]."""
    return sum(assembly.emissions.get("stack", [])) + sum(assembly.emissions.get("grid", [])) + 0.0


def annual_cap(assembly: Assembly, name: str, amount: Expression, limit: float, excess_price: float | None) -> None:
    """amount - excess <= limit over the year, the excess priced per unit and reported as 'excess NAME'."""
    operation = assembly.model.operation
    operation.add_component(f"cap {name}", pyo.Block())
    block = getattr(operation, f"cap {name}")
    excess: Expression = 0.0
    if excess_price is not None:
        block.excess = pyo.Var(within=pyo.NonNegativeReals)
        excess = block.excess
        assembly.costs["permit excess"].append(excess_price * excess)
        assembly.report(f"excess {name}", "t/a", excess)
    if not isinstance(amount, (int, float)):
        block.limit = pyo.Constraint(expr=amount - excess <= limit)
