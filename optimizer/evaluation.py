"""A given design in many scenarios: costs, physical results and their statistics, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from ..cluster import Chunk, content_key
from ..cluster.work import Compute
from ..kernels import BLOCK, Projection, RecourseLP
from ..problems.two_stage import (
    Scenarios,
    Sense,
    StandardRecourse,
    TwoStageProblem,
    recourse_data,
    row_units,
    standard_recourse,
)
from ..problems.two_stage.limits import limited
from ..problems.two_stage.problem import Booleans, Floats
from .distribution import Distribution
from .sample import Sample
from .scenario_rows import part_file, write_part

if TYPE_CHECKING:
    from .operating_rule import OperatingRule, RuledEvaluator

# What a row may miss in the operation that is reported: t/h, kg/h, MW, or what the model counts in. The balance of a
# whole park adds up some hundred rows and is to close to 1e-6.
CLOSED = 5e-9
# Reports that stand for themselves in no table of scenarios
INTERNAL = ("flow.", "load.", "hourly.", "residual.", "balance.", "destroyed.", "lost.", "energy.")


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

    @cached_property
    def _projections(self) -> tuple[Projection, ...]:
        return tuple(Projection(program, row_units(program.W)) for program in self._form[1])

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
        for k, (lanes, program) in enumerate(zip(data.lanes(x), programs, strict=True)):
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
                q = program.q if lanes.q is None else lanes.q
                onto_rows = self._projections[k].onto_rows
                primal.append(onto_rows(batch.primal, lanes.h, q, lanes.upper, lanes.W_values, allowed=CLOSED))
        first = self.problem.first_stage
        total = first.constant + float(first.cost @ x) + data.per_scenario(objective)
        operation = data.primal(primal) if wanted else None
        reports = None
        if self.problem.reports is not None and operation is not None:
            reports = self.problem.reports.evaluate(self.problem.features(scenarios.xi), x, operation)
        return BlockResult(scenarios, total, status, exact, operation, reports)


@dataclass(frozen=True)
class Inspected:
    """`residuals` (N, E): numbers of which the largest counts; `reports` (N, M): of which the mean counts."""

    residuals: Floats
    reports: Floats


class Inspection(Protocol):
    """What is computed from a scenario's operation beyond the problem's reports; picklable."""

    def inspect(
        self, problem: TwoStageProblem, x: Floats, scenarios: Scenarios, primal: Floats, reports: Floats
    ) -> Inspected:
        """From the operation `primal` (N, n2) and the reports (N, R) of design `x`."""
        ...


@dataclass(frozen=True)
class EvaluationArguments:
    """What changes between evaluations of one problem; `rows`: folder for the scenarios' rows, None: not wanted."""

    x: Floats
    sample: Sample
    rows: Path | None = None


@dataclass(frozen=True)
class EvaluationWork:
    """Evaluations of one problem, distributed by `cluster`: a worker prepares the LPs once and draws for itself.

    `rule`: how limits over all scenarios steer operation; None where none do.
    """

    problem: TwoStageProblem
    engine: str = "auto"
    inspection: Inspection | None = None
    rule: OperatingRule | None = None

    @cached_property
    def _hash(self) -> str:
        return content_key(self.problem, self.engine, self.inspection, self.rule)

    @property
    def key(self) -> str:
        """Hash of everything that decides the results."""
        return self._hash

    def prepare(self) -> Compute:
        """The function from arguments and chunk to the chunk's `Distribution`."""
        if self.rule is None:
            return _Prepared(Evaluator(self.problem, engine=self.engine), self.inspection)
        from .operating_rule import RuledEvaluator  # which is made of evaluators

        return _Prepared(RuledEvaluator(self.problem, self.rule, engine=self.engine), self.inspection)


class _Prepared:
    def __init__(self, evaluator: Evaluator | RuledEvaluator, inspection: Inspection | None) -> None:
        self._evaluator, self._inspection = evaluator, inspection

    def __call__(self, arguments: EvaluationArguments, chunk: Chunk) -> Distribution:
        blocks = self._blocks(arguments, chunk)
        if arguments.rows is None:
            return _merged(sums for _, sums in blocks)
        with_rows = ((_rows(self._evaluator.problem, result), sums) for result, sums in blocks)
        return _merged(iter(write_part(part_file(arguments.rows, chunk), with_rows)))

    def _blocks(self, arguments: EvaluationArguments, chunk: Chunk) -> Iterator[tuple[BlockResult, Distribution]]:
        problem, sample = self._evaluator.problem, arguments.sample
        for block in chunk.blocks(BLOCK):
            result = self._evaluator.evaluate(arguments.x, sample.draw(problem, block.first, block.last))
            residuals, reports = None, result.reports
            if self._inspection is not None and result.primal is not None and result.reports is not None:
                solved = (result.status == 0)[:, None]  # the rest is dropped by the sums, whatever stands there
                primal, own = np.where(solved, result.primal, 0.0), np.where(solved, result.reports, 0.0)
                found = self._inspection.inspect(problem, arguments.x, result.scenarios, primal, own)
                residuals, reports = np.where(solved, found.residuals, -np.inf), np.hstack([own, found.reports])
            yield (
                result,
                Distribution.of_block(
                    block.first,
                    result.objective,
                    result.scenarios.probability,
                    result.status,
                    resolved_exactly=int(result.resolved_exactly.sum()),
                    maximize=problem.sense is Sense.MAXIMIZE,
                    randomization=sample.randomization(block.first, block.last),
                    randomizations=sample.randomizations,
                    reports=reports,
                    residuals=residuals,
                    limited=_limited(problem, arguments.x, result) if problem.limits else None,
                ),
            )


def _limited(problem: TwoStageProblem, x: Floats, result: BlockResult) -> Floats:
    """(N, L) amounts that the problem's limits are on; whatever, without an answer."""
    cost = -result.objective if problem.sense is Sense.MAXIMIZE else result.objective
    columns: list[Floats] = []
    for limit in problem.limits:
        if not limit.of:
            columns.append(cost)
        elif result.primal is not None:
            columns.append(limited(problem, limit, x, result.scenarios, result.primal))
    return np.column_stack(columns)


def _merged(parts: Iterator[Distribution]) -> Distribution:
    whole = Distribution()
    for part in parts:
        whole = whole.merge(part)
    return whole


def _rows(problem: TwoStageProblem, block: BlockResult) -> pa.RecordBatch:
    """One row a scenario: what it costs, how it was solved, and its physical reports."""
    first = block.scenarios.first
    data = {
        "scenario": pa.array(range(first, first + len(block)), pa.int64()),
        "probability": block.scenarios.probability,
        "objective": block.objective,
        "status": pa.array(block.status, pa.int8()),
        "resolved_exactly": pa.array(block.resolved_exactly),
    }
    kept: dict[str, Floats] = {}
    if problem.reports is not None and block.reports is not None:
        names = enumerate(problem.reports.names)
        kept = {name: block.reports[:, k] for k, name in names if not name.startswith(INTERNAL)}
    return pa.record_batch(data | kept)
