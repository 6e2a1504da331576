"""Where a park's exergy dies: what every unit destroys of it, as it is and with the design."""

from __future__ import annotations

from collections import defaultdict

from ..problems.park.assembly import DESTROYED, WHOLE_YEAR
from ..problems.park.problem import ParkProblem
from .park_flows import short_title
from .park_operation import Operation
from .report.content import Table

SHOWN = 15  # units on lines of their own
SEEN = 5e-4  # MW below which a unit is not worth a line


def exergy_destroyed(park: ParkProblem, operation: Operation) -> dict[str, float]:
    """Mean [MW] over the year and all futures by plant and unit; nothing is negative but rounding."""
    year, found = sum(park.case.hours.values()), defaultdict[str, float](float)
    for name, value in operation.mean.items():
        if name.startswith(DESTROYED):
            unit, period = name.removeprefix(DESTROYED).rsplit(".", 1)
            found[unit] += value * (1.0 if period == WHOLE_YEAR else park.case.hours[period] / year)
    return dict(found)


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
    return (*(value if value > SEEN else 0.0 for value in values), f"{share:.1%}")
