"""Who may send water to whom, and what that does to concentrations.

Concentrations are upper bounds fixed in the case: a source is assumed to leave at its largest concentration, so that
mixing is linear in the flows F [t/h]. With c [mg/L], loads L [kg/h] (1 t/h at 1000 mg/L carries 1 kg/h), for every
contaminant k and period:

    source i:   sum_j F_ij + emergency_i = F_i                     sink j:   sum_i F_ij + tankered_j = F_j
    inlet:      sum_i c_ik F_ij <= c_in_jk F_j
    outlet:     sum_i c_ik F_ij + 1000 (L_jk - hauled_jk) <= c_out_jk F_out_j

Savelski and Bagajewicz (2000, DOI 10.1016/S0009-2509(00)00127-5) show when the bounds are optimal (one contaminant,
fixed loads); otherwise the plan is feasible and its margin is reported by the forward simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

import pyomo.environ as pyo

from .assembly import Assembly, Expression, activity

KG_PER_T_AND_MG_PER_L = 1e-3  # 1 t/h of water at 1 mg/L carries 1e-3 kg/h


class Role(StrEnum):
    """What a water node is; decides which arcs are allowed."""

    FRESH = "fresh"
    USE = "use"
    PLAIN = "plain"
    TREATMENT = "treatment"
    REJECT = "reject"
    DISCHARGE = "discharge"


@dataclass
class WaterSource:
    """Water that leaves a node with an assumed (largest) concentration [mg/L] per contaminant.

    `outflow[period]` [t/h] is what must be taken; None where the taking is free (fresh water).
    """

    key: str
    role: Role
    plant: str | None
    concentration: Mapping[str, float]
    outflow: Mapping[str, Expression] | None
    plants: frozenset[str] | None = None
    taken: dict[str, list[Expression]] = field(default_factory=dict)
    disposed: Mapping[str, Any] | None = None  # the emergency outlet's variable, where it is priced


@dataclass(frozen=True)
class Outlet:
    """Load taken up inside a use and the largest concentration [mg/L] at which it may leave."""

    load: Mapping[str, Mapping[str, Expression]]
    limit: Mapping[str, float]
    outflow: Mapping[str, Expression]


@dataclass
class WaterSink:
    """Water wanted by a node, with the largest inlet concentration [mg/L] per contaminant.

    `inflow[period]` [t/h] is what must arrive; None where any amount may (a discharge). `only` names the sources that
    may feed it (None: all).
    """

    key: str
    role: Role
    plant: str | None
    limit: Mapping[str, float]
    inflow: Mapping[str, Expression] | None
    only: frozenset[str] | None = None
    forbidden: frozenset[str] = frozenset()
    plants: frozenset[str] | None = None
    outlet: Outlet | None = None
    removes: frozenset[str] = frozenset()
    received: dict[str, list[tuple[WaterSource, Expression]]] = field(default_factory=dict)
    hauled: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # by contaminant, where it is priced

    def inlet_mass(self, contaminant: str, period: str) -> Expression:
        """Assumed contaminant mass that arrives [kg/h]."""
        return KG_PER_T_AND_MG_PER_L * sum(
            source.concentration.get(contaminant, 0.0) * flow for source, flow in self.received.get(period, [])
        )

    def may_exceed(self, contaminant: str) -> bool:
        """Whether some blend of its sources is above the inlet limit; where none is, the row would say nothing."""
        sources = [source for flows in self.received.values() for source, _ in flows]
        return any(source.concentration.get(contaminant, 0.0) > self.limit[contaminant] for source in sources)

    def total(self, period: str) -> Expression:
        """Water that arrives [t/h]."""
        return sum(flow for _, flow in self.received.get(period, []))


@dataclass
class Arc:
    """A way water may take, its flow variable per period and the share of it that arrives."""

    source: WaterSource
    sink: WaterSink
    flow: Mapping[str, Any]
    arriving: float = 1.0


class WaterNetwork:
    """Collects the water nodes of a park, then connects them."""

    def __init__(
        self, contaminants: tuple[str, ...], priority_limits: Mapping[str, float], piped: frozenset[str] = frozenset()
    ) -> None:
        self.contaminants = contaminants
        self.piped = piped  # plants whose units pass water on only through pipes that the case lists
        self.priority_limits = dict(priority_limits)
        self.sources: dict[str, WaterSource] = {}
        self.sinks: dict[str, WaterSink] = {}
        self.arcs: list[Arc] = []

    def add_source(self, source: WaterSource) -> WaterSource:
        """Declare a source; its key is unique in the park."""
        self.sources[source.key] = source
        return source

    def add_sink(self, sink: WaterSink) -> WaterSink:
        """Declare a sink; its key is unique in the park."""
        self.sinks[sink.key] = sink
        return sink

    def allowed(self, source: WaterSource, sink: WaterSink) -> bool:
        """Whether water of `source` may enter `sink` without a pipe between plants.

        No dilution of a discharge or a treatment with fresh water; forbidden and exclusive arcs; a priority pollutant
        above its workshop limit may only go to a treatment of the same plant that removes it.
        """
        if source.role is Role.FRESH and not self.takes_fresh(source, sink):
            return False
        if source.plants is not None and sink.plant is not None and sink.plant not in source.plants:
            return False
        if sink.plants is not None and source.plant is not None and source.plant not in sink.plants:
            return False
        if sink.only is not None and source.key not in sink.only:
            return False
        if source.key in sink.forbidden or (source.plant is not None and source.key == sink.key):
            return False
        return not (self.untreated_priority(source) - (sink.removes if sink.plant == source.plant else frozenset()))

    def takes_fresh(self, source: WaterSource, sink: WaterSink) -> bool:
        """Fresh water may not dilute; a treatment takes it only where it says so by name."""
        if sink.role is Role.TREATMENT:
            return sink.only is not None and source.key in sink.only
        return sink.role is not Role.DISCHARGE

    def untreated_priority(self, source: WaterSource) -> frozenset[str]:
        """Priority pollutants that `source` may carry above their limit at the workshop outlet."""
        return frozenset(k for k, limit in self.priority_limits.items() if source.concentration.get(k, 0.0) > limit)

    def connect(self, assembly: Assembly) -> None:
        """Make the arcs inside plants and to and from what the park shares."""
        assembly.model.operation.water = cast("Any", pyo.Block())
        for source in self.sources.values():
            for sink in self.sinks.values():
                shared = source.plant is None or sink.plant is None
                inside = source.plant == sink.plant and not (reuses(source, sink) and source.plant in self.piped)
                if (shared or inside) and self.allowed(source, sink):
                    self.add_arc(assembly, source, sink)

    def add_arc(
        self, assembly: Assembly, source: WaterSource, sink: WaterSink, arriving: float = 1.0, pipe: str | None = None
    ) -> Arc:
        """Make one arc; `arriving` is the share that does not leak. Parallel pipes are arcs of their own."""
        operation: Any = assembly.model.operation
        name = f"{source.key}>{sink.key}" if pipe is None else f"{source.key}>{sink.key} by {pipe}"
        operation.water.add_component(name, activity(assembly.periods))
        flow = getattr(operation.water, name)
        for p in assembly.periods:
            source.taken.setdefault(p, []).append(flow[p])
            sink.received.setdefault(p, []).append((source, arriving * flow[p]))
        assembly.flow("water", source.key, sink.key, "t/h", lambda p: arriving * flow[p])
        if arriving < 1.0:
            assembly.flow("water leak", source.key, "leaks", "t/h", lambda p: (1.0 - arriving) * flow[p])
            for p in assembly.periods:
                assembly.water("leaks", p, (1.0 - arriving) * flow[p], inwards=False)
        arc = Arc(source, sink, flow, arriving)
        self.arcs.append(arc)
        return arc

    def write_rows(self, assembly: Assembly, emergency: EmergencyWater | None) -> None:
        """Write the rows of the module's docstring for every node; emergency outlets exist where they are priced."""
        block: Any = assembly.model.operation.water
        for source in self.sources.values():
            self._source_rows(assembly, block, source, emergency)
        for sink in self.sinks.values():
            self._sink_rows(assembly, block, sink, emergency)

    def _source_rows(
        self, assembly: Assembly, block: Any, source: WaterSource, emergency: EmergencyWater | None
    ) -> None:
        if source.outflow is None:
            return
        outflow, taken = source.outflow, source.taken
        disposed: Mapping[str, Expression] = dict.fromkeys(assembly.periods, 0.0)
        if emergency is not None:
            block.add_component(f"emergency {source.key}", activity(assembly.periods))
            disposed = getattr(block, f"emergency {source.key}")
            source.disposed = disposed
            assembly.flow("water", source.key, "emergency disposal", "t/h", lambda p: disposed[p])
            for p in assembly.periods:
                assembly.cost("emergency", p, emergency.disposal * disposed[p])
                assembly.total("emergency disposal", p, disposed[p])
                assembly.water("emergency disposal", p, disposed[p], inwards=False)
        block.add_component(
            f"source {source.key}",
            pyo.Constraint(assembly.periods, rule=lambda _, p: sum(taken.get(p, [])) + disposed[p] - outflow[p] == 0),
        )

    def _sink_rows(self, assembly: Assembly, block: Any, sink: WaterSink, emergency: EmergencyWater | None) -> None:
        periods = assembly.periods
        if sink.inflow is not None:
            inflow = sink.inflow
            tankered: Mapping[str, Expression] = dict.fromkeys(periods, 0.0)
            if emergency is not None and sink.role is not Role.TREATMENT:
                block.add_component(f"tankered {sink.key}", activity(periods))
                tankered = getattr(block, f"tankered {sink.key}")
                assembly.flow("water", "tankered water", sink.key, "t/h", lambda p: tankered[p])
                for p in periods:
                    assembly.cost("emergency", p, emergency.supply * tankered[p])
                    assembly.total("tankered water", p, tankered[p])
                    assembly.water("tankered water", p, tankered[p], inwards=True)
            block.add_component(
                f"sink {sink.key}",
                pyo.Constraint(periods, rule=lambda _, p: sink.total(p) + tankered[p] - inflow[p] == 0),
            )
        for k in self.contaminants:
            if k in sink.limit and sink.may_exceed(k):
                arriving = {p: sink.total(p) if sink.inflow is None else sink.inflow[p] for p in periods}
                _row(block, f"inlet {sink.key} {k}", periods, sink, k, sink.limit[k], arriving)
        if sink.outlet is not None:
            self._outlet_rows(assembly, block, sink, sink.outlet, emergency)

    def _outlet_rows(
        self, assembly: Assembly, block: Any, sink: WaterSink, outlet: Outlet, emergency: EmergencyWater | None
    ) -> None:
        periods = assembly.periods
        for k in self.contaminants:
            if k not in outlet.limit:
                continue
            load = outlet.load.get(k, dict.fromkeys(periods, 0.0))
            hauled: Mapping[str, Expression] = dict.fromkeys(periods, 0.0)
            if emergency is not None and k in outlet.load:
                block.add_component(f"hauled {sink.key} {k}", activity(periods))
                hauled = getattr(block, f"hauled {sink.key} {k}")
                sink.hauled[k] = hauled
                for p in periods:
                    assembly.cost("emergency", p, emergency.contaminant * hauled[p])
                    assembly.total(f"hauled {k}", p, hauled[p], "kg/a")
            _row(block, f"outlet {sink.key} {k}", periods, sink, k, outlet.limit[k], outlet.outflow, load, hauled)


def reuses(source: WaterSource, sink: WaterSink) -> bool:
    """Whether the arc is a reuse between units, which costs a pipe; a treatment's own piping is part of its cost."""
    used = (Role.USE, Role.PLAIN)
    return source.role in used and sink.role in used


@dataclass(frozen=True)
class EmergencyWater:
    """Prices that make recourse complete: disposal and supply [currency/t], contaminant hauled away [currency/kg]."""

    disposal: float
    supply: float
    contaminant: float


def _row(
    block: Any,
    name: str,
    periods: list[str],
    sink: WaterSink,
    contaminant: str,
    limit: float,
    flow: Mapping[str, Expression],
    load: Mapping[str, Expression] | None = None,
    hauled: Mapping[str, Expression] | None = None,
) -> None:
    """Inlet mass + load - hauled <= limit x flow, in kg/h."""

    def rule(_: Any, p: str) -> Expression:
        mass = sink.inlet_mass(contaminant, p) - KG_PER_T_AND_MG_PER_L * limit * flow[p]
        mass = mass + (load[p] if load else 0.0) - (hauled[p] if hauled else 0.0)
        return pyo.Constraint.Feasible if isinstance(mass, (int, float)) else mass <= 0

    block.add_component(name, pyo.Constraint(periods, rule=rule))
