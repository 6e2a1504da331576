"""What a park's run means to a plant manager: design table, indicators, flows, balances, assumptions."""

from __future__ import annotations

import numpy as np

from ..problems.park.problem import ParkProblem
from ..problems.two_stage.problem import Floats
from .park_balance import contaminant_table, plant_table
from .park_flows import pictures
from .park_heat import header_table, heat_flows, heat_headline, heat_pictures
from .park_ladder import ladder_headline
from .park_operation import Operation
from .report import ReportContent
from .report.content import Histogram, Table
from .report.words import unit_words
from .result import DesignItem, Result

INDICATOR_WORDS = {
    "fresh_water_intensity": "Fresh water intensity, t fresh per t used",
    "reuse_rate": "Share of the water used that is kept in the loop, %",
    "heat_kept_in_loop": "Share of the heat that is kept in the loop (condensate, heat of streams), %",
    "hot_utility_mw": "Fuel burnt, MW",
    "cold_utility_mw": "Cooling of streams, MW",
    "heat_recovered_mw": "Heat from stream to stream, MW",
    "heat_between_plants_mw": "Heat from plant to plant (hot water), MW",
    "energy_mwh_per_year": "Energy bought (fuel, net power), MWh/year",
    "co2_t_per_year": "CO2 (stack and imported power), t/year",
}
SEEN = 1e-6  # indicators below this are solver noise
BUILT = 1e-6  # sizes below this are solver noise
STRESS = (
    "curtailed",
    "minimum flow shortfall",
    "emergency",
    "tankered",
    "hauled",
    "excess",
    "heat deficit",
    "heat dump",
    "power deficit",
    "steam deficit",
    "steam vented",
)


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
    has_heat = bool(park.case.heat_systems)
    kept = hourly("heat returned") + hourly("heat recovered") + hourly("heat exchanged")
    return {
        "fresh_water_t_per_h": fresh,
        "fresh_water_intensity": fresh / used if used > 0.0 else None,
        "wastewater_t_per_h": hourly("wastewater"),
        "treated_water_t_per_h": hourly("treated water"),
        "water_used_t_per_h": used,
        "reuse_rate": max(0.0, 1.0 - fresh / used) if used > 0.0 else None,
        "hot_utility_mw": fuel,
        "cold_utility_mw": hourly("cooling") if has_heat else None,
        "heat_recovered_mw": hourly("heat recovered") if has_heat else None,
        "heat_between_plants_mw": hourly("heat exchanged") if has_heat else None,
        "heat_kept_in_loop": kept / (kept + fuel) if fuel and (has_heat or "heat returned" in mean) else None,
        "power_import_mw": hourly("power import"),
        "power_export_mw": hourly("power export"),
        "power_generated_mw": hourly("power generated"),
        "energy_mwh_per_year": fuel * hours + mean.get("power import", 0.0) - mean.get("power export", 0.0),
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
        flows=(*pictures(park, design, before), *heat_flows(park, design, before)),
        pictures=tuple(heat_pictures(park)),
        cost=_histograms(design, before),
        balance=plant_table(park, design, before),
        tables=tuple(t for t in (contaminant_table(park, design), header_table(park, design, before)) if t is not None),
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
        unit = unit.replace("/a", " a year")
        verb, name = ("saves", result.objective.name.replace("-", " "))
        change = f"{abs(now - then):,.0f} {unit} ({abs(now - then) / max(abs(then), 1e-9):.1%})"
        if result.objective.unit.endswith("/a") and now <= then:
            lines.append(
                f"The design {verb} {change} against the park as it is: {name} {now:,.0f} instead of {then:,.0f}."
            )
        else:
            lines.append(f"{name.capitalize()}: {now:,.4g} {unit} instead of {then:,.4g}.")
        for name, label, unit in (("fresh water", "Fresh water", "t a year"), ("co2", "CO2", "t a year")):
            if before.mean.get(name, 0.0) > 0.0:
                saved = 1.0 - design.mean[name] / before.mean[name]
                lines.append(f"{label}: {design.mean[name]:,.0f} {unit} ({-saved:+.1%})")
    investment = sum(item.investment or 0.0 for item in built)
    lines += [*heat_headline(park, design), *ladder_headline(result, currency)]
    what = "investment" if len(built) == 1 else "investments"
    lines.append(f"{len(built)} {what} for {investment:,.0f} {currency}." if built else "Nothing is worth building.")
    if result.objective.gap is not None:
        count = result.objective.scenarios
        lines.append(
            f"Proved for the {count:,} futures it was designed on: no design is better by more than "
            f"{result.objective.gap:.2%}."
        )
    return tuple(lines)


def _histograms(design: Operation, before: Operation | None) -> tuple[Histogram, ...]:
    both = ([("as it is", before)] if before is not None else []) + [("design", design)]
    values = np.concatenate([operation.distribution.points[0] for _, operation in both])
    if len(values) < 2 or np.ptp(values) < 1e-9 * max(1.0, float(np.abs(values).max())):
        return ()
    edges = np.linspace(values.min(), np.quantile(values, 0.999), 61)
    made: list[Histogram] = []
    for name, operation in both:
        d = operation.distribution
        points, weights = d.points
        share, _ = np.histogram(np.minimum(points, edges[-1]), bins=edges, weights=weights)
        made.append(Histogram(name, edges, share / weights.sum(), d.mean, d.cvar(0.95)))
    return tuple(made)


def _indicator_table(park: ParkProblem, design: Operation, before: Operation | None) -> Table:
    """Today beside the design, with the change; then every way in which a future went wrong, and how often."""
    now = indicators(park, design)
    then = indicators(park, before) if before is not None else {}
    rows: list[tuple[str | float | None, ...]] = []
    for name, value in now.items():
        if value is not None and max(abs(value), abs(then.get(name) or 0.0)) > SEEN:
            label = INDICATOR_WORDS.get(name) or unit_words(name)
            scale = 100.0 if label.endswith("%") else 1.0
            was = then.get(name)
            rows.append(_compared(label, scale * value, None if was is None else scale * was, before))
    units = (
        dict(zip(park.problem.reports.names, park.problem.reports.units, strict=True)) if park.problem.reports else {}
    )
    for name, value in design.mean.items():
        if name.startswith(STRESS) and (value > 1e-3 or (before is not None and before.mean[name] > 1e-3)):
            label = f"{name}, {units[name].replace('/a', '/year')} (in {design.probability[name]:.1%} of the futures)"
            rows.append(_compared(label, value, None if before is None else before.mean[name], before))
    columns = ("mean over all futures", "today", "with the design", "change")
    return Table("Indicators", columns if before is not None else (columns[0], columns[2]), tuple(rows))


def _compared(label: str, value: float, then: float | None, before: Operation | None) -> tuple[str | float | None, ...]:
    now = value if abs(value) > SEEN else 0.0
    if before is None:
        return (label, now)
    was = then if then is not None and abs(then) > SEEN else 0.0
    return (label, was, now, f"{now / was - 1.0:+.1%}" if was else None)


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
