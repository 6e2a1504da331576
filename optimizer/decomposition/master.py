"""The master problem inside HiGHS: first stage, one estimate per group of scenarios, and cuts that come and go.

    min  w c'x + m sum_g p_g theta_g + t (eta + sum_g p_g omega_g / (1 - level))     over the first stage's rows, bounds
    theta_g >= cuts of the group's mean of Q,     omega_g >= 0 and cuts of its mean of max(Q - eta, 0)

with the weights m of the mean, t of the CVaR and w = m + t. The model is built once; cuts are rows added and deleted.
Everything minimises; a maximised problem is negated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from ...kernels.highs import linear_program, quiet_highs
from ...problems.two_stage.problem import Floats, Sense, TwoStageProblem
from ..risk import Risk
from .checkpoint import CutRows
from .chunk_recourse import GroupCuts
from .recourse import RecourseEvaluation

NEGLIGIBLE = 1e-9  # share of a cut's largest slope below which a slope is replaced by its worst case (HiGHS drops 1e-9)
FIRST_BOX, LAST_BOX = 1e3, 1e12  # artificial bounds on x while the cuts leave the master unbounded
BOX_GROWTH = 10.0
TOO_LARGE = 1e14  # HiGHS takes no entry from 1e15 on


FEASIBILITY = 1e-9  # the recourse's own: a looser point breaks feasibility cuts that its next solution cannot see
LOOSER_FEASIBILITY = 1e-7  # where HiGHS cannot tell otherwise
_CLEAR = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnbounded)


class MasterStatus(Enum):
    """How a master ended."""

    OPTIMAL = auto()
    BOXED = auto()  # a minimum only within artificial bounds: it bounds nothing
    INFEASIBLE = auto()


@dataclass(frozen=True)
class MasterSolution:
    """`x` (n1,), its `reduced_cost` (n1,) and `threshold` (eta); `bound` holds for all designs within the bounds.

    Infeasible: x is None and the bound +inf.
    """

    status: MasterStatus
    bound: float
    x: Floats | None = None
    reduced_cost: Floats | None = None
    threshold: float | None = None


class MasterError(ArithmeticError):
    """HiGHS gave up on a master."""


class UnboundedError(ArithmeticError):
    """The cuts never bounded the master: nothing bounds the problem."""


class Master:
    """Columns: x (n1), theta (G), then with a CVaR eta and omega (G)."""

    def __init__(self, problem: TwoStageProblem, groups: int, risk: Risk) -> None:
        first = problem.first_stage
        self.groups, self.risk, self.size = groups, risk, len(first.names)
        sense = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
        self.cost: Floats = sense * risk.total_weight * first.cost
        self.constant = sense * risk.total_weight * first.constant
        self.lower, self.upper = first.lower.copy(), first.upper.copy()
        self.theta = np.arange(groups, dtype=np.int32) + self.size
        self.eta = self.size + groups
        self.omega = np.arange(groups if risk.tail_weight else 0, dtype=np.int32) + self.eta + 1
        self.fixed_rows = first.A.shape[0]
        self.slack_rounds = np.zeros(0, dtype=np.int64)
        self._weights: Floats | None = None
        self._box = FIRST_BOX
        self._widest = first.lower, first.upper  # a cut holds for all designs, not only for those of a node
        self._x = np.arange(self.size, dtype=np.int32)
        columns = self.size + groups + (1 + groups if risk.tail_weight else 0)
        self._highs = quiet_highs()
        self._highs.setOptionValue("primal_feasibility_tolerance", FEASIBILITY)
        self._highs.passModel(_first_stage_lp(problem, self, columns))

    @property
    def cuts(self) -> int:
        """Cuts that the model holds."""
        return len(self.slack_rounds)

    def first_stage_cost(self, x: Floats) -> float:
        """The certain part of the objective."""
        return self.constant + float(self.cost @ x)

    def bound_columns(self, lower: Floats, upper: Floats) -> None:
        """New bounds (n1,) of x."""
        self._highs.changeColsBounds(self.size, self._x, lower, upper)
        self.lower, self.upper = lower, upper

    def add(self, evaluation: RecourseEvaluation) -> None:
        """Add the cuts of an evaluation."""
        rows: list[tuple[Floats, list[int], list[float], float]] = [
            (-cut.slope, [], [], -cut.limit) for cut in evaluation.feasibility
        ]
        if evaluation.expected is not None:
            if self._weights is None:
                self._price(evaluation.expected.weight)
            if self.risk.mean_weight:
                rows += self._rows(evaluation.expected, evaluation.x, self.theta, None)
            if evaluation.tail is not None:
                rows += self._rows(evaluation.tail, evaluation.x, self.omega, evaluation.threshold)
        if rows:
            self._insert(rows)

    def cut_rows(self) -> CutRows:
        """All cuts that the model holds."""
        lp = self._highs.getLp()
        entries = (np.array(lp.a_matrix_.value_), np.array(lp.a_matrix_.index_), np.array(lp.a_matrix_.start_))
        shape, rowwise = (lp.num_row_, lp.num_col_), lp.a_matrix_.format_ == highspy.MatrixFormat.kRowwise
        whole: Any = sp.csr_array(entries, shape=shape) if rowwise else sp.csc_array(entries, shape=shape)
        cuts = sp.csr_array(whole)[self.fixed_rows :]
        limits = np.array(lp.row_lower_)[self.fixed_rows :]
        weights = np.zeros(0) if self._weights is None else self._weights
        return CutRows(cuts.indptr.astype(np.int64), cuts.indices.astype(np.int64), cuts.data, limits, weights)

    def restore(self, cuts: CutRows) -> None:
        """Add cuts that were saved."""
        if len(cuts.weights):
            self._price(cuts.weights)
        count = len(cuts.limits)
        if count:
            self._highs.addRows(
                count, cuts.limits, np.full(count, np.inf), len(cuts.entries), cuts.starts[:-1].astype(np.int32),
                cuts.columns.astype(np.int32), cuts.entries,
            )  # fmt: skip
            self.slack_rounds = np.concatenate([self.slack_rounds, np.zeros(count, np.int64)])

    def _price(self, weights: Floats) -> None:
        """Objective of the estimates, known with the groups' probabilities; groups that cannot happen cost nothing."""
        self._weights = weights
        columns, costs = [self.theta], [self.risk.mean_weight * weights]
        if len(self.omega):
            columns += [np.array([self.eta], np.int32), self.omega]
            costs += [np.array([self.risk.tail_weight]), self.risk.tail_weight / (1.0 - self.risk.level) * weights]
        index, cost = np.concatenate(columns), np.concatenate(costs)
        self._highs.changeColsCost(len(index), index, cost)

    def _rows(
        self, cuts: GroupCuts, x: Floats, columns: Any, threshold: float | None
    ) -> list[tuple[Floats, list[int], list[float], float]]:
        """estimate_g - slope'x (+ share eta) >= constant, per unit of the group's probability."""
        assert self._weights is not None
        rows: list[tuple[Floats, list[int], list[float], float]] = []
        for g in np.flatnonzero(self._weights > 0.0):
            weight = self._weights[g]
            slope, value = cuts.slope[g] / weight, cuts.value[g] / weight
            index, entries = [int(columns[g])], [1.0]
            constant = float(value - slope @ x)
            if threshold is not None:
                share = float(cuts.weight[g] / weight)
                if share == 0.0:
                    continue
                index, entries, constant = [self.eta, *index], [share, *entries], constant + share * threshold
            rows.append((-slope, index, entries, constant))
        return rows

    def _insert(self, rows: list[tuple[Floats, list[int], list[float], float]]) -> None:
        """Rows  a'x + entries'columns >= limit; slopes too small for HiGHS are replaced by their worst case.

        Rows with slopes too large for it say nothing: their duals are those of a program with a single feasible point.
        """
        rows = [row for row in rows if np.abs(row[0]).max(initial=0.0) < TOO_LARGE]
        if not rows:
            return
        starts, index, values, limits = [0], [], [], []
        for slope, columns, entries, limit in rows:
            small = np.abs(slope) <= NEGLIGIBLE * max(1.0, float(np.abs(slope).max(initial=0.0)))
            with np.errstate(invalid="ignore"):
                worst = np.where(slope == 0.0, 0.0, np.maximum(*(slope * bound for bound in self._widest)))
            small &= np.isfinite(worst)
            kept = np.flatnonzero(~small)
            index += [kept, np.array(columns, np.int64)]
            values += [slope[kept], np.array(entries)]
            limits.append(limit - float(worst[small].sum()))
            starts.append(starts[-1] + len(kept) + len(columns))
        low = np.array(limits)
        self._highs.addRows(
            len(rows), low, np.full(len(rows), np.inf), starts[-1], np.array(starts[:-1], np.int32),
            np.concatenate(index).astype(np.int32), np.concatenate(values),
        )  # fmt: skip
        self.slack_rounds = np.concatenate([self.slack_rounds, np.zeros(len(rows), np.int64)])

    def solve(self) -> MasterSolution:
        """The linear relaxation; ages the cuts. Raises UnboundedError, and MasterError where HiGHS gives up."""
        solution = self._run()
        if solution is not None:
            return solution
        if self._box > LAST_BOX:
            raise UnboundedError("no cut bounds the master problem")
        lower, upper = self.lower, self.upper
        self.bound_columns(np.maximum(lower, -self._box), np.minimum(upper, self._box))
        if len(self.omega):
            self._highs.changeColBounds(self.eta, -self._box, self._box)
        self._box *= BOX_GROWTH
        solution = self._run(boxed=True)
        self.bound_columns(lower, upper)
        if len(self.omega):
            self._highs.changeColBounds(self.eta, -np.inf, np.inf)
        if solution is None:
            raise MasterError("the master problem could not be solved")
        return solution

    def _run(self, *, boxed: bool = False) -> MasterSolution | None:
        """None where the cuts leave the model unbounded."""
        highs = self._highs
        status = self._status()
        if status == highspy.HighsModelStatus.kInfeasible:
            return MasterSolution(MasterStatus.INFEASIBLE, np.inf)
        if status == highspy.HighsModelStatus.kUnbounded:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise MasterError(f"the master problem could not be solved: {highs.modelStatusToString(status)}")
        solution = highs.getSolution()
        values = np.array(solution.col_value)
        self._age()
        x = np.clip(values[: self.size], self.lower, self.upper)
        threshold = float(values[self.eta]) if len(self.omega) else None
        if boxed or self._weights is None:
            return MasterSolution(MasterStatus.BOXED, -np.inf, x, threshold=threshold)
        bound = float(highs.getInfo().objective_function_value)
        return MasterSolution(MasterStatus.OPTIMAL, bound, x, np.array(solution.col_dual[: self.size]), threshold)

    def _status(self) -> Any:
        """The verdict of HiGHS; where the warm start leads nowhere, from scratch, without presolve, to a looser one.

        "Infeasible" closes a node for good: after a warm start it has been wrong, so it is asked for from scratch.
        """
        highs = self._highs
        highs.run()
        status = highs.getModelStatus()
        if status in _CLEAR and status != highspy.HighsModelStatus.kInfeasible:
            return status
        for presolve, tolerance in (("choose", FEASIBILITY), ("off", FEASIBILITY), ("off", LOOSER_FEASIBILITY)):
            highs.clearSolver()
            highs.setOptionValue("presolve", presolve)
            highs.setOptionValue("primal_feasibility_tolerance", tolerance)
            highs.run()
            status = highs.getModelStatus()
            highs.setOptionValue("presolve", "choose")
            highs.setOptionValue("primal_feasibility_tolerance", FEASIBILITY)
            if status in _CLEAR:
                break
        return status

    def _age(self) -> None:
        basis = self._highs.getBasis()
        status = basis.row_status[self.fixed_rows :]
        if not basis.valid or len(status) != self.cuts:
            return
        slack = np.array([s == highspy.HighsBasisStatus.kBasic for s in status], dtype=bool)
        self.slack_rounds = np.where(slack, self.slack_rounds + 1, 0)

    def purge(self, keep: int, rounds: int) -> None:
        """Delete cuts that were slack for `rounds` solves, the longest slack first, until `keep` are left."""
        surplus = self.cuts - keep
        if surplus <= 0:
            return
        candidates = np.flatnonzero(self.slack_rounds >= rounds)
        oldest = candidates[np.argsort(-self.slack_rounds[candidates], kind="stable")][:surplus]
        if len(oldest):
            rows = np.sort(oldest)
            self._highs.deleteRows(len(rows), (rows + self.fixed_rows).astype(np.int32))
            self.slack_rounds = np.delete(self.slack_rounds, rows)


def _first_stage_lp(problem: TwoStageProblem, master: Master, columns: int) -> Any:
    first = problem.first_stage
    cost, low, high = np.zeros(columns), np.full(columns, -np.inf), np.full(columns, np.inf)
    cost[: master.size], low[: master.size], high[: master.size] = master.cost, first.lower, first.upper
    low[master.omega] = 0.0
    lp = linear_program(cost, (low, high), first.A, (first.row_lower, first.row_upper))
    lp.num_col_, lp.offset_ = columns, master.constant
    return lp
