"""`solve_benders`: the sample's own problem, scenario by scenario or, where there are very many, by cells of them.

The problem of the cells (`cells.py`) is searched in place of the sample's own: its bound holds for the sample. Its best
design is then operated in every scenario. Where value and bound are too far apart, there are more cells, made at that
design; once they spare nothing, every scenario is a cell of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...cluster import ClusterError, Scheme
from ...kernels import Engine
from ...problems.two_stage import Scenarios, Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats
from ..design_solution import DesignSolution, Notice, SolveStatus
from ..risk import EXPECTATION, Risk
from .cells import CellProblem, FeatureSample, Prices
from .checkpoint import CheckpointFile
from .chunk_recourse import RecourseError
from .partition import Partition
from .recourse import ExpectedRecourse
from .scenario_set import ScenarioSet
from .solve import solve_scenarios

LARGE_ROWS = 1_000_000  # of all scenarios together, below which they are searched one by one
FEW = 16  # scenarios that a first design is found on
MOST_CELLS = 96  # made at that design
MORE_CELLS = 3  # times as many, where the gap asks for it
SCENARIOS_A_CELL = 4  # on average; with fewer, cells spare nothing
LOSS = 0.4  # share of the gap that the cells may lose at the design they are made at
LEAST_GAP = 0.25  # of the asked gap, that the problem of the cells is solved to at least


def solve_benders(
    problem: TwoStageProblem,
    draw: Callable[[int, int], Scenarios],
    count: int,
    *,
    risk: Risk = EXPECTATION,
    gap: float = 1e-3,
    time_limit: float | None = None,
    fixed: Mapping[str, float] | None = None,
    notice: Notice | None = None,
    groups: int | None = None,
    engine: Engine | str = Engine.AUTO,
    scheme: Scheme | None = None,
    checkpoint: CheckpointFile | None = None,
) -> DesignSolution:
    """Solve the problem of the `count` scenarios that `draw(first, last)` gives; see `solve_scenarios`.

    Large mixed-integer problems whose recourse matrix is the same in all go by cells, unless a `checkpoint`
    is kept, which is one of a search by scenarios.
    """

    def by_scenarios(seconds: float | None, start: Floats | None = None) -> DesignSolution:
        return solve_scenarios(
            problem, draw, count, risk=risk, gap=gap, time_limit=seconds, fixed=fixed, notice=notice, groups=groups,
            engine=engine, scheme=scheme, checkpoint=checkpoint, start=start,
        )  # fmt: skip

    many = count >= SCENARIOS_A_CELL * MOST_CELLS and count * len(problem.recourse.row_names) >= LARGE_ROWS
    many = many and bool(problem.first_stage.integer.any())
    if not many or checkpoint is not None or "recourse" in problem.random:
        return by_scenarios(time_limit)
    started = time.perf_counter()
    sample = FeatureSample.of(problem, draw, count)
    prices = None if sample is None else Prices.of(problem, sample)
    if sample is None or prices is None:
        return by_scenarios(time_limit)
    everything = ExpectedRecourse(
        ScenarioSet(problem, draw, count), engine=engine, tolerance=1e-3 * min(gap, 1e-3),
        pointwise=bool(risk.tail_weight), scheme=scheme,
    )  # fmt: skip
    cells = _ByCells(problem, Partition(problem, sample, prices, engine, risk), everything, risk, gap, notice, started)
    cells.deadline = np.inf if time_limit is None else started + time_limit
    cells.options = {"risk": risk, "fixed": fixed, "engine": engine, "scheme": scheme}
    try:
        status = cells.search()
    except RecourseError:  # of a scenario that is among no cell's makers
        status = None
    except KeyboardInterrupt:
        status = SolveStatus.INTERRUPTED
    except ClusterError:
        if cells.x is None:
            raise
        status = SolveStatus.INTERRUPTED
    if status is None:
        left = None if time_limit is None else max(0.0, cells.deadline - time.perf_counter())
        return by_scenarios(left, cells.x)
    return cells.solution(status)


@dataclass
class _ByCells:
    """What is known of the sample's problem; values are minimised."""

    problem: TwoStageProblem
    partition: Partition
    everything: ExpectedRecourse
    risk: Risk
    gap: float
    notice: Notice | None
    started: float
    deadline: float = np.inf
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    x: Floats | None = None
    value: float = np.inf
    lower: float = -np.inf
    history: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])

    @property
    def sign(self) -> float:
        """-1 where the problem maximises."""
        return -1.0 if self.problem.sense is Sense.MAXIMIZE else 1.0

    def search(self) -> SolveStatus | None:
        """None where only the scenarios themselves can decide."""
        few = self.partition.few(FEW)
        found, cells = self._solved(few, self.gap), MOST_CELLS
        if not self._operate(found):
            return SolveStatus.INTERRUPTED if found.status is SolveStatus.INTERRUPTED else None
        while self.x is not None and found.x is not None and found.status is SolveStatus.OPTIMAL:
            size = max(abs(self.value), 1e-9)
            made = self.partition.at(found.x, cells, LOSS * self.gap * size)
            if made is None:
                return None
            problem, loss = made
            if loss <= self.gap * size:  # at the design that they are made at; elsewhere it is more
                found = self._solved(problem, max(LEAST_GAP * self.gap, self.gap - loss / size), start=self.x)
                self._raise(found.lower_bound if self.sign > 0 else -found.upper_bound)
                if self.lower < self._enough and not self._operate(found):
                    return None
                if self.lower >= self._enough:
                    return SolveStatus.OPTIMAL
            cells *= MORE_CELLS
            if SCENARIOS_A_CELL * cells > len(self.partition.sample):
                return None
        return found.status

    @property
    def _enough(self) -> float:
        """The bound that proves the best design to the gap."""
        return self.value - self.gap * max(abs(self.value), 1e-9)

    def solution(self, status: SolveStatus) -> DesignSolution:
        """What is known, in the problem's own sense."""
        lower, value = min(self.lower, self.value), self.value
        bounds = (lower, value) if self.sign > 0 else (-value, -lower)
        objective = None if self.x is None else self.sign * value
        return DesignSolution(status, self.x, objective, *bounds, tuple(self.history))

    def _solved(self, cells: CellProblem, gap: float, *, start: Floats | None = None) -> DesignSolution:
        """The problem of the cells to `gap`; with a design to `start` from, its bounds are the sample's."""

        def heard(_: float, lower: float, value: float) -> None:
            if start is not None:
                self._raise(min(lower, value) if self.sign > 0 else -max(lower, value))

        limit = None
        if np.isfinite(self.deadline):
            operating = self.partition.seconds_a_scenario * len(self.partition.sample)
            limit = max(0.0, self.deadline - operating - time.perf_counter())
        enough = None if start is None else self.sign * self._enough
        return solve_scenarios(
            cells.problem, cells.draw, len(cells), gap=gap, time_limit=limit, notice=heard, start=start, enough=enough,
            **self.options,
        )  # fmt: skip

    def _operate(self, found: DesignSolution) -> bool:
        """Operate the design found in all scenarios; False where there is none, or not all can be served."""
        if found.x is None:
            return False
        first, evaluation = self.problem.first_stage, self.everything(found.x)
        certain = self.sign * self.risk.total_weight * (first.constant + float(first.cost @ found.x))
        value = certain + self.risk.of(evaluation.values, evaluation.probability)
        if value < self.value:
            self.x, self.value = found.x, value
            self._tell()
        return bool(np.isfinite(value))

    def _raise(self, lower: float) -> None:
        if lower > self.lower:
            self.lower = lower
            self._tell()

    def _tell(self) -> None:
        lower = min(self.lower, self.value)
        seconds, bound, best = time.perf_counter() - self.started, self.sign * lower, self.sign * self.value
        self.history.append((seconds, min(bound, best), max(bound, best)))
        if self.notice is not None:
            self.notice(seconds, bound, best)
