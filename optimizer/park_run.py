"""Runs of industrial parks: design on a sample, baseline on the same, both operated in many fresh scenarios."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..cluster import ClusterError, Scheme
from ..problems.errors import CaseError, Problem, nearest
from ..problems.park.asset import Asset
from ..problems.park.case import Objective as Aim
from ..problems.park.case import ParkCase
from ..problems.park.problem import ParkProblem, park_problem
from .compared import with_comparison
from .design_solution import DesignSolution, SolveStatus
from .execution import open_scheme
from .json_file import items_of_result, read_object
from .limited_run import limit_results, rule_for, why_limits_fail
from .options import Options
from .outcome import Outcome
from .park_content import report_content
from .park_design import design_items
from .park_feasibility import refuse_impossible, why_infeasible
from .park_flexibility import with_flexibility
from .park_indicators import indicators
from .park_ladder import climb
from .park_operation import Operation, evaluation_work, operate
from .park_stress import stress_indicators
from .park_totals import balances
from .park_units import unit_balances
from .progress import Progress
from .reduced import reduction_summary
from .result import Baseline, Objective, Result, RunStatus, Timing
from .run import case_hash
from .sample import DesignSample, Sample
from .statistics_run import with_reduction, with_statistics
from .two_stage_run import bounds_over_time, design_sample, evaluation_of, find_design, fresh_scenarios, judged_by

COMPLETING = "completing the design"
STOPPED_AS_IS = "interrupted before the park as it is was evaluated; the design is evaluated in all scenarios"
IMPOSSIBLE_AS_IS = "the park as it is cannot be operated within the case's limits: there is no baseline B0"
UNSOLVED_AS_IS = "no operation of the park as it is was found within the limits of the search: there is no baseline B0"
UNITS = {Aim.FRESH_WATER: "t/h", Aim.TREATED_FLOW: "t/h", Aim.CO2: "t/a"}


def optimize(case: ParkCase, options: Options, progress: Progress) -> Outcome:
    """The best design for a sample with its proven bound, operated in fresh scenarios beside the park as it is."""
    with open_scheme(options) as scheme:
        return _optimized(case, options, scheme, progress)


def _optimized(case: ParkCase, options: Options, scheme: Scheme, progress: Progress) -> Outcome:
    started = time.perf_counter()
    park = park_problem(case)
    refuse_impossible(park)
    sample = design_sample(park.problem, options)
    built = time.perf_counter()
    solution = find_design(park.problem, sample, options, progress, scheme=scheme)
    timing = Timing(build_s=built - started, solve_s=time.perf_counter() - built)
    if solution.x is None:
        result = _result(park, options, solution, sample, timing)
        why = why_not(park, sample, solution)
        return Outcome(result, report_content(park, None, None, result), message=why, notes=park.notes)
    ladder: dict[str, DesignSolution] = {}
    if options.ladder:
        solution, ladder = climb(park, sample, options, scheme, progress, solution)
        assert solution.x is not None
    outcome = _operated(park, options, scheme, progress, solution, sample, timing, ladder)
    if options.flexibility and outcome.result.status is not RunStatus.INTERRUPTED:
        outcome = with_flexibility(outcome, park, options, scheme, progress)
    if outcome.result.status is RunStatus.INTERRUPTED:
        return outcome
    bounds = solution.lower_bound, solution.upper_bound
    outcome = with_reduction(outcome, park.problem, solution.x, sample, options, scheme, progress)
    return with_statistics(outcome, park.problem, solution.x, bounds, sample, options, scheme, progress)


def evaluate(case: ParkCase, design: Path, options: Options, progress: Progress) -> Outcome:
    """A given design: what it leaves open (commitments, contracts) is chosen on the sample, then all is operated."""
    with open_scheme(options) as scheme:
        outcome = _evaluated(case, design, options, scheme, progress)
    if outcome.result.status is not RunStatus.OPTIMAL:
        return outcome
    return replace(outcome, result=outcome.result.model_copy(update={"status": RunStatus.EVALUATED}))


def _evaluated(case: ParkCase, design: Path, options: Options, scheme: Scheme, progress: Progress) -> Outcome:
    started = time.perf_counter()
    park = park_problem(case)
    fixed = read_design(design, park.assets)
    against = None if options.against is None else read_design(options.against, park.assets)
    sample = design_sample(park.problem, options)
    built = time.perf_counter()
    solution = find_design(park.problem, sample, options, progress, scheme=scheme, fixed=fixed, title=COMPLETING)
    if solution.status is SolveStatus.INFEASIBLE and park.problem.limits:  # it is worth a number all the same
        free = _unlimited(park).problem
        solution = find_design(free, sample, options, progress, scheme=scheme, fixed=fixed, title=COMPLETING)
    solution = replace(solution, lower_bound=-float("inf"))  # proved for this design only: another may be better
    timing = Timing(build_s=built - started, solve_s=time.perf_counter() - built)
    if solution.x is None:
        result = _result(park, options, solution, sample, timing)
        why = why_not(park, sample, solution)
        return Outcome(result, report_content(park, None, None, result), message=why, notes=park.notes)
    outcome = _operated(park, options, scheme, progress, solution, sample, timing)
    if against is None or options.against is None or outcome.result.status is RunStatus.INTERRUPTED:
        return outcome
    other = find_design(park.problem, sample, options, progress, scheme=scheme, fixed=against, title=COMPLETING)
    if other.x is None:
        return replace(outcome, notes=(*outcome.notes, f"{options.against}: {why_not(park, sample, other)}"))
    fresh, designs = fresh_scenarios(park.problem, options), (solution.x, other.x)
    return with_comparison(outcome, park.problem, designs, options.against, fresh, options.engine, scheme, progress)


def _operated(
    park: ParkProblem,
    options: Options,
    scheme: Scheme,
    progress: Progress,
    solution: DesignSolution,
    sample: DesignSample,
    timing: Timing,
    ladder: Mapping[str, DesignSolution] | None = None,
) -> Outcome:
    assert solution.x is not None
    started = time.perf_counter()
    rule, ruled = rule_for(park.problem, sample, solution.x, options.engine)
    fresh, work = fresh_scenarios(park.problem, options), evaluation_work(park, options.engine, rule)
    found = operate(park, work, solution.x, fresh, scheme, progress, "the design", options.out)
    design, stopped = (None, found) if isinstance(found, str) else (found, found.evaluated.stopped)
    before, missing = None, ""
    if stopped is None:
        before, stopped, missing = _operated_as_is(_unlimited(park), options, scheme, progress, sample, fresh)
    compared = {} if before is None else {"B0": before.distribution.mean}
    for name, found in (ladder or {}).items() if stopped is None else ():
        assert found.x is not None
        work = evaluation_work(park, options.engine, rule_for(park.problem, sample, found.x, options.engine)[0])
        step = operate(park, work, found.x, fresh, scheme, progress, f"comparison {name}")
        if not isinstance(step, str) and step.evaluated.stopped is None:
            compared[name] = step.distribution.mean
    result = _result(park, options, solution, sample, timing).model_copy(
        update={
            "evaluation": evaluation_of(design.evaluated) if design is not None else None,
            "design": design_items(park, solution.x),
            "indicators": _indicators(park, design) if design is not None else {},
            "balances": (*balances(park, design), *unit_balances(park, design)) if design is not None else (),
            "limits": limit_results(park.problem, rule, solution.x, sample, design.evaluated, options.engine)
            if design is not None
            else (),
            "baseline": Baseline(**compared) if compared else None,
            "timing": timing.model_copy(update={"evaluate_s": time.perf_counter() - started}),
        }
    )
    if stopped is not None:
        result = result.model_copy(update={"status": RunStatus.INTERRUPTED})
    notes = (*park.notes, *filter(None, [ruled, missing]), *(_physical_notes(design) if design is not None else ()))
    rows = design.evaluated.rows if design is not None else None
    return Outcome(result, report_content(park, design, before, result), rows, message=stopped or "", notes=notes)


def _unlimited(park: ParkProblem) -> ParkProblem:
    """The park without limits over all futures, which as it is it need not keep."""
    return replace(park, problem=replace(park.problem, limits=()))


def _operated_as_is(
    park: ParkProblem,
    options: Options,
    scheme: Scheme,
    progress: Progress,
    sample: DesignSample,
    fresh: Sample,
) -> tuple[Operation | None, str | None, str]:
    """B0 in the same scenarios as the design, None where nothing can be built; what stopped it; why there is none.

    Nothing that is not there is built, not even what must be; commitments and contracts stay free.
    """
    fixed = {asset.build_column: 0.0 for asset in park.assets if asset.build_column is not None}
    if not fixed:
        return None, None, ""
    free = _unlimited(park_problem(park.case.as_it_is)) if any(asset.forced for asset in park.assets) else park
    try:
        solution = find_design(
            free.problem, sample, options, progress, scheme=scheme, fixed=fixed, title="the park as it is"
        )
    except (KeyboardInterrupt, ClusterError):
        return None, STOPPED_AS_IS, ""
    if solution.status is SolveStatus.INTERRUPTED:
        return None, STOPPED_AS_IS, ""
    if solution.x is None:
        return None, None, IMPOSSIBLE_AS_IS if solution.status is SolveStatus.INFEASIBLE else UNSOLVED_AS_IS
    work = evaluation_work(park, options.engine)
    before = operate(park, work, solution.x, fresh, scheme, progress, "the park as it is")
    if isinstance(before, str) or before.evaluated.stopped is not None:
        return None, STOPPED_AS_IS, ""
    return before, None, ""


def _indicators(park: ParkProblem, design: Operation) -> dict[str, float | None]:
    """What the design does in the mean, what went wrong and how often, and how well the physics closed."""
    physics = {"largest_balance_residual": design.residual, "smallest_concentration_margin": design.margin}
    return indicators(park, design) | stress_indicators(park, design) | physics


def _physical_notes(design: Operation) -> tuple[str, ...]:
    """What the forward simulation found: a plan that is exceeded is said first."""
    balances = "every balance of every scenario and unit closes and no unit creates exergy"
    balances = f"{balances}, to {design.residual:.1e} (t/h, kg/h, MW)"
    if design.margin is None:
        return (balances,)
    if design.margin < -1e-6:
        exceeded = f"forward simulation: a concentration exceeds its assumed bound by {-design.margin:.2%}"
        return (exceeded, balances)
    closest = f"closest {max(design.margin, 0.0):.2%}"
    return (f"forward simulation: concentrations stay below their assumed bounds ({closest})", balances)


def _result(
    park: ParkProblem, options: Options, solution: DesignSolution, sample: DesignSample, timing: Timing
) -> Result:
    case = park.case
    unit = UNITS.get(case.objective, f"{case.currency}/a")
    objective = Objective.of(
        judged_by(case.objective.value, options),
        unit,
        solution.objective,
        solution.lower_bound,
        solution.upper_bound,
        sample.count,
    )
    return Result(
        case=case.name,
        kind=case.kind,
        case_hash=case_hash(case),
        seed=options.seed,
        sense=park.problem.sense.value,
        status=RunStatus(solution.status.value),
        objective=objective,
        evaluation=None,
        timing=timing,
        reduction=reduction_summary(sample),
        bounds_over_time=bounds_over_time(solution),
    )


def why_not(park: ParkProblem, sample: DesignSample, solution: DesignSolution) -> str:
    """Why there is no design, in a plant's words: which unit, contaminant or header makes it so."""
    if solution.status is not SolveStatus.INFEASIBLE:
        return f"{solution.status.value}: there is no design"
    first, last = (0, sample.count) if solution.scenario is None else (solution.scenario, solution.scenario + 1)
    if unkept := list(why_limits_fail(park.problem, sample.draw(park.problem, 0, sample.count))):
        return "infeasible: " + "; ".join(unkept)
    if words := why_infeasible(park, sample.draw(park.problem, first, last)):
        return f"infeasible: no design can hold all of the case. The least that would have to give: {words}"
    if park.problem.limits and (solution.scenario is None):
        names = ", ".join(limit.name for limit in park.problem.limits)
        return f"infeasible: no design keeps all limits over all futures together: {names}"
    rows = [name.removeprefix("operation.").split("[")[0] for name in solution.conflict]
    return "infeasible: these cannot hold together: " + ", ".join(dict.fromkeys(rows)) if rows else "infeasible"


def read_design(file: Path, assets: tuple[Asset, ...]) -> dict[str, float]:
    """First-stage columns fixed by a `result.json` or by a JSON object `plant.asset` -> size (0: not built).

    A `result.json` also says which units run in which periods; a plain object leaves that open. Raises CaseError naming
    every unknown asset or period and every size outside the range for which its cost holds.
    """
    typed = read_object(file, "plant.asset -> size")
    sizes: Mapping[str, Any] = typed
    options = {f"{asset.plant}.{asset.name}": asset for asset in assets if asset.option is not None}
    problems: list[Problem] = []
    fixed: dict[str, float] = {}
    if (listed := items_of_result(typed, file, "park", ("plant", "name", "built", "size"))) is not None:
        items = {f"{item['plant']}.{item['name']}": item for item in listed}
        standing = {f"{asset.plant}.{asset.name}" for asset in assets if asset.option is None}
        sizes = {name: item["size"] if item["built"] else 0.0 for name, item in items.items() if name not in standing}
        commitments = {f"{asset.plant}.{asset.name}": asset.on_columns for asset in assets}
        for name, item in items.items():
            switched = item.get("on") or {}
            if not isinstance(switched, dict) or any(not isinstance(on, bool) for on in switched.values()):
                message = "expected `on` with true or false for each period"
                problems.append(Problem(message, file=str(file), place=name, typed=str(switched)))
                continue
            for period, on in switched.items():
                if period in commitments.get(name, {}):
                    fixed[commitments[name][period]] = float(on)
                else:
                    problems.append(Problem(f"is not switched in a period {period!r}", file=str(file), place=name))
    for name, size in sizes.items():
        asset = options.get(name)
        if asset is None or asset.option is None:
            close = nearest(name, options)
            problems.append(Problem("nothing of this name can be built", file=str(file), place=name, suggestion=close))
        elif not _fits(asset, size):
            allowed = f"0 or {asset.option.minimum:g} to {asset.option.maximum:g} {asset.unit}"
            problems.append(Problem(f"expected {allowed}", file=str(file), place=name, typed=str(size)))
        elif asset.build_column is not None and asset.size_column is not None:  # contracts are chosen anew
            fixed |= {asset.build_column: float(size > 0), asset.size_column: float(size)}
    if options and not problems and not set(sizes) & set(options):
        what = "names nothing that may be built in this case"
        problems.append(Problem(what, file=str(file), typed=str(typed.get("case", "")) or None, allowed=tuple(options)))
    if problems:
        raise CaseError(problems)
    return fixed


def _fits(asset: Asset, size: object) -> bool:
    """Whether `size` is a number in the range for which the asset's cost holds, or 0 where it need not be built."""
    assert asset.option is not None
    if isinstance(size, bool) or not isinstance(size, (int, float)):
        return False
    lowest, largest = asset.option.minimum - 1e-9, asset.option.maximum + 1e-9
    return lowest <= size <= largest or (size == 0 and asset.build_column is not None)
