"""What a run says about its design beyond one sample: the true optimum, the gap, what information is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from ..cluster import ClusterError, Scheme
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.problem import Floats
from .design_solution import SolveStatus
from .evaluation import EvaluationWork
from .extensive_form import solve_extensive_form
from .options import Options
from .outcome import Outcome
from .progress import Progress, QuietProgress
from .reduced import ReducedSample
from .result import Certain, Evaluation, ReplicationSummary, Statistics
from .sample import DesignSample, Sample
from .statistics import Bounds, Estimate, Replications, SampleProblem, replicate, value_of_information
from .two_stage_run import evaluate_design, find_design, objective_over

REPLICATION_SEED = 2_000_003  # replication m draws from a stream of its own, apart from design and evaluation


def with_statistics(
    outcome: Outcome,
    problem: TwoStageProblem,
    x: Floats,
    bounds: tuple[float, float],
    sample: DesignSample,
    options: Options,
    scheme: Scheme,
    progress: Progress,
) -> Outcome:
    """The outcome with its statistics: intervals always, replications and values of information where asked for.

    `bounds` are proved for the problem of the `sample` that design `x` was found on. Ctrl-C and a cluster that
    fails leave what is known without them.
    """
    draw, count = partial(sample.draw, problem), sample.count
    here_and_now, mean = Bounds(x, *bounds), expected(outcome.result.evaluation)
    statistics = Statistics(sample_optimum=certain(_finite(*bounds)), expected_objective=certain(mean))
    try:
        if options.replications:
            found = _replications(problem, x, count, options, scheme, progress)
            statistics = statistics.model_copy(update=_replicated(found, mean))
        if options.information:
            with progress.step("wait and see, expected value problem"):
                solve = _separately(problem, options)
                known = value_of_information(problem, here_and_now, draw, count, solve, engine=options.engine)
            statistics = statistics.model_copy(update={k: certain(value) for k, value in vars(known).items()})
    except (KeyboardInterrupt, ClusterError):
        outcome = outcome.interrupted("interrupted before all statistics were known; the design is evaluated")
    return replace(outcome, result=outcome.result.model_copy(update={"statistics": statistics}))


def with_reduction(
    outcome: Outcome,
    problem: TwoStageProblem,
    x: Floats,
    sample: DesignSample,
    options: Options,
    scheme: Scheme,
    progress: Progress,
) -> Outcome:
    """The outcome with what design `x` is worth over all the scenarios that the few stand for; as it is without any.

    The value is one that the optimum over all of them is no worse than. Ctrl-C and a cluster that fails leave it null.
    """
    summary = outcome.result.reduction
    if summary is None or not isinstance(sample, ReducedSample):
        return outcome
    work = EvaluationWork(problem, options.engine)
    try:
        found = evaluate_design(work, x, sample.original, scheme, progress, title="the design in all")
    except (KeyboardInterrupt, ClusterError):
        return outcome
    if found.stopped is not None or found.distribution.failed:
        return outcome
    value, planned = objective_over(problem, x, found.distribution, options.risk), outcome.result.objective.value
    error = None if planned is None else abs(planned - value) / max(abs(value), 1e-9)
    known = summary.model_copy(update={"value": value, "error": error})
    return replace(outcome, result=outcome.result.model_copy(update={"reduction": known}))


def _replications(
    problem: TwoStageProblem, x: Floats, count: int, options: Options, scheme: Scheme, progress: Progress
) -> Replications | None:
    with progress.step(f"{options.replications} replications of {count:,} scenarios", options.replications) as step:
        alone = replace(options, checkpoint=None)  # which belongs to the design's own sample

        def solve(m: int) -> SampleProblem:
            sample = Sample(count, options.seed + REPLICATION_SEED + m, options.sampling)
            found = find_design(problem, sample, alone, QuietProgress(), scheme=scheme)
            step.advance(m + 1)
            bound = found.upper_bound if problem.sense is Sense.MAXIMIZE else found.lower_bound
            complete = found.status is not SolveStatus.INTERRUPTED
            return SampleProblem(partial(sample.draw, problem), count, bound, complete)

        return replicate(problem, x, options.replications, solve, engine=options.engine)


def _separately(problem: TwoStageProblem, options: Options) -> Callable[[Scenarios], Bounds]:
    def solve(scenarios: Scenarios) -> Bounds:
        found = solve_extensive_form(problem, scenarios, gap=options.gap, time_limit=options.time_limit)
        return Bounds(found.x, found.lower_bound, found.upper_bound)

    return solve


def expected(evaluation: Evaluation | None) -> Estimate | None:
    """The expectation under the true distribution, by the error that the evaluation states."""
    if evaluation is None or evaluation.mean is None or evaluation.standard_error is None or evaluation.failed:
        return None
    if evaluation.standard_error == 0.0:  # every scenario of the distribution
        return Estimate.proved(evaluation.mean, evaluation.mean)
    independent = evaluation.randomizations if evaluation.randomizations > 1 else evaluation.scenarios
    return Estimate.of_mean(evaluation.mean, evaluation.standard_error, independent - 1)


def _replicated(found: Replications | None, mean: Estimate | None) -> dict[str, object]:
    if found is None:
        return {}
    summary = ReplicationSummary(
        count=len(found.bound),
        scenarios=found.scenarios,
        bounds=tuple(float(value) for value in found.bound),
        design=tuple(float(value) for value in found.design),
    )
    return {
        "replications": summary,
        "true_bound": certain(found.bound_estimate()),
        "true_optimum": certain(None if mean is None else found.optimum(mean)),
        "true_gap": certain(found.gap()),
    }


def _finite(low: float, high: float) -> Estimate | None:
    return Estimate.proved(low, high) if np.isfinite([low, high]).all() else None


def certain(estimate: Estimate | None) -> Certain | None:
    """The estimate as `result.json` has it."""
    if estimate is None:
        return None
    return Certain(
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        certainty=estimate.certainty.value,
        confidence=estimate.confidence,
        standard_error=estimate.standard_error,
    )
