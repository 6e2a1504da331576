"""What a person reads on the terminal when a run has ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ..result import STATISTIC_WORDS, Comparison, DesignItem, LimitResult
from .exits import escape

if TYPE_CHECKING:
    from ..outcome import Outcome

COMPARISONS = {
    "B1": "without heat integration",
    "B2": "water first, then energy",
    "B3": "energy first, then water",
}


def _print_limit(console: Console, limit: LimitResult) -> None:
    chance, bound = limit.measure == "probability", f"{limit.bound:,.6g} {limit.unit}".strip()
    asked = f"P(above {bound}) at most {limit.level:.4g}" if chance else f"{limit.measure} at most {bound}"
    asked = escape(f"{limit.name}: {asked}")
    if limit.achieved is None:
        console.print(f"  limit {asked}: scenarios failed, nothing can be said")
        return
    found = limit.achieved
    how = "proved"
    if found.confidence is not None:
        how = f"{found.low:,.6g} to {found.high:,.6g}, {found.confidence:.0%} confidence"
    console.print(f"  limit {asked}: {found.value:,.6g} ({how}): {limit.verdict}")


def _print_comparison(console: Console, compared: Comparison, unit: str) -> None:
    found = compared.difference
    if found is None:
        console.print(f"  less {escape(compared.against)}: {compared.failed:,} scenarios failed, nothing can be said")
        return
    how = (
        "proved"
        if found.confidence is None
        else f"{found.low:,.6g} to {found.high:,.6g}, {found.confidence:.0%} confidence"
    )
    better = f"; better in {compared.share_better:.1%} of the scenarios" if compared.share_better is not None else ""
    console.print(f"  less {escape(compared.against)}: {found.value:+,.6g} {escape(unit)} ({how}){better}")


def print_summary(outcome: Outcome, written: list[Path]) -> None:
    """Objective, design and where the files are."""
    console, result = Console(highlight=False, soft_wrap=True), outcome.result
    objective = result.objective
    console.print(f"{escape(result.case)}: {result.status}")
    if objective.value is not None:
        gap = f", gap {objective.gap:.2%}" if objective.gap is not None else ""
        over = f" over {objective.scenarios:,} scenarios" if (objective.scenarios or 0) > 1 else ""
        value = f"{objective.value:,.6g} {escape(objective.unit)}".rstrip()
        console.print(f"  {objective.name}: {value}{over}{gap}")
    if (reduced := result.reduction) is not None:
        console.print(
            f"  {reduced.scenarios:,} weighted scenarios stand for {reduced.original:,} ({reduced.method}): "
            f"{reduced.relative:.1%} of their spread is lost"
        )
        if reduced.value is not None and reduced.error is not None:
            console.print(f"  over all {reduced.original:,}: {reduced.value:,.6g}, {reduced.error:.2%} off")
    evaluation = result.evaluation
    if evaluation is not None and evaluation.mean is not None and evaluation.scenarios > 1:
        error = f" ± {evaluation.standard_error:,.4g}" if evaluation.standard_error is not None else ""
        console.print(f"  on {evaluation.scenarios:,} fresh scenarios: {evaluation.mean:,.6g}{error}")
        if evaluation.failed:
            console.print(f"  [red]{evaluation.failed:,} scenarios failed[/] and are in no statistic")
    if result.statistics is not None:
        for name, words in STATISTIC_WORDS.items():
            if (known := getattr(result.statistics, name)) is not None:
                how = "proved" if known.confidence is None else f"{known.confidence:.0%} confidence"
                console.print(f"  {words}: {known.low:,.6g} to {known.high:,.6g} ({how})")
    for limit in result.limits:
        _print_limit(console, limit)
    if (compared := result.comparison) is not None:
        _print_comparison(console, compared, objective.unit)
    if result.baseline is not None and result.baseline.B0 is not None:
        console.print(f"  as is (B0): {result.baseline.B0:,.6g} {escape(objective.unit)}")
    for name, words in COMPARISONS.items():
        value = None if result.baseline is None else getattr(result.baseline, name)
        if value is not None:
            console.print(f"  {words} ({name}): {value:,.6g} {escape(objective.unit)}")
    if (flexible := result.flexibility) is not None:
        where = f"in {flexible.scenarios:,} scenarios"
        console.print(f"  switching units anew in each: at most {flexible.worth_at_most:,.6g} less ({where})")
    built = [item for item in result.design if isinstance(item, DesignItem) and item.built]
    if built:
        table = Table("build", "plant", "size", "investment", box=None, pad_edge=False)
        for item in built:
            size = f"{item.size:,.4g} {item.unit}" if item.size is not None else ""
            table.add_row(item.name, item.plant, size, f"{item.investment:,.0f}" if item.investment is not None else "")
        console.print(table)
    for note in outcome.notes:
        console.print(f"  note: {escape(note)}")
    for file in written:
        console.print(f"  {file}")
