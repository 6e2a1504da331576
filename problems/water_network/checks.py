"""What is wrong with a water-network case beyond single values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from math import isfinite
from typing import TYPE_CHECKING

from ..errors import Problem, nearest
from .arcs import possible_arcs
from .parts import ProcessUnit, TreatmentUnit
from .uncertain import problems_of_uncertainty

if TYPE_CHECKING:
    from .case import WaterNetworkCase

_WITH_CONCENTRATIONS = {
    "fresh_water": ("concentration",),
    "process_units": ("load", "inlet_maximum", "outlet_maximum"),
    "demands": ("maximum",),
    "sources": ("concentration",),
    "treatment_units": ("removal", "outlet", "inlet_maximum"),
    "discharges": ("maximum", "permit"),
}


def problems_of_network(case: WaterNetworkCase) -> list[Problem]:
    """Every problem with its place."""
    problems = [*_names(case), *_contaminants(case), *_pipes(case), *_distances(case)]
    for i, unit in enumerate(case.process_units):
        problems += _process_unit(unit, case.contaminants, f"process_units[{i}]")
    for i, unit in enumerate(case.treatment_units):
        problems += _treatment_unit(unit, f"treatment_units[{i}]")
    if not case.process_units and not case.demands and not case.sources:
        problems.append(Problem("a network needs process units, demands or sources", place="process_units"))
    if case.discharges and case.discharge_maximum:
        problems.append(Problem("give the limits at the discharges, not here too", place="discharge_maximum"))
    if isinstance(case.objective, dict) and not any(weight > 0.0 for weight in case.objective.values()):
        problems.append(Problem("one weight at least must be above 0", place="objective"))
    numbers = {f"objective.{name}": weight for name, weight in case.weights.items()}
    numbers |= {f"limits.{name}": limit for name, limit in case.limits.items()}
    problems += [
        Problem("expected a number from 0", place=place, typed=str(number))
        for place, number in numbers.items()
        if not (isfinite(number) and number >= 0.0)
    ]
    if case.best_networks > 1 and case.pipes.minimum <= 0.0:
        text = "several networks need a smallest flow above 0, or they differ in empty pipes only"
        problems.append(Problem(text, place="pipes.minimum"))
    if not problems:
        problems += [*_forced(case), *problems_of_uncertainty(case)]
    return problems


def _unknown(place: str, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[Problem]:
    allowed = tuple(known)
    for name in names:
        if name not in allowed:
            yield Problem(
                f"no such {what}", place=place, typed=name, allowed=allowed, suggestion=nearest(name, allowed)
            )


def _names(case: WaterNetworkCase) -> Iterator[Problem]:
    seen: set[str] = set()
    for field in (*_WITH_CONCENTRATIONS,):
        for i, node in enumerate(getattr(case, field)):
            if node.name in seen:
                yield Problem("two nodes have this name", place=f"{field}[{i}].name", typed=node.name)
            seen.add(node.name)


def _contaminants(case: WaterNetworkCase) -> Iterator[Problem]:
    for i, k in enumerate(case.contaminants):
        if k in case.contaminants[:i]:
            yield Problem("is named twice", place=f"contaminants[{i}]", typed=k)
    for field, attributes in _WITH_CONCENTRATIONS.items():
        for i, node in enumerate(getattr(case, field)):
            for attribute in attributes:
                place = f"{field}[{i}].{attribute}"
                yield from _unknown(place, getattr(node, attribute), case.contaminants, "contaminant")
    yield from _unknown("discharge_maximum", case.discharge_maximum, case.contaminants, "contaminant")


def _process_unit(unit: ProcessUnit, contaminants: list[str], place: str) -> Iterator[Problem]:
    if unit.flow is None:
        if not any(load > 0.0 for load in unit.load.values()):
            yield Problem("give the unit a flow or a load", place=place, typed=unit.name)
        if unit.loss or unit.gain:
            yield Problem("a unit that loses or gains water needs a flow", place=f"{place}.flow", typed=unit.name)
        for k, load in unit.load.items():
            if load > 0.0 and unit.outlet_maximum.get(k, 0.0) <= unit.inlet_maximum.get(k, 0.0):
                text = f"is needed for {k} above the inlet limit, or give the unit a flow"
                yield Problem(text, place=f"{place}.outlet_maximum")
        return
    if unit.flow == 0.0:
        yield Problem("must be above 0", place=f"{place}.flow")
    elif unit.flow + unit.gain - unit.loss <= 0.0:
        yield Problem("is all of the water; a unit that returns none is a demand", place=f"{place}.loss")
    for k in contaminants:
        grows = unit.load.get(k, 0.0) > 0.0 or unit.loss > unit.gain
        if grows and k not in unit.inlet_maximum and k not in unit.outlet_maximum:
            where = "load" if unit.load.get(k, 0.0) > 0.0 else "loss"
            yield Problem(f"{k} needs an inlet or outlet limit, or nothing confines it", place=f"{place}.{where}")


def _treatment_unit(unit: TreatmentUnit, place: str) -> Iterator[Problem]:
    for k in unit.outlet:
        if k in unit.removal:
            yield Problem("give removal or outlet, not both", place=f"{place}.outlet", typed=k)
    if unit.recovery < 1.0:
        for k in sorted({*unit.removal, *unit.outlet}):
            if k not in unit.inlet_maximum:
                yield Problem(f"{k} needs an inlet limit: the reject is confined by it", place=f"{place}.inlet_maximum")
    if unit.capacity is not None and unit.minimum > unit.capacity:
        yield Problem("is above the capacity", place=f"{place}.minimum", typed=str(unit.minimum))


def _pipes(case: WaterNetworkCase) -> Iterator[Problem]:
    rejects = [f"{t.name} reject" for t in case.treatment_units if t.recovery < 1.0]
    units = [n.name for n in (*case.process_units, *case.treatment_units)]
    giving = [*(s.name for s in case.fresh_water), *units, *(s.name for s in case.sources), *rejects]
    taking = [*units, *(d.name for d in case.demands), *(d.name for d in case.outfalls)]
    seen: set[str] = set()
    for i, pipe in enumerate(case.special_pipes):
        yield from _unknown(f"special_pipes[{i}].from", [pipe.source], giving, "node that water comes from")
        yield from _unknown(f"special_pipes[{i}].to", [pipe.target], taking, "node that takes water")
        if pipe.forbidden and pipe.forced:
            yield Problem("a pipe is forbidden or forced, not both", place=f"special_pipes[{i}]")
        if pipe.minimum is not None and pipe.maximum is not None and pipe.minimum > pipe.maximum:
            yield Problem("is above the maximum", place=f"special_pipes[{i}].minimum", typed=str(pipe.minimum))
        ends = f"{pipe.source} -> {pipe.target}"
        if ends in seen:
            yield Problem("this pipe stands here already", place=f"special_pipes[{i}]", typed=ends)
        seen.add(ends)


def _forced(case: WaterNetworkCase) -> Iterator[Problem]:
    """Forced pipes that no network has: the superstructure leaves out what is of no use."""
    arcs = possible_arcs(case)
    for i, pipe in enumerate(case.special_pipes):
        if pipe.forced and (pipe.source, pipe.target) not in arcs:
            text = "is of no use: it brings a contaminant to where none is allowed, or clean water to treatment"
            text = "leads back to its own unit" if pipe.source == pipe.target else text
            yield Problem(text, place=f"special_pipes[{i}]", typed=f"{pipe.source} -> {pipe.target}")


def _distances(case: WaterNetworkCase) -> Iterator[Problem]:
    """Every pair of plants has one distance, where pipes cost by it: one left out would be a pipe for nothing.

    What stands in no plant (a river, a public sewer) needs none: its pipes are as long as those inside a plant.
    """
    nodes = [node for field in _WITH_CONCENTRATIONS for node in getattr(case, field)]
    plants = sorted({node.plant for node in nodes})
    pairs: list[frozenset[str]] = []
    for i, given in enumerate(case.distances):
        place, pair = f"distances[{i}].between", frozenset(given.between)
        yield from _unknown(place, given.between, plants, "plant")
        if len(pair) == 1:
            yield Problem("is one plant, not two; inside a plant see pipes.inside", place=place)
        if pair in pairs:
            yield Problem("this pair has a distance already", place=place, typed=" - ".join(given.between))
        pairs.append(pair)
    if case.pipes.investment_per_distance > 0.0:
        named = [plant for plant in plants if plant]
        lacking = [f"{a} - {b}" for a, b in combinations(named, 2) if frozenset((a, b)) not in pairs]
        if lacking:
            text = f"pipes cost by the distance, and none is given for {', '.join(lacking)}"
            yield Problem(text, place="distances")
