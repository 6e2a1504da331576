"""`loopwise evaluate CASE --design A --against B`: what A saves against B, over the same scenarios."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..cluster import ClusterError, Scheme
from ..problems.two_stage import TwoStageProblem
from ..problems.two_stage.problem import Floats
from .outcome import Outcome
from .progress import Progress
from .report.words import amount
from .result import Comparison, Objective
from .sample import Sample
from .statistics.comparison import compare_designs, share_better
from .statistics_run import certain, expected
from .two_stage_run import Evaluated, evaluation_of


def with_comparison(
    outcome: Outcome,
    problem: TwoStageProblem,
    designs: tuple[Floats, Floats],
    against: Path,
    sample: Sample,
    engine: str,
    scheme: Scheme,
    progress: Progress,
) -> Outcome:
    """The outcome of the first of the `designs` with its difference to the second, from the file `against`.

    Ctrl-C and a cluster that fails leave the evaluation without it, as interrupted.
    """
    try:
        with progress.step(f"comparing in {sample.count:,} scenarios", sample.count) as step:
            found = compare_designs(problem, *designs, sample, scheme=scheme, engine=engine, step=step)
    except (KeyboardInterrupt, ClusterError):
        return outcome.interrupted("interrupted before the designs were compared")
    comparison = Comparison(
        against=str(against),
        scenarios=found.scenarios,
        difference=certain(expected(evaluation_of(Evaluated(found, sample)))),
        share_better=share_better(found) if found.weight else None,
        failed=found.failed,
    )
    line = comparison_headline(comparison, outcome.result.objective)
    report = replace(outcome.report, headline=(*outcome.report.headline, *([line] if line else [])))
    return replace(outcome, result=outcome.result.model_copy(update={"comparison": comparison}), report=report)


def comparison_headline(found: Comparison, objective: Objective) -> str:
    """What the design has less or more than the other, how surely and how often; empty where nothing is known."""
    difference, often = found.difference, found.share_better
    if difference is None or difference.value is None or often is None:
        return ""
    what = f"{amount(abs(difference.value))} {objective.unit}".strip()
    way = "less" if difference.value <= 0.0 else "more"
    line = f"{objective.name.replace('-', ' ').capitalize()}: {what} {way} than with {found.against}"
    if difference.confidence is not None:
        low, high = amount(difference.low), amount(difference.high)
        line += f" (difference with {difference.confidence:.0%} confidence between {low} and {high})"
    return f"{line}, better in {often:.1%} of the same {found.scenarios:,} futures."
