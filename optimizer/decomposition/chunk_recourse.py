"""The recourse of one chunk of scenarios at a design: values, and the cuts that support them from below.

With the row duals d and pull = min(reduced cost, 0) of scenario k at x, for every x'

    Q_k(x') >= bound_k + (-T_k'd + S_k'pull)'(x' - x),      S = d upper / d x,

because d'h + pull'u bounds Q_k from below for any d, and is affine in x; where sizes are switched by binaries, it is
made stronger (`strengthening.py`). Everything here minimises; the profit of a maximised problem is negated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...cluster import Chunk
from ...kernels import Engine, RecourseLP, Status
from ...problems.two_stage.problem import Floats, Integers
from .feasibility import FeasibilityCut, farkas_cut
from .scenario_set import ScenarioSet
from .strengthening import Switches

FEASIBILITY_CUTS = 20  # infeasible scenarios that each add a cut to one evaluation


@dataclass(frozen=True)
class GroupCuts:
    """Affine lower bounds of G sums over scenarios: value + slope'(x' - x), `value` (G,), `slope` (G, n1).

    `weight` (G,): the probability summed, which a tail's cut falls by per unit of its threshold.
    """

    value: Floats
    slope: Floats
    weight: Floats

    def plus(self, other: GroupCuts) -> GroupCuts:
        """Cuts of the scenarios of both."""
        return GroupCuts(self.value + other.value, self.slope + other.slope, self.weight + other.weight)


@dataclass(frozen=True)
class RecourseSums:
    """What is known of some scenarios at one design, summed.

    `expected`: cuts of the groups' sums of p Q. `tail`: of their sums of p max(Q - threshold, 0), where a threshold was
    given. Both are None where a scenario of positive probability is infeasible; `feasibility` then cuts off the design.
    `cost`: sum of p Q, `magnitude`: of p |Q|, both +inf where infeasible. `points`: values and probabilities of the
    scenarios where they are wanted one by one, chunk by chunk.
    """

    expected: GroupCuts | None
    tail: GroupCuts | None
    cost: float
    magnitude: float
    feasibility: tuple[FeasibilityCut, ...]
    resolved_exactly: int
    points: tuple[tuple[Floats, Floats], ...] = ()

    def plus(self, later: RecourseSums) -> RecourseSums:
        """Sums over both, where `later` follows in the sample."""
        return RecourseSums(
            _both(self.expected, later.expected),
            _both(self.tail, later.tail),
            self.cost + later.cost,
            self.magnitude + later.magnitude,
            (self.feasibility + later.feasibility)[:FEASIBILITY_CUTS],
            self.resolved_exactly + later.resolved_exactly,
            self.points + later.points,
        )


def _both(first: GroupCuts | None, later: GroupCuts | None) -> GroupCuts | None:
    return None if first is None or later is None else first.plus(later)


@dataclass(frozen=True)
class RecourseArguments:
    """What changes from one evaluation to the next: `absolute` is the gap that certifies any scenario.

    Scenario k belongs to group k mod `groups`; `pointwise`: every scenario's value is wanted.
    """

    x: Floats
    threshold: float | None
    tolerance: float
    absolute: float
    groups: int
    pointwise: bool


class RecourseError(ValueError):
    """A scenario whose recourse is unbounded or could not be solved."""

    def __init__(self, message: str, *, unbounded: bool = False) -> None:
        super().__init__(message)
        self.unbounded = unbounded


@dataclass(frozen=True)
class _Solved:
    """Scenarios at one design: `values` (N,), +inf where infeasible, and cuts, `bound` (N,) with `slope` (N, n1)."""

    values: Floats
    bound: Floats
    slope: Floats
    feasibility: tuple[FeasibilityCut, ...]
    resolved_exactly: int


class ChunkRecourse:
    """Evaluates chunks of a scenario set; prepared once per process."""

    def __init__(self, scenarios: ScenarioSet, engine: Engine | str) -> None:
        self._scenarios, self._engine = scenarios, engine
        self._lps = [RecourseLP(b.W, b.cost, b.upper, lower=b.lower) for b in scenarios.form.blocks]
        self._switches = Switches.of(scenarios.form.problem.first_stage)
        self._known_least: dict[Chunk, Floats | None] = {}

    def __call__(self, arguments: RecourseArguments, chunk: Chunk) -> RecourseSums:
        """The sums of one chunk. Raises RecourseError naming a scenario that is unbounded or undecided."""
        x, probability = arguments.x, self._scenarios.data(chunk).probability
        solved = self._solve(arguments, chunk, x)
        expected = tail = None
        if np.isfinite(solved.values).all():
            bound, slope = solved.bound, solved.slope
            if self._switches is not None and self._switches.undecided(x):
                least = self._least(arguments, chunk, self._switches)
                if least is not None:
                    bound, slope = self._switches.strengthened(bound, slope, x, least)
            group = (chunk.first + np.arange(len(bound))) % arguments.groups
            expected = _cuts(probability, group, arguments.groups, bound, slope)
            if arguments.threshold is not None:
                # those at the threshold too: only then does a cut at the value at risk bound the threshold itself
                weight = np.where(solved.values >= arguments.threshold, probability, 0.0)
                tail = _cuts(weight, group, arguments.groups, bound - arguments.threshold, slope)
        counted = probability > 0.0
        costs = probability[counted] * solved.values[counted]
        points = ((solved.values, probability),) if arguments.pointwise else ()
        # NumPy's sum and no product of vectors, whose order depends on the number of threads
        cost, magnitude = float(costs.sum()), float(np.abs(costs).sum())
        return RecourseSums(expected, tail, cost, magnitude, solved.feasibility, solved.resolved_exactly, points)

    def _solve(self, arguments: RecourseArguments, chunk: Chunk, x: Floats) -> _Solved:
        """Every scenario of the chunk at `x` (n1,)."""
        data, first = self._scenarios.data(chunk), chunk.first
        form, count = data.form, len(data)
        counted = data.probability > 0.0  # what cannot happen neither costs nor forbids anything
        dual, pull = np.zeros((count, form.W.shape[0])), np.zeros((count, form.W.shape[1]))
        bound = form.sense * data.offset
        values = bound.copy()
        infeasible = np.zeros(count, dtype=bool)
        cuts: list[FeasibilityCut] = []
        resolved = 0
        for lp, block, lanes in zip(self._lps, form.blocks, data.lanes(x), strict=True):
            batch = lp.solve(
                lanes.h,
                lanes.q,
                lanes.upper,
                lanes.W_values,
                engine=self._engine,
                tolerance=arguments.tolerance,
                absolute=arguments.absolute,
            )
            status = np.asarray(batch.status).reshape(count, -1)
            _refuse_undecided(form.problem.name, status[counted], first + np.flatnonzero(counted))
            fine = status == Status.OPTIMAL
            dual[:, block.rows] = np.where(fine[:, :, None], batch.dual.reshape(count, *block.rows.shape), 0.0)
            own_pull = np.minimum(batch.reduced_cost, 0.0).reshape(count, *block.columns.shape)
            pull[:, block.columns] = np.where(fine[:, :, None], own_pull, 0.0)
            bound += np.where(fine, batch.lower_bound.reshape(count, -1), 0.0).sum(axis=1)
            values += np.where(fine, batch.objective.reshape(count, -1), 0.0).sum(axis=1)
            resolved += int(np.sum(batch.resolved_exactly))
            lost = (status == Status.INFEASIBLE) & counted[:, None]
            infeasible |= lost.any(axis=1)
            for k, c in np.argwhere(lost)[: FEASIBILITY_CUTS - len(cuts)]:
                lane = int(k) * block.components + int(c)
                ray = np.asarray(batch.dual[lane])
                cuts.append(farkas_cut(data, first, int(k), block, int(c), ray, lanes.h[lane], lanes.upper[lane], x))
        values[infeasible] = np.inf
        slope = scenario_slopes(form.upper_slope, data.slope_values, pull)
        slope -= scenario_slopes(form.T, data.T_values, dual)
        return _Solved(values, bound, slope, tuple(cuts), resolved)

    def _least(self, arguments: RecourseArguments, chunk: Chunk, switches: Switches) -> Floats | None:
        """(N,) bounds of the recourse over all designs; None where the most generous one does not serve all."""
        if chunk not in self._known_least:
            solved = self._solve(arguments, chunk, switches.generous)
            served = np.isfinite(solved.values).all()
            least = switches.least(solved.bound, solved.slope, switches.generous) if served else None
            self._known_least[chunk] = least
        return self._known_least[chunk]


def _refuse_undecided(problem: str, status: NDArray[np.int8], index: Integers) -> None:
    for kind, text in ((Status.UNBOUNDED, "is unbounded"), (Status.FAILED, "could not be solved")):
        wrong = np.flatnonzero((status == kind).any(axis=1))
        if len(wrong):
            message = f"{problem}: the recourse of scenario {index[wrong[0]]} {text} ({len(wrong)} such)"
            raise RecourseError(message, unbounded=kind is Status.UNBOUNDED)


def _cuts(weight: Floats, group: Integers, groups: int, value: Floats, slope: Floats) -> GroupCuts:
    """Sums of weight x (`value` (N,), `slope` (N, n1)) over the scenarios of each group."""
    counted = np.flatnonzero(weight > 0.0)
    select: Any = sp.csr_array((weight[counted], (group[counted], counted)), shape=(groups, len(weight)))
    height = select @ np.where(weight > 0.0, value, 0.0)
    return GroupCuts(height, np.asarray(select @ slope), np.asarray(select.sum(axis=1)).ravel())


def scenario_slopes(matrix: Any, values: Floats | None, multiplier: Floats) -> Floats:
    """(N, n1) matrix_k' multiplier_k of each scenario k; `values` (N, nnz) where the matrices differ."""
    if values is None:
        return np.asarray(multiplier @ matrix)
    column = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    place = (np.arange(len(column)), column)
    to_column: Any = sp.csr_array((np.ones(len(column)), place), shape=(len(column), matrix.shape[1]))
    return np.asarray((values * multiplier[:, matrix.indices]) @ to_column)
