"""The bilinear model of a water network with free concentrations.

Flows f_ij in t/h, outlet concentrations c_ik in mg/L, so f c is in g/h. Karuppiah and Grossmann, Computers & Chemical
Engineering 30 (2006) 650-673, DOI 10.1016/j.compchemeng.2005.11.005. Each splitter's contaminant balance is written
over its branches, sum_j f_ij c_ik, and again as F_i c_ik where F_i is fixed: the products of a linear equation that
make the relaxation tight. Arcs that would bring a contaminant to where none is allowed are left out.
A treatment unit without capacity treats at most the sum of the limiting flows of the process units.
"""

from __future__ import annotations

from typing import Any, cast

import pyomo.environ

from .case import ProcessUnit, TreatmentUnit, WaterNetworkCase

pyo = cast("Any", pyomo.environ)  # ships no usable types

DISCHARGE = "discharge"
_GRAMS = 1000.0  # kg/h to g/h


def limiting_flow(unit: ProcessUnit) -> float:
    """The fixed flow, or the largest of load / (outlet limit - inlet limit), t/h: more water is never needed."""
    if unit.flow is not None:
        return unit.flow
    return max(
        _GRAMS * load / (unit.outlet_maximum[k] - unit.inlet_maximum.get(k, 0.0))
        for k, load in unit.load.items()
        if load > 0.0
    )


def highest_concentrations(case: WaterNetworkCase) -> dict[str, float]:
    """Per contaminant the concentration, mg/L, that no water in the network exceeds.

    Mixing and removal concentrate nothing, so only supplies, regenerated water and units that add load matter.
    """
    highest: dict[str, float] = {}
    for k in case.contaminants:
        values = [s.concentration.get(k, 0.0) for s in case.fresh_water]
        values += [t.outlet.get(k, 0.0) for t in case.treatment_units]
        for unit in case.process_units:
            if unit.load.get(k, 0.0) == 0.0:
                continue
            limits = [unit.outlet_maximum[k]] if k in unit.outlet_maximum else []
            if unit.flow is not None and k in unit.inlet_maximum:
                limits.append(unit.inlet_maximum[k] + _GRAMS * unit.load[k] / unit.flow)
            values.append(min(limits))
        highest[k] = max(values)
    return highest


def units_without(case: WaterNetworkCase, k: str) -> set[str]:
    """Units that could usefully discharge water with none of contaminant `k` in it.

    Treatment of water that needs none is no use: a treatment unit belongs to them where it takes out all of `k`, where
    a unit that adds none of `k` may feed it, or where it improves a supply that is free of `k`.
    """

    def improves(unit: TreatmentUnit) -> bool:
        return any(
            supply.concentration.get(k, 0.0) == 0.0
            and any(
                c > 0.0 and (unit.removal.get(other, 0.0) > 0.0 or unit.outlet.get(other, c) < c)
                for other, c in supply.concentration.items()
            )
            for supply in case.fresh_water
        )

    treats = {t.name for t in case.treatment_units if t.outlet.get(k) == 0.0 or t.removal.get(k) == 1.0 or improves(t)}
    found = {u.name for u in case.process_units if u.load.get(k, 0.0) == 0.0} | treats
    later = {t.name for t in case.treatment_units if t.outlet.get(k, 0.0) == 0.0}
    return found | later if found else found


def allowed_arcs(case: WaterNetworkCase) -> set[tuple[str, str]]:
    """Unit -> unit arcs less those that would carry a contaminant into a unit whose inlet allows none of it."""
    units: dict[str, ProcessUnit | TreatmentUnit] = {u.name: u for u in (*case.process_units, *case.treatment_units)}
    arcs = {(i, j) for i in units for j in units if i != j}
    for k in case.contaminants:
        clean = units_without(case, k)
        arcs -= {(i, j) for i, j in arcs if i not in clean and units[j].inlet_maximum.get(k) == 0.0}
    return arcs


def water_network_model(case: WaterNetworkCase) -> Any:
    """Pyomo model of `case`: `flow[i, j]` between units and to `discharge`, `fresh[s, j]`, `concentration[i, k]`."""
    process = {u.name: u for u in case.process_units}
    treatment = {t.name: t for t in case.treatment_units}
    supplies = {s.name: s for s in case.fresh_water}
    units: dict[str, ProcessUnit | TreatmentUnit] = {**process, **treatment}
    arcs = sorted(allowed_arcs(case)) + [(i, DISCHARGE) for i in units]
    highest = highest_concentrations(case)
    total = sum(limiting_flow(u) for u in process.values())
    largest = {name: limiting_flow(u) for name, u in process.items()}
    largest |= {name: total if t.capacity is None else t.capacity for name, t in treatment.items()}
    largest[DISCHARGE] = total

    def ceiling(name: str, k: str) -> float:
        unit = units[name]
        if isinstance(unit, TreatmentUnit):
            return unit.outlet[k] if k in unit.outlet else (1.0 - unit.removal.get(k, 0.0)) * highest[k]
        return min(unit.outlet_maximum.get(k, highest[k]), highest[k])

    model = pyo.ConcreteModel(name="water network")
    model.flow = pyo.Var(arcs, bounds=lambda _, i, j: (0.0, min(largest[i], largest[j])))
    model.fresh = pyo.Var(list(supplies), list(units), bounds=lambda _, s, j: (0.0, largest[j]))
    model.concentration = pyo.Var(list(units), case.contaminants, bounds=lambda _, i, k: (0.0, ceiling(i, k)))
    model.throughput = pyo.Var(
        list(units), bounds=lambda _, i: (largest[i] if i in process and process[i].flow else 0.0, largest[i])
    )
    model.rows = pyo.ConstraintList()

    def mass_in(j: str, k: str) -> Any:
        return sum(model.flow[a] * model.concentration[a[0], k] for a in arcs if a[1] == j) + sum(
            s.concentration.get(k, 0.0) * model.fresh[name, j] for name, s in supplies.items() if j != DISCHARGE
        )

    for i, unit in units.items():
        inflow = sum(model.flow[a] for a in arcs if a[1] == i) + sum(model.fresh[s, i] for s in supplies)
        model.rows.add(inflow == model.throughput[i])
        model.rows.add(sum(model.flow[a] for a in arcs if a[0] == i) == model.throughput[i])
        for k in case.contaminants:
            entering = mass_in(i, k)
            if k in unit.inlet_maximum:
                model.rows.add(entering <= unit.inlet_maximum[k] * model.throughput[i])
            leaving = sum(model.flow[a] * model.concentration[i, k] for a in arcs if a[0] == i)
            if isinstance(unit, TreatmentUnit):
                if k in unit.outlet:
                    model.concentration[i, k].fix(unit.outlet[k])
                else:
                    model.rows.add(leaving == (1.0 - unit.removal.get(k, 0.0)) * entering)
                    model.rows.add(model.throughput[i] * model.concentration[i, k] == leaving)
                continue
            after = entering + _GRAMS * unit.load.get(k, 0.0)
            model.rows.add(leaving == after)
            if unit.flow is not None:
                model.rows.add(unit.flow * model.concentration[i, k] == after)
            if k in unit.outlet_maximum:
                model.rows.add(after <= unit.outlet_maximum[k] * model.throughput[i])
    for name, supply in supplies.items():
        if supply.maximum is not None:
            model.rows.add(sum(model.fresh[name, j] for j in units) <= supply.maximum)
    discharged = sum(model.flow[i, DISCHARGE] for i in units)
    for k, limit in case.discharge_maximum.items():
        model.rows.add(mass_in(DISCHARGE, k) <= limit * discharged)
    model.objective = pyo.Objective(expr=_objective(case, model))
    return model


def _objective(case: WaterNetworkCase, model: Any) -> Any:
    units = [u.name for u in (*case.process_units, *case.treatment_units)]
    if case.objective == "fresh-water":
        return sum(model.fresh[s.name, j] for s in case.fresh_water for j in units)
    if case.objective == "treated-flow":
        return sum(model.throughput[t.name] for t in case.treatment_units)
    cost = sum(case.hours_per_year * s.price * model.fresh[s.name, j] for s in case.fresh_water for j in units)
    for unit in case.treatment_units:
        size = model.throughput[unit.name]
        cost += case.hours_per_year * unit.operating_cost * size
        cost += case.annualization * unit.investment_factor * (size if unit.exponent == 1.0 else size**unit.exponent)
    return cost
