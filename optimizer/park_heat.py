"""What a park's report shows of its heat: curves of pinch analysis, who heats whom, the balance of every header."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..problems.heat import HeatRecoveryProblem, composite_curves, grand_composite_curve, problem_table
from ..problems.heat.total_site import Main, total_site_targets
from ..problems.park.header import header_node
from ..problems.park.problem import ParkProblem
from ..problems.park.steam_properties import saturation_temperature
from .heat.pictures import COLD, HOT, profiles_picture
from .park_cogeneration import cogeneration_words
from .park_flows import plant_of, short_title
from .park_operation import Operation
from .report.content import FlowLine, FlowPicture, Picture, Table
from .report.figures import Line, line_figure

SEEN = 1e-3  # MW or t/h below which a flow is not worth a row


def _has_streams(park: ParkProblem) -> bool:
    return any(system.streams for system in park.case.heat_systems.values())


def site_problem(park: ParkProblem) -> HeatRecoveryProblem:
    """All streams of the park at throughput 1, every one with its own approach contribution."""
    streams = []
    for plant, system in park.case.heat_systems.items():
        contributions = system.contributions()
        for name, stream in system.streams.items():
            nominal = stream.nominal(f"{plant}: {name}", plant)
            streams.append(replace(nominal, approach_contribution=contributions[name]))
    return HeatRecoveryProblem(tuple(streams))


def site_mains(park: ParkProblem) -> list[Main]:
    """Steam of every pressure in the park and the levels of its loops, as if every plant could reach all of them."""
    approach = max(system.approach_temperature for system in park.case.heat_systems.values()) / 2.0
    headers = [header for system in park.case.steam_systems.values() for header in system.headers.values()]
    mains = {
        name: Main(name, temperature, temperature, approach)
        for temperature in sorted(saturation_temperature(header.pressure) for header in headers)
        for name in [f"steam of {temperature:.0f} °C"]
    }
    for loop in park.case.hot_water_loops.values():
        for supply, back in loop.levels:
            name = f"water {supply:g}/{back:g} °C"
            mains[name] = Main(name, supply, back, loop.approach_contribution, boiler=False, rejects=False)
    return list(mains.values())


def heat_headline(park: ParkProblem, design: Operation) -> Iterator[str]:
    """How much heat is passed on, against what every plant alone could recover."""
    if not _has_streams(park):
        return
    site, hours = site_problem(park), park.case.operating_hours
    possible = sum(problem_table(site.of_plant(plant)).heat_recovery for plant in site.plants)
    recovered, exchanged = (design.mean.get(name, 0.0) / hours for name in ("heat recovered", "heat exchanged"))
    pumped = design.mean.get("heat pumped", 0.0) / hours
    parts = [f"{recovered:,.3g} MW of heat pass from stream to stream inside plants (pinch target {possible:,.3g} MW)"]
    parts += [f"{exchanged:,.3g} MW between plants"] * (exchanged > SEEN)
    parts += [f"{pumped:,.3g} MW come from heat pumps"] * (pumped > SEEN)
    yield ", ".join(parts) + "."


def heat_pictures(park: ParkProblem) -> Iterator[Picture]:
    """Composite curves of every plant, grand composite curves and total site profiles, at nominal flow."""
    if not _has_streams(park):
        return
    site = site_problem(park)
    grand: list[Line] = []
    for plant in site.plants:
        problem, title = site.of_plant(plant), short_title(park, plant)
        curves = composite_curves(problem)
        lines = [
            Line(f"{name} composite", curve.heat.tolist(), curve.temperature.tolist(), colour)
            for name, curve, colour in (("hot", curves.hot, HOT), ("cold", curves.cold, COLD))
            if np.all(np.isfinite(curve.temperature))
        ]
        pinches = ", ".join(f"{t:,.4g}" for t in curves.table.pinches)
        yield Picture(
            f"Composite curves: {title}",
            line_figure(lines, "heat, MW", "temperature, °C"),
            f"Where the curves lie above each other heat can be recovered: {curves.table.heat_recovery:,.3g} MW here; "
            f"{curves.table.hot_utility:,.3g} MW of heating and {curves.table.cold_utility:,.3g} MW of cooling remain"
            + (f", pinch at {pinches} °C (shifted)." if pinches else "."),
        )
        curve = grand_composite_curve(curves.table)
        grand.append(Line(title, curve.heat.tolist(), curve.temperature.tolist()))
    yield Picture(
        "Grand composite curves",
        line_figure(grand, "net heat flow, MW", "shifted temperature, °C"),
        "Above its pinch, where the curve touches zero, a plant needs heat; below it, it has heat to give.",
    )
    if len(site.plants) > 1:
        targets = total_site_targets(site, site_mains(park))
        picture = profiles_picture(site, targets)
        yield replace(picture, explanation=picture.explanation + cogeneration_words(park.case, targets))


def heat_flows(park: ParkProblem, design: Operation, before: Operation | None) -> Iterator[FlowPicture]:
    """Who heats whom, with temperatures; pumps and loops on the way, and what they lose or take from the grid."""
    if not park.case.heat_systems:
        return
    labels = _labels(park)
    after, was = (_heat_lines(park, o, labels) if o is not None else () for o in (design, before))
    if after:
        explanation = (
            "Heat from left to right, with the temperatures of streams, utilities, loops and heat pumps in °C."
        )
        yield FlowPicture("Heat", "MW", was, after, explanation)


def _heat_lines(park: ParkProblem, operation: Operation, labels: dict[str, str]) -> tuple[FlowLine, ...]:
    between: dict[tuple[str, str], float] = defaultdict(float)
    pumps = {f"{p}.{name}" for p, system in park.case.heat_systems.items() for name in system.heat_pumps}
    for flow in park.flows:
        drives = flow.carrier == "power" and flow.target in pumps
        if flow.carrier == "heat" or drives:
            source = "power" if drives else labels.get(flow.source, _own(flow.source))
            target = labels.get(flow.target, _own(flow.target))
            if source != target:
                between[source, target] += operation.mean[flow.report]
    return tuple(FlowLine(a, b, value) for (a, b), value in between.items())


def _own(node: str) -> str:
    """A unit without its plant: what has no temperatures to show."""
    return node.split(".", 1)[-1]


def _labels(park: ParkProblem) -> dict[str, str]:
    """What a carrier is called in the picture: its name and temperatures."""
    labels: dict[str, str] = {}
    for plant, system in park.case.heat_systems.items():
        steam = park.case.plants[plant].steam
        for name, stream in system.streams.items():
            nominal = stream.as_stream(name, plant)
            labels[f"{plant}.{name}"] = f"{name} {nominal.supply:g}→{nominal.target:g}"
        for name, heating in system.heating.items():
            hot, cold = heating.temperatures(steam)
            labels[f"{plant}.{name}"] = f"{name} {hot:.0f}" + (f"→{cold:.0f}" if cold < hot else "")
        for name, cooling in system.cooling.items():
            end = "" if cooling.target is None else f"→{cooling.target:g}"
            labels[f"{plant}.{name}"] = f"{name} {cooling.supply:g}{end}"
        for name, part in (*system.dry_coolers.items(), *system.economizers.items()):
            labels[f"{plant}.{name}"] = f"{name} {part.supply:g}→{part.target:g}"
        for name, pump in system.heat_pumps.items():
            labels[f"{plant}.{name}"] = labels[f"{plant}.{name} source"] = f"{name} to {pump.heats.end:g}"
    for name, loop in park.case.hot_water_loops.items():
        for supply, back in loop.levels:
            called = name if len(loop.levels) == 1 else f"{name} {supply:g}-{back:g}"
            for plant in (loop.start, loop.end):
                labels[f"{plant}.loop {called}"] = f"{name} {supply:g}/{back:g}"
    return labels


def header_table(park: ParkProblem, design: Operation, before: Operation | None) -> Table | None:
    """Steam into and out of every header, mean of the year: as it is and with the design."""
    rows: list[tuple[str | float | None, ...]] = []
    for plant, system in park.case.steam_systems.items():
        for name, header in system.headers.items():
            node = header_node(plant, name)
            flows = [f for f in park.flows if f.carrier == "steam" and node in (f.source, f.target)]
            for when, operation in (("today", before), ("with the design", design)):
                mean = {} if operation is None else operation.mean
                inwards = [(f.source, mean.get(f.report, 0.0)) for f in flows if f.target == node]
                outwards = [(f.target, mean.get(f.report, 0.0)) for f in flows if f.source == node]
                total = sum(value for _, value in inwards)
                if total > SEEN:
                    place = f"{short_title(park, plant)}, {name} ({header.pressure:.3g} barg)"
                    rows.append((place, when, *(_named(plant, side) for side in (inwards, outwards)), total))
    columns = ("header", "", "in, t/h", "out, t/h", "total, t/h")
    return Table("Steam balance of every header", columns, tuple(rows)) if rows else None


def _named(plant: str, flows: list[tuple[str, float]]) -> str:
    kept = sorted(((value, node) for node, value in flows if value > SEEN), reverse=True)
    return "; ".join(f"{_unit(plant, node)} {value:,.3g}" for value, node in kept) or "–"


def _unit(plant: str, node: str) -> str:
    return node.removeprefix(f"{plant}.") if plant_of(node) == plant else node.replace(".", ": ")
