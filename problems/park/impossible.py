"""What no operation of a park could do, whatever is built: told before anything is solved, by name."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite, prod
from typing import TYPE_CHECKING

import networkx as nx

from ..errors import Problem
from .heat_references import unserved
from .plant_data import ScaledPower
from .references import walk, water_sources
from .weather import ANOMALY, no_weather

if TYPE_CHECKING:
    from .case import ParkCase
    from .water_use import WaterUse


def problems(case: ParkCase) -> tuple[Problem, ...]:
    """All of them, in a case whose names exist."""
    return (*_losses(case), *_weather(case)) or (*_takers(case), *unserved(case))


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
    for place, part in walk(case, ""):
        if not isinstance(part, ScaledPower) or part.per_degree == 0.0:
            continue
        if case.weather is None:
            yield no_weather(f"{place}.per_degree")
            continue
        for period in case.periods:
            mean = case.weather.temperature.at(period)
            least = case.uncertainty.range(place, 1.0)[0] * part.fixed * part.profile.get(period, 1.0)
            worst = min((part.per_degree * (mean + a - part.reference), mean + a) for a in (low, high))
            if not isfinite(worst[0]):
                message = f"nothing limits {ANOMALY!r}, so that it could fall below 0: truncate its distribution"
                yield Problem(message, place=f"{place}.per_degree")
                break
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
    """Loops that no water leaves and in which nothing removes what a use, or the water made up for losses, brings."""
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
    given = {name: supply.concentration for name, supply in case.fresh_water.items()}
    given |= {
        f"{n}.{unit}": s.concentration for n, plant in case.plants.items() for unit, s in plant.water_sources.items()
    }
    carrying = {name for name, concentration in given.items() if concentration.get(contaminant, 0.0) > 0.0}
    losing = {
        f"{n}.{unit}"
        for n, plant in case.plants.items()
        for unit, use in plant.water_uses.items()
        if use.loss.nominal > 0.0
    }
    for loop in nx.strongly_connected_components(kept):
        cyclic = len(loop) > 1 or any(kept.has_edge(node, node) for node in loop)
        leaves = any(target not in loop for node in loop for target in graph.successors(node))
        made_up = loop & losing and any(source in carrying for node in loop for source in graph.predecessors(node))
        if cyclic and not leaves and (loop & loading or made_up):
            yield Problem(
                f"{contaminant} builds up without end in the recycle {' > '.join(sorted(loop))}: "
                "nothing removes it and no water is bled",
                place="plants",
            )
