"""What every two-stage kind does: design on a sample by the extensive form, evaluate on a fresh one by the kernels."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ..cluster import Chunk, ClusterError, Scheme, plan
from ..kernels import BLOCK
from ..problems.errors import CaseError, Problem
from ..problems.two_stage import Scenarios, TwoStageProblem
from ..problems.two_stage.problem import Floats
from .distribution import Distribution
from .evaluation import EvaluationArguments, EvaluationWork
from .extensive_form import ExtensiveSolution, solve_extensive_form
from .options import ALL, Options
from .progress import Progress
from .result import Evaluation
from .sample import Sample
from .scenario_rows import PARTS, ScenarioRows, UnwrittenRows

EXTENSIVE_ROWS = 400_000  # that an extensive form chosen by `auto` may have
EXTENSIVE_ROWS_INTEGER = 20_000  # the same where something is integer; half a minute for a park of 1,200 rows
FRESH_SEED = 1_000_003  # the evaluation's stream is another one than the design's
MOST_OUTCOMES = 10_000_000  # of a finite distribution that `all` enumerates


def refuse_unavailable(options: Options) -> None:
    """Raises CaseError naming every option that is asked for but cannot be had yet, instead of ignoring it."""
    if options.method == "benders":
        raise CaseError(
            Problem("is not available yet", place="--method", typed="benders", allowed=("auto", "extensive"))
        )


def problem_scenarios(problem: TwoStageProblem, options: Options) -> Sample:
    """The scenarios that the problem is defined by: all of a finite distribution, or a sample."""
    size = problem.source.size
    if options.scenarios == ALL:
        if size is None:
            raise CaseError(Problem("the distribution is continuous, give a number", place="--scenarios", typed=ALL))
        if size > MOST_OUTCOMES:
            raise CaseError(Problem(f"the distribution has {size:.3g} outcomes, give a number", place="--scenarios"))
        return Sample(size, enumerated=True)
    return Sample(1 if size == 1 else int(options.scenarios), options.seed, options.sampling)


def fresh_scenarios(problem: TwoStageProblem, options: Options) -> Sample:
    """The scenarios that the design is evaluated on."""
    if options.evaluate is None and (options.scenarios == ALL or problem.source.size == 1):
        return problem_scenarios(problem, options)
    count = options.evaluate or int(options.scenarios)
    return Sample.evaluation(count, options.seed + FRESH_SEED, options.sampling)


def design_scenarios(problem: TwoStageProblem, options: Options) -> Scenarios:
    """What the extensive form holds: all scenarios where they are few, else a sample of `--sample`."""
    whole = problem_scenarios(problem, options)
    rows = EXTENSIVE_ROWS_INTEGER if problem.first_stage.integer.any() else EXTENSIVE_ROWS
    most = max(1, rows // max(1, len(problem.recourse.row_names)))
    if options.sample is None and (whole.count <= most or options.method == "extensive"):
        return whole.draw(problem, 0, whole.count)
    count = min(options.sample or most, whole.count)
    return Sample(count, options.seed, options.sampling).draw(problem, 0, count)


def find_design(
    problem: TwoStageProblem, scenarios: Scenarios, options: Options, progress: Progress
) -> ExtensiveSolution:
    """The best design for `scenarios`, with its bound."""
    with progress.step(f"designing on {len(scenarios):,} scenarios") as step:
        return solve_extensive_form(
            problem,
            scenarios,
            gap=options.gap,
            time_limit=options.time_limit,
            notice=lambda seconds, bound, best: step.advance(seconds, f"bound {bound:,.6g}, best {best:,.6g}"),
        )


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation found. `rows`: the scenarios' rows, where they were wanted; `stopped`: why it ended early."""

    distribution: Distribution
    sample: Sample
    rows: ScenarioRows | UnwrittenRows | None = None
    stopped: str | None = None


def evaluate_design(
    work: EvaluationWork,
    x: Floats,
    sample: Sample,
    scheme: Scheme,
    progress: Progress,
    *,
    out: Path | None = None,
    title: str = "evaluating",
) -> Evaluated:
    """Costs and reports of the design `x` in every scenario of the sample; rows of scenarios go below `out`.

    Ctrl-C and a cluster that fails end it with the scenarios that are done. Where the disk takes no rows, the scenarios
    are evaluated without them.
    """
    rows = None if out is None else out / PARTS
    if rows is not None:
        rows.mkdir(exist_ok=True)
    chunks = plan(
        sample.count, block=BLOCK, workers=scheme.workers, blocks_per_chunk=1 if scheme.workers == 1 else None
    )
    done: list[Chunk] = []
    distribution, stopped = Distribution(), None
    with progress.step(f"{title} {sample.count:,} scenarios", sample.count) as step:
        try:
            for chunk, part in scheme.run(work, EvaluationArguments(x, sample, rows), chunks):
                distribution, done = distribution.merge(part), [*done, chunk]  # both or, when interrupted, none
                step.advance(distribution.scenarios)
        except KeyboardInterrupt:
            stopped = f"interrupted after {distribution.scenarios:,} of {sample.count:,} scenarios"
        except ClusterError as error:
            stopped = f"{error}; evaluated {distribution.scenarios:,} of {sample.count:,} scenarios"
        except CaseError as error:
            if rows is None:
                raise
            shutil.rmtree(rows, ignore_errors=True)
            again = evaluate_design(work, x, sample, scheme, progress, title=title)
            return replace(again, rows=UnwrittenRows(error))
        except BaseException:
            if rows is not None:
                shutil.rmtree(rows, ignore_errors=True)
            raise
    return Evaluated(distribution, sample, None if rows is None else ScenarioRows(rows, done), stopped)


def evaluation_of(evaluated: Evaluated) -> Evaluation:
    """The statistics as `result.json` has them; a whole enumeration has no sampling error."""
    distribution, sample = evaluated.distribution, evaluated.sample
    known = distribution.weight > 0.0
    exact = (sample.enumerated or sample.count == 1) and evaluated.stopped is None
    sampled = None if sample.enumerated else distribution.standard_error
    return Evaluation(
        scenarios=distribution.scenarios,
        mean=distribution.mean if known else None,
        standard_error=(0.0 if exact else sampled) if known else None,
        randomizations=sample.randomizations,
        quantiles={str(p): distribution.quantile(p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)} if known else {},
        cvar={str(p): distribution.cvar(p) for p in (0.9, 0.95, 0.99)} if known else {},
        resolved_exactly=distribution.resolved_exactly,
        failed=distribution.failed,
    )
