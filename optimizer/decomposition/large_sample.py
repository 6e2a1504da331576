"""`solve_benders`: the sample's own problem, scenario by scenario or, where there are very many, by cells of them.

The problem of the cells (`cells.py`) is searched in place of the sample's own: its bound holds for the sample, whatever
design the cells were made at. What a design costs in the sample is estimated from some thousand scenarios, with the
cells' bound of all others as a control variate; only a design that the bound would prove is operated in all of them.
Until then there are more cells, made at the best design known; once they spare nothing, every scenario is its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ...cluster import ClusterError, Scheme
from ...kernels import Engine
from ...problems.two_stage import Scenarios, Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats
from ..design_solution import DesignSolution, Notice, SolveStatus
from ..risk import EXPECTATION, Risk
from .cells import CellProblem
from .checkpoint import CheckpointFile
from .chunk_recourse import RecourseError
from .partition import MadeCells, Partition
from .prices import FeatureSample
from .recourse import ExpectedRecourse, SummedRecourse
from .scenario_set import ScenarioSet
from .solve import kernel_tolerance, relaxed_design, solve_recourse, solve_scenarios

LARGE_ROWS = 1_000_000  # of all scenarios together, below which they are searched one by one
LEAST_SCENARIOS = 384  # of a sample in cells
FEW = 16  # scenarios that the first cells' design is found on
FIRST_SAMPLE = 20_000  # scenarios that the first cells are made of: they only lead to a design
FIRST_CELLS = 300  # of them, of parts of the recourse
MORE_CELLS = 3  # times as many in every round
SCENARIOS_A_CELL = 4  # on average, at least; with fewer, cells spare nothing
LOSS = 0.2  # share of the gap that the cells may lose at the design they are made at
LEAST_GAP = 0.25  # of the asked gap, that the problem of the cells is solved to at least
CELL_GROUPS = 100  # of cells of all parts together, each with an estimate of its own
SURE = 2.0  # standard errors, by which a design's estimate is believed
PROMPT = 20_000  # scenarios up to which every better design is operated in all at once


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

    many = count >= LEAST_SCENARIOS and count * len(problem.recourse.row_names) >= LARGE_ROWS
    many = many and bool(problem.first_stage.integer.any()) and not problem.limits
    if not many or checkpoint is not None or "recourse" in problem.random:
        return by_scenarios(time_limit)
    started = time.perf_counter()
    sample = FeatureSample.of(problem, draw, count)
    if sample is None:
        return by_scenarios(time_limit)
    everything = ExpectedRecourse(
        ScenarioSet(problem, draw, count), engine=engine, tolerance=1e-3 * min(gap, 1e-3),
        pointwise=bool(risk.tail_weight), scheme=scheme,
    )  # fmt: skip
    cells = _ByCells(problem, sample, everything, risk, gap, notice, started, engine, scheme)
    cells.deadline = np.inf if time_limit is None else started + time_limit
    cells.fixed = fixed
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
    sample: FeatureSample
    everything: ExpectedRecourse
    risk: Risk
    gap: float
    notice: Notice | None
    started: float
    engine: Engine | str
    scheme: Scheme | None
    fixed: Mapping[str, float] | None = None
    deadline: float = np.inf
    x: Floats | None = None  # the best design that was operated in all scenarios
    value: float = np.inf
    lower: float = -np.inf
    promising: Floats | None = None  # the design with the best estimate
    estimate: float = np.inf
    error: float = 0.0
    operating: float = 0.0  # seconds that all scenarios take
    history: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])

    @property
    def sign(self) -> float:
        """-1 where the problem maximises."""
        return -1.0 if self.problem.sense is Sense.MAXIMIZE else 1.0

    def search(self) -> SolveStatus | None:
        """None where only the scenarios themselves can decide."""
        whole = Partition(self.problem, self.sample, self.engine, self.risk)
        x = self._first_design(whole.few(FEW))
        count, partition = FIRST_CELLS, whole
        if len(self.sample) > FIRST_SAMPLE:
            rows = np.linspace(0, len(self.sample) - 1, FIRST_SAMPLE).astype(np.int64)
            partition = Partition(self.problem, self.sample.chosen(rows).weighing(1.0), self.engine, self.risk)
        while x is not None:
            size = max(abs(self.estimate), 1e-9) if np.isfinite(self.estimate) else 0.0
            made = partition.at(x, count, LOSS * self.gap * size)
            if made is None:
                return None
            self.operating = partition.seconds_a_scenario * len(self.sample)
            if self._consider(x, made) and len(self.sample) <= PROMPT and not self._operate(x):
                return None
            if self._proven():
                return SolveStatus.OPTIMAL
            found = self._solved(made, bounding=partition is whole)
            if time.perf_counter() >= self.deadline - self.operating:
                return self._out_of_time(found.x)
            if found.status not in (SolveStatus.OPTIMAL, SolveStatus.LIMIT):  # cells without a bound prove nothing
                return found.status if found.status is SolveStatus.INTERRUPTED else None
            if self._proven():
                return SolveStatus.OPTIMAL
            partition, x, count = whole, found.x, MORE_CELLS * count
            if x is None or SCENARIOS_A_CELL * count > len(self.sample) * max(1, len(made.parts)):
                return None
        return self._out_of_time(None) if time.perf_counter() >= self.deadline else None

    def _proven(self) -> bool:
        """Whether the bound proves the most promising design, which is operated in all scenarios if so it seems."""
        if self.promising is None or self.lower < self._believed:
            return False
        if self.promising is not self.x:
            self._operate(self.promising)
        return self.lower >= self._enough

    @property
    def _enough(self) -> float:
        """The bound that proves the best design operated to the gap."""
        return self.value - self.gap * max(abs(self.value), 1e-9)

    @property
    def _believed(self) -> float:
        """The bound that proves the most promising design, as far as its estimate can be believed."""
        if not np.isfinite(self.estimate):
            return np.inf
        if self.promising is self.x:
            return self._enough
        value = self.estimate + SURE * self.error
        return value - self.gap * max(abs(value), 1e-9)

    def solution(self, status: SolveStatus) -> DesignSolution:
        """What is known, in the problem's own sense."""
        lower, value = min(self.lower, self.value), self.value
        bounds = (lower, value) if self.sign > 0 else (-value, -lower)
        objective = None if self.x is None else self.sign * value
        return DesignSolution(status, self.x, objective, *bounds, tuple(self.history))

    def _first_design(self, few: CellProblem) -> Floats | None:
        recourse = self._recourse([few])
        return relaxed_design(recourse, self.risk, self.gap, self.fixed, self.deadline)

    def _recourse(self, parts: list[CellProblem] | tuple[CellProblem, ...]) -> ExpectedRecourse | SummedRecourse:
        own = [
            ExpectedRecourse(
                ScenarioSet(part.problem, part.draw, len(part)), groups=min(len(part), -(-CELL_GROUPS // len(parts))),
                engine=self.engine, tolerance=kernel_tolerance(self.gap), pointwise=bool(self.risk.tail_weight),
                scheme=self.scheme,
            )
            for part in parts
        ]  # fmt: skip
        return own[0] if len(own) == 1 else SummedRecourse(own)

    def _consider(self, x: Floats, made: MadeCells) -> bool:
        """Whether `x`, which the cells were made at, is the most promising design so far."""
        first = self.problem.first_stage
        if np.abs(x - np.round(x))[first.integer].max(initial=0.0) > 0.0:
            return False
        certain = self.sign * self.risk.total_weight * (first.constant + float(first.cost @ x))
        if certain + made.value >= self.estimate:
            return False
        self.promising, self.estimate, self.error = x, certain + made.value, made.error
        return True

    def _solved(self, made: MadeCells, *, bounding: bool) -> DesignSolution:
        """The problem of the cells, until its bound proves the most promising design or its own."""

        def heard(_: float, lower: float, value: float) -> None:
            if bounding:
                self._raise(min(lower, value) if self.sign > 0 else -max(lower, value))

        limit = None
        if np.isfinite(self.deadline):
            limit = max(0.0, self.deadline - self.operating - time.perf_counter())
        known = np.isfinite(self.estimate)
        size = max(abs(self.estimate), 1e-9) if known else np.inf
        gap = max(LEAST_GAP * self.gap, self.gap - made.loss / size) if known else self.gap
        return solve_recourse(
            self._recourse(made.parts), risk=self.risk, gap=gap, time_limit=limit, fixed=self.fixed, notice=heard,
            start=self.promising, enough=self.sign * self._believed if known else None,
        ).solution  # fmt: skip

    def _out_of_time(self, x: Floats | None) -> SolveStatus:
        """The limit is reached but for the time that one design takes to be operated."""
        last = self.promising if self.promising is not None else x
        if last is not None and last is not self.x:
            self._operate(last)
        return SolveStatus.LIMIT

    def _operate(self, x: Floats) -> bool:
        """Operate the design `x` (n1,) in all scenarios; False where not all can be served."""
        first = self.problem.first_stage
        evaluation = self.everything.over(self.everything.scenarios.operated(x))(x)
        certain = self.sign * self.risk.total_weight * (first.constant + float(first.cost @ x))
        value = certain + self.risk.of(evaluation.values, evaluation.probability)
        if value < self.value:
            self.x, self.value = x, value
            self._tell()
        if x is self.promising:
            self.promising, self.estimate, self.error = self.x, self.value, 0.0
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
