"""`loopwise optimize` and `evaluate` for water networks with free concentrations and for pooling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...problems.errors import CaseError, Problem
from ...problems.pooling import PoolingCase, pooling_model
from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.chosen import SEEN
from ..options import Options
from ..outcome import Outcome
from ..progress import Progress
from ..report.content import FlowPicture, ReportContent
from ..result import DesignItem
from .futures import lines_of
from .network import Flows, value
from .options import SearchStatus
from .search_outcome import result_of, search_words
from .solved import search_options, solve
from .water_kind import evaluate_water, optimize_water


def optimize(case: PoolingCase | WaterNetworkCase, options: Options, progress: Progress) -> Outcome:
    """The globally optimal network of `case`, to `options.gap`."""
    if isinstance(case, WaterNetworkCase):
        return optimize_water(case, options, progress)
    return _pooling(case, options, progress)


def evaluate(case: PoolingCase | WaterNetworkCase, design: Path, options: Options, progress: Progress) -> Outcome:
    """A given water network. Raises CaseError for pooling, where nothing is uncertain."""
    if isinstance(case, WaterNetworkCase):
        return evaluate_water(case, design, options, progress)
    raise CaseError(Problem(f"a case of kind {case.kind!r} has nothing uncertain to evaluate a design on"))


def _pooling(case: PoolingCase, options: Options, progress: Progress) -> Outcome:
    model = pooling_model(case)
    found = solve(model, search_options(options), progress).found
    flows = _blending_flows(model) if found.x is not None else {}
    content = ReportContent(
        title=case.name,
        description=case.description,
        headline=(f"Cost less revenue: {found.value:,.6g}, proven to {found.gap:.2%}.",) if flows else (),
        flows=(FlowPicture("Blending", "", (), lines_of(flows)),) if flows else (),
        assumptions=(search_words(found),),
    )
    message = "no blend satisfies all limits" if found.status is SearchStatus.INFEASIBLE else ""
    items = tuple(
        DesignItem(name=f"{i} -> {j}", plant="", component="pipe", built=True, size=flow, unit="", investment=None)
        for (i, j), flow in flows.items()
    )
    return Outcome(result_of(case, found, ("cost less revenue", ""), items, {}, options), content, message=message)


def _blending_flows(model: Any) -> Flows:
    parts = (*model.through.items(), *model.direct.items(), *model.fed.items())
    flows = {arc: value(v) for arc, v in parts}
    return {arc: flow for arc, flow in flows.items() if flow > SEEN}
