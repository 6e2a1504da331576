"""`loopwise optimize` for water networks with free concentrations and for pooling."""

from __future__ import annotations

from typing import Any

from ...problems.errors import CaseError, Problem
from ...problems.pooling import PoolingCase, pooling_model
from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.objectives import objective_unit
from ..options import Options
from ..outcome import Outcome
from ..progress import Progress
from ..report.content import FlowLine, FlowPicture, ReportContent, Table
from ..report.words import amount
from ..result import Baseline, DesignItem, Evaluation, Objective, Result, RunStatus, Timing
from ..run import case_hash
from .diagnosis import broken_limits
from .network import SEEN, Flows, indicators_of, value
from .options import SearchResult, SearchStatus
from .solved import search_options, solve
from .water_report import concentration_table, other_networks, pictures_of
from .water_run import best_networks, once_through

_STATUS = {
    SearchStatus.OPTIMAL: RunStatus.OPTIMAL,
    SearchStatus.TIME_LIMIT: RunStatus.LIMIT,
    SearchStatus.INTERRUPTED: RunStatus.INTERRUPTED,
    SearchStatus.UNRESOLVED: RunStatus.LIMIT,
    SearchStatus.INFEASIBLE: RunStatus.INFEASIBLE,
    SearchStatus.STOPPED: RunStatus.LIMIT,
}


def optimize(case: PoolingCase | WaterNetworkCase, options: Options, progress: Progress) -> Outcome:
    """The globally optimal network of `case`, to `options.gap`."""
    if isinstance(case, WaterNetworkCase):
        return _water(case, options, progress)
    return _pooling(case, options, progress)


def evaluate(case: PoolingCase | WaterNetworkCase, design: Any, options: Options, progress: Progress) -> Outcome:
    """Not offered: nothing in these cases is uncertain. Raises CaseError."""
    del design, options, progress
    raise CaseError(Problem(f"a case of kind {case.kind!r} has nothing uncertain to evaluate a design on"))


def _water(case: WaterNetworkCase, options: Options, progress: Progress) -> Outcome:
    asked = search_options(options)
    answer = best_networks(case, asked, progress)
    found, network = answer.found, answer.network
    unit = objective_unit(case)
    name = "weighted sum" if isinstance(case.objective, dict) else case.objective
    if network is None:
        reasons = broken_limits(case) if found.status is SearchStatus.INFEASIBLE else ()
        message = _no_network(found, reasons)
        content = ReportContent(title=case.name, description=case.description, notes=(message,))
        return Outcome(_result(case, found, (name, unit), {}, {}, options), content, message=message)
    before = None if found.status is SearchStatus.INTERRUPTED else once_through(case, asked, progress)
    before_flows = () if before is None else _lines(before[1].flows)
    indicators = indicators_of(case, network)
    tables = (concentration_table(case, network, answer.limits, unit or name), *other_networks(answer.networks))
    headline = [f"{name.replace('-', ' ').capitalize()}: {amount(found.value)} {unit}, proven to {found.gap:.2%}."]
    if before is not None:
        headline.append(f"Without any reuse: {amount(before[0])} {unit}.")
    shown = Table(
        "Water",
        ("", "without reuse", "this network"),
        tuple(
            (_words(key), None if before is None else indicators_of(case, before[1])[key], number)
            for key, number in indicators.items()
        ),
    )
    content = ReportContent(
        title=case.name,
        description=case.description,
        before="Without reuse",
        headline=tuple(headline),
        flows=(FlowPicture("Water", "t/h", before_flows, _lines(network.flows)),),
        pictures=pictures_of(case, network),
        tables=tables,
        indicators=shown,
        assumptions=(
            "Water is 1 t/m3; concentrations in mg/L are ppm by mass.",
            f"The search took {found.seconds:.2f} s, {found.nodes} boxes and {found.linear_programs} linear programs.",
            "The worth of a limit is the derivative of the objective with the network's pipes as they are.",
        ),
    )
    baseline = None if before is None else before[0]
    return Outcome(_result(case, found, (name, unit), network.flows, indicators, options, baseline), content)


def _no_network(found: SearchResult, reasons: tuple[str, ...]) -> str:
    if found.status is not SearchStatus.INFEASIBLE:
        return "no network was found before the limit"
    if not reasons:
        return "no network satisfies all limits"
    return "no network satisfies all limits; at best " + "; ".join(reasons)


def _pooling(case: PoolingCase, options: Options, progress: Progress) -> Outcome:
    model = pooling_model(case)
    found = solve(model, search_options(options), progress).found
    flows = _blending_flows(model) if found.x is not None else {}
    content = ReportContent(
        title=case.name,
        description=case.description,
        headline=(f"Cost less revenue: {found.value:,.6g}, proven to {found.gap:.2%}.",) if flows else (),
        flows=(FlowPicture("Blending", "", (), _lines(flows)),) if flows else (),
        assumptions=(
            f"The search took {found.seconds:.2f} s, {found.nodes} boxes and {found.linear_programs} linear programs.",
        ),
    )
    message = "no blend satisfies all limits" if found.status is SearchStatus.INFEASIBLE else ""
    return Outcome(_result(case, found, ("cost less revenue", ""), flows, {}, options), content, message=message)


def _result(
    case: PoolingCase | WaterNetworkCase,
    found: SearchResult,
    objective: tuple[str, str],
    flows: Flows,
    indicators: dict[str, float | None],
    options: Options,
    baseline: float | None = None,
) -> Result:
    known = found.x is not None
    best = found.value if known else None
    lower = None if found.status is SearchStatus.INFEASIBLE else found.bound
    unit = "t/h" if isinstance(case, WaterNetworkCase) else ""
    return Result(
        case=case.name,
        kind=case.kind,
        case_hash=case_hash(case),
        seed=options.seed,
        sense="minimize",
        status=_STATUS[found.status],
        objective=Objective.of(*objective, best, lower, best, 1),
        evaluation=Evaluation.certain(best),
        design=tuple(
            DesignItem(
                name=f"{i} -> {j}", plant=case.name, component="pipe", built=True, size=flow, unit=unit, investment=None
            )
            for (i, j), flow in flows.items()
        ),
        indicators=indicators,
        baseline=None if baseline is None else Baseline(B0=baseline),
        timing=Timing(solve_s=found.seconds),
        bounds_over_time=found.bounds_over_time,
    )


def _lines(flows: Flows) -> tuple[FlowLine, ...]:
    return tuple(FlowLine(i, j, flow) for (i, j), flow in flows.items())


def _words(key: str) -> str:
    return key.removesuffix("_t_per_h").replace("_", " ") + (", t/h" if key.endswith("_t_per_h") else "")


def _blending_flows(model: Any) -> Flows:
    parts = (*model.through.items(), *model.direct.items(), *model.fed.items())
    flows = {arc: value(v) for arc, v in parts}
    return {arc: flow for arc, flow in flows.items() if flow > SEEN}
