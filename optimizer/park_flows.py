"""The park's Sankey diagrams: water between plants in t/h, and energy from fuel and grid to the plants in MW.

Units are joined to plants, so that a plant manager sees the park. What a node takes in and does not give on (or the
other way round) goes to a place of its own, so that every node balances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import cycle

from ..problems.park import steam_properties as steam
from ..problems.park.header import header_node
from ..problems.park.ledger import Flow
from ..problems.park.problem import ParkProblem
from .park_operation import Operation
from .report.content import FlowLine, FlowPicture

Between = dict[tuple[str, str], float]
FEED_WATER = 100.0  # degC; the heat of steam is counted above water of this temperature
LEFT_WITH, CAME_WITH = "product, steam, evaporation", "raw material, steam"
BOILERS, TURBINES, STEAM, POWER, LOSSES = "boilers", "turbines", "steam", "power", "losses"
OWN_POWER = "water treatment, lines"
COLOURS = {
    "gas": "#c9803a",
    "biomass": "#5b8c5a",
    "grid": "#3f7cac",
    "photovoltaics": "#e0ac1f",
    POWER: "#6b7fd7",
    STEAM: "#b5495b",
    BOILERS: "#8c5a3c",
    TURBINES: "#7a5c99",
    LEFT_WITH: "#adb5bd",
    CAME_WITH: "#adb5bd",
    OWN_POWER: "#adb5bd",
}
FRESH, DISCHARGED = ("#2f6fa8", "#6fa8d6", "#1f9bb0"), "#6c7a89"
PLANTS = ("#0f7b6c", "#c9803a", "#7a5c99", "#b5495b", "#5b8c5a", "#3f7cac", "#8a7d55", "#a3733f", "#4a6670", "#6b7fd7")


def pictures(park: ParkProblem, design: Operation, before: Operation | None) -> tuple[FlowPicture, ...]:
    """Water and energy, as it is and with the design; without what the park does not have."""
    made: list[FlowPicture] = []
    for title, unit, lines, explanation in (
        ("Water", "t/h", _water, "Inside a plant, water that is used again counts as reused."),
        ("Energy", "MW", _energy, f"Steam is counted by its heat above feed water of {FEED_WATER:.0f} °C."),
    ):
        after = lines(park, design)
        if after:
            was = lines(park, before) if before is not None else ()
            made.append(FlowPicture(title, unit, was, after, explanation, _colours(park)))
    return tuple(made)


def _colours(park: ParkProblem) -> dict[str, str]:
    """A plant has the same colour in every picture, a supply that of its kind."""
    colours = {short_title(park, name): colour for name, colour in zip(park.case.plants, cycle(PLANTS), strict=False)}
    colours |= dict(zip(park.case.fresh_water, cycle(FRESH), strict=False))
    return COLOURS | colours | dict.fromkeys(park.case.discharges, DISCHARGED)


def plant_of(node: str) -> str:
    """The plant of a unit `plant.unit`, or the node itself."""
    return node.removesuffix(" processes").split(".")[0]


def short_title(park: ParkProblem, place: str) -> str:
    """A plant's title without what stands in brackets, for labels."""
    plant = park.case.plants.get(place)
    return (plant.title or place).split(" (")[0] if plant is not None else place


def _water(park: ParkProblem, operation: Operation) -> tuple[FlowLine, ...]:
    between: Between = defaultdict(float)
    treatments = {f"{name}.{unit}" for name, plant in park.case.plants.items() for unit in plant.treatments}
    for flow in park.flows:
        source, target = plant_of(flow.source), plant_of(flow.target)
        on_its_way = source == target and flow.target in treatments  # not reused
        if flow.carrier in ("water", "water leak") and not on_its_way:
            between[source, target] += operation.mean[flow.report]
    plants = [plant for plant in park.case.plants if any(plant in arc for arc in between)]
    return _lines(park, _closed(between, plants, LEFT_WITH, CAME_WITH))


def _energy(park: ParkProblem, operation: Operation) -> tuple[FlowLine, ...]:
    heat = _heat_of_steam(park)
    places = _energy_places(park.flows, set(heat))
    between: Between = defaultdict(float)
    for flow in park.flows:
        amount = operation.mean[flow.report]
        if flow.carrier == "steam":
            header = flow.source if flow.source in heat else flow.target
            amount *= heat.get(header, _through(park.flows, flow, heat))
        elif flow.carrier not in ("fuel", "power"):
            continue
        source, target = places.get(flow.source, flow.source), places.get(flow.target, flow.target)
        if flow.carrier == "power":
            source = POWER if flow.source in park.case.plants else source
            target = POWER if flow.target in park.case.plants else target
            target = "sold to the grid" if target == "grid" else target
        if source != target:
            between[source, plant_of(target)] += amount
    _net(between, STEAM, TURBINES)
    closed = _closed(between, (BOILERS, TURBINES, STEAM), LOSSES, "feed water")
    return _lines(park, _closed(closed, (POWER,), OWN_POWER, "power deficit"))


def _heat_of_steam(park: ParkProblem) -> dict[str, float]:
    """MW per t/h of steam in every header, above feed water."""
    reference = steam.liquid(FEED_WATER) if any(plant.steam for plant in park.case.plants.values()) else 0.0
    return {
        header_node(name, header): (state.enthalpy - reference) * steam.MW_PER_T_AND_KJ_PER_KG
        for name, plant in park.case.plants.items()
        if plant.steam is not None
        for header, state in plant.steam.headers.items()
    }


def _energy_places(flows: Iterable[Flow], headers: set[str]) -> dict[str, str]:
    """Headers and mains are steam, what makes power of it a turbine, what makes it a boiler."""
    gives, takes = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for flow in flows:
        gives[flow.source].add(flow.carrier)
        takes[flow.target].add(flow.carrier)
    places = dict.fromkeys(headers, STEAM)
    for node in {*gives, *takes} - headers:
        if "steam" in gives[node]:
            boiler = bool(takes[node] & {"fuel", "power"})
            places[node] = BOILERS if boiler else TURBINES if "power" in gives[node] else STEAM
        elif node.endswith(".deaerator"):
            places[node] = "feed-water heating"
        elif node == "vent":
            places[node] = "steam vent"
    return places


def _through(flows: Iterable[Flow], flow: Flow, heat: Mapping[str, float]) -> float:
    """MW per t/h of steam between two nodes that are no headers: as what arrives there has."""
    return next((heat[f.source] for f in flows if f.target == flow.source and f.source in heat), 0.0)


def _net(between: Between, a: str, b: str) -> None:
    """Leave of the flows between two nodes the difference: a turbine takes the heat that it does not pass on."""
    back = between.pop((b, a), 0.0)
    if (a, b) in between:
        between[a, b] -= back


def _closed(between: Between, nodes: Iterable[str], to: str, source: str) -> Between:
    """With what is missing in the balance of every one of `nodes` taken from `source` or given to `to`."""
    closed = dict(between)
    for node in nodes:
        surplus = sum(v for (_, b), v in between.items() if b == node) - sum(
            v for (a, _), v in between.items() if a == node
        )
        if surplus > 0.0:
            closed[node, to] = surplus
        elif surplus < 0.0:
            closed[source, node] = -surplus
    return closed


def _lines(park: ParkProblem, between: Between) -> tuple[FlowLine, ...]:
    return tuple(FlowLine(short_title(park, a), short_title(park, b), value) for (a, b), value in between.items())
