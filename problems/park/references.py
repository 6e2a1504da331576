"""What one part of a park's case file says about another: every name must exist, every problem is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf, prod
from typing import TYPE_CHECKING

import networkx as nx
from pydantic import BaseModel

from ..errors import Problem, nearest
from .heat_references import HEAT_GROUPS, heat_systems, unserved
from .plant_data import PerPeriod, Scaled, ScaledPower
from .weather import ANOMALY

if TYPE_CHECKING:
    from .case import ParkCase, Plant
    from .water_use import WaterUse


def problems(case: ParkCase) -> tuple[Problem, ...]:
    """Everything in a case that names something that is not there or cannot work, with its dotted place."""
    names = (
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
    found = tuple(problem for check in names for problem in check(case))
    found += tuple(case.uncertainty.problems())
    found = found or (*_losses(case), *_weather(case))
    return found or (*_takers(case), *unserved(case))  # who can take what is known only where every name is


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


def _walk(part: object, place: str) -> Iterator[tuple[str, BaseModel]]:
    """Every part of a case with its dotted place."""
    if isinstance(part, BaseModel):
        yield place, part
        for name in type(part).model_fields:
            yield from _walk(getattr(part, name), f"{place}.{name}" if place else name)
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from _walk(value, f"{place}.{name}")


def _periods(case: ParkCase) -> Iterator[Problem]:
    total = sum(period.share for period in case.periods.values())
    if abs(total - 1.0) > 1e-6:
        yield Problem(f"the shares of the periods sum to {total:g}, not to 1", place="periods")
    for place, part in _walk(case, ""):
        if isinstance(part, (PerPeriod, Scaled)):
            for name in set(part.profile) - set(case.periods):
                yield unknown(f"{place}.profile", "period", name, case.periods)


def _cost_years(case: ParkCase) -> Iterator[Problem]:
    """Costs of another year need the index of that year and of the case's."""
    for place, part in _walk(case, ""):
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
        for group in ("water_uses", "water_sinks", "treatments"):
            for unit, part in getattr(plant, group).items():
                for key in ("only", "forbidden"):
                    for source in set(getattr(part, key) or ()) - set(known):
                        yield unknown(f"plants.{name}.{group}.{unit}.{key}", "water source", source, known)


def _lines(case: ParkCase) -> Iterator[Problem]:
    for group in ("water_pipes", "steam_mains", "condensate_lines", "power_lines", "hot_water_loops"):
        for name, line in getattr(case, group).items():
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
            if group in ("water_pipes", "steam_mains") and not line.forbidden and line.minimum_flow > line.largest:
                message = f"above the largest capacity ({line.largest:g}): the line could never run"
                yield Problem(message, place=f"{place}.minimum_flow", typed=f"{line.minimum_flow:g}")
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
    groups = ("water_uses", "water_sources", "water_sinks", "treatments")
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


def _losses(case: ParkCase) -> Iterator[Problem]:
    """A use that may lose more water than it takes: no operation of that scenario could exist."""
    for name, plant in case.plants.items():
        running = _throughputs(case, name)
        for unit, use in plant.water_uses.items():
            place = f"plants.{name}.water_uses.{unit}"
            for period in case.periods if use.inlet_flow is not None else ():
                least, throughput = _least_outflow(case, use, place, period, running[period])
                if least < -1e-9:
                    message = (
                        f"can lose {-least:.4g} t/h more water than it takes and gains: period {period!r}, throughput "
                        f"{throughput:.4g}; lower the loss, or truncate what is uncertain"
                    )
                    yield Problem(message, place=f"{place}.loss")
                    break


def _weather(case: ParkCase) -> Iterator[Problem]:
    """Demand that follows a temperature the case does not have, or that would fall below 0 with it."""
    low, high = case.uncertainty.range(ANOMALY, 0.0 if case.weather is None else case.weather.anomaly)
    for place, part in _walk(case, ""):
        if not isinstance(part, ScaledPower) or part.per_degree == 0.0:
            continue
        if case.weather is None:
            yield Problem("follows the ambient temperature: give the case's 'weather'", place=f"{place}.per_degree")
            continue
        for period in case.periods:
            mean = case.weather.temperature.at(period)
            least = case.uncertainty.range(place, 1.0)[0] * part.fixed * part.profile.get(period, 1.0)
            worst = min((part.per_degree * (mean + a - part.reference), mean + a) for a in (low, high))
            if least + worst[0] < -1e-9:
                message = f"falls to {least + worst[0]:.4g} MW in period {period!r} at {worst[1]:.4g} degC"
                yield Problem(f"{message} where the plant stands still", place=f"{place}.per_degree")
                break


def _throughputs(case: ParkCase, name: str) -> dict[str, tuple[float, float]]:
    """Smallest and largest throughput that a plant may have in every period before it is curtailed."""
    throughput, path = case.plants[name].throughput, f"plants.{name}.throughput"
    if throughput is None:
        return dict.fromkeys(case.periods, (1.0, 1.0))
    ranges = {
        period: (
            case.uncertainty.range(path, 1.0),
            case.uncertainty.range(f"{path}.availability", throughput.availability),
            case.uncertainty.range(f"{path}.profile.{period}", throughput.profile.at(period)),
        )
        for period in case.periods
    }
    return {p: (prod(low for low, _ in parts), prod(high for _, high in parts)) for p, parts in ranges.items()}


def _least_outflow(
    case: ParkCase, use: WaterUse, place: str, period: str, running: tuple[float, float]
) -> tuple[float, float]:
    """Smallest inlet + gain - loss [t/h] of a use in a period, and the throughput at which it leaves that."""
    assert use.inlet_flow is not None
    uncertain = case.uncertainty
    parts = [("inlet_flow", use.inlet_flow, 1.0), ("gain", use.gain, 1.0), ("loss", use.loss, -1.0)]
    found = {key: uncertain.element_on(f"{place}.{key}") for key, _, _ in parts}
    ranges = {key: uncertain.range(f"{place}.{key}", 1.0) for key, _, _ in parts}
    together = found["inlet_flow"] is not None and found["inlet_flow"] is found["loss"]
    least = (inf, 1.0)
    for throughput in running:
        for low in (0, 1):
            outflow = 0.0
            for key, quantity, sign in parts:
                end = low if sign > 0.0 or together else 1 - low
                amount = (quantity.fixed + quantity.rate * throughput) * quantity.profile.get(period, 1.0)
                outflow += sign * ranges[key][end] * amount if amount else 0.0
            least = min(least, (outflow, throughput))
    return least


def _takers(case: ParkCase) -> Iterator[Problem]:
    """A source nobody can take, a use nobody can feed, a recycle that never bleeds a contaminant."""
    graph = possible_flows(case)
    for name, plant in case.plants.items():
        for source in water_sources(name, plant):
            if source in graph and graph.out_degree(source) == 0:
                message = f"nobody can take the water of {source!r}: no discharge, use or treatment accepts it"
                yield Problem(message, place=f"plants.{name}")
        for sink in (*plant.water_uses, *plant.water_sinks):
            if graph.in_degree(f"{name}.{sink}") == 0:
                message = f"nothing can feed {name}.{sink!r}: no fresh water serves the plant and no other source may"
                yield Problem(message, place=f"plants.{name}")
    for contaminant in case.contaminants:
        yield from _unbled(case, graph, contaminant)


def possible_flows(case: ParkCase) -> nx.DiGraph[str]:
    """Graph of the water nodes with an edge wherever the model would make an arc."""
    from .model import build_network  # the network itself decides; imported late because the case is checked first

    network = build_network(case)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from([*network.sources, *network.sinks])
    for arc in network.arcs:
        graph.add_edge(arc.source.key, arc.sink.key)
    for name, plant in case.plants.items():
        for unit, treatment in plant.treatments.items():
            if treatment.recovery < 1.0:
                graph.add_edge(f"{name}.{unit}", f"{name}.{unit}.reject")
    for line in case.condensate_lines.values():
        if not line.forbidden:
            graph.add_edge(f"{line.start}.condensate", f"{line.end}.deaerator")
    return graph


def _unbled(case: ParkCase, graph: nx.DiGraph[str], contaminant: str) -> Iterator[Problem]:
    """Loops that no water leaves and in which nothing removes the contaminant that a use adds."""
    removing = {
        f"{name}.{unit}"
        for name, plant in case.plants.items()
        for unit, treatment in plant.treatments.items()
        if contaminant in treatment.contaminants and treatment.contaminants[contaminant].removes
    }
    kept = graph.subgraph(node for node in graph if node not in removing)
    loading = {
        f"{name}.{unit}"
        for name, plant in case.plants.items()
        for unit, use in plant.water_uses.items()
        if contaminant in use.contaminants and use.contaminants[contaminant].load.nominal > 0.0
    }
    for loop in nx.strongly_connected_components(kept):
        cyclic = len(loop) > 1 or any(kept.has_edge(node, node) for node in loop)
        leaves = any(target not in loop for node in loop for target in graph.successors(node))
        if cyclic and not leaves and loop & loading:
            yield Problem(
                f"{contaminant} builds up without end in the recycle {' > '.join(sorted(loop))}: "
                "nothing removes it and no water is bled",
                place="plants",
            )
