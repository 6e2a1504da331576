"""`loopwise optimize` and `evaluate` for water networks with free concentrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from sys import float_info

from ...problems.errors import CaseError, Problem, nearest
from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.arcs import possible_arcs
from ...problems.water_network.objectives import objective_unit
from ..json_file import items_of_result, read_object
from ..options import Options
from ..outcome import Outcome
from ..progress import Progress
from ..report.content import FlowPicture, ReportContent, Table
from ..report.words import amount
from ..result import Objective, Result, RunStatus
from .broken_rules import broken_rules
from .diagnosis import broken_limits
from .futures import in_futures, lines_of
from .network import Flows, Network, indicators_of
from .options import SearchResult, SearchStatus
from .search_outcome import result_of, search_words
from .solved import search_options
from .water_costs import PIPE, cost_table, design_items
from .water_evaluation import DesignPoint
from .water_report import LimitValues, concentration_table, other_networks, pictures_of
from .water_run import best_networks, once_through, restricted

JOINED = " -> "
"""Between the ends of a pipe in its name."""
CLOSED = 1e-2
"""t/h by which the balances of a given design may be missed, else its flows are found anew inside its sizes."""


def optimize_water(opened: WaterNetworkCase, options: Options, progress: Progress) -> Outcome:
    """The best network for the case or, where something is uncertain, for its design point, operated in scenarios."""
    asked, case = search_options(options), opened.at_design_point
    answer = best_networks(case, asked, progress)
    found, network = answer.found, answer.network
    if network is None:
        message = _no_network(found)
        if found.status is SearchStatus.INFEASIBLE:
            message += _at_best(broken_limits(case)) + _or_without(broken_rules(case))
        if opened.uncertainty.elements:
            message = f"at the hardest values of the declared ranges, {message}"
        content = ReportContent(title=case.name, description=case.description, notes=(message,))
        return Outcome(result_of(opened, found, _judged_by(case), (), {}, options), content, message=message)
    before = None if found.status is SearchStatus.INTERRUPTED else once_through(case, asked, progress)
    content = _content(case, network, before, answer.limits)
    name, unit = _judged_by(case)
    proven = f"{name.replace('-', ' ').capitalize()}{_where(opened)}: {amount(found.value)} {unit}, "
    content = replace(
        content,
        headline=(f"{proven}proven to {found.gap:.2%}.", *content.headline),
        tables=(*content.tables, *other_networks(answer.networks)),
        assumptions=(*content.assumptions, search_words(found)),
    )
    baseline = None if before is None else before[0]
    items = design_items(case, network.flows)
    result = result_of(opened, found, (name, unit), items, indicators_of(case, network), options, baseline)
    outcome = Outcome(result, content, notes=opened.notes)
    if found.status is SearchStatus.INTERRUPTED:
        return outcome
    return in_futures(opened, outcome, network.flows, None if before is None else before[1].flows, options, progress)


def evaluate_water(opened: WaterNetworkCase, design: Path, options: Options, progress: Progress) -> Outcome:
    """A given network: its own flows where they close, else the best inside its sizes; then operated in scenarios."""
    case = opened.at_design_point
    flows = read_network(design, case)
    point = DesignPoint.of(case, flows)
    asked = search_options(options)
    limits = None
    if point.missed > CLOSED or point.excess > 0.0:
        inside = restricted(case, flows)
        answer = best_networks(inside, asked, progress)
        if answer.network is None:
            message = "with these pipes " + _no_network(answer.found)
            if answer.found.status is SearchStatus.INFEASIBLE:
                message += _at_best(broken_limits(inside))
            content = ReportContent(title=case.name, description=case.description, notes=(message,))
            return Outcome(result_of(opened, answer.found, _judged_by(case), (), {}, options), content, message=message)
        limits, point = answer.limits, DesignPoint.of(case, answer.network.flows)
    network = _network_at(case, point)
    name, unit = _judged_by(case)
    searched = SearchResult(SearchStatus.OPTIMAL, None, point.value, -float("inf"), float("inf"), 0, 0, 0.0, 0.0, ())
    indicators = indicators_of(case, network)
    items = design_items(case, network.flows)
    result = result_of(opened, searched, (name, unit), items, indicators, options).model_copy(
        update={"objective": Objective.of(name, unit, point.value, None, None, 1)}
    )
    content = _content(case, network, None, limits)
    line = f"{name.replace('-', ' ').capitalize()} of the given network{_where(opened)}: {amount(point.value)} {unit}."
    outcome = Outcome(result, replace(content, headline=(line,)), notes=opened.notes)
    outcome = in_futures(opened, outcome, network.flows, None, options, progress)
    return replace(outcome, result=_evaluated(outcome.result))


def read_network(file: Path, case: WaterNetworkCase) -> Flows:
    """Flows [t/h] by (from, to) of a `result.json` of a water network or a JSON object `from -> to` -> t/h.

    Raises CaseError naming every pipe that the case does not allow and every flow that is no number from 0.
    """
    data = read_object(file, f"from{JOINED}to: t/h")
    sizes: Mapping[str, object] = data
    if (listed := items_of_result(data, file, "water-network", ("name", "component", "built", "size"))) is not None:
        sizes = {str(item["name"]): item["size"] for item in listed if item["built"] and item["component"] == PIPE}
    known = {JOINED.join(ends): ends for ends in possible_arcs(case)}
    problems: list[Problem] = []
    flows: Flows = {}
    for name, size in sizes.items():
        if name not in known:
            close = nearest(name, known)
            problems.append(Problem("the case allows no such pipe", file=str(file), place=name, suggestion=close))
        elif not isinstance(size, (int, float)) or isinstance(size, bool) or not 0.0 <= size <= float_info.max:
            problems.append(Problem("expected t/h from 0", file=str(file), place=name, typed=str(size)))
        elif size > 0.0:
            flows[known[name]] = float(size)
    if not flows and not problems:
        problems.append(Problem("names no pipe", file=str(file), allowed=tuple(known)))
    if problems:
        raise CaseError(problems)
    return flows


def _evaluated(result: Result) -> Result:
    done = result.status is RunStatus.OPTIMAL
    return result.model_copy(update={"status": RunStatus.EVALUATED}) if done else result


def _network_at(case: WaterNetworkCase, point: DesignPoint) -> Network:
    outlets = point.layout.outlets.names
    concentration = {
        (name, k): float(c)
        for name, values in zip(outlets, point.promised, strict=True)
        for k, c in zip(case.contaminants, values, strict=True)
    }
    for node in (*case.fresh_water, *case.sources):
        concentration |= {(node.name, k): node.concentration.get(k, 0.0) for k in case.contaminants}
    return Network(dict(point.network.flows), concentration)


def _judged_by(case: WaterNetworkCase) -> tuple[str, str]:
    """Name and unit of the objective."""
    return "weighted sum" if isinstance(case.objective, dict) else case.objective, objective_unit(case)


def _where(opened: WaterNetworkCase) -> str:
    return " at the design point" if opened.uncertainty.elements else ""


def _content(
    case: WaterNetworkCase, network: Network, before: tuple[float, Network] | None, limits: LimitValues | None
) -> ReportContent:
    """What the report shows of a network at the point that it was found for."""
    name, unit = _judged_by(case)
    before_flows: Flows = {} if before is None else before[1].flows
    shown = Table(
        "Water",
        ("", "without reuse", "this network"),
        tuple(
            (_words(key), None if before is None else indicators_of(case, before[1])[key], number)
            for key, number in indicators_of(case, network).items()
        ),
    )
    return ReportContent(
        title=case.name,
        description=case.description,
        before="Without reuse",
        headline=() if before is None else (f"Without any reuse: {amount(before[0])} {unit}.",),
        currency=case.currency,
        cost_table=cost_table(case, network.flows, None if before is None else before[1].flows),
        flows=(FlowPicture("Water", "t/h", lines_of(before_flows), lines_of(network.flows)),),
        pictures=pictures_of(case, network),
        tables=(concentration_table(case, network, limits, unit or name),),
        indicators=shown,
        assumptions=(
            "Water is 1 t/m3; concentrations in mg/L are ppm by mass.",
            "The worth of a limit is the derivative of the objective with the network's pipes as they are.",
        ),
    )


def _no_network(found: SearchResult) -> str:
    if found.status is not SearchStatus.INFEASIBLE:
        return "no network was found before the limit"
    return "no network satisfies all limits"


def _at_best(sentences: tuple[str, ...]) -> str:
    return "; at best " + "; ".join(sentences) if sentences else ""


def _or_without(rules: tuple[str, ...]) -> str:
    return "; there is one " + ", or ".join(rules) if rules else ""


def _words(key: str) -> str:
    return key.removesuffix("_t_per_h").replace("_", " ") + (", t/h" if key.endswith("_t_per_h") else "")
