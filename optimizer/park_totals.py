"""Where the park's water and contaminants come from and go: totals of the year over all futures, as they add up."""

from __future__ import annotations

from ..problems.park.contaminant_balance import LINES
from ..problems.park.ledger import WATER_BALANCE
from ..problems.park.problem import ParkProblem
from .park_operation import Operation
from .report.content import Table
from .result import Balance

WATER = "water"
NOISE = 1e-4  # t or kg a year below which a line is nothing
SEEN = 0.05  # t or kg a year below which a line is left out of the report


def balances(park: ParkProblem, operation: Operation) -> tuple[Balance, ...]:
    """Of water [t/a] and of every contaminant [kg/a]: mean of every line over all futures."""
    water = {line: operation.mean[f"{WATER_BALANCE}{line}"] for line in park.boundary}
    found = [_balance(WATER, "t/a", {line: (park.boundary[line], amount) for line, amount in water.items()})]
    for contaminant in park.case.contaminants:
        lines = {line: (inwards, operation.masses[line, contaminant]) for line, inwards in LINES.items()}
        found.append(_balance(contaminant, "kg/a", lines))
    return tuple(balance for balance in found if balance.entering or balance.leaving)


def _balance(of: str, unit: str, lines: dict[str, tuple[bool, float]]) -> Balance:
    sides = {side: {line: v for line, (inwards, v) in lines.items() if inwards is side} for side in (True, False)}
    seen = {side: {line: v for line, v in amounts.items() if abs(v) > NOISE} for side, amounts in sides.items()}
    difference = sum(sides[True].values()) - sum(sides[False].values())
    return Balance(of=of, unit=unit, entering=seen[True], leaving=seen[False], difference=difference)


def water_totals(park: ParkProblem, design: Operation, before: Operation | None) -> Table | None:
    """Water over the park's boundary, as it is beside the design; None in a park without water."""
    operations = [operation for operation in (before, design) if operation is not None]
    sides: list[dict[bool, dict[str, float]]] = [{True: {}, False: {}} for _ in operations]
    for side, operation in zip(sides, operations, strict=True):
        for line, inwards in park.boundary.items():
            side[inwards][line] = operation.mean[f"{WATER_BALANCE}{line}"]
    rows: list[tuple[str | float | None, ...]] = []
    for inwards, way in ((True, "in"), (False, "out")):
        for line in sides[0][inwards]:
            amounts = [side[inwards][line] for side in sides]
            if max(map(abs, amounts)) > SEEN:
                rows.append((f"{way}: {line}", *map(_seen, amounts)))
        if rows:
            rows.append((f"All {way}", *(_seen(sum(side[inwards].values())) for side in sides)))
    columns = ("mean over all futures" if design.distribution.scenarios > 1 else "", "today", "with the design")
    title = "Where the park's water comes from and goes, t a year"
    return Table(title, columns if before is not None else (columns[0], columns[2]), tuple(rows)) if rows else None


def contaminant_totals(park: ParkProblem, design: Operation) -> Table | None:
    """Real masses over the park's boundary with the design, a contaminant a column; None without contaminants."""
    kinds = tuple(park.case.contaminants)
    rows: list[tuple[str | float | None, ...]] = []
    for line, inwards in LINES.items():
        amounts = [design.masses[line, k] for k in kinds]
        if max(amounts, default=0.0) > SEEN:
            rows.append((f"{'in' if inwards else 'out'}: {line}", *map(_seen, amounts)))
    title = "Where contaminants come from and go, kg a year (real masses, mean over all futures)"
    return Table(title, ("", *kinds), tuple(rows)) if rows else None


def _seen(amount: float) -> float:
    return amount if abs(amount) > NOISE else 0.0
