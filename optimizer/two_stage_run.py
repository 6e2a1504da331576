"""What every two-stage kind does: design on a sample by the extensive form, evaluate on a fresh one by the kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..problems.errors import CaseError, Problem
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.problem import Floats
from .evaluation import BLOCK, BlockResult, Distribution, Evaluator, distribution_of
from .extensive_form import ExtensiveSolution, solve_extensive_form
from .options import ALL, Options
from .progress import Progress
from .result import Evaluation

EXTENSIVE_ROWS = 400_000  # that an extensive form chosen by `auto` may have
EXTENSIVE_ROWS_INTEGER = 20_000  # the same where something is integer; half a minute for a park of 1,200 rows
FRESH_SEED = 1_000_003  # the evaluation's stream is another one than the design's
MOST_OUTCOMES = 10_000_000  # of a finite distribution that `all` enumerates
Draw = Callable[[int, int], Scenarios]


@dataclass(frozen=True)
class ScenarioChoice:
    """`count` scenarios and how to draw a part of them."""

    draw: Draw
    count: int


def refuse_unavailable(options: Options) -> None:
    """Raises CaseError naming every option that is asked for but cannot be had yet, instead of ignoring it."""
    asked = (
        ("--method", str(options.method), options.method == "benders", "auto, extensive"),
        ("--workers", str(options.workers), options.workers > 1, "1"),
        ("--cluster", str(options.cluster), options.cluster is not None, "none"),
    )
    problems = [
        Problem("is not available yet", place=place, typed=typed, allowed=(allowed,))
        for place, typed, wanted, allowed in asked
        if wanted
    ]
    if problems:
        raise CaseError(problems)


def problem_scenarios(problem: TwoStageProblem, options: Options) -> ScenarioChoice:
    """The scenarios that the problem is defined by: all of a finite distribution, or a sample."""
    size = problem.source.size
    if options.scenarios == ALL:
        if size is None:
            raise CaseError(Problem("the distribution is continuous, give a number", place="--scenarios", typed=ALL))
        if size > MOST_OUTCOMES:
            raise CaseError(Problem(f"the distribution has {size:.3g} outcomes, give a number", place="--scenarios"))
        return ScenarioChoice(problem.all_scenarios, size)
    return _sample(problem, 1 if size == 1 else int(options.scenarios), options.seed, options)


def fresh_scenarios(problem: TwoStageProblem, options: Options) -> ScenarioChoice:
    """The scenarios that the design is evaluated on."""
    if options.evaluate is None and (options.scenarios == ALL or problem.source.size == 1):
        return problem_scenarios(problem, options)
    count = options.evaluate or int(options.scenarios)
    return _sample(problem, count, options.seed + FRESH_SEED, options)


def design_scenarios(problem: TwoStageProblem, options: Options) -> Scenarios:
    """What the extensive form holds: all scenarios where they are few, else a sample of `--sample`."""
    whole = problem_scenarios(problem, options)
    rows = EXTENSIVE_ROWS_INTEGER if problem.first_stage.integer.any() else EXTENSIVE_ROWS
    most = max(1, rows // max(1, len(problem.recourse.row_names)))
    if options.sample is None and (whole.count <= most or options.method == "extensive"):
        return whole.draw(0, whole.count)
    count = min(options.sample or most, whole.count)
    return _sample(problem, count, options.seed, options).draw(0, count)


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


def evaluate_design(
    problem: TwoStageProblem, x: Floats, chosen: ScenarioChoice, options: Options, progress: Progress
) -> tuple[list[BlockResult], Distribution]:
    """Costs and reports of the design in every scenario."""
    blocks: list[BlockResult] = []
    with progress.step(f"evaluating {chosen.count:,} scenarios", chosen.count) as step:
        for block in Evaluator(problem, engine=options.engine).blocks(x, chosen.draw, chosen.count, BLOCK):
            blocks.append(block)
            step.advance(sum(map(len, blocks)))
    return blocks, distribution_of(blocks, maximize=problem.sense is Sense.MAXIMIZE)


def evaluation_of(distribution: Distribution, count: int, options: Options, *, sampled: bool) -> Evaluation:
    """The statistics as `result.json` has them; an enumeration has no sampling error.

    Scenarios of a Latin hypercube or of Sobol points are not independent, so that one sample says nothing about the
    error of its mean: it is None.
    """
    independent = distribution.standard_error if options.sampling == "monte-carlo" else None
    known = len(distribution.values) > 0
    return Evaluation(
        scenarios=count,
        mean=distribution.mean if known else None,
        standard_error=(independent if sampled else 0.0) if known else None,
        quantiles={str(p): distribution.quantile(p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)} if known else {},
        cvar={str(p): distribution.cvar(p) for p in (0.9, 0.95, 0.99)} if known else {},
        resolved_exactly=distribution.resolved_exactly,
        failed=distribution.failed + distribution.infeasible,
    )


def _sample(problem: TwoStageProblem, count: int, seed: int, options: Options) -> ScenarioChoice:
    def draw(first: int, last: int) -> Scenarios:
        return problem.scenarios(first, last, count=count, seed=seed, sampling=options.sampling)

    return ScenarioChoice(draw, count)
