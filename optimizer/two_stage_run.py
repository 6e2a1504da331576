"""What every two-stage kind does: design on a sample, evaluate on a fresh one by the kernels."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np

from ..cluster import Chunk, ClusterError, Scheme, content_key, plan
from ..cluster.work import Work
from ..kernels import BLOCK
from ..problems.errors import CaseError, Problem
from ..problems.two_stage import TwoStageProblem
from ..problems.two_stage.problem import Floats
from .decomposition import CheckpointFile, solve_benders
from .design_solution import DesignSolution
from .distribution import Distribution
from .evaluation import EvaluationArguments, EvaluationWork
from .extensive_form import solve_extensive_form
from .options import ALL, Options
from .progress import Progress
from .reduced import reduced_sample
from .result import Evaluation
from .risk import Risk
from .sample import DesignSample, Futures, Sample
from .scenario_rows import PARTS, ScenarioRows, UnwrittenRows

EXTENSIVE_ROWS = 15_000  # of all scenarios, up to which `auto` takes the extensive form
LARGE_RECOURSE = 500  # rows of a scenario from which every evaluation of a design is dear
MOST_ROWS = 5_000_000  # of all scenarios that `auto` designs on
MOST_ROWS_INTEGER = 100_000  # the same where something is integer
MOST_ROWS_LARGE = 20_000  # the same beyond LARGE_RECOURSE: half a minute for a park of 1,200 rows
FRESH_SEED = 1_000_003  # the evaluation's stream is another one than the design's
UNKNOWN = 1e29  # what a solver says for a bound that it does not have
MOST_OUTCOMES = 10_000_000  # of a finite distribution that `all` enumerates


def problem_scenarios(problem: Futures, options: Options) -> Sample:
    """The scenarios that the problem is defined by: all of a finite distribution, or a sample."""
    size = problem.source.size
    if options.scenarios == ALL:
        if size is None:
            raise CaseError(Problem("the distribution is continuous, give a number", place="--scenarios", typed=ALL))
        if size > MOST_OUTCOMES:
            raise CaseError(Problem(f"the distribution has {size:.3g} outcomes, give a number", place="--scenarios"))
        return Sample(size, enumerated=True)
    return Sample(1 if size == 1 else int(options.scenarios), options.seed, options.sampling)


def fresh_scenarios(problem: Futures, options: Options) -> Sample:
    """The scenarios that the design is evaluated on."""
    if options.evaluate is None and (options.scenarios == ALL or problem.source.size == 1):
        return problem_scenarios(problem, options)
    count = options.evaluate or int(options.scenarios)
    return Sample.evaluation(count, options.seed + FRESH_SEED, options.sampling)


def design_sample(problem: TwoStageProblem, options: Options) -> DesignSample:
    """What the design is found on: all scenarios where the method can hold them, else `--sample` or `--reduce`."""
    whole = problem_scenarios(problem, options)
    if problem.limits:
        refuse_unlimited(problem, options)
    if options.reduce is not None:
        return reduced_sample(problem, whole, options)
    rows = len(problem.recourse.row_names)
    integer = bool(problem.first_stage.integer.any())
    budget = (
        EXTENSIVE_ROWS
        if problem.limits
        else MOST_ROWS
        if not integer
        else MOST_ROWS_INTEGER
        if rows <= LARGE_RECOURSE
        else MOST_ROWS_LARGE
    )
    most = max(1, budget // max(1, rows))
    if options.sample is None and (whole.count <= most or options.method != "auto"):
        return whole
    count = min(options.sample or most, whole.count)
    return whole if count == whole.count else Sample(count, options.seed, options.sampling)


def refuse_unlimited(problem: TwoStageProblem, options: Options) -> None:
    """Raise CaseError where an option cannot be had together with the case's limits over all scenarios."""
    names = ", ".join(limit.name for limit in problem.limits)
    asked = (
        (options.method == "benders", "--method", "they couple the scenarios, which only the extensive form holds"),
        (options.replications > 0, "--replications", "the optimum of a sample that has to keep them bounds nothing"),
        (options.information, "--information", "one scenario alone has no mean or chance to keep"),
        (options.flexibility > 0, "--flexibility", "a commitment for each future alone has no mean or chance to keep"),
        (options.against is not None, "--against", "each design is operated at its own prices for them"),
    )
    if any(there for there, _, _ in asked):
        raise CaseError(
            Problem(f"cannot be had with the case's limits over all scenarios ({names}): {why}", place=place)
            for there, place, why in asked
            if there
        )


def by_benders(problem: TwoStageProblem, sample: DesignSample, options: Options) -> bool:
    """Whether the design is found by decomposition: where that was asked for, or is the faster way."""
    if options.method != "auto" or problem.limits:
        return options.method == "benders"
    rows = len(problem.recourse.row_names)
    return sample.count > 1 and sample.count * rows > EXTENSIVE_ROWS


def find_design(
    problem: TwoStageProblem,
    sample: DesignSample,
    options: Options,
    progress: Progress,
    *,
    scheme: Scheme,
    fixed: Mapping[str, float] | None = None,
    title: str = "designing",
) -> DesignSolution:
    """The best design for the scenarios of `sample`, with its bound; `fixed` fixes first-stage columns by name.

    The decomposition spreads its scenarios by `scheme`. Raises ClusterError where that fails before there is a design.
    """
    with progress.step(f"{title} on {sample.count:,} scenarios") as step:

        def notice(seconds: float, bound: float, best: float) -> None:
            step.advance(seconds, f"bound {bound:,.6g}, best {best:,.6g}")

        if by_benders(problem, sample, options):
            return solve_benders(
                problem,
                partial(sample.draw, problem),
                sample.count,
                gap=options.gap,
                time_limit=options.time_limit,
                fixed=fixed,
                notice=notice,
                risk=options.risk,
                engine=options.engine,
                scheme=scheme,
                checkpoint=_checkpoint(problem, sample, options) if fixed is None else None,
            )
        scenarios = sample.draw(problem, 0, sample.count)
        return solve_extensive_form(
            problem,
            scenarios,
            gap=options.gap,
            time_limit=options.time_limit,
            fixed=fixed,
            notice=notice,
            risk=options.risk,
        )


def _checkpoint(problem: TwoStageProblem, sample: DesignSample, options: Options) -> CheckpointFile | None:
    if options.checkpoint is None:
        return None
    return CheckpointFile(options.checkpoint, content_key(problem, sample, options.risk, options.gap))


def objective_over(problem: TwoStageProblem, x: Floats, distribution: Distribution, risk: Risk) -> float:
    """Objective of design `x` over the scenarios it was evaluated on, which all have an answer.

    Probabilities that do not sum to 1 weigh the recourse, as in the two-stage problem; the first stage counts once.
    """
    now = problem.first_stage.constant + float(problem.first_stage.cost @ x)
    value = risk.mean_weight * (now + (distribution.mean - now) * distribution.weight)
    return value + (risk.tail_weight * distribution.cvar(risk.level) if risk.tail_weight else 0.0)


def judged_by(name: str, options: Options) -> str:
    """Name of the objective `name` with its share of CVaR."""
    if not options.cvar_weight:
        return name
    mean = f"{1.0 - options.cvar_weight:g} mean + " if options.cvar_weight < 1.0 else ""
    return f"{name}: {mean}{options.cvar_weight:g} CVaR {options.cvar_level:g}"


def bounds_over_time(solution: DesignSolution) -> tuple[tuple[float, float | None, float | None], ...]:
    """Seconds, lower and upper bound, as `result.json` has them; None where nothing was known."""

    def known(value: float) -> float | None:
        return value if np.isfinite(value) and abs(value) < UNKNOWN else None

    return tuple((seconds, known(lower), known(upper)) for seconds, lower, upper in solution.history)


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
    rows = folder_of_rows(out)
    try:
        arguments = EvaluationArguments(x, sample, rows)
        found = collected(work, arguments, sample, scheme, progress, title, Distribution())
    except CaseError as error:
        if rows is None:
            raise
        again = evaluate_design(work, x, sample, scheme, progress, title=title)
        return replace(again, rows=UnwrittenRows(error))
    return Evaluated(found.whole, sample, found.rows(rows), found.stopped)


class Mergeable(Protocol):
    """What is known of some scenarios, added up part by part."""

    @property
    def scenarios(self) -> int:
        """Scenarios seen."""
        ...

    def merge(self, other: Self) -> Self:
        """Over both."""
        ...


Part = TypeVar("Part", bound=Mergeable)


@dataclass(frozen=True)
class Collected(Generic[Part]):
    """The sum of the parts of the chunks that are `done`; `stopped`: why there are not more."""

    whole: Part
    done: list[Chunk]
    stopped: str | None

    def rows(self, folder: Path | None) -> ScenarioRows | None:
        """The rows that the chunks have written."""
        return None if folder is None else ScenarioRows(folder, self.done)


def collected(
    work: Work, arguments: Any, sample: Sample, scheme: Scheme, progress: Progress, title: str, nothing: Part
) -> Collected[Part]:
    """The work over all chunks of the sample, added to `nothing`; Ctrl-C and a cluster that fails end it early.

    `arguments.rows`, the folder where the work writes rows of scenarios, is taken away where the work raises.
    """
    chunks = plan(
        sample.count, block=BLOCK, workers=scheme.workers, blocks_per_chunk=1 if scheme.workers == 1 else None
    )
    done: list[Chunk] = []
    whole, stopped = nothing, None
    with progress.step(f"{title} {sample.count:,} scenarios", sample.count) as step:
        try:
            for chunk, part in scheme.run(work, arguments, chunks):
                whole, done = whole.merge(part), [*done, chunk]  # both or, when interrupted, none
                step.advance(whole.scenarios)
        except KeyboardInterrupt:
            stopped = f"interrupted after {whole.scenarios:,} of {sample.count:,} scenarios"
        except ClusterError as error:
            stopped = f"{error}; evaluated {whole.scenarios:,} of {sample.count:,} scenarios"
        except BaseException:
            if arguments.rows is not None:
                shutil.rmtree(arguments.rows, ignore_errors=True)
            raise
    return Collected(whole, done, stopped)


def folder_of_rows(out: Path | None) -> Path | None:
    """Where rows of scenarios are collected below the output folder."""
    if out is None:
        return None
    (out / PARTS).mkdir(exist_ok=True)
    return out / PARTS


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
