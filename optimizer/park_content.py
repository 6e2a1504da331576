"""What a park's run means to a plant manager: what to build, what it saves, flows, balances, assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..problems.park.problem import ParkProblem
from .distribution import Distribution
from .histograms import histograms
from .park_assumptions import assumption_tables, assumptions
from .park_balance import contaminant_table, plant_table
from .park_costs import capital_charge, cost_table, payback
from .park_design import design_items, running_table
from .park_durations import duration_pictures
from .park_flows import pictures
from .park_heat import header_table, heat_flows, heat_headline, heat_pictures
from .park_indicators import indicator_table
from .park_ladder import ladder_headline, ladder_table
from .park_operation import Operation
from .park_totals import contaminant_totals, water_totals
from .park_units import energy_table, exergy_table
from .report import ReportContent
from .report.words import amount, number
from .result import DesignItem, Result


def report_content(
    park: ParkProblem, design: Operation | None, before: Operation | None, result: Result
) -> ReportContent:
    """The report's parts; without a design only what was asked and assumed."""
    case = park.case
    asked = ReportContent(
        title=case.title or case.name,
        description=case.description,
        currency=case.currency,
        places={name: plant.title.split(" (")[0] for name, plant in case.plants.items() if plant.title},
        assumptions=assumptions(case),
        assumption_tables=assumption_tables(case),
        notes=park.notes,
    )
    if design is None:
        return asked
    tables = (
        running_table(park, design_items(park, design.x)),
        water_totals(park, design, before),
        contaminant_totals(park, design),
        contaminant_table(park, design),
        header_table(park, design, before),
        energy_table(park, design),
        exergy_table(park, design, before),
    )
    return replace(
        asked,
        headline=_headline(park, design, before, result),
        flows=(*pictures(park, design, before), *heat_flows(park, design, before)),
        pictures=(
            *heat_pictures(park),
            *duration_pictures(park, design.durations, None if before is None else before.durations),
        ),
        cost=histograms(_compared(design, before)),
        cost_table=cost_table(park, design, before),
        comparison=ladder_table(result),
        balance=plant_table(park, design, before),
        tables=tuple(table for table in tables if table is not None),
        indicators=indicator_table(park, design, before),
    )


def _headline(park: ParkProblem, design: Operation, before: Operation | None, result: Result) -> tuple[str, ...]:
    """The decision and what it is worth, in sentences."""
    lines = [*_gains(park, design, before, result)] if before is not None else [_value(design, result)]
    lines += _investments(park, design, before, result)
    if before is not None:
        lines += _savings(design, before)
        lines += [*heat_headline(park, design), *ladder_headline(result, park.case.currency)]
    if (gap := result.objective.gap) is not None:
        count = result.objective.scenarios or 1
        futures = f" for the {count:,} futures it was designed on" if count > 1 else ""
        better = f"better by more than {gap:.2%}" if gap >= 5e-5 else "better"
        lines.append(f"No design is {better}: proved{futures}.")
    return tuple(lines)


def _value(design: Operation, result: Result) -> str:
    """The objective where there is nothing to compare it with."""
    value = f"{amount(design.distribution.mean)} {result.objective.unit.replace('/a', ' a year')}"
    return f"{result.objective.name.replace('-', ' ').capitalize()}: {value}."


def _gains(park: ParkProblem, design: Operation, before: Operation, result: Result) -> Iterator[str]:
    now, then = design.distribution, before.distribution
    name, unit = result.objective.name.replace("-", " "), result.objective.unit
    if not unit.endswith("/a") or now.mean > then.mean:
        yield f"{name.capitalize()}: {number(now.mean)} {unit} instead of {number(then.mean)}."
        return
    what = f"{park.case.currency} a year" if unit.startswith(park.case.currency) else "t a year"
    saved = then.mean - now.mean
    share = f" ({saved / abs(then.mean):.1%})" if then.mean else ""
    yield f"Saves {amount(saved)} {what}{share}: {name} {amount(now.mean)} instead of {amount(then.mean)}."
    if now.scenarios > 1:
        yield f"In the worst 5% of the years: {amount(now.cvar(0.95))} instead of {amount(then.cvar(0.95))}."


def _investments(park: ParkProblem, design: Operation, before: Operation | None, result: Result) -> Iterator[str]:
    items = [item for item in result.design if isinstance(item, DesignItem)]
    built = [item for item in items if item.built and item.investment]
    if not built:
        if items:
            yield "Nothing is worth building."
        return
    investment = sum(item.investment or 0.0 for item in built)
    what = "1 investment" if len(built) == 1 else f"{len(built)} investments"
    line = f"{what} for {amount(investment)} {park.case.currency}"
    if before is not None and result.objective.unit == f"{park.case.currency}/a":
        saved = before.distribution.mean - design.distribution.mean, capital_charge(park, design)
        years = payback(investment, saved)
        line += f", paid back in {years:.1f} years (without interest)" if years is not None else ""
    yield f"{line}."


def _savings(design: Operation, before: Operation) -> Iterator[str]:
    for name, label in (("fresh water", "Fresh water"), ("co2", "CO2")):
        if (then := before.mean.get(name, 0.0)) > 0.0:
            yield f"{label}: {amount(design.mean[name])} t a year ({design.mean[name] / then - 1.0:+.1%})."


def _compared(design: Operation, before: Operation | None) -> dict[str, Distribution]:
    as_it_is = {} if before is None else {"as it is": before.distribution}
    return as_it_is | {"design": design.distribution}
