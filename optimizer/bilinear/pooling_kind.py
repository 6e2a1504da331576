"""`loopwise optimize` and `evaluate` for pooling problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...problems.pooling import PoolingCase, pooling_model
from ...problems.pooling.blend import SEEN, Blend, blend_of
from ..options import Options
from ..outcome import Outcome
from ..progress import Progress
from ..report.content import FlowPicture, ReportContent
from ..result import DesignItem, Objective, RunStatus
from .futures import lines_of
from .given_flows import JOINED, given_flows
from .network import Flows, value
from .options import SearchResult, SearchStatus
from .pooling_report import blend_tables
from .search_outcome import ended_by_itself, result_of, search_words
from .solved import search_options, solve

FLOW = "flow"
"""What a design consists of."""
_JUDGED_BY = ("cost less revenue", "")


def optimize_pooling(case: PoolingCase, options: Options, progress: Progress) -> Outcome:
    """The globally optimal blend of `case`, to `options.gap`."""
    found, blend = _best(case, options, progress)
    if blend is None:
        return _no_blend(case, found, options, "")
    content = _content(
        case, blend, f"Cost less revenue: {found.value:,.6g}, proven to {found.gap:.2%}.", search_words(found)
    )
    result = result_of(case, found, _JUDGED_BY, _items(blend), {}, options)
    return Outcome(result, content, notes=ended_by_itself(found, options))


def evaluate_pooling(case: PoolingCase, design: Path, options: Options, progress: Progress) -> Outcome:
    """A given blend: its own flows where they close and keep all limits, else the best one inside them."""
    arcs = {(a.source, a.target): a for a in case.arcs}
    flows = given_flows(design, arcs, case.kind, component=FLOW, unit="")
    blend, notes = blend_of(case, flows), ()
    if blend.broken:
        notes = (f"the given flows cannot be: {'; '.join(blend.broken)}. Shown is the best blend inside them",)
        inside = [arcs[ends].model_copy(update={"capacity": flow * (1.0 + 1e-9)}) for ends, flow in flows.items()]
        found, best = _best(case.model_copy(update={"arcs": inside}), options, progress)
        if best is None:
            return _no_blend(case, found, options, "with these flows ")
        blend = best
    searched = SearchResult(SearchStatus.OPTIMAL, None, blend.cost, -float("inf"), float("inf"), 0, 0, 0.0, 0.0, ())
    objective = Objective.of(*_JUDGED_BY, blend.cost, None, None, 1)
    result = result_of(case, searched, _JUDGED_BY, _items(blend), {}, options)
    result = result.model_copy(update={"objective": objective, "status": RunStatus.EVALUATED})
    headline = f"Cost less revenue of the given blend: {blend.cost:,.6g}."
    return Outcome(result, _content(case, blend, headline, ""), notes=notes)


def _best(case: PoolingCase, options: Options, progress: Progress) -> tuple[SearchResult, Blend | None]:
    model = pooling_model(case)
    found = solve(model, search_options(options), progress).found
    return found, None if found.x is None else blend_of(case, _flows(model))


def _flows(model: Any) -> Flows:
    parts = (*model.fed.items(), *model.direct.items(), *model.through.items())
    flows = {arc: value(v) for arc, v in parts}
    return {arc: flow for arc, flow in flows.items() if flow > SEEN}


def _no_blend(case: PoolingCase, found: SearchResult, options: Options, head: str) -> Outcome:
    infeasible = found.status is SearchStatus.INFEASIBLE
    message = head + ("no blend satisfies all limits" if infeasible else "no blend was found before the limit")
    content = ReportContent(title=case.name, description=case.description, notes=(message,))
    return Outcome(result_of(case, found, _JUDGED_BY, (), {}, options), content, message=message)


def _items(blend: Blend) -> tuple[DesignItem, ...]:
    return tuple(
        DesignItem(name=f"{i}{JOINED}{j}", plant="", component=FLOW, built=True, size=flow, unit="", investment=None)
        for (i, j), flow in blend.flows.items()
    )


def _content(case: PoolingCase, blend: Blend, headline: str, searched: str) -> ReportContent:
    return ReportContent(
        title=case.name,
        description=case.description,
        headline=(headline,),
        flows=(FlowPicture("Blending", "", (), lines_of(dict(blend.flows))),),
        tables=blend_tables(case, blend),
        assumptions=(searched,) if searched else (),
    )
