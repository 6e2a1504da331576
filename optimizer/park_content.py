"""What a park's run means to a plant manager: design table, indicators, flows, balances, assumptions."""

from __future__ import annotations

import numpy as np

from ..problems.park.problem import ParkProblem
from ..problems.two_stage.problem import Floats
from .park_operation import Operation
from .report import ReportContent
from .report.content import FlowLine, FlowPicture, Histogram, Table
from .result import DesignItem, Result

BUILT = 1e-6  # sizes below this are solver noise
STRESS = ("curtailed", "emergency", "tankered", "hauled", "excess", "power deficit", "steam deficit", "steam vented")
PICTURES = (("water", "Water"), ("power", "Power"), ("fuel", "Fuel"), ("steam", "Steam"))
SMALLEST_FLOW = 0.002  # share of a picture's largest flow below which a line is left out


def design_items(park: ParkProblem, x: Floats) -> tuple[DesignItem, ...]:
    """One item for everything that may be built or contracted."""
    column = {name: k for k, name in enumerate(park.problem.first_stage.names)}
    items: list[DesignItem] = []
    for asset in park.assets:
        if asset.size_column is None:
            continue
        size = float(x[column[asset.size_column]])
        chosen = size > BUILT if asset.build_column is None else x[column[asset.build_column]] > 0.5
        size = size if chosen and size > BUILT else 0.0
        investment = asset.investment(float(chosen), size) if asset.build_column is not None else 0.0
        items.append(
            DesignItem(
                name=asset.name,
                plant=asset.plant,
                component=asset.component,
                built=bool(chosen),
                size=size,
                unit=asset.unit,
                investment=investment,
            )
        )
    return tuple(items)


def indicators(park: ParkProblem, operation: Operation) -> dict[str, float | None]:
    """Indicators of the year's mean operation; a rate without its base is None."""
    hours, mean = park.case.operating_hours, operation.mean

    def hourly(name: str) -> float:
        return mean.get(name, 0.0) / hours

    fresh, used = hourly("fresh water"), hourly("water used") + hourly("boiler make-up")
    fuel = sum(value for name, value in mean.items() if name.startswith("fuel ")) / hours
    return {
        "fresh_water_t_per_h": fresh,
        "wastewater_t_per_h": hourly("wastewater"),
        "treated_water_t_per_h": hourly("treated water"),
        "water_used_t_per_h": used,
        "reuse_rate": max(0.0, 1.0 - fresh / used) if used > 0.0 else None,
        "hot_utility_mw": fuel,
        "cold_utility_mw": None,
        "power_import_mw": hourly("power import"),
        "power_generated_mw": hourly("power generated"),
        "co2_t_per_year": mean.get("co2", 0.0),
        "curtailed_hours_per_year": sum(v for name, v in mean.items() if name.startswith("curtailed hours")),
    }


def report_content(
    park: ParkProblem, design: Operation | None, before: Operation | None, result: Result
) -> ReportContent:
    """The report's parts; without a design only what was asked and assumed."""
    case = park.case
    assumptions = _assumptions(park)
    if design is None:
        return ReportContent(case.title or case.name, case.description, assumptions=assumptions, notes=park.warnings)
    return ReportContent(
        title=case.title or case.name,
        description=case.description,
        headline=_headline(park, design, before, result),
        flows=tuple(
            picture for carrier, title in PICTURES if (picture := _picture(park, carrier, title, design, before))
        ),
        cost=_histograms(design, before),
        balance=_balance(park, design, before),
        indicators=_indicator_table(park, design, before),
        assumptions=assumptions,
        notes=park.warnings,
    )


def _headline(park: ParkProblem, design: Operation, before: Operation | None, result: Result) -> tuple[str, ...]:
    currency = park.case.currency
    built = [item for item in result.design if isinstance(item, DesignItem) and item.built and item.investment]
    lines: list[str] = []
    if before is not None:
        now, then = design.distribution.mean, before.distribution.mean
        unit = result.objective.unit
        lines.append(
            f"{result.objective.name}: {now:,.0f} {unit} instead of {then:,.0f} ({(now - then) / abs(then):+.1%})"
        )
        for name, label, unit in (("fresh water", "fresh water", "t/a"), ("co2", "CO2", "t/a")):
            if before.mean.get(name, 0.0) > 0.0:
                saved = 1.0 - design.mean[name] / before.mean[name]
                lines.append(f"{label}: {design.mean[name]:,.0f} {unit} ({-saved:+.1%})")
    investment = sum(item.investment or 0.0 for item in built)
    lines.append(f"{len(built)} investments for {investment:,.0f} {currency}" if built else "nothing is worth building")
    if result.objective.gap is not None:
        count = result.objective.scenarios
        lines.append(
            f"proven for {count} design scenarios: no design is better by more than {result.objective.gap:.2%}"
        )
    return tuple(lines)


def _picture(
    park: ParkProblem, carrier: str, title: str, design: Operation, before: Operation | None
) -> FlowPicture | None:
    flows = {flow.report: flow for flow in park.flows if flow.carrier == carrier}
    if not flows:
        return None

    def lines(operation: Operation | None) -> tuple[FlowLine, ...]:
        if operation is None:
            return ()
        largest = max(abs(operation.mean[name]) for name in flows)
        return tuple(
            FlowLine(flow.source, flow.target, operation.mean[name])
            for name, flow in flows.items()
            if operation.mean[name] > SMALLEST_FLOW * max(largest, 1e-9)
        )

    return FlowPicture(title, next(iter(flows.values())).unit, lines(before), lines(design))


def _histograms(design: Operation, before: Operation | None) -> tuple[Histogram, ...]:
    both = ([("as it is", before)] if before is not None else []) + [("design", design)]
    values = np.concatenate([operation.distribution.points[0] for _, operation in both])
    if len(values) < 2 or np.ptp(values) < 1e-9 * max(1.0, float(np.abs(values).max())):
        return ()
    edges = np.linspace(values.min(), np.quantile(values, 0.999), 61)
    edges[-1] = values.max()
    made: list[Histogram] = []
    for name, operation in both:
        d = operation.distribution
        points, weights = d.points
        share, _ = np.histogram(points, bins=edges, weights=weights)
        made.append(Histogram(name, edges, share / weights.sum(), d.mean, d.cvar(0.95)))
    return tuple(made)


def _balance(park: ParkProblem, design: Operation, before: Operation | None) -> Table:
    """Per plant: fresh water, water from and to other plants, power, steam, hours curtailed; as it is in brackets."""
    operations = [operation for operation in (design, before) if operation is not None]

    def through(plant: str, carrier: str, *, arriving: bool, outside: bool) -> list[float]:
        totals: list[float] = []
        for operation in operations:
            total = 0.0
            for flow in park.flows:
                mine, other = (flow.target, flow.source) if arriving else (flow.source, flow.target)
                if flow.carrier == carrier and _plant(mine) == plant and _plant(other) != plant:
                    shared = _plant(other) not in park.case.plants
                    total += operation.mean[flow.report] if shared == outside else 0.0
            totals.append(total)
        return totals

    def cell(values: list[float]) -> str:
        return f"{values[0]:,.1f}" + (f" ({values[1]:,.1f})" if len(values) > 1 else "")

    rows = [
        (
            park.case.plants[plant].title or plant,
            cell(through(plant, "water", arriving=True, outside=True)),
            cell(through(plant, "water", arriving=True, outside=False)),
            cell(through(plant, "water", arriving=False, outside=False)),
            cell(through(plant, "water", arriving=False, outside=True)),
            cell(through(plant, "power", arriving=True, outside=False)),
            cell([o.mean.get(f"curtailed hours {plant}", 0.0) for o in operations]),
        )
        for plant in park.case.plants
    ]
    header = (
        "plant",
        "fresh water t/h",
        "water from other plants t/h",
        "water to other plants t/h",
        "water discharged t/h",
        "power from other plants MW",
        "curtailed h/a",
    )
    return Table("Plants, mean of the year" + (" (as it is)" if before is not None else ""), header, tuple(rows))


def _plant(node: str) -> str:
    return node.split(".")[0]


def _indicator_table(park: ParkProblem, design: Operation, before: Operation | None) -> Table:
    now = indicators(park, design)
    then = indicators(park, before) if before is not None else {}
    rows: list[tuple[str | float | None, ...]] = [(name, value, then.get(name)) for name, value in now.items()]
    units = (
        dict(zip(park.problem.reports.names, park.problem.reports.units, strict=True)) if park.problem.reports else {}
    )
    for name, value in design.mean.items():
        if name.startswith(STRESS) and (value > 1e-3 or (before is not None and before.mean[name] > 1e-3)):
            label = f"{name}, {units[name]} (in {design.probability[name]:.1%} of the scenarios)"
            rows.append((label, value, before.mean[name] if before is not None else None))
    return Table("Indicators", ("indicator", "design", "as it is"), tuple(rows))


def _assumptions(park: ParkProblem) -> tuple[str, ...]:
    case = park.case
    lines = [
        f"{case.operating_hours:,.0f} operating hours a year, {case.interest:.1%} real interest",
        f"prices of {case.cost_year} in {case.currency}",
        "concentrations are upper bounds that hold in every scenario; real ones are simulated and stay below",
    ]
    for name, element in case.uncertainty.elements.items():
        low, high = (float(v) for v in element.distribution.quantile(np.array([0.05, 0.95])))
        lines.append(f"uncertain: {name}, 90% between {low:,.3g} and {high:,.3g} ({element.source})")
    return tuple(lines)
