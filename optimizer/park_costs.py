"""Where a park's annual cost comes from: capital, and every kind of operating cost, as it is and with the design."""

from __future__ import annotations

from collections.abc import Iterable

from ..problems.park.asset import capital_recovery_factor
from ..problems.park.case import Objective
from ..problems.park.problem import ParkProblem
from ..problems.two_stage.problem import Floats
from .park_operation import Operation
from .report.content import Table
from .report.words import number

PREFIX = "cost."
CAPITAL, MAINTENANCE, CONTRACTS = "Capital of what is built", "Maintenance of what is built", "Contracted capacity"
SEEN = 0.5  # currency a year below which a line is noise
WORDS = {
    "discharge": "Discharge fees and taxes",
    "fresh water": "Fresh water",
    "fuel": "Fuel",
    "power import": "Bought power",
    "power export": "Sold power",
    "lost margin": "Margin lost by curtailed production",
    "treatment": "Running the treatment",
    "demineralization": "Demineralization",
    "membrane elements": "Membrane elements",
    "by-products sold": "By-products sold",
    "by-products disposed of": "Disposal of by-products",
    "emergency": "Emergency outlets and deficits",
    "starts": "Starting boilers and turbines",
    "steam vent": "Vented steam",
    "permit excess": "Permits exceeded",
    "CO2": "CO2",
}


def cost_lines(park: ParkProblem, operation: Operation) -> dict[str, float]:
    """Mean annual cost [currency/a] by kind; the lines add up to the annual cost."""
    lines = _decided(park, operation.x)
    for name, value in operation.mean.items():
        if name.startswith(PREFIX):
            label = name.removeprefix(PREFIX)
            lines[WORDS.get(label, label)] = value
    return lines


def capital_charge(park: ParkProblem, operation: Operation) -> float:
    """What the built assets cost a year in interest and repayment [currency/a]."""
    return _decided(park, operation.x)[CAPITAL]


def cost_table(park: ParkProblem, design: Operation, before: Operation | None) -> Table | None:
    """The lines beside each other, largest first; None where something else than cost is optimized."""
    if park.case.objective is not Objective.ANNUAL_COST:
        return None
    now, then = cost_lines(park, design), None if before is None else cost_lines(park, before)
    weight = {name: max(abs(now[name]), 0.0 if then is None else abs(then[name])) for name in now}
    kept = sorted((name for name in now if weight[name] > SEEN), key=lambda name: -weight[name])
    rows = [_row(name, now[name], None if then is None else then[name]) for name in kept]
    rows.append(_row("All", sum(now.values()), None if then is None else sum(then.values())))
    columns = ("mean over all futures", "today", "with the design", "change")
    title = f"Where the cost comes from, {park.case.currency} a year"
    return Table(title, columns if then is not None else (columns[0], columns[2]), tuple(rows))


def _row(name: str, now: float, then: float | None) -> tuple[str | float | None, ...]:
    now = now if abs(now) >= SEEN else 0.0
    if then is None:
        return name, now
    then = then if abs(then) >= SEEN else 0.0
    if abs(now - then) < SEEN:
        return name, then, now, "–"
    change = number(now - then)
    return name, then, now, f"+{change}" if now > then else change


def _decided(park: ParkProblem, x: Floats) -> dict[str, float]:
    """What the first stage costs a year."""
    column = {name: k for k, name in enumerate(park.problem.first_stage.names)}
    built = [asset for asset in park.assets if asset.size_column is not None and asset.option is not None]
    lines: dict[str, float] = {CAPITAL: 0.0, MAINTENANCE: 0.0, CONTRACTS: 0.0}
    for asset in built:
        assert asset.option is not None
        assert asset.size_column is not None
        size = float(x[column[asset.size_column]])
        if asset.build_column is None:
            lines[CONTRACTS] += asset.annual_rate * asset.option.proportional * size
            continue
        investment = asset.investment(float(x[column[asset.build_column]]), size)
        lines[CAPITAL] += investment * capital_recovery_factor(park.case.interest, asset.option.life)
        lines[MAINTENANCE] += investment * asset.option.maintenance
    return lines


def payback(investment: float, saved: Iterable[float]) -> float | None:
    """Simple payback [years] of an investment that saves the sum of `saved` a year; None where it never pays back."""
    saving = sum(saved)
    return investment / saving if saving > 0.0 else None
