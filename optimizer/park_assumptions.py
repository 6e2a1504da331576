"""What a park's result rests on: the prices and factors of the case file, and what of it is uncertain."""

from __future__ import annotations

from collections.abc import Iterable

from ..problems.park.case import ParkCase
from ..problems.park.plant_data import PerPeriod
from .report.content import Table
from .report.words import number
from .uncertainty_table import uncertainty_tables

Cell = str | float | None


def assumptions(case: ParkCase) -> tuple[str, ...]:
    """What holds for the whole case, in sentences."""
    lines = [
        f"{case.operating_hours:,.0f} operating hours a year, {case.interest:.1%} real interest",
        f"prices of {case.cost_year} in {case.currency}",
    ]
    if case.contaminants:
        lines.append(
            "concentrations are upper bounds that hold in every future; real ones are simulated and stay below"
        )
    if case.uncertainty.elements:
        lines.append("every future is one year; quantities that are not in the table of uncertain ones are certain")
    for correlation in case.uncertainty.correlations:
        lines.append(f"{', '.join(correlation.between)}: correlated by {correlation.correlation:g}")
    return tuple(lines)


def assumption_tables(case: ParkCase) -> tuple[Table, ...]:
    """Prices with their source, and distributions of what is uncertain."""
    tables: list[Table] = []
    if prices := tuple(_prices(case)):
        tables.append(Table("Prices and factors", ("what", "value", "unit", "source"), prices))
    return (*tables, *uncertainty_tables(case.uncertainty))


def _prices(case: ParkCase) -> Iterable[tuple[Cell, ...]]:
    money = case.currency
    for name, water in case.fresh_water.items():
        yield f"fresh water {name}", water.price, f"{money}/t", water.source
    for name, outlet in case.discharges.items():
        yield f"discharge {name}", outlet.price, f"{money}/t", outlet.source
        for contaminant, price in outlet.load_price.items():
            yield f"discharge {name}, {contaminant}", price, f"{money}/kg", outlet.source
    for plant in case.plants.values():
        for name, by_product in plant.by_products.items():
            yield f"by-product {name}", by_product.price, f"{money}/t", by_product.source
            if by_product.disposal:
                yield f"disposal of {name}", by_product.disposal, f"{money}/t", by_product.source
    for name, fuel in case.fuels.items():
        yield f"fuel {name}", fuel.price, f"{money}/MWh", fuel.source
        yield f"CO2 of {name}{', biogenic' if fuel.biogenic else ''}", fuel.emission_factor, "t/MWh", fuel.source
    for name, plant in case.plants.items():
        if (grid := plant.grid) is not None:
            where = f", {name}" if len(case.plants) > 1 else ""
            yield f"bought power{where}", _span(case, grid.import_price), f"{money}/MWh", grid.source
            if any(grid.export_price.at(period) for period in case.periods):
                yield f"sold power{where}", _span(case, grid.export_price), f"{money}/MWh", grid.source
            if grid.demand_charge:
                yield f"contracted power{where}", grid.demand_charge, f"{money}/MW/year", grid.source
            yield f"CO2 of bought power{where}", grid.emission_factor, "t/MWh", grid.source
    if case.environment.co2_price:
        yield "CO2 price", case.environment.co2_price, f"{money}/t", "assumed"
    for name, plant in case.plants.items():
        if plant.throughput is not None:
            what = f"an hour without production, {plant.title or name}"
            yield what, plant.throughput.lost_margin, money, plant.throughput.source


def _span(case: ParkCase, price: PerPeriod) -> Cell:
    values = [price.at(period) for period in case.periods]
    low, high = min(values), max(values)
    return low if low == high else f"{number(low)} to {number(high)}"
