"""Process units that use water, and plain sources and sinks of the literature's fixed-flow problems."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from ..units import Concentration
from .assembly import Assembly, Expression, Site, activity
from .base import CaseModel, Name
from .plant_data import ScaledFlow, ScaledLoad
from .water_network import Outlet, Role, WaterNetwork, WaterSink, WaterSource


class ContaminantUse(CaseModel):
    """What one contaminant does in a water use."""

    load: ScaledLoad = Field(default_factory=ScaledLoad, description="mass taken up by the water, kg/h")
    maximum_inlet: Concentration | None = Field(
        default=None, ge=0.0, description="largest inlet concentration; none: no limit"
    )
    maximum_outlet: Concentration = Field(ge=0.0, description="largest (assumed) outlet concentration")


class WaterUse(CaseModel):
    """A process unit: takes water, loads it with contaminants, loses or gains some and passes it on.

    Without `inlet_flow` the flow is a decision (a fixed-load unit): it takes what its load needs.
    """

    inlet_flow: ScaledFlow | None = Field(default=None, description="water taken; none: as much as the load needs")
    loss: ScaledFlow = Field(default_factory=ScaledFlow, description="water that does not leave (product, evaporation)")
    gain: ScaledFlow = Field(default_factory=ScaledFlow, description="water that joins inside the unit")
    contaminants: dict[Name, ContaminantUse] = Field(default_factory=dict, description="per contaminant")
    only: list[str] | None = Field(
        default=None, description="sources that may feed it, for example municipal water only"
    )
    forbidden: list[str] = Field(default_factory=list, description="sources that may not feed it")

    def add_to(self, assembly: Assembly, network: WaterNetwork, site: Site, name: str, path: str) -> None:
        """Declare the unit's sink and source:  F_out = F_in + gain - loss, loads as in water_network."""
        periods = assembly.periods
        inflow = self._inflow(assembly, site, name, path)
        gain = assembly.following(site, self.gain, f"{path}.gain", f"{name} gain")
        loss = assembly.following(site, self.loss, f"{path}.loss", f"{name} loss")
        outflow = {p: inflow[p] + gain[p] - loss[p] for p in periods}
        loads = {
            k: {p: uncertain_load(assembly, site, use.load, f"{path}.contaminants.{k}.load", p) for p in periods}
            for k, use in self.contaminants.items()
        }
        key = f"{site.name}.{name}"
        for k, use in self.contaminants.items():
            for p in periods if use.load.nominal > 0.0 else ():
                factor = assembly.factor(f"{path}.contaminants.{k}.load")
                assembly.report(load_report(key, k, p), "kg/h", factor * site.scaled(use.load, p))
        limit = {k: use.maximum_outlet for k, use in self.contaminants.items()}
        network.add_sink(
            WaterSink(
                key,
                Role.USE,
                site.name,
                {k: use.maximum_inlet for k, use in self.contaminants.items() if use.maximum_inlet is not None},
                inflow,
                None if self.only is None else frozenset(self.only),
                frozenset(self.forbidden),
                outlet=Outlet(loads, {k: limit.get(k, 0.0) for k in network.contaminants}, outflow),
            )
        )
        network.add_source(WaterSource(key, Role.USE, site.name, limit, outflow))
        for p in periods:
            assembly.total("water used", p, inflow[p])
            if self.gain.nominal > 0.0:
                assembly.water("gained in use", p, gain[p], inwards=True)
            if self.loss.nominal > 0.0:
                assembly.water("lost in use (product, evaporation)", p, loss[p], inwards=False)

    def _inflow(self, assembly: Assembly, site: Site, name: str, path: str) -> Mapping[str, Expression]:
        if self.inlet_flow is not None:
            return assembly.following(site, self.inlet_flow, f"{path}.inlet_flow", f"{name} inlet")
        block = assembly.block(site, name)
        block.inflow = activity(assembly.periods)
        return {p: block.inflow[p] for p in assembly.periods}


class WaterSourcePlain(CaseModel):
    """Water that leaves at a known flow and concentration, unrelated to any intake (literature cases)."""

    flow: ScaledFlow = Field(description="water that must be taken")
    concentration: dict[Name, Concentration] = Field(default_factory=dict, description="per contaminant")

    def add_to(self, assembly: Assembly, network: WaterNetwork, site: Site, name: str, path: str) -> None:
        """Declare the source."""
        flow = assembly.following(site, self.flow, f"{path}.flow", name)
        network.add_source(WaterSource(f"{site.name}.{name}", Role.PLAIN, site.name, self.concentration, flow))
        for p in assembly.periods:
            assembly.water("from water sources", p, flow[p], inwards=True)


class WaterSinkPlain(CaseModel):
    """Water wanted at a known flow and largest concentration, that does not come back (literature cases)."""

    flow: ScaledFlow = Field(description="water that must arrive")
    maximum: dict[Name, Concentration] = Field(
        default_factory=dict, description="largest concentration per contaminant"
    )
    only: list[str] | None = Field(default=None, description="sources that may feed it")
    forbidden: list[str] = Field(default_factory=list, description="sources that may not feed it")

    def add_to(self, assembly: Assembly, network: WaterNetwork, site: Site, name: str, path: str) -> None:
        """Declare the sink."""
        flow = assembly.following(site, self.flow, f"{path}.flow", name)
        network.add_sink(
            WaterSink(
                f"{site.name}.{name}",
                Role.PLAIN,
                site.name,
                self.maximum,
                flow,
                None if self.only is None else frozenset(self.only),
                frozenset(self.forbidden),
            )
        )
        for p in assembly.periods:
            assembly.total("water used", p, flow[p])
            assembly.water("to water sinks", p, flow[p], inwards=False)


def load_report(key: str, contaminant: str, period: str) -> str:
    """Name of the report of a use's real load [kg/h], which the forward simulation reads."""
    return f"load.{key}.{contaminant}.{period}"


def uncertain_load(assembly: Assembly, site: Site, load: ScaledLoad, path: str, period: str) -> Expression:
    """Assumed load [kg/h] when the load per throughput is uncertain by a factor xi:

        xi (fixed + rate available) - xi_min rate curtailed   >=   xi (fixed + rate (available - curtailed))

    The right-hand side is the real load; xi times the curtailment would make W random, so the curtailed part is
    credited at the factor's smallest value xi_min only. Equal wherever nothing is curtailed or the load is certain.
    """
    profile = load.profile.get(period, 1.0)
    if load.nominal == 0.0:
        return 0.0
    full = (load.fixed + load.rate * site.available.get(period, 1.0)) * profile
    curtailed = load.rate * profile * site.curtailed.get(period, 0.0)
    return assembly.factor(path) * full - assembly.smallest(path) * curtailed
