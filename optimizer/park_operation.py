"""A park's design operated in many scenarios: costs, physical results, forward simulation, in blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..problems.park.problem import ParkProblem
from ..problems.two_stage import Sense
from ..problems.two_stage.problem import Floats
from .evaluation import BLOCK, BlockResult, Distribution, Evaluator, distribution_of
from .options import Options
from .progress import Progress
from .two_stage_run import ScenarioChoice

INTERNAL = ("flow.", "load.")  # reports that stand for themselves in no table of scenarios


@dataclass(frozen=True)
class Operation:
    """How a design does over the scenarios.

    `mean`: of every report; `probability`: that a report is positive; `margin`: smallest relative distance of a real
    concentration to its assumed bound (None without water); `rows`: one record a scenario.
    """

    distribution: Distribution
    mean: dict[str, float]
    probability: dict[str, float]
    margin: float | None
    water_residual: float
    mass_residual: float
    rows: list[pa.RecordBatch]


def operate(
    park: ParkProblem, x: Floats, chosen: ScenarioChoice, options: Options, progress: Progress, what: str
) -> Operation:
    """Operate design `x` in every scenario of `chosen`."""
    problem = park.problem
    assert problem.reports is not None
    names = problem.reports.names
    columns = {name: k for k, name in enumerate(problem.recourse.names)}
    sums, positive, weight = np.zeros(len(names)), np.zeros(len(names)), 0.0
    margin, water, mass = np.inf, 0.0, 0.0
    slim: list[BlockResult] = []
    rows: list[pa.RecordBatch] = []
    evaluator = Evaluator(problem, engine=options.engine)
    with progress.step(f"operating {what} in {chosen.count:,} scenarios", chosen.count) as step:
        for block in evaluator.blocks(x, chosen.draw, chosen.count, BLOCK):
            assert block.primal is not None
            assert block.reports is not None
            good = block.status == 0
            probability = block.scenarios.probability[good]
            reports = block.reports[good]
            sums += probability @ reports
            positive += probability @ (reports > 1e-3)
            weight += float(probability.sum())
            if park.case.contaminants:
                own = {name: reports[:, k] for k, name in enumerate(names) if name.startswith("load.")}
                simulation = park.simulator.run(columns, block.primal[good], own)
                margin = min(margin, float(simulation.margin.min(initial=np.inf)))
                water = max(water, float(simulation.water_residual.max(initial=0.0)))
                mass = max(mass, float(simulation.mass_residual.max(initial=0.0)))
            rows.append(_rows(block, names))
            slim.append(BlockResult(block.scenarios, block.objective, block.status, block.resolved_exactly, None, None))
            step.advance(sum(map(len, slim)))
    weight = weight or 1.0
    return Operation(
        distribution_of(slim, maximize=problem.sense is Sense.MAXIMIZE),
        dict(zip(names, sums / weight, strict=True)),
        dict(zip(names, positive / weight, strict=True)),
        margin if np.isfinite(margin) else None,
        water,
        mass,
        rows,
    )


def _rows(block: BlockResult, names: tuple[str, ...]) -> pa.RecordBatch:
    first = block.scenarios.first
    assert block.reports is not None
    data = {
        "scenario": pa.array(range(first, first + len(block)), pa.int64()),
        "probability": block.scenarios.probability,
        "objective": block.objective,
        "status": pa.array(block.status, pa.int8()),
        "resolved_exactly": pa.array(block.resolved_exactly),
    }
    kept = {name: block.reports[:, k] for k, name in enumerate(names) if not name.startswith(INTERNAL)}
    return pa.record_batch(data | kept)
