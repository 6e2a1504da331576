"""What one part of a park's case file says about another: every name must exist, nothing may be left unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ..errors import Problem, nearest
from .heat_references import HEAT_GROUPS, heat_systems
from .plant_data import PerPeriod, Scaled

if TYPE_CHECKING:
    from .case import ParkCase, Plant


def problems(case: ParkCase) -> tuple[Problem, ...]:
    """Everything in a case that names something that is not there or says too little, with its dotted place."""
    checks = (
        _periods,
        _cost_years,
        _contaminants,
        _plants_named,
        _sources_named,
        _lines,
        _treatments,
        _uses,
        _steam,
        heat_systems,
        _unit_names,
    )
    found = tuple(problem for check in checks for problem in check(case))
    caps = case.environment.problems(priced=case.objective == "annual-cost")
    limits = (problem for name, limit in case.limits.items() for problem in limit.problems(f"limits.{name}"))
    return (*found, *caps, *limits, *case.uncertainty.problems())


def unknown(place: str, what: str, typed: str, allowed: Iterable[str]) -> Problem:
    """The problem of a name that is not there, with what is allowed and the nearest right spelling."""
    allowed = sorted(allowed)
    return Problem(
        f"unknown {what} {typed!r}",
        place=place,
        typed=typed,
        allowed=tuple(allowed[:12]),
        suggestion=nearest(typed, allowed),
    )


def walk(part: object, place: str) -> Iterator[tuple[str, BaseModel]]:
    """Every part of a case with its dotted place."""
    if isinstance(part, BaseModel):
        yield place, part
        for name in type(part).model_fields:
            yield from walk(getattr(part, name), f"{place}.{name}" if place else name)
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from walk(value, f"{place}.{name}")


def _periods(case: ParkCase) -> Iterator[Problem]:
    total = sum(period.share for period in case.periods.values())
    if abs(total - 1.0) > 1e-6:
        yield Problem(f"the shares of the periods sum to {total:g}, not to 1", place="periods")
    for number, alternation in enumerate(case.alternations):
        yield from alternation.problems(f"alternations[{number}]", case.periods)
    for place, part in walk(case, ""):
        if isinstance(part, (PerPeriod, Scaled)):
            for name in set(part.profile) - set(case.periods):
                yield unknown(f"{place}.profile", "period", name, case.periods)


def _cost_years(case: ParkCase) -> Iterator[Problem]:
    """Costs of another year need the index of that year and of the case's."""
    for place, part in walk(case, ""):
        year = getattr(part, "cost_year", None)
        if part is case or year is None or year == case.cost_year:
            continue
        missing = [str(y) for y in (year, case.cost_year) if y not in case.cost_index]
        if missing:
            message = f"costs of {year} in a case of {case.cost_year}: give the index of {' and '.join(missing)}"
            yield Problem(f"{message} in 'cost_index'", place=f"{place}.cost_year", typed=str(year))


def _contaminants(case: ParkCase) -> Iterator[Problem]:
    known = case.contaminants
    for plant_name, plant in case.plants.items():
        place = f"plants.{plant_name}"
        named = [(f"{place}.water_uses.{u}.contaminants", use.contaminants) for u, use in plant.water_uses.items()]
        named += [(f"{place}.treatments.{u}.contaminants", unit.contaminants) for u, unit in plant.treatments.items()]
        named += [(f"{place}.water_sources.{u}.concentration", s.concentration) for u, s in plant.water_sources.items()]
        named += [(f"{place}.water_sinks.{u}.maximum", s.maximum) for u, s in plant.water_sinks.items()]
        for where, contaminants in named:
            for name in set(contaminants) - set(known):
                yield unknown(where, "contaminant", name, known)
        if plant.steam is not None and (water := plant.steam.feedwater) is not None:
            for key in ("maximum", "demineralized"):
                for contaminant in set(getattr(water, key)) - set(known):
                    yield unknown(f"{place}.steam.feedwater.{key}", "contaminant", contaminant, known)
    for name, supply in case.fresh_water.items():
        for contaminant in set(supply.concentration) - set(known):
            yield unknown(f"fresh_water.{name}.concentration", "contaminant", contaminant, known)
    for name, discharge in case.discharges.items():
        for part in ("limit", "permit", "load_price"):
            for contaminant in set(getattr(discharge, part)) - set(known):
                yield unknown(f"discharges.{name}.{part}", "contaminant", contaminant, known)


def _plants_named(case: ParkCase) -> Iterator[Problem]:
    for group in ("fresh_water", "discharges"):
        for name, part in getattr(case, group).items():
            for plant in set(part.plants or ()) - set(case.plants):
                yield unknown(f"{group}.{name}.plants", "plant", plant, case.plants)


def water_sources(plant_name: str, plant: Plant) -> list[str]:
    """Names of the water sources of a plant as other parts of the file write them: `plant.unit`."""
    units = [*plant.water_uses, *plant.water_sources, *plant.treatments]
    units += [f"{name}.reject" for name, unit in plant.treatments.items() if unit.recovery < 1.0]
    units += plant.steam.water_sources if plant.steam is not None else []
    units += plant.heat.towers if plant.heat is not None else []
    return [f"{plant_name}.{unit}" for unit in units]


def water_sinks(plant_name: str, plant: Plant) -> list[str]:
    """Names of the water sinks of a plant: `plant.unit`."""
    units = [*plant.water_uses, *plant.water_sinks, *plant.treatments]
    units += plant.steam.water_sinks if plant.steam is not None else []
    units += plant.heat.towers if plant.heat is not None else []
    return [f"{plant_name}.{unit}" for unit in units]


def _sources_named(case: ParkCase) -> Iterator[Problem]:
    """`only` and `forbidden` name fresh supplies or `plant.unit`."""
    known = [*case.fresh_water]
    for name, plant in case.plants.items():
        known += water_sources(name, plant)
    for name, plant in case.plants.items():
        parts = [(f"{g}.{unit}", part) for g in ("water_uses", "water_sinks", "treatments")
                 for unit, part in getattr(plant, g).items()]  # fmt: skip
        if plant.steam is not None and plant.steam.feedwater is not None:
            parts.append(("steam.feedwater", plant.steam.feedwater))
        for where, part in parts:
            for key in ("only", "forbidden"):
                for source in set(getattr(part, key) or ()) - set(known):
                    yield unknown(f"plants.{name}.{where}.{key}", "water source", source, known)


def _lines(case: ParkCase) -> Iterator[Problem]:
    for group, lines in case.lines.items():
        for name, line in lines.items():
            place = f"{group}.{name}"
            for key, plant in (("from", line.start), ("to", line.end)):
                if plant not in case.plants:
                    yield unknown(f"{place}.{key}", "plant", plant, case.plants)
            if line.start == line.end and group != "water_pipes":
                yield Problem("a line joins two different plants", place=place, typed=line.end)
            if line.investment is None and line.existing == 0.0 and not line.forbidden:
                yield Problem("give 'existing' capacity or an 'investment', else nothing can flow", place=place)
            if line.forced and line.forbidden:
                yield Problem("a line is either forced or forbidden, not both", place=f"{place}.forced")
            least = getattr(line, "minimum_flow", 0.0)
            if not line.forbidden and least > line.largest:
                message = f"above the largest capacity ({line.largest:g}): the line could never run"
                yield Problem(message, place=f"{place}.minimum_flow", typed=f"{least:g}")
            if line.forced and line.investment is None:
                yield Problem("'forced' needs an 'investment' to force", place=f"{place}.forced")
    for name, pipe in case.water_pipes.items():
        if pipe.start in case.plants:
            known = [
                source.removeprefix(f"{pipe.start}.") for source in water_sources(pipe.start, case.plants[pipe.start])
            ]
            if pipe.of not in known:
                yield unknown(f"water_pipes.{name}.of", f"water source of {pipe.start}", pipe.of, known)
        if pipe.end in case.plants:
            known = [sink.removeprefix(f"{pipe.end}.") for sink in water_sinks(pipe.end, case.plants[pipe.end])]
            for unit in set(pipe.to_units or ()) - set(known):
                yield unknown(f"water_pipes.{name}.to_units", f"water sink of {pipe.end}", unit, known)


def _treatments(case: ParkCase) -> Iterator[Problem]:
    """A treatment says of every contaminant what it does; a mass nobody mentions would vanish."""
    for name, plant in case.plants.items():
        for unit, treatment in plant.treatments.items():
            place = f"plants.{name}.treatments.{unit}"
            for missing in sorted(set(case.contaminants) - set(treatment.contaminants)):
                yield Problem(
                    f"says nothing of contaminant {missing!r}: give its outlet, its removal, or maximum_inlet alone "
                    "to let it pass through",
                    place=f"{place}.contaminants",
                )
            for k, one in treatment.contaminants.items():
                if one.removed_to == "reject" and one.removes and treatment.recovery == 1.0:
                    yield Problem(
                        "removes mass to a reject, but its recovery is 1: there is no reject",
                        place=f"{place}.contaminants.{k}",
                    )


def _steam(case: ParkCase) -> Iterator[Problem]:
    """The steam systems' own checks, and the mains between them."""
    locations = {name: plant.location for name, plant in case.plants.items()}
    found: list[Problem] = []
    for name, system in case.steam_systems.items():
        found += system.problems(f"plants.{name}.steam", case.contaminants, case.fuels)
    yield from found
    for name, main in case.steam_mains.items():
        if not found and main.start in case.plants and main.end in case.plants:
            yield from main.problems(f"steam_mains.{name}", case.steam_systems, main.route(locations, case.detour))
    for name, line in case.condensate_lines.items():
        if not found and line.start in case.plants and line.end in case.plants:
            yield from line.problems(f"condensate_lines.{name}", case.steam_systems)


def _unit_names(case: ParkCase) -> Iterator[Problem]:
    """A unit's name stands for it in results, so a plant has it once."""
    groups = ("water_uses", "water_sources", "water_sinks", "treatments", "by_products")
    steam = ("steam_uses", "letdowns", "boilers", "electric_boilers", "turbines")
    for plant_name, plant in case.plants.items():
        seen = {"throughput": "throughput", "grid": "grid", "photovoltaics": "photovoltaics"}
        parts = [(group, getattr(plant, group)) for group in groups]
        parts += [(f"steam.{group}", getattr(plant.steam, group)) for group in steam] if plant.steam is not None else []
        parts += (
            [(f"heat.{group}", getattr(plant.heat, group)) for group in HEAT_GROUPS] if plant.heat is not None else []
        )
        for group, units in parts:
            for unit in units:
                if unit in seen:
                    place = f"plants.{plant_name}.{group}.{unit}"
                    yield Problem(f"the plant has another {unit!r} among its {seen[unit]}", place=place)
                seen[unit] = group


def _uses(case: ParkCase) -> Iterator[Problem]:
    """A use says of every contaminant in its fresh water how much of it may leave."""
    for name, plant in case.plants.items():
        for unit, use in plant.water_uses.items():
            for supply_name, supply in case.fresh_water.items():
                serves = supply.plants is None or name in supply.plants
                carried = {k for k, value in supply.concentration.items() if value > 0.0} & set(case.contaminants)
                for missing in sorted(carried - set(use.contaminants)) if serves else ():
                    yield Problem(
                        f"says nothing of {missing!r}, which {supply_name!r} carries: give its maximum_outlet",
                        place=f"plants.{name}.water_uses.{unit}.contaminants",
                    )
