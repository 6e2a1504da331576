"""Runs of SMPS cases: `loopwise optimize x.cor`, `loopwise evaluate x.cor --design x.sol`."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ..cluster import Scheme
from ..problems.smps import SmpsCase, read_design
from ..problems.two_stage import refuse_impossible_design
from ..problems.two_stage.problem import Floats
from .compared import with_comparison
from .design_solution import DesignSolution, SolveStatus
from .evaluation import EvaluationWork
from .execution import open_scheme
from .options import Options
from .outcome import Outcome
from .progress import Progress
from .reduced import reduction_summary
from .report import Histogram, ReportContent
from .result import DesignValue, Objective, Result, RunStatus, Timing
from .risk import EXPECTATION
from .run import case_hash
from .statistics_run import with_reduction, with_statistics
from .two_stage_run import (
    bounds_over_time,
    design_sample,
    evaluate_design,
    evaluation_of,
    find_design,
    fresh_scenarios,
    judged_by,
    objective_over,
    problem_scenarios,
)


def optimize(case: SmpsCase, options: Options, progress: Progress) -> Outcome:
    """The best design, evaluated on fresh scenarios."""
    with open_scheme(options) as scheme:
        return _optimized(case, options, scheme, progress)


def _optimized(case: SmpsCase, options: Options, scheme: Scheme, progress: Progress) -> Outcome:
    problem, started = case.problem, time.perf_counter()
    sample = design_sample(problem, options)
    built = time.perf_counter()
    solution = find_design(problem, sample, options, progress, scheme=scheme)
    solved = time.perf_counter()
    if solution.status is SolveStatus.FAILED:
        raise RuntimeError(f"{problem.name}: the solver failed without saying why")
    name = judged_by("expected objective", options)
    bounds = solution.lower_bound, solution.upper_bound
    objective = Objective.of(name, "", solution.objective, *bounds, sample.count)
    timing = Timing(build_s=built - started, solve_s=solved - built)
    result = _result(case, options, RunStatus(solution.status.value), objective, timing)
    result = result.model_copy(
        update={"bounds_over_time": bounds_over_time(solution), "reduction": reduction_summary(sample)}
    )
    if solution.x is None:
        return Outcome(result, _content(case), message=_why(solution), notes=case.notes)
    outcome = _evaluated(case, solution.x, result, options, scheme, progress)
    outcome = with_reduction(outcome, problem, solution.x, sample, options, scheme, progress)
    return with_statistics(outcome, problem, solution.x, bounds, sample, options, scheme, progress)


def evaluate(case: SmpsCase, design: Path, options: Options, progress: Progress) -> Outcome:
    """The expected objective of a given design over the problem's scenarios and over fresh ones."""
    x = _given(design, case)
    other = None if options.against is None else _given(options.against, case)
    started = time.perf_counter()
    with open_scheme(options) as scheme:
        chosen = problem_scenarios(case.problem, options)
        whole = evaluate_design(EvaluationWork(case.problem, options.engine), x, chosen, scheme, progress)
        distribution = whole.distribution
        answered = distribution.failed == 0 and whole.stopped is None
        value = objective_over(case.problem, x, distribution, EXPECTATION) if answered else None
        objective = Objective.of("expected objective", "", value, None, None, chosen.count)
        timing = Timing(solve_s=time.perf_counter() - started)
        status = RunStatus.EVALUATED if whole.stopped is None else RunStatus.INTERRUPTED
        result = _result(case, options, status, objective, timing)
        if whole.stopped is not None:
            return Outcome(result, _content(case), message=whole.stopped, notes=case.notes)
        outcome = _evaluated(case, x, result, options, scheme, progress)
        if other is None or options.against is None or outcome.result.status is RunStatus.INTERRUPTED:
            return outcome
        fresh = fresh_scenarios(case.problem, options)
        return with_comparison(
            outcome, case.problem, (x, other), options.against, fresh, options.engine, scheme, progress
        )


def _given(file: Path, case: SmpsCase) -> Floats:
    """(n1,) design of a file. Raises CaseError where it is none of this first stage."""
    x = read_design(file, case.problem.first_stage.names)
    refuse_impossible_design(case.problem.first_stage, x, str(file))
    return x


def _evaluated(
    case: SmpsCase, x: Floats, result: Result, options: Options, scheme: Scheme, progress: Progress
) -> Outcome:
    started = time.perf_counter()
    work, fresh = EvaluationWork(case.problem, options.engine), fresh_scenarios(case.problem, options)
    found = evaluate_design(work, x, fresh, scheme, progress, out=options.out)
    design = tuple(DesignValue(name=n, value=float(v)) for n, v in zip(case.problem.first_stage.names, x, strict=True))
    timing = result.timing.model_copy(update={"evaluate_s": time.perf_counter() - started})
    result = result.model_copy(
        update={
            "status": result.status if found.stopped is None else RunStatus.INTERRUPTED,
            "evaluation": evaluation_of(found),
            "design": design,
            "timing": timing,
        }
    )
    distribution, histograms = found.distribution, ()
    values, weights = distribution.points
    if len(values):
        share, edges = np.histogram(values, bins=60, weights=weights)
        histograms = (Histogram("design", edges, share / share.sum(), distribution.mean, distribution.cvar(0.95)),)
    return Outcome(result, _content(case, histograms), found.rows, message=found.stopped or "", notes=case.notes)


def _result(case: SmpsCase, options: Options, status: RunStatus, objective: Objective, timing: Timing) -> Result:
    return Result(
        case=case.files[0].stem,
        kind="smps",
        case_hash=case_hash(case),
        seed=options.seed,
        sense=case.problem.sense.value,
        status=status,
        objective=objective,
        evaluation=None,
        timing=timing,
    )


def _content(case: SmpsCase, cost: tuple[Histogram, ...] = ()) -> ReportContent:
    return ReportContent(title=case.problem.name or case.files[0].stem, cost=cost, notes=case.notes)


def _why(solution: DesignSolution) -> str:
    if solution.status is SolveStatus.INFEASIBLE:
        where = "" if solution.scenario is None else f" in scenario {solution.scenario} for every design"
        rows = ", ".join(solution.conflict[:8])
        return f"infeasible{where}: these rows cannot hold together: {rows}" if rows else f"infeasible{where}"
    return f"{solution.status.value}: there is no design"
