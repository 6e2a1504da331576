"""Treatment and regeneration: what each contaminant does is guaranteed outlet, removal ratio or pass-through."""

from __future__ import annotations

from enum import StrEnum

import pyomo.environ as pyo
from pydantic import Field, model_validator

from ..units import Concentration, Fraction, SpecificPower, WaterFlow, WaterPrice
from .assembly import Assembly, Site, activity
from .asset import FlowInvestment
from .base import CaseModel, Name
from .water_network import Role, WaterNetwork, WaterSink, WaterSource


class RemovedTo(StrEnum):
    """Where removed mass goes."""

    REJECT = "reject"
    SLUDGE = "sludge"
    DESTROYED = "destroyed"


class ContaminantTreatment(CaseModel):
    """Exactly one of guaranteed outlet or removal ratio; neither: pass-through, all mass stays in the product."""

    outlet: Concentration | None = Field(default=None, ge=0.0, description="guaranteed outlet concentration")
    removal: Fraction | None = Field(default=None, description="share of the inlet mass that is removed")
    maximum_inlet: Concentration | None = Field(
        default=None, ge=0.0, description="the guarantee holds up to this inlet"
    )
    removed_to: RemovedTo = Field(default=RemovedTo.SLUDGE, description="where removed mass goes")

    @model_validator(mode="after")
    def _one_way(self) -> ContaminantTreatment:
        if self.outlet is not None and self.removal is not None:
            raise ValueError("give 'outlet' or 'removal', not both")
        if self.outlet is None and self.maximum_inlet is None:
            raise ValueError("a removal ratio or pass-through needs 'maximum_inlet': the outlet is bounded by it")
        if self.outlet is not None and self.removed_to is RemovedTo.REJECT and self.maximum_inlet is None:
            raise ValueError("mass removed to the reject needs 'maximum_inlet': the reject is bounded by it")
        return self

    @property
    def removes(self) -> bool:
        """Whether the treatment takes the contaminant out of the product."""
        return self.outlet is not None or bool(self.removal)

    def product(self, recovery: float) -> float:
        """Largest concentration of the product [mg/L]."""
        if self.outlet is not None:
            return self.outlet
        assert self.maximum_inlet is not None
        return (1.0 - (self.removal or 0.0)) * self.maximum_inlet / recovery

    def reject(self, recovery: float) -> float:
        """Largest concentration of the reject [mg/L]: all that may be removed, in what water is left."""
        if self.removed_to is not RemovedTo.REJECT or not self.removes or recovery == 1.0:
            return 0.0
        assert self.maximum_inlet is not None
        removal = 1.0 if self.removal is None else self.removal
        return removal * self.maximum_inlet / (1.0 - recovery)


class Treatment(CaseModel):
    """A treatment or regeneration unit: capacity by inlet flow, recovery, guarantees inside stated inlet limits."""

    recovery: Fraction = Field(default=1.0, gt=0.0, description="share of the inlet flow that leaves as product")
    contaminants: dict[Name, ContaminantTreatment] = Field(description="per contaminant; every one of the park's")
    power: SpecificPower = Field(default=0.0, ge=0.0, description="power per inlet water")
    operating_cost: WaterPrice = Field(default=0.0, ge=0.0, description="chemicals and sludge per inlet water")
    membrane_elements: WaterPrice = Field(
        default=0.0, ge=0.0, description="replacement of membrane elements per inlet water: operating cost, not capital"
    )
    existing: WaterFlow = Field(default=0.0, ge=0.0, description="capacity that stands already")
    availability: Fraction = Field(default=1.0, description="share of the capacity that can run")
    investment: FlowInvestment | None = Field(default=None, description="what may be built; none: nothing")
    only: list[str] | None = Field(default=None, description="sources that may feed it")
    forbidden: list[str] = Field(default_factory=list, description="sources that may not feed it")
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly, network: WaterNetwork, site: Site, name: str, path: str) -> None:
        """F_in <= availability capacity,  F_product = recovery F_in,  F_reject = (1 - recovery) F_in,  P = e F_in."""
        block = assembly.block(site, name)
        block.inflow = activity(assembly.periods)
        capacity = assembly.capacity(site, name, "treatment", "t/h", existing=self.existing, option=self.investment)
        available = assembly.uncertain(f"{path}.availability", self.availability)
        block.capacity = pyo.Constraint(assembly.periods, rule=lambda b, p: b.inflow[p] <= available * capacity)
        key = f"{site.name}.{name}"
        inflow = {p: block.inflow[p] for p in assembly.periods}
        limits = {k: t.maximum_inlet for k, t in self.contaminants.items() if t.maximum_inlet is not None}
        network.add_sink(
            WaterSink(
                key,
                Role.TREATMENT,
                site.name,
                limits,
                inflow,
                None if self.only is None else frozenset(self.only),
                frozenset(self.forbidden),
                removes=frozenset(k for k, t in self.contaminants.items() if t.removes),
            )
        )
        product = {k: t.product(self.recovery) for k, t in self.contaminants.items()}
        network.add_source(
            WaterSource(
                key, Role.TREATMENT, site.name, product, {p: self.recovery * inflow[p] for p in assembly.periods}
            )
        )
        if self.recovery < 1.0:
            reject = {k: t.reject(self.recovery) for k, t in self.contaminants.items()}
            outflow = {p: (1.0 - self.recovery) * inflow[p] for p in assembly.periods}
            network.add_source(WaterSource(f"{key}.reject", Role.REJECT, site.name, reject, outflow))
        price = assembly.uncertain(f"{path}.operating_cost", self.operating_cost)
        for p in assembly.periods:
            assembly.demand("power", site.name, p, self.power / 1000.0 * inflow[p])
            assembly.cost("treatment", p, price * inflow[p])
            if self.membrane_elements > 0.0:
                assembly.cost("membrane elements", p, self.membrane_elements * inflow[p])
            assembly.total("treated water", p, inflow[p])
