"""A park's indicators: how much water, energy and CO2 a year takes, and how much is kept in the loop."""

from __future__ import annotations

from ..problems.park.problem import ParkProblem
from .park_operation import Operation
from .park_stress import SEEN as STRESSED
from .park_stress import stresses
from .report.content import Table

INDICATOR_WORDS = {
    "fresh_water_t_per_h": "Fresh water, t/h",
    "fresh_water_intensity": "Fresh water intensity, t of fresh water per t used",
    "wastewater_t_per_h": "Wastewater, t/h",
    "treated_water_t_per_h": "Water treated, t/h",
    "water_used_t_per_h": "Water used, t/h",
    "reuse_rate": "Reuse rate: share of the water used that is kept in the loop, %",
    "hot_utility_mw": "Fuel burnt, MW",
    "cold_utility_mw": "Cooling of streams, MW",
    "heat_recovered_mw": "Heat from stream to stream, MW",
    "heat_between_plants_mw": "Heat from plant to plant (hot water), MW",
    "heat_kept_in_loop": "Share of the heat that is kept in the loop (condensate, heat of streams), %",
    "power_import_mw": "Power bought, MW",
    "power_export_mw": "Power sold, MW",
    "power_generated_mw": "Power generated, MW",
    "energy_mwh_per_year": "Energy bought (fuel and power, less power sold), MWh/year",
    "co2_t_per_year": "CO2 of stacks and bought power, t/year",
    "biogenic_co2_t_per_year": "Biogenic CO2 (in no cap and no price), t/year",
    "co2_avoided_by_exports_t_per_year": "CO2 avoided elsewhere by power sold (in no cap and no price), t/year",
    "by_products_sold_t_per_year": "By-products sold, t/year",
    "by_products_disposed_t_per_year": "By-products disposed of, t/year",
    "curtailed_hours_per_year": "Production curtailed, full hours/year",
}
SEEN = 1e-4  # indicators below this are solver noise


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
        "biogenic_co2_t_per_year": mean.get("co2.biogenic", 0.0),
        "co2_avoided_by_exports_t_per_year": mean.get("co2.avoided", 0.0),
        "by_products_sold_t_per_year": mean.get("by-products sold", 0.0),
        "by_products_disposed_t_per_year": mean.get("by-products disposed of", 0.0),
        "curtailed_hours_per_year": sum(v for name, v in mean.items() if name.startswith("curtailed hours")),
    }


def indicator_table(park: ParkProblem, design: Operation, before: Operation | None) -> Table:
    """Today beside the design, with the change; then every way in which a future went wrong, and how often."""
    now = indicators(park, design)
    then = indicators(park, before) if before is not None else {}
    rows: list[tuple[str | float | None, ...]] = []
    for name, value in now.items():
        if value is not None and max(abs(value), abs(then.get(name) or 0.0)) > SEEN:
            label = INDICATOR_WORDS[name]
            scale = 100.0 if label.endswith("%") else 1.0
            was = then.get(name)
            rows.append(_compared(label, scale * value, None if was is None else scale * was, before))
    for name, stress in stresses(park, design).items():
        was = 0.0 if before is None else before.mean[name]
        if max(stress.mean, was) > STRESSED:
            often = f"in {stress.probability:.1%} of the futures"
            if before is not None and f"{before.probability[name]:.1%}" != f"{stress.probability:.1%}":
                often += f", today in {before.probability[name]:.1%}"
            label = f"{name}, {stress.unit.replace('/a', '/year')} ({often})"
            rows.append(_compared(label, stress.mean, None if before is None else was, before))
    columns = (
        "mean over all futures" if design.distribution.scenarios > 1 else "",
        "today",
        "with the design",
        "change",
    )
    return Table("Indicators", columns if before is not None else (columns[0], columns[2]), tuple(rows))


def _compared(label: str, value: float, then: float | None, before: Operation | None) -> tuple[str | float | None, ...]:
    """A row; shares change by points, everything else by its own share."""
    now = value if abs(value) > SEEN else 0.0
    if before is None:
        return (label, now)
    was = then if then is not None and abs(then) > SEEN else 0.0
    if label.endswith("%"):
        return (label, was, now, f"{now - was:+.1f} points")
    change = f"{now / was - 1.0:+.1%}" if was else "new" if now else None
    return (label, was, now, "–" if change in ("+0.0%", "-0.0%") else change)
