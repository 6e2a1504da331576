"""Heat-exchanger network of least annual cost, to a proven gap, by refining a piecewise MILP.

Every MILP is a relaxation: its bound is a bound on the cost of any network in the superstructure. Its solution is a
network too: duties and temperatures are feasible as they are, and with areas computed from them its true cost is an
upper bound. The pieces and tangents where the two differ most are refined until they meet.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ...problems.heat import ExchangerCost, HeatRecoveryProblem
from ...problems.heat.piecewise_area import first_pieces
from ...problems.heat.superstructure import superstructure
from .network import Network, NetworkStatus, Synthesis
from .relaxation import Relaxation

TIGHTENED_AFTER = 4  # refinements, when the relaxation is good enough to leave out what is too dear


def synthesize(
    problem: HeatRecoveryProblem,
    cost: ExchangerCost,
    *,
    annualization: float,
    hours_per_year: float,
    stages: int | None = None,
    gap: float = 1e-4,
    time_limit: float | None = None,
    notice: Callable[[float, float, float], None] | None = None,
) -> Synthesis:
    """The cheapest network with `stages` stages (default: as many as the larger side has streams).

    Raises HeatDataError for streams the superstructure cannot hold. `notice(seconds, bound, best)` after every MILP.
    """
    if stages is None:
        stages = max(len(problem.hot_streams), len(problem.cold_streams))
    started = time.perf_counter()
    structure = superstructure(problem, stages)
    relaxation = Relaxation(
        problem, structure, stages, cost, annualization, hours_per_year, first_pieces(structure), []
    )
    bound, best, history, status = -math.inf, None, list[tuple[float, float, float]](), NetworkStatus.LIMIT
    tightened = False

    def remaining() -> float | None:
        return None if time_limit is None else time_limit - (time.perf_counter() - started)

    try:
        while (left := remaining()) is None or left > 0.0:
            answer = relaxation.solve(left, 0.3 * gap)
            if answer.infeasible and best is None:
                status, bound = NetworkStatus.INFEASIBLE, math.inf
                break
            limit = math.inf if best is None or not tightened else cutoff_of(best, gap)
            relaxed = math.inf if answer.infeasible else -math.inf if answer.bound is None else answer.bound
            bound = max(bound, min(relaxed, limit))
            installed = relaxation.installed() if answer.known else ()
            candidates = [relaxation.network(installed), relaxation.polished(installed)] if answer.known else []
            best = min((n for n in (best, *candidates) if n is not None), key=lambda n: n.annual_cost, default=None)
            cost_of_best = math.inf if best is None else best.annual_cost
            history.append((time.perf_counter() - started, bound, cost_of_best))
            if notice is not None:
                notice(*history[-1])
            if cost_of_best - bound <= gap * max(abs(cost_of_best), 1e-9):
                status = NetworkStatus.OPTIMAL
                break
            if not answer.known or not relaxation.refine(installed, 0.5 * gap * abs(cost_of_best)):
                break
            if best is not None and not tightened and len(history) >= TIGHTENED_AFTER:
                relaxation.tighten(cutoff_of(best, gap), remaining())
                tightened = True
    except KeyboardInterrupt:
        status = NetworkStatus.INTERRUPTED
    return Synthesis(status, best, bound, time.perf_counter() - started, tuple(history))


def cutoff_of(best: Network, gap: float) -> float:
    """Cost [currency/year] that a network worth looking for has to beat."""
    return best.annual_cost - 0.9 * gap * abs(best.annual_cost)
