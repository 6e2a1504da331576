"""What switching a park's units anew in every future could be worth at most; a design says once when they run."""

from __future__ import annotations

from dataclasses import replace

from ..cluster import Scheme
from ..problems.park.problem import ParkProblem
from .design_solution import SolveStatus
from .flexible import flexible_bound
from .options import Options
from .outcome import Outcome
from .progress import Progress
from .result import Flexibility
from .sample import Sample
from .two_stage_run import find_design

INTERRUPTED = "interrupted before the value of flexibility was known; the design is evaluated"


def with_flexibility(
    outcome: Outcome, park: ParkProblem, options: Options, scheme: Scheme, progress: Progress
) -> Outcome:
    """The outcome with the cost of one commitment for all of few futures less a bound on one for each of them.

    Both optima are of the same `options.flexibility` futures, by `options.gap`. Ctrl-C leaves it out.
    """
    columns = switched_columns(park)
    if not columns:
        return replace(outcome, notes=(*outcome.notes, "flexibility: no unit of the park is switched on or off"))
    sample = Sample(options.flexibility, options.seed, options.sampling)
    try:
        plain = replace(options, checkpoint=None, method="extensive")
        once = find_design(park.problem, sample, plain, progress, scheme=scheme, title="one commitment for all")
        if once.status is SolveStatus.INTERRUPTED:
            raise KeyboardInterrupt
        with progress.step(f"a commitment for each of {sample.count:,} scenarios"):
            scenarios = sample.draw(park.problem, 0, sample.count)
            each = flexible_bound(park.problem, scenarios, columns, options.gap, options.time_limit)
    except KeyboardInterrupt:
        return outcome.interrupted(INTERRUPTED)
    if once.objective is None or each is None:
        return replace(outcome, notes=(*outcome.notes, "flexibility: no bound was proved within the limits"))
    found = Flexibility(
        scenarios=sample.count,
        committed_once=once.objective,
        committed_each_bound=min(each, once.objective),
        worth_at_most=max(0.0, once.objective - each),
    )
    line = flexibility_headline(found, park.case.currency)
    report = replace(outcome.report, headline=(*outcome.report.headline, line))
    return replace(outcome, result=outcome.result.model_copy(update={"flexibility": found}), report=report)


def switched_columns(park: ParkProblem) -> set[str]:
    """First-stage columns that say what runs when: `on`, and what stands beside it (capacity x on, starts)."""
    blocks = {name[: name.rindex(".on[")] + "." for asset in park.assets for name in asset.on_columns.values()}
    return {name for name in park.problem.first_stage.names if name.startswith(tuple(blocks) or ("\0",))}


def flexibility_headline(found: Flexibility, currency: str) -> str:
    """The bound, with the futures it holds for."""
    share = found.worth_at_most / abs(found.committed_once) if found.committed_once else 0.0
    return (
        f"Switching units anew in every future instead of once for all would save at most {found.worth_at_most:,.0f} "
        f"{currency} a year ({share:.2%}), design included, in the {found.scenarios:,} futures looked at."
    )
