"""The bilinear model of a water network with free concentrations.

Flows f_ij in t/h, outlet concentrations c_ik in mg/L, so f c is in g/h. Karuppiah and Grossmann, Computers & Chemical
Engineering 30 (2006) 650-673, DOI 10.1016/j.compchemeng.2005.11.005. Each splitter's contaminant balance is written
over its branches, sum_j f_ij c_ik, and again as F_i c_ik: the products of a linear equation that make the relaxation
tight. A treatment unit without capacity treats at most what all units, sources and demands move together.
"""

from __future__ import annotations

from typing import Any, cast

import pyomo.environ

from ..errors import CaseError, Problem
from .arcs import Arc, possible_arcs
from .bounds import GRAMS, Ceilings, limiting_flow, outflow, reject_name, reject_ratio, removed_share, total_flow
from .case import WaterNetworkCase
from .objectives import add_objective
from .parts import Concentrations, ProcessUnit, TreatmentUnit
from .pipes import add_pipes

pyo = cast("Any", pyomo.environ)  # ships no usable types


def water_network_model(case: WaterNetworkCase) -> Any:
    """Pyomo model of `case`.

    `flow[i, j]` between nodes, `fresh[s, j]` from supplies, `concentration[i, k]` of outlets, `throughput[i]` into
    units, `pipe[i, j]` and `built[t]` where building is a decision.
    """
    return _Network(case).model


class _Network:
    """The model while it is written; `entering` and `leaving` say what mixers and splitters see."""

    def __init__(self, case: WaterNetworkCase) -> None:
        self.case = case
        self.arcs: dict[tuple[str, str], Arc] = possible_arcs(case)
        self.supplies = {s.name: s for s in case.fresh_water}
        self.constant = {s.name: s for s in case.sources}
        self.ceilings = Ceilings(case)
        self.model = pyo.ConcreteModel(name="water network")
        self.declare()
        for unit in case.process_units:
            self.process_unit(unit)
        for unit in case.treatment_units:
            self.treatment_unit(unit)
        self.terminals()
        add_pipes(case, self.model, self.arcs)
        add_objective(case, self.model, self.arcs)

    def declare(self) -> None:
        """Variables with the tightest bounds that the case tells."""
        case, model = self.case, self.model
        process = {u.name: u for u in case.process_units}
        largest = {name: limiting_flow(u) for name, u in process.items()}
        total = total_flow(case)
        largest |= {t.name: total if t.capacity is None else t.capacity for t in case.treatment_units}
        least = {name: limiting_flow(u) if u.flow is not None else 0.0 for name, u in process.items()}
        outlets = [*largest, *(reject_name(t) for t in case.treatment_units if t.recovery < 1.0)]
        model.fresh = pyo.Var(
            [a for a in self.arcs if a[0] in self.supplies], bounds=lambda _, i, j: (0.0, self.arcs[i, j].maximum)
        )
        model.flow = pyo.Var(
            [a for a in self.arcs if a[0] not in self.supplies], bounds=lambda _, i, j: (0.0, self.arcs[i, j].maximum)
        )
        model.concentration = pyo.Var(outlets, case.contaminants, bounds=lambda _, i, k: (0.0, self.ceilings.of(i, k)))
        model.throughput = pyo.Var(list(largest), bounds=lambda _, i: (least.get(i, 0.0), largest[i]))
        model.rows = pyo.ConstraintList()
        model.limit = pyo.Constraint(pyo.Any)

    def quality(self, i: str, k: str) -> Any:
        """Concentration of what leaves node i: a variable, or a number for supplies and sources."""
        if i in self.supplies:
            return self.supplies[i].concentration.get(k, 0.0)
        if i in self.constant:
            return self.constant[i].concentration.get(k, 0.0)
        return self.model.concentration[i, k]

    def stream(self, arc: tuple[str, str]) -> Any:
        """Flow of an arc."""
        return self.model.fresh[arc] if arc[0] in self.supplies else self.model.flow[arc]

    def flow_in(self, j: str) -> Any:
        """t/h that a mixer takes."""
        return sum(self.stream(a) for a in self.arcs if a[1] == j)

    def mass_in(self, j: str, k: str) -> Any:
        """g/h that a mixer takes."""
        return sum(self.stream(a) * self.quality(a[0], k) for a in self.arcs if a[1] == j)

    def flow_out(self, i: str) -> Any:
        """t/h that a splitter gives."""
        return sum(self.stream(a) for a in self.arcs if a[0] == i)

    def mass_out(self, i: str, k: str) -> Any:
        """g/h that a splitter gives."""
        return sum(self.stream(a) * self.quality(i, k) for a in self.arcs if a[0] == i)

    def add(self, row: Any) -> None:
        """Add a row. One without variables that does not hold means that a node has no pipe: raises CaseError."""
        if row is False:
            text = "a demand, source or unit of fixed flow is left without any pipe that could serve it"
            raise CaseError(Problem(text, place="special_pipes"))
        if row is not True:
            self.model.rows.add(row)

    def limit(self, place: tuple[str, str, str], mass: Any, allowed: Any) -> None:
        """mass <= allowed as `limit[node, contaminant, kind]`: reports and diagnoses go by these names."""
        row = mass - allowed <= 0.0
        if row is True or row is False:
            self.add(row)
        else:
            self.model.limit.add(place, row)

    def inlet_limits(self, j: str, limits: Concentrations, flow: Any) -> None:
        """sum of masses <= limit * flow."""
        for k, limit in limits.items():
            self.limit((j, k, "inlet"), self.mass_in(j, k), limit * flow)

    def process_unit(self, unit: ProcessUnit) -> None:
        """F c = mass in + load;  F_out = F_in + gain - loss."""
        model, i = self.model, unit.name
        through = model.throughput[i]
        self.add(self.flow_in(i) - through == 0.0)
        self.add(self.flow_out(i) - through == unit.gain - unit.loss)
        self.inlet_limits(i, unit.inlet_maximum, through)
        for k in self.case.contaminants:
            after = self.mass_in(i, k) + GRAMS * unit.load.get(k, 0.0)
            self.add(self.mass_out(i, k) - after == 0.0)
            if unit.flow is not None:
                self.add(outflow(unit) * model.concentration[i, k] - after == 0.0)
            if k in unit.outlet_maximum:
                leaving = through + unit.gain - unit.loss
                self.limit((i, k, "outlet"), after, unit.outlet_maximum[k] * leaving)

    def treatment_unit(self, unit: TreatmentUnit) -> None:
        """Product and, with recovery below 1, reject: their flows are shares of the inlet, their masses too."""
        model, i = self.model, unit.name
        through = model.throughput[i]
        self.add(self.flow_in(i) - through == 0.0)
        self.add(self.flow_out(i) - unit.recovery * through == 0.0)
        self.inlet_limits(i, unit.inlet_maximum, through)
        for k in self.case.contaminants:
            if k in unit.outlet:
                model.concentration[i, k].fix(unit.outlet[k])
                continue
            kept = 1.0 - removed_share(unit, k)
            leaving = self.mass_out(i, k)
            self.add(leaving - kept * self.mass_in(i, k) == 0.0)
            self.add(unit.recovery * through * model.concentration[i, k] - leaving == 0.0)
        if unit.recovery < 1.0:
            self.reject(unit)

    def reject(self, unit: TreatmentUnit) -> None:
        """(1 - recovery) F c_reject = mass in - mass of the product."""
        model, i, second = self.model, unit.name, reject_name(unit)
        through = model.throughput[i]
        self.add(self.flow_out(second) - (1.0 - unit.recovery) * through == 0.0)
        for k in self.case.contaminants:
            leaving = self.mass_out(second, k)
            if k in unit.outlet:
                self.add(leaving - self.mass_in(i, k) + unit.recovery * unit.outlet[k] * through == 0.0)
            else:
                self.add(leaving - removed_share(unit, k) * self.mass_in(i, k) == 0.0)
                ratio = reject_ratio(unit, k)
                if ratio is not None:
                    self.add(model.concentration[second, k] - ratio * model.concentration[i, k] == 0.0)
            self.add((1.0 - unit.recovery) * through * model.concentration[second, k] - leaving == 0.0)

    def terminals(self) -> None:
        """Supplies, sources, demands and discharges; regeneration reuse treats a tonne once on average."""
        case, model = self.case, self.model
        for supply in case.fresh_water:
            if supply.maximum is not None:
                self.add(self.flow_out(supply.name) <= supply.maximum)
        for source in case.sources:
            self.add(self.flow_out(source.name) == source.flow)
        for demand in case.demands:
            self.add(self.flow_in(demand.name) == demand.flow)
            self.inlet_limits(demand.name, demand.maximum, demand.flow)
        for outfall in case.outfalls:
            flow = self.flow_in(outfall.name)
            if outfall.capacity is not None:
                self.add(flow <= outfall.capacity)
            self.inlet_limits(outfall.name, outfall.maximum, flow)
            for k, permit in outfall.permit.items():
                self.limit((outfall.name, k, "permit"), self.mass_in(outfall.name, k), GRAMS * permit)
        if case.regeneration == "reuse" and case.treatment_units:
            treated = sum(model.throughput[t.name] for t in case.treatment_units)
            self.add(treated - sum(model.fresh.values()) <= 0.0)
