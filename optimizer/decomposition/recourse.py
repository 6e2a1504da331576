"""The recourse of a scenario set at a design: values of all scenarios and the cuts that support them from below.

With the row duals d and pull = min(reduced cost, 0) of scenario k at x, for every x'

    Q_k(x') >= bound_k + (-T_k'd + S_k'pull)'(x' - x),      S = d upper / d x,

because d'h + pull'u bounds Q_k from below for any d, and is affine in x. Everything here minimises; the profit of a
maximised problem is negated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...kernels import Engine, RecourseLP, Status
from ...problems.two_stage.problem import Floats, Integers
from ...problems.two_stage.recourse_data import RecourseData
from .feasibility import FeasibilityCut, farkas_cut
from .scenario_set import ScenarioSet

FEASIBILITY_CUTS = 20  # infeasible scenarios that each add a cut to one evaluation


@dataclass(frozen=True)
class GroupCuts:
    """Affine lower bounds of G sums over scenarios: value + slope'(x' - x), `value` (G,), `slope` (G, n1).

    `weight` (G,): the probability summed, which a tail's cut falls by per unit of its threshold.
    """

    value: Floats
    slope: Floats
    weight: Floats

    @staticmethod
    def sum(parts: list[GroupCuts]) -> GroupCuts:
        """Cuts of the scenarios of all parts."""
        values, slopes, weights = ([getattr(p, name) for p in parts] for name in ("value", "slope", "weight"))
        return GroupCuts(np.sum(values, axis=0), np.sum(slopes, axis=0), np.sum(weights, axis=0))


@dataclass(frozen=True)
class RecourseEvaluation:
    """The recourse at the design `x`: `values` (N,), +inf where infeasible, and `probability` (N,) of the scenarios.

    `expected`: cuts of the groups' sums of p Q. `tail`: of their sums of p max(Q - threshold, 0), where a threshold was
    given. Both are None where a scenario of positive probability is infeasible; `feasibility` then cuts off x.
    """

    x: Floats
    values: Floats
    probability: Floats
    expected: GroupCuts | None
    tail: GroupCuts | None
    threshold: float | None
    feasibility: tuple[FeasibilityCut, ...] = ()
    resolved_exactly: int = 0


class RecourseError(ValueError):
    """A scenario whose recourse is unbounded or could not be solved."""

    def __init__(self, message: str, *, unbounded: bool) -> None:
        super().__init__(message)
        self.unbounded = unbounded


class ExpectedRecourse:
    """Evaluates the recourse of a scenario set; scenario k belongs to group k mod `groups`."""

    def __init__(
        self, scenarios: ScenarioSet, *, groups: int = 1, engine: Engine | str = Engine.AUTO, tolerance: float = 1e-8
    ) -> None:
        self.scenarios, self.groups, self.engine, self.tolerance = scenarios, groups, engine, tolerance
        self.form = scenarios.form
        self._lps = [RecourseLP(b.W, b.cost, b.upper, lower=b.lower) for b in self.form.blocks]
        self.evaluations = 0
        self._scale = 0.0  # of the expected recourse: what is tiny beside it need not be exact

    def __call__(
        self, x: Floats, *, threshold: float | None = None, tolerance: float | None = None
    ) -> RecourseEvaluation:
        """The recourse at `x` (n1,). Raises RecourseError naming a scenario that is unbounded or undecided."""
        self.evaluations += 1
        parts = [
            self._chunk(first, data, x, threshold, self.tolerance if tolerance is None else tolerance)
            for first, data in self.scenarios.chunks()
        ]
        expected = [p.expected for p in parts if p.expected is not None]
        tail = [p.tail for p in parts if p.tail is not None]
        feasible = len(expected) == len(parts)
        values = np.concatenate([p.values for p in parts])
        probability = np.concatenate([p.probability for p in parts])
        if feasible:
            self._scale = float(probability @ np.abs(np.where(probability > 0.0, values, 0.0)))
        return RecourseEvaluation(
            x,
            values,
            probability,
            GroupCuts.sum(expected) if feasible else None,
            GroupCuts.sum(tail) if feasible and tail else None,
            threshold,
            tuple(cut for p in parts for cut in p.feasibility)[:FEASIBILITY_CUTS],
            sum(p.resolved_exactly for p in parts),
        )

    def _chunk(
        self, first: int, data: RecourseData, x: Floats, threshold: float | None, tolerance: float
    ) -> RecourseEvaluation:
        form, count = self.form, len(data)
        counted = data.probability > 0.0  # what cannot happen neither costs nor forbids anything
        dual, pull = np.zeros((count, form.W.shape[0])), np.zeros((count, form.W.shape[1]))
        bound = form.sense * data.offset
        values = bound.copy()
        infeasible = np.zeros(count, dtype=bool)
        cuts: list[FeasibilityCut] = []
        resolved = 0
        absolute = tolerance * self._scale
        for lp, block, lanes in zip(self._lps, form.blocks, data.lanes(x), strict=True):
            batch = lp.solve(
                lanes.h,
                lanes.q,
                lanes.upper,
                lanes.W_values,
                engine=self.engine,
                tolerance=tolerance,
                absolute=absolute,
            )
            status = np.asarray(batch.status).reshape(count, -1)
            self._refuse_undecided(status[counted], first + np.flatnonzero(counted))
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
        expected = tail = None
        if not infeasible.any():
            group = (first + np.arange(count)) % self.groups
            expected = self._cuts(data, data.probability, group, bound, dual, pull)
            if threshold is not None:
                # those at the threshold too: only then does a cut at the value at risk bound the threshold itself
                weight = np.where(values >= threshold, data.probability, 0.0)
                tail = self._cuts(data, weight, group, bound - threshold, dual, pull)
        return RecourseEvaluation(x, values, data.probability, expected, tail, threshold, tuple(cuts), resolved)

    def _refuse_undecided(self, status: NDArray[np.int8], index: Integers) -> None:
        for kind, text in ((Status.UNBOUNDED, "is unbounded"), (Status.FAILED, "could not be solved")):
            wrong = np.flatnonzero((status == kind).any(axis=1))
            if len(wrong):
                name = self.scenarios.problem.name
                message = f"{name}: the recourse of scenario {index[wrong[0]]} {text} ({len(wrong)} such)"
                raise RecourseError(message, unbounded=kind is Status.UNBOUNDED)

    def _cuts(
        self, data: RecourseData, weight: Floats, group: Integers, value: Floats, dual: Floats, pull: Floats
    ) -> GroupCuts:
        """Sums of weight x (value, slope) over the scenarios of each group."""
        form, count = self.form, len(data)
        counted = np.flatnonzero(weight > 0.0)
        index = (group[counted], counted)
        select: Any = sp.csr_array((weight[counted], index), shape=(self.groups, count))
        slope = weighted(select, form.upper_slope, data.slope_values, pull)
        slope -= weighted(select, form.T, data.T_values, dual)
        return GroupCuts(select @ np.where(weight > 0.0, value, 0.0), slope, np.asarray(select.sum(axis=1)).ravel())


def weighted(select: Any, matrix: Any, values: Floats | None, multiplier: Floats) -> Floats:
    """(G, n1) sums over scenarios k, with weights `select` (G, N), of matrix_k' multiplier_k; `values` (N, nnz)."""
    if values is None:
        return np.asarray((select @ multiplier) @ matrix)
    column = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    place = (np.arange(len(column)), column)
    to_column: Any = sp.csr_array((np.ones(len(column)), place), shape=(len(column), matrix.shape[1]))
    return np.asarray((select @ (values * multiplier[:, matrix.indices])) @ to_column)
