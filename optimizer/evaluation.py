"""A given design on many scenarios: costs, physical results and their statistics, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..kernels import RecourseLP, Status
from ..problems.two_stage import Scenarios, StandardRecourse, TwoStageProblem, recourse_data, standard_recourse
from ..problems.two_stage.problem import Booleans, Floats

BLOCK = 1024  # scenarios solved together; results do not depend on it


@dataclass(frozen=True)
class BlockResult:
    """Results of scenarios first..first+N-1 of a sample under one design.

    `objective` (N,): first-stage cost plus recourse, +inf or -inf where infeasible or unbounded, NaN where failed;
    `status` (N,) the worst of the scenario's LPs; `resolved_exactly` (N,) bool; `primal` (N, n2) and `reports` (N, R)
    where the problem has reports, else None.
    """

    scenarios: Scenarios
    objective: Floats
    status: np.ndarray[tuple[int], np.dtype[np.int8]]
    resolved_exactly: Booleans
    primal: Floats | None
    reports: Floats | None

    def __len__(self) -> int:
        return len(self.objective)


class Evaluator:
    """Prepared once per problem: its standard form and the LPs of its separate parts."""

    def __init__(self, problem: TwoStageProblem, *, engine: str = "auto", tolerance: float = 1e-8) -> None:
        self.problem, self.engine, self.tolerance = problem, engine, tolerance

    @cached_property
    def _form(self) -> tuple[StandardRecourse, tuple[RecourseLP, ...]]:
        form = standard_recourse(self.problem)
        return form, tuple(RecourseLP(b.W, b.cost, b.upper, lower=b.lower) for b in form.blocks)

    def evaluate(self, x: Floats, scenarios: Scenarios) -> BlockResult:
        """Operate design `x` (n1,) in every scenario of one block."""
        form, programs = self._form
        data = recourse_data(form, scenarios)
        wanted = self.problem.reports is not None
        objective: list[Floats] = []
        primal: list[Floats] = []
        count = len(scenarios)
        status = np.zeros(count, dtype=np.int8)
        exact = np.zeros(count, dtype=bool)
        for lanes, program in zip(data.lanes(x), programs, strict=True):
            batch = program.solve(
                lanes.h,
                q=lanes.q,
                upper=lanes.upper,
                W_values=lanes.W_values,
                engine=self.engine,
                tolerance=self.tolerance,
                primal=wanted,
            )
            objective.append(batch.objective)
            status = np.maximum(status, batch.status.reshape(count, -1).max(axis=1))
            exact |= batch.resolved_exactly.reshape(count, -1).any(axis=1)
            if batch.primal is not None:
                primal.append(batch.primal)
        first = self.problem.first_stage
        total = first.constant + float(first.cost @ x) + data.per_scenario(objective)
        operation = data.primal(primal) if wanted else None
        reports = None
        if self.problem.reports is not None and operation is not None:
            reports = self.problem.reports.evaluate(self.problem.features(scenarios.xi), x, operation)
        return BlockResult(scenarios, total, status, exact, operation, reports)

    def blocks(
        self, x: Floats, draw: Callable[[int, int], Scenarios], count: int, block: int = BLOCK
    ) -> Iterator[BlockResult]:
        """Results of scenarios 0..count-1, block by block; `draw(first, last)` gives their data."""
        for first in range(0, count, block):
            yield self.evaluate(x, draw(first, min(first + block, count)))


@dataclass(frozen=True)
class Distribution:
    """Distribution of the objective over the scenarios that have an answer.

    `values`, `weights` (M,) in the order of the scenarios; `failed` scenarios are in no statistic.
    """

    values: Floats
    weights: Floats
    resolved_exactly: int
    failed: int
    infeasible: int
    maximize: bool = False

    @property
    def mean(self) -> float:
        """Weighted mean."""
        return float(np.average(self.values, weights=self.weights)) if len(self.values) else float("nan")

    @property
    def standard_error(self) -> float:
        """Of the mean, for independent scenarios: s / sqrt(M)."""
        if len(self.values) < 2:
            return 0.0
        variance = np.average((self.values - self.mean) ** 2, weights=self.weights) * len(self.values)
        return float(np.sqrt(variance / (len(self.values) - 1) / len(self.values)))

    def quantile(self, level: float) -> float:
        """Smallest value that is not exceeded with at least probability `level`."""
        order = np.argsort(self.values, kind="stable")
        cumulative = np.cumsum(self.weights[order]) / self.weights.sum()
        return float(self.values[order][min(np.searchsorted(cumulative, level - 1e-12), len(order) - 1)])

    def cvar(self, level: float) -> float:
        """Mean of the worst 1 - `level` of the probability (largest costs, smallest profits)."""
        sign = -1.0 if self.maximize else 1.0
        order = np.argsort(-sign * self.values, kind="stable")
        weights = self.weights[order] / self.weights.sum()
        tail = np.clip((1.0 - level) - (np.cumsum(weights) - weights), 0.0, weights)
        return float(tail @ self.values[order] / tail.sum()) if tail.sum() > 0.0 else float(self.values[order][0])


def distribution_of(blocks: list[BlockResult], *, maximize: bool) -> Distribution:
    """The distribution of the objective over all blocks."""
    values = np.concatenate([block.objective for block in blocks])
    weights = np.concatenate([block.scenarios.probability for block in blocks])
    status = np.concatenate([block.status for block in blocks])
    good = status == Status.OPTIMAL
    return Distribution(
        values[good],
        weights[good],
        int(sum(block.resolved_exactly.sum() for block in blocks)),
        int((status == Status.FAILED).sum()),
        int((status == Status.INFEASIBLE).sum()),
        maximize,
    )
