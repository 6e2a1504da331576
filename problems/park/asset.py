"""What may be built and what it costs a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import Field, model_validator

from ..units import AnnualRate, InvestmentPerFlow, InvestmentPerPower, Lifetime, Power, WaterFlow
from ..units import Investment as Money
from .base import CaseModel


def capital_recovery_factor(interest: float, life: float) -> float:
    """Annual payment per unit of investment: i (1 + i)^n / ((1 + i)^n - 1), and 1/n without interest."""
    if interest == 0.0:
        return 1.0 / life
    growth = (1.0 + interest) ** life
    return interest * growth / (growth - 1.0)


class Investment(CaseModel):
    """An asset that may be built: installed cost = fixed + proportional x size, valid only inside its size range."""

    fixed: Money = Field(default=0.0, description="installed cost that does not depend on the size")
    proportional: float = Field(default=0.0, ge=0.0, description="installed cost per unit of capacity")
    minimum: float = Field(default=0.0, ge=0.0, description="smallest capacity for which the cost holds")
    maximum: float = Field(gt=0.0, description="largest capacity for which the cost holds")
    life: Lifetime = Field(description="life of the asset")
    maintenance: AnnualRate = Field(
        0.0, description="fixed operation and maintenance, share of the installed cost per year"
    )
    cost_year: int | None = Field(
        default=None, description="year of the costs; none: the case's. Another one needs the case's cost_index"
    )
    source: str = Field(default="assumed", description="where the figures come from, or 'assumed'")

    @model_validator(mode="after")
    def _range(self) -> Investment:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is larger than maximum {self.maximum:g}")
        return self

    def escalated(self, factors: Mapping[int, float]) -> Self:
        """The investment at the prices of the case, by factors per cost year."""
        if self.cost_year is None or self.cost_year not in factors:
            return self
        factor = factors[self.cost_year]
        return self.model_copy(update={"fixed": factor * self.fixed, "proportional": factor * self.proportional})

    def annual_rate(self, interest: float) -> float:
        """Share of the installed cost paid each year: capital recovery factor plus fixed maintenance."""
        return capital_recovery_factor(interest, self.life) + self.maintenance


def largest_size(existing: float, option: Investment | None) -> float:
    """Largest capacity that can ever stand: what stands and what may be built."""
    return existing + (option.maximum if option is not None else 0.0)


class FlowInvestment(Investment):
    """Something sized by a mass flow."""

    proportional: InvestmentPerFlow = Field(default=0.0, description="installed cost per capacity")
    minimum: WaterFlow = Field(default=0.0, description="smallest capacity for which the cost holds")
    maximum: WaterFlow = Field(gt=0.0, description="largest capacity for which the cost holds")


class PowerInvestment(Investment):
    """Something sized by power or heat."""

    proportional: InvestmentPerPower = Field(default=0.0, description="installed cost per capacity")
    minimum: Power = Field(default=0.0, description="smallest capacity for which the cost holds")
    maximum: Power = Field(gt=0.0, description="largest capacity for which the cost holds")


@dataclass(frozen=True)
class Asset:
    """One row of the design table; `build_column` and `size_column` name first-stage variables, None where existing.

    `forced`: it, or another size of the same line, must be built. `on_columns` names the binaries that
    say in which periods the unit runs; empty where nothing decides that.
    """

    name: str
    plant: str
    component: str
    unit: str
    existing: float
    build_column: str | None = None
    size_column: str | None = None
    option: Investment | None = None
    annual_rate: float = 0.0
    forced: bool = False
    on_columns: Mapping[str, str] = field(default_factory=dict[str, str])

    def investment(self, built: float, size: float) -> float:
        """Installed cost [currency] of a decision."""
        return 0.0 if self.option is None else self.option.fixed * built + self.option.proportional * size
