"""Fewest or cheapest matches: a descent for good choices, a bound that counts, branch and bound for what is left."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import highspy
import numpy as np

from ...kernels.highs import linear_program, quiet_highs
from ...problems.heat.fewest_matches import MatchProgram, match_program
from ...problems.heat.match_data import MatchData
from ...problems.heat.temperature_intervals import Floats
from .match_descent import MatchDescent

STARTS = 16  # choices that the descent makes before branch and bound takes over
FEW = 2  # matches above the count's bound; then presolve alone often shows that there are no fewer
NEARLY = 1e-6  # by which a bound may miss the next whole number of matches


class MatchStatus(StrEnum):
    """How a search for matches ended."""

    OPTIMAL = "optimal"
    LIMIT = "stopped by a limit"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


STATUS = {
    highspy.HighsModelStatus.kOptimal: MatchStatus.OPTIMAL,
    highspy.HighsModelStatus.kTimeLimit: MatchStatus.LIMIT,
    highspy.HighsModelStatus.kInfeasible: MatchStatus.INFEASIBLE,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: MatchStatus.INFEASIBLE,  # costs are bounded, so never unbounded
}


@dataclass(frozen=True)
class MatchSolution:
    """`heat` [MW] of every chosen match by (hot name, cold name); `value` and `lower_bound` of the objective.

    Without an incumbent `value` is None and `heat` empty.
    """

    status: MatchStatus
    value: float | None
    lower_bound: float | None
    heat: Mapping[tuple[str, str], float]


def fewest_matches(
    data: MatchData,
    cost: Mapping[tuple[str, str], float] | None = None,
    *,
    time_limit: float | None = None,
    tightened: bool = True,
) -> MatchSolution:
    """Matches that carry all heat: as few as possible, or cheapest where `cost` by names (1 where not given) is given.

    `time_limit` [s]. `tightened=False` hands the plain formulation to HiGHS.
    """
    began = time.perf_counter()
    program = match_program(data, alike=cost is None, tightened=tightened)
    flow = program.flow
    if not flow.pairs:
        empty = float(data.cold.sum()) == 0.0
        return MatchSolution(MatchStatus.OPTIMAL if empty else MatchStatus.INFEASIBLE, 0.0 if empty else None, None, {})
    names = [(data.hot_names[i], data.cold_names[j]) for i, j in flow.pairs]
    price = np.array([(cost or {}).get(pair, 1.0) for pair in names])
    search = _Search(program, price, counting=cost is None, ends=math.inf if time_limit is None else began + time_limit)
    status, bound = search.run(descend=tightened)
    if search.heat is None:
        return MatchSolution(status, None, bound, {})
    heat = {pair: float(q) / flow.scale for pair, q, y in zip(names, search.heat, search.chosen, strict=True) if y}
    return MatchSolution(status, search.value, bound, heat)


class _Search:
    """The search on one program: `chosen` (pairs,) and their `heat` are the best so far, at `value`."""

    def __init__(self, program: MatchProgram, price: Floats, *, counting: bool, ends: float) -> None:
        self._program, self._price, self._counting, self._ends = program, price, counting, ends
        self.chosen = np.zeros(len(price), dtype=bool)
        self.heat: Floats | None = None
        self.value = math.inf

    def run(self, *, descend: bool) -> tuple[MatchStatus, float | None]:
        """How it ended, and the bound that was proved."""
        least = float(self._program.least) if self._counting else -math.inf
        if descend and not self._descend(least):
            return MatchStatus.INFEASIBLE, None
        if self.value <= least:
            return MatchStatus.OPTIMAL, least
        return self._branch(least)

    def _descend(self, least: float) -> bool:
        """Choices of the descent; whether there is any."""
        descent = MatchDescent(self._program, self._price)
        for start in range(STARTS):
            if self.value <= least or (start and time.perf_counter() > self._ends):
                break
            found = descent.choice()
            if found is None:
                return False
            if descent.cost(found[0]) < self.value:
                self.value, (self.chosen, self.heat) = descent.cost(found[0]), found
        return True

    def _branch(self, least: float) -> tuple[MatchStatus, float | None]:
        """Branch and bound for fewer matches than are known, or from the choice that is known."""
        highs = self._loaded()
        if math.isfinite(self._ends):
            highs.setOptionValue("time_limit", max(self._ends - time.perf_counter(), 0.0))
        highs.run()
        status = STATUS.get(highs.getModelStatus(), MatchStatus.UNKNOWN)
        info: Any = highs.getInfo()
        if status is MatchStatus.INFEASIBLE:  # nothing is better than what is known
            return (status, None) if self.heat is None else (MatchStatus.OPTIMAL, self.value)
        if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            columns = np.array(highs.getSolution().col_value)
            chosen = columns[: len(self._price)] > 0.5
            if float(self._price[chosen].sum()) <= self.value:
                self.chosen, self.value = chosen, float(self._price[chosen].sum())
                self.heat = self._program.flow.heat_of_pairs(columns[self._program.first_place :])
        bound = float(info.mip_dual_bound)
        bound = max(least, float(math.ceil(bound - NEARLY)) if self._counting and math.isfinite(bound) else bound)
        return status, min(bound, self.value) if math.isfinite(bound) else None

    def _loaded(self) -> Any:
        program, pairs = self._program, len(self._price)
        cost = np.concatenate([self._price, np.zeros(len(program.most) - pairs)])
        whole = np.arange(len(cost)) < pairs
        bounds = np.zeros(len(cost)), program.most
        highs: Any = quiet_highs()
        highs.passModel(linear_program(cost, bounds, program.matrix, (program.lower, program.upper), integer=whole))
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("mip_abs_gap", 0.999 if self._counting else 1e-6)
        first = np.arange(pairs, dtype=np.int32)
        if self.heat is not None and self._counting and self.value - program.least <= FEW:
            highs.addRow(-np.inf, self.value - 1.0, pairs, first, np.ones(pairs))
        elif self.heat is not None:
            highs.setSolution(pairs, first, self.chosen.astype(float))
        return highs
