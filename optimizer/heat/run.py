"""`loopwise optimize` for cases of kind `heat`: targets, cheapest utilities, fewest matches and networks."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from ...problems.errors import CaseError, Problem
from ...problems.heat import (
    CapitalTargets,
    HeatDataError,
    HeatRecoveryProblem,
    ProblemTable,
    Side,
    Utility,
    UtilityTargets,
    capital_targets,
    problem_table,
)
from ...problems.heat.case import HeatCase
from ...problems.heat.match_data import match_data
from ...problems.heat.total_site import TotalSiteTargets, total_site_targets
from ..bilinear.solved import search_options
from ..options import Options
from ..outcome import Outcome
from ..progress import Progress
from ..result import DesignItem, Objective, Result, RunStatus, Timing
from ..run import certain_result
from .cogeneration import Cogeneration, cogeneration
from .matches import MatchSolution, MatchStatus, fewest_matches
from .network import NetworkStatus, Synthesis
from .synthesis import synthesize
from .utilities import cheapest_utilities

_STATUS = {
    MatchStatus.OPTIMAL: RunStatus.OPTIMAL,
    MatchStatus.LIMIT: RunStatus.LIMIT,
    MatchStatus.INFEASIBLE: RunStatus.INFEASIBLE,
    NetworkStatus.OPTIMAL: RunStatus.OPTIMAL,
    NetworkStatus.LIMIT: RunStatus.LIMIT,
    NetworkStatus.INTERRUPTED: RunStatus.INTERRUPTED,
    NetworkStatus.INFEASIBLE: RunStatus.INFEASIBLE,
}


@dataclass(frozen=True)
class HeatAnswer:
    """Everything that was found for a heat case; `matches` and `synthesis` only where asked for."""

    problem: HeatRecoveryProblem
    table: ProblemTable
    utilities: UtilityTargets
    capital: CapitalTargets | None
    matches: MatchSolution | None
    synthesis: Synthesis | None
    site: TotalSiteTargets | None
    cogeneration: Cogeneration | None
    seconds: float


def optimize(case: HeatCase, options: Options, progress: Progress) -> Outcome:
    """Targets of `case`, its cheapest utilities and, with `objective: matches`, the fewest exchangers."""
    from .report import heat_report

    started = time.perf_counter()
    problem = case.problem()
    if not problem.utilities:
        problem = with_generic_utilities(problem)
    matches = synthesis = None
    try:
        utilities = cheapest_utilities(problem)
        capital = None if problem.forbidden_matches else _capital(problem, utilities)
        site = total_site_targets(problem, [main.main() for main in case.mains]) if case.mains else None
        if case.objective == "matches":
            with progress.step("searching the fewest matches"):
                data = match_data(problem, utilities=utilities)
                matches = fewest_matches(data, time_limit=options.time_limit)
        if case.objective == "annual-cost":
            synthesis = _synthesis(case, problem, options, progress)
    except HeatDataError as error:
        result = certain_result(
            case, options, RunStatus.INFEASIBLE, Objective.of(_name(case), _unit(case), None, None, None, 1)
        )
        return Outcome(result, heat_report(case, None), message="; ".join(error.problems))
    answer = HeatAnswer(
        problem,
        problem_table(problem),
        utilities,
        capital,
        matches,
        synthesis,
        site,
        cogeneration(case, utilities, site),
        time.perf_counter() - started,
    )
    result = _answer_result(case, options, answer)
    return Outcome(result, heat_report(case, answer, result.indicators))


def evaluate(case: HeatCase, design: Any, options: Options, progress: Progress) -> Outcome:
    """Not offered: nothing in these cases is uncertain. Raises CaseError."""
    del design, options, progress
    raise CaseError(Problem(f"a case of kind {case.kind!r} has nothing uncertain to evaluate a design on"))


def with_generic_utilities(problem: HeatRecoveryProblem) -> HeatRecoveryProblem:
    """The problem with a hot utility above and a cold utility below every stream."""
    hottest = max(problem.shifted(s, max(s.supply, s.target)) for s in problem.streams)
    coldest = min(problem.shifted(s, min(s.supply, s.target)) for s in problem.streams)
    own = (
        Utility("hot utility", Side.HOT, hottest, hottest, approach_contribution=0.0),
        Utility("cold utility", Side.COLD, coldest, coldest, approach_contribution=0.0),
    )
    return HeatRecoveryProblem(problem.streams, own, problem.approach_temperature, problem.forbidden_matches)


def _synthesis(case: HeatCase, problem: HeatRecoveryProblem, options: Options, progress: Progress) -> Synthesis:
    assert case.exchanger_cost is not None  # the case was checked
    with progress.step("designing the network") as step:
        return synthesize(
            problem,
            case.exchanger_cost.cost(),
            annualization=case.annualization,
            hours_per_year=case.hours_per_year,
            stages=case.stages,
            mixing=case.mixing,
            search=replace(search_options(options), progress=lambda line: step.advance(0.0, line)),
        )


def _capital(problem: HeatRecoveryProblem, utilities: UtilityTargets) -> CapitalTargets | None:
    try:
        return capital_targets(problem, utilities)
    except HeatDataError:  # curves that touch have no finite area
        return None


def _name(case: HeatCase) -> str:
    return case.objective.replace("-", " ")


def _unit(case: HeatCase) -> str:
    return {"hot-utility": "MW", "matches": ""}.get(case.objective, f"{case.currency}/year")


def _answer_result(case: HeatCase, options: Options, answer: HeatAnswer) -> Result:
    status, lower, value = RunStatus.OPTIMAL, None, None
    match case.objective:
        case "hot-utility":
            value = lower = answer.utilities.hot
        case "utility-cost":
            assert answer.utilities.cost is not None
            value = lower = answer.utilities.cost * case.hours_per_year
        case "matches":
            assert answer.matches is not None
            status = _STATUS.get(answer.matches.status, RunStatus.LIMIT)
            value, lower = answer.matches.value, answer.matches.lower_bound
        case "annual-cost":
            assert answer.synthesis is not None
            status, lower = _STATUS[answer.synthesis.status], answer.synthesis.lower_bound
            value = None if answer.synthesis.network is None else answer.synthesis.network.annual_cost
    return certain_result(
        case,
        options,
        status,
        Objective.of(_name(case), _unit(case), value, lower, value, 1),
        design=_design(answer),
        indicators=_indicators(case, answer),
        timing=Timing(solve_s=answer.seconds),
        bounds_over_time=answer.synthesis.bounds_over_time if answer.synthesis else (),
    )


def _design(answer: HeatAnswer) -> tuple[DesignItem, ...]:
    if answer.synthesis is not None and answer.synthesis.network is not None:
        return tuple(
            DesignItem(
                name=f"{exchanger.place.hot} -> {exchanger.place.cold}"
                + (f", stage {exchanger.place.stage}" if exchanger.place.stage else ""),
                plant="",
                component="exchanger",
                built=True,
                size=exchanger.area,
                unit="m2",
                investment=exchanger.investment,
            )
            for exchanger in answer.synthesis.network.exchangers
        )
    return tuple(
        DesignItem(
            name=f"{hot} -> {cold}", plant="", component="exchanger", built=True, size=heat, unit="MW", investment=None
        )
        for (hot, cold), heat in (answer.matches.heat.items() if answer.matches else ())
    )


def _indicators(case: HeatCase, answer: HeatAnswer) -> dict[str, float | None]:
    table, utilities, capital = answer.table, answer.utilities, answer.capital
    given_off = sum(stream.duty for stream in answer.problem.hot_streams)
    indicators: dict[str, float | None] = {
        "hot_utility_mw": utilities.hot,
        "cold_utility_mw": utilities.cold,
        "hot_utility_target_mw": table.hot_utility,
        "cold_utility_target_mw": table.cold_utility,
        "heat_recovery_mw": given_off - utilities.cold,
        "pinch_shifted_degc": table.pinches[0] if table.pinches else None,
    }
    if utilities.cost is not None:
        indicators["utility_cost_per_year"] = utilities.cost * case.hours_per_year
    if answer.cogeneration is not None:
        indicators["cogeneration_target_mw"] = answer.cogeneration.target.total_power
    if capital is not None:
        indicators |= {"area_target_m2": capital.area, "units_target": capital.units}
        if case.exchanger_cost is not None:
            indicators["investment_target"] = capital.investment(case.exchanger_cost.cost())
    return indicators
