"""What a decomposition knows at every moment: cuts, the best design, the proven bound, and why it must stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...problems.two_stage.problem import Floats
from ..risk import Risk
from .checkpoint import CheckpointFile, SavedSearch
from .master import Master, MasterSolution, MasterStatus
from .recourse import ExpectedRecourse, RecourseEvaluation, SummedRecourse

INTEGRAL = 1e-6  # distance to the next integer that counts as none
STALLED_ROUNDS = 12  # evaluations in a row that moved neither bound nor value
KEPT_CUTS = 3  # times the columns of the master; beyond, cuts go that were slack for
SLACK_ROUNDS = 10  # solves in a row
ROUNDING = 1e-3  # share of the gap that is none
TOWARDS_CORE = 1e-3  # of the way
ALLOWED = 1e-7  # of a feasibility cut's limit, its largest slope being 1
CUT_TOLERANCE = 0.02  # of the gap, to which the duals of a cut towards the core are solved
FIRST_STEP, SHORTEST_STEP, LONGER, SHORTER = 0.5, 0.1, 1.2, 0.7  # of the way from the best point to the master's


class TimeUpError(Exception):
    """The time limit was reached; the search holds the best design and its bound."""


@dataclass(frozen=True)
class Relaxation:
    """The continuous problem within some bounds: `bound` from below, `x` (n1,) the best point found and its `value`.

    `x` is None where nothing feasible was found; `bound` is +inf where there is nothing.
    """

    bound: float
    x: Floats | None
    value: float


@dataclass
class Search:
    """Evaluations and masters with their bookkeeping; values are minimised.

    `lower` is the proven bound of the whole problem, `value` that of the best design `x`: when one of them moves,
    `notice(seconds, lower, value)` is called.
    """

    master: Master
    recourse: ExpectedRecourse | SummedRecourse
    risk: Risk
    gap: float
    deadline: float = np.inf  # on time.perf_counter's clock
    notice: Callable[[float, float, float], None] = lambda *_: None
    x: Floats | None = None
    value: float = np.inf
    lower: float = -np.inf
    started: float = field(default_factory=time.perf_counter)
    history: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])
    infeasible_scenarios: list[int] = field(default_factory=list[int])
    checkpoint: CheckpointFile | None = None
    threshold: float | None = None  # value at risk of the last evaluation
    core: Floats | None = None  # (n1,) a point within the first stage's rows and bounds that is at few of them
    exact: ExpectedRecourse | None = None  # without the rows that only cuts need; None: there are none
    excluded: float = np.inf  # designs that cost this or more may have been excluded
    enough: float = np.inf  # a bound that nobody needs to be higher

    def __post_init__(self) -> None:
        self.slack_rounds = SLACK_ROUNDS
        self.kept_cuts = KEPT_CUTS * (self.master.groups + self.master.size)
        self.integer = np.flatnonzero(self.recourse.problem.first_stage.integer)

    # -- what is known ----------------------------------------------------------------------------------------------

    @property
    def proved(self) -> bool:
        """The bound proves the best design, or is as high as anybody needs, but for rounding."""
        return self.lower >= min(self.value - (1.0 + ROUNDING) * self.tolerance, self.enough) - 1e-12 * abs(self.value)

    @property
    def tolerance(self) -> float:
        """The asked gap in the unit of the objective."""
        return self.gap * max(abs(self.value), 1e-9) if self.value < np.inf else 0.0

    @property
    def cutoff(self) -> float:
        """A bound from which on nothing better than the asked gap can be found, or wanted."""
        return min(self.value - 0.9 * self.tolerance, self.enough)

    def raise_lower(self, bound: float) -> None:
        """A bound of the whole problem."""
        bound = min(bound, self.value, self.excluded)
        if bound > self.lower:
            self.lower = bound
            self.tell()

    def save(self, nodes: Floats | None = None, closed: float = np.inf) -> None:
        """Save the search where that is wanted and due; `nodes`, `closed`: see `SavedSearch`, None before the tree."""
        if self.checkpoint is None or not self.checkpoint.due:
            return
        self.checkpoint.save(
            SavedSearch(
                np.zeros(0) if self.x is None else self.x,
                self.value,
                self.lower,
                self.excluded,
                nodes is not None,
                closed,
                np.zeros((0, 1 + 2 * self.master.size)) if nodes is None else nodes,
                self.master.cut_rows(),
            )
        )

    def resume(self, saved: SavedSearch) -> None:
        """Go on from what was saved."""
        self.master.restore(saved.cuts)
        self.lower, self.excluded = saved.lower, saved.excluded
        if len(saved.x):
            self.x, self.value = saved.x, saved.value
        self.tell()

    def exclude(self) -> None:
        """Some designs that cost the cutoff or more are about to be excluded."""
        self.excluded = min(self.excluded, self.cutoff)

    def check_time(self) -> None:
        """Raises TimeUpError."""
        if time.perf_counter() > self.deadline:
            raise TimeUpError

    def tell(self) -> None:
        """Write history, and let the caller know."""
        seconds = time.perf_counter() - self.started
        self.history.append((seconds, self.lower, self.value))
        self.notice(seconds, self.lower, self.value)

    # -- steps ------------------------------------------------------------------------------------------------------

    def evaluate(self, x: Floats, threshold: float | None = None) -> float:
        """A bound or the value of `x` (n1,) in the first stage, where the master gets cuts.

        A better integral x becomes the incumbent. With a `core`, the value at x is asked for only where x may be a
        better design; otherwise a bound of it is what comes back. Raises TimeUpError.
        """
        self.check_time()
        x = self.snapped(x)
        integral = self.fractionality(x).max(initial=0.0) == 0.0
        if self.core is not None:
            evaluation = self.cut(x, threshold)
            value = self._support(x, evaluation)
            if not integral or (value >= self.value and not self.risk.tail_weight):
                return value
            evaluation = self._values(x)
        else:
            evaluation = self.cut(x, threshold)
        value = self.master.first_stage_cost(x) + self.risk.of(evaluation.values, evaluation.probability)
        if value < self.value and integral:
            self.x, self.value = x, value
            self.tell()
        return value if self.core is not None else max(value, self._support(x, evaluation))

    def cut(self, x: Floats, threshold: float | None = None) -> RecourseEvaluation:
        """The recourse at `x` (n1,), in the first stage or not, whose cuts the master gets.

        With a `core`, it is that a little towards it: where a unit does not run, the duals at x itself say nothing of
        what running it a little would change. Where only that point cannot be operated, it is that at x.
        """
        if self.core is None:
            return self._cut_at(x, threshold, None)
        tolerance = None if self.risk.tail_weight else max(self.recourse.tolerance, CUT_TOLERANCE * self.gap)
        evaluation = self._cut_at(x + TOWARDS_CORE * (self.core - x), threshold, tolerance)
        if evaluation.expected is None and all(c.slope @ x <= c.limit + ALLOWED for c in evaluation.feasibility):
            evaluation = self._cut_at(x, threshold, None)
        return evaluation

    def _cut_at(self, x: Floats, threshold: float | None, tolerance: float | None) -> RecourseEvaluation:
        tail = bool(self.risk.tail_weight)
        threshold = (self.threshold if threshold is None else threshold) if tail else None
        evaluation = self.recourse(x, threshold=threshold, tolerance=tolerance)
        if tail and self.threshold is None and evaluation.expected is not None:
            self.threshold = self.risk.value_at_risk(evaluation.values, evaluation.probability)
            evaluation = self.recourse(x, threshold=self.threshold)
        self.master.add(evaluation)
        self.infeasible_scenarios += [c.scenario for c in evaluation.feasibility]
        if evaluation.expected is not None and tail:
            self.threshold = self.risk.value_at_risk(evaluation.values, evaluation.probability)
        return evaluation

    def _values(self, x: Floats) -> RecourseEvaluation:
        """The recourse at `x` (n1,), which becomes no cut of values but forbids what cannot be operated."""
        evaluation = (self.exact or self.recourse)(x)
        if evaluation.expected is None:
            self.master.add(evaluation)
            self.infeasible_scenarios += [c.scenario for c in evaluation.feasibility]
        return evaluation

    def _support(self, x: Floats, evaluation: RecourseEvaluation) -> float:
        """What the cuts of `evaluation` say of `x` (n1,): a bound of its value, but with a CVaR; +inf: infeasible."""
        if evaluation.expected is None:
            return np.inf
        if self.risk.tail_weight:
            return self.master.first_stage_cost(x) + self.risk.of(evaluation.values, evaluation.probability)
        cuts = evaluation.expected
        return self.master.first_stage_cost(x) + float((cuts.value + cuts.slope @ (x - evaluation.x)).sum())

    def polish(self, tolerance: float) -> None:
        """The value of the best design to the kernel's `tolerance`."""
        assert self.x is not None
        evaluation = (self.exact or self.recourse)(self.x, tolerance=tolerance)
        self.value = self.master.first_stage_cost(self.x) + self.risk.of(evaluation.values, evaluation.probability)
        self.tell()

    def fractionality(self, x: Floats) -> Floats:
        """(integers,) distance of the integer columns to the next integer."""
        return np.abs(x[self.integer] - np.round(x[self.integer]))

    def snapped(self, x: Floats) -> Floats:
        """`x` with integer columns that are integral but for rounding made so."""
        x = x.copy()
        whole = self.integer[self.fractionality(x) <= INTEGRAL]
        x[whole] = np.round(x[whole])
        return x

    def solve_master(self) -> MasterSolution:
        """The linear relaxation of the master; raises TimeUpError."""
        self.check_time()
        return self.master.solve()

    def relax(
        self,
        gap: float,
        *,
        cutoff: float = np.inf,
        rounds: int | None = None,
        center: Floats | None = None,
        whole: bool = False,
    ) -> Relaxation:
        """The continuous problem within the master's present bounds, to the relative `gap`.

        In-out stabilization (Ben-Ameur, Neto 2007, doi:10.1002/net.20137): cuts are taken between the best point and
        the master's. Ends early once the bound reaches `cutoff` or after `rounds` evaluations. `center` (n1,) is a
        point to start between; `whole`: the bound holds for the whole problem.
        """
        bound, best, best_x, step = -np.inf, np.inf, center, FIRST_STEP
        done = stalled = 0
        previous, last = -np.inf, None
        while True:
            solution = self.solve_master()
            bound = max(bound, solution.bound)
            if whole and solution.status is MasterStatus.OPTIMAL:
                self.raise_lower(bound)
            elif whole and bound == self.value == np.inf:
                self.lower = np.inf  # no design serves all scenarios: nothing to tell
            if solution.x is None or bound >= cutoff:
                break
            if best < np.inf and best - bound <= gap * max(abs(best), 1e-9):
                break
            if rounds is not None and done >= rounds:
                break
            x = solution.x if best_x is None else step * solution.x + (1.0 - step) * best_x
            value = self.evaluate(x, solution.threshold)
            done += 1
            known = best < np.inf or (last is not None and np.allclose(x, last, rtol=1e-9, atol=1e-9))
            stalled = stalled + 1 if known and bound <= previous and value >= best else 0
            previous, last = bound, x
            if stalled > STALLED_ROUNDS:  # the cuts are as exact as the kernel's certificates allow
                break
            if value < best:
                best, best_x = value, x
                step = min(1.0, step * LONGER)
            else:
                step = max(SHORTEST_STEP, step * SHORTER)
            self.master.purge(self.kept_cuts, self.slack_rounds)
            if whole:
                self.save()
        return Relaxation(bound, None if best == np.inf else best_x, best)
