"""Energy of every unit of a park, which closes, and exergy, of which units destroy some."""

from __future__ import annotations

from collections import defaultdict

from ..problems.park.ledger import DESTROYED, ENERGY, LOST, WHOLE_YEAR
from ..problems.park.problem import ParkProblem
from .park_flows import short_title
from .park_operation import Operation
from .report.content import Table
from .result import Balance

SHOWN = 15  # units on lines of their own
SEEN = 5e-4  # MW below which a unit is not worth a line
NOISE = 1e-4  # MWh a year below which a carrier brings nothing
SURROUNDINGS = "to the surroundings"


def exergy_destroyed(park: ParkProblem, operation: Operation) -> dict[str, float]:
    """Mean [MW] over the year and all futures by plant and unit; nothing is negative but rounding."""
    return _means(park, operation, DESTROYED)


def unit_balances(park: ParkProblem, operation: Operation) -> tuple[Balance, ...]:
    """Energy [MWh/a] of every unit that handles any: what comes in, what goes out, what the surroundings get of it."""
    hours, lost = sum(park.case.hours.values()), _means(park, operation, LOST)
    found: list[Balance] = []
    for unit in park.units:
        come, gone = (_carriers(operation, unit, way, hours) for way in ("in", "out"))
        if unit in lost:
            gone[SURROUNDINGS] = lost[unit] * hours
        difference = sum(come.values()) - sum(gone.values())
        come, gone = ({what: v for what, v in side.items() if abs(v) > NOISE} for side in (come, gone))
        if come:
            of = f"energy of {unit}"
            found.append(Balance(of=of, unit="MWh/a", entering=come, leaving=gone, difference=difference))
    return tuple(found)


def energy_table(park: ParkProblem, design: Operation) -> Table | None:
    """One line a unit with the design: what comes in, what goes out, what is lost, and the exergy that dies in it."""
    hours = sum(park.case.hours.values())
    destroyed, known = exergy_destroyed(park, design), {b.of: b for b in unit_balances(park, design)}
    rows: list[tuple[str | float | None, ...]] = []
    for unit, kind in park.units.items():
        balance = known.get(f"energy of {unit}")
        if balance is None or sum(balance.entering.values()) < SEEN * hours:
            continue
        plant, name = unit.split(".", 1)
        out = {carrier: value for carrier, value in balance.leaving.items() if carrier != SURROUNDINGS}
        rows.append(
            (
                f"{short_title(park, plant)}, {name}",
                kind,
                _named(balance.entering, hours),
                _named(out, hours),
                _seen(balance.leaving.get(SURROUNDINGS, 0.0) / hours),
                _seen(destroyed[unit]),
            )
        )
    columns = ("unit", "", "in, MW", "out, MW", "to the surroundings", "exergy destroyed")
    title = "Energy of every unit, MW (water and steam above water of 0 °C, fuel by its higher heating value)"
    return Table(title, columns, tuple(rows)) if rows else None


def _carriers(operation: Operation, unit: str, way: str, hours: float) -> dict[str, float]:
    """Energy [MWh/a] by carrier."""
    start = f"{ENERGY}{unit}.{way}."
    return {n.removeprefix(start): value * hours for n, value in operation.mean.items() if n.startswith(start)}


def _means(park: ParkProblem, operation: Operation, kind: str) -> dict[str, float]:
    """Mean [MW] over the year of reports `kind` + plant.unit + period, by plant and unit."""
    year, found = sum(park.case.hours.values()), defaultdict[str, float](float)
    for name, value in operation.mean.items():
        if name.startswith(kind):
            unit, period = name.removeprefix(kind).rsplit(".", 1)
            found[unit] += value * (1.0 if period == WHOLE_YEAR else park.case.hours[period] / year)
    return dict(found)


def _named(amounts: dict[str, float], hours: float) -> str:
    kept = sorted(((value / hours, carrier) for carrier, value in amounts.items()), reverse=True)
    return "; ".join(f"{carrier} {value:,.3g}" for value, carrier in kept if value > SEEN) or "–"


def _seen(value: float) -> float:
    return value if value > SEEN else 0.0


def exergy_table(park: ParkProblem, design: Operation, before: Operation | None) -> Table | None:
    """The units that destroy most, the others in one line; None in a park that has none."""
    operations = [operation for operation in (before, design) if operation is not None]
    destroyed = [exergy_destroyed(park, operation) for operation in operations]
    units = sorted(park.units, key=lambda unit: -max(one[unit] for one in destroyed))
    shown = [unit for unit in units[:SHOWN] if max(one[unit] for one in destroyed) > SEEN]
    if not shown:
        return None
    totals = [sum(one.values()) for one in destroyed]
    rows: list[tuple[str | float | None, ...]] = []
    for unit in shown:
        plant, name = unit.split(".", 1)
        values = _cells([one[unit] for one in destroyed], totals)
        rows.append((f"{short_title(park, plant)}, {name}", park.units[unit], *values))
    others = [total - sum(one[unit] for unit in shown) for total, one in zip(totals, destroyed, strict=True)]
    if max(others) > SEEN:
        rows.append((f"{len(units) - len(shown)} other units", "", *_cells(others, totals)))
    rows.append(("All units", "", *_cells(totals, totals)))
    columns = ("unit", "", *(("today",) if before is not None else ()), "with the design", "share")
    return Table("Where exergy is destroyed, MW (mean of the year over all futures)", columns, tuple(rows))


def _cells(values: list[float], totals: list[float]) -> tuple[float | str, ...]:
    """As it is and with the design [MW], and the design's share of its total."""
    share = values[-1] / totals[-1] if totals[-1] > SEEN else 0.0
    return (*map(_seen, values), f"{share:.1%}")
