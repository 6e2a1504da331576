"""What a network is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pyomo.environ

from .arcs import Arc
from .case import ObjectiveName, WaterNetworkCase

pyo = cast("Any", pyomo.environ)  # ships no usable types

_KWH = 1000.0  # kWh per MWh


def add_objective(case: WaterNetworkCase, model: Any, arcs: Mapping[tuple[str, str], Arc]) -> None:
    """The objective or weighted sum, and the epsilon constraints on the others."""
    weights = case.weights
    wanted: set[ObjectiveName] = {*weights, *case.limits}
    expressions = {name: objective_expression(case, model, arcs, name) for name in sorted(wanted)}
    for name, limit in case.limits.items():
        model.rows.add(expressions[name] <= limit)
    model.objective = pyo.Objective(expr=sum(weight * expressions[name] for name, weight in weights.items()))


def objective_expression(
    case: WaterNetworkCase, model: Any, arcs: Mapping[tuple[str, str], Arc], name: ObjectiveName
) -> Any:
    """One objective over the model: t/h, currency/year, a number of pipes or t CO2/year."""
    match name:
        case "fresh-water":
            return sum(model.fresh.values())
        case "treated-flow":
            return sum(model.throughput[t.name] for t in case.treatment_units)
        case "pipes":
            return sum(model.pipe.values())
        case "co2":
            return case.hours_per_year * case.electricity_co2 * _electricity(case, model)
        case "annual-cost":
            return _running_cost(case, model) + case.annualization * _investment(case, model, arcs)


def objective_unit(case: WaterNetworkCase) -> str:
    """Unit of the objective; a weighted sum has none."""
    if isinstance(case.objective, dict):
        return ""
    units = {"annual-cost": f"{case.currency}/year", "pipes": "pipes", "co2": "t/year"}
    return units.get(case.objective, "t/h")


def _drawn(model: Any, supply: str) -> Any:
    return sum(flow for (i, _), flow in model.fresh.items() if i == supply)


def _electricity(case: WaterNetworkCase, model: Any) -> Any:
    """MW."""
    supplies = sum(s.power / _KWH * _drawn(model, s.name) for s in case.fresh_water)
    return supplies + sum(t.power / _KWH * model.throughput[t.name] for t in case.treatment_units)


def _running_cost(case: WaterNetworkCase, model: Any) -> Any:
    water = sum(s.price * _drawn(model, s.name) for s in case.fresh_water)
    treating = sum(t.operating_cost * model.throughput[t.name] for t in case.treatment_units)
    fees = sum(
        d.price * sum(flow for (_, j), flow in model.flow.items() if j == d.name) for d in case.outfalls if d.price
    )
    return case.hours_per_year * (water + treating + fees + case.electricity_price * _electricity(case, model))


def _investment(case: WaterNetworkCase, model: Any, arcs: Mapping[tuple[str, str], Arc]) -> Any:
    total = sum(t.fixed_investment * model.built[t.name] for t in case.treatment_units if t.fixed_investment > 0.0)
    for unit in case.treatment_units:
        if unit.investment_factor > 0.0:
            size = model.throughput[unit.name]
            total += unit.investment_factor * (size if unit.exponent == 1.0 else size**unit.exponent)
    for ends, arc in arcs.items():
        if arc.investment > 0.0:
            total += arc.investment * model.pipe[ends]
        if arc.per_flow > 0.0:
            total += arc.per_flow * (model.fresh[ends] if ends in model.fresh else model.flow[ends])
    return total
