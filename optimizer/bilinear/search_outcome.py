"""A search's answer as `result.json` has it."""

from __future__ import annotations

from ...problems.pooling import PoolingCase
from ...problems.water_network import WaterNetworkCase
from ..options import Options
from ..result import Baseline, DesignItem, Objective, Result, RunStatus, Timing
from ..run import certain_result
from .options import SearchResult, SearchStatus

_STATUS = {
    SearchStatus.OPTIMAL: RunStatus.OPTIMAL,
    SearchStatus.TIME_LIMIT: RunStatus.LIMIT,
    SearchStatus.INTERRUPTED: RunStatus.INTERRUPTED,
    SearchStatus.UNRESOLVED: RunStatus.LIMIT,
    SearchStatus.INFEASIBLE: RunStatus.INFEASIBLE,
    SearchStatus.STOPPED: RunStatus.LIMIT,
}


def search_words(found: SearchResult) -> str:
    """How long the search took."""
    return f"The search took {found.seconds:.2f} s, {found.nodes} boxes and {found.linear_programs} linear programs."


def result_of(
    case: PoolingCase | WaterNetworkCase,
    found: SearchResult,
    objective: tuple[str, str],
    design: tuple[DesignItem, ...],
    indicators: dict[str, float | None],
    options: Options,
    baseline: float | None = None,
) -> Result:
    """The result of a case in which nothing is uncertain; `objective` is its name and unit."""
    best = found.value if design or found.x is not None else None
    lower = None if found.status is SearchStatus.INFEASIBLE else found.bound
    return certain_result(
        case,
        options,
        _STATUS[found.status],
        Objective.of(*objective, best, lower, best, 1),
        design=design,
        indicators=indicators,
        baseline=None if baseline is None else Baseline(B0=baseline),
        timing=Timing(solve_s=found.seconds),
        bounds_over_time=found.bounds_over_time,
    )
