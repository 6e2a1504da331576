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
        values = [max(0.0, one[unit]) for one in destroyed]
        rows.append(
            (f"{short_title(park, plant)}, {name}", park.units[unit], *values, f"{values[-1] / totals[-1]:.1%}")
        )
    others = [total - sum(one[unit] for unit in shown) for total, one in zip(totals, destroyed, strict=True)]
    if max(others) > SEEN:
        count = len(units) - len(shown)
        rows.append((f"{count} other units", "", *(max(0.0, o) for o in others), f"{others[-1] / totals[-1]:.1%}"))
    rows.append(("All units", "", *totals, "100%"))
    columns = ("unit", "", *(("today",) if before is not None else ()), "with the design", "share")
    return Table("Where exergy is destroyed, MW (mean of the year over all futures)", columns, tuple(rows))
