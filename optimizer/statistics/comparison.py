"""Two designs over the same scenarios: what they have in common drops out of the difference's error.

Common random numbers: Law, Simulation Modeling and Analysis, 5th ed. (2015), section 11.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...cluster import Chunk, Scheme, Serial, content_key, plan
from ...cluster.work import Compute
from ...kernels import BLOCK
from ...problems.two_stage import Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats
from ..distribution import Distribution
from ..evaluation import Evaluator
from ..progress import QuietProgress, Step
from ..sample import Sample


@dataclass(frozen=True)
class Designs:
    """The two designs (n1,) and the scenarios they meet."""

    one: Floats
    other: Floats
    sample: Sample


@dataclass(frozen=True)
class ComparisonWork:
    """Differences of two designs' objectives, distributed by `cluster`: a worker prepares the LPs once."""

    problem: TwoStageProblem
    engine: str = "auto"

    @cached_property
    def _hash(self) -> str:
        return content_key("compared", self.problem, self.engine)

    @property
    def key(self) -> str:
        """Hash of everything that decides the results."""
        return self._hash

    def prepare(self) -> Compute:
        """The function from `Designs` and a chunk to the `Distribution` of the differences."""
        return _Prepared(Evaluator(replace(self.problem, reports=None), engine=self.engine))


class _Prepared:
    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def __call__(self, designs: Designs, chunk: Chunk) -> Distribution:
        problem, sample, whole = self._evaluator.problem, designs.sample, Distribution()
        for block in chunk.blocks(BLOCK):
            scenarios = sample.draw(problem, block.first, block.last)
            one, other = (self._evaluator.evaluate(x, scenarios) for x in (designs.one, designs.other))
            status = np.maximum(one.status, other.status)
            with np.errstate(invalid="ignore"):  # where one has no answer, neither has the difference
                difference = one.objective - other.objective
            part = Distribution.of_block(
                block.first,
                difference,
                scenarios.probability,
                status,
                resolved_exactly=int((one.resolved_exactly | other.resolved_exactly).sum()),
                maximize=problem.sense is Sense.MAXIMIZE,
                randomization=sample.randomization(block.first, block.last),
                randomizations=sample.randomizations,
            )
            whole = whole.merge(part)
        return whole


def compare_designs(
    problem: TwoStageProblem,
    one: Floats,
    other: Floats,
    sample: Sample,
    *,
    scheme: Scheme | None = None,
    engine: str = "auto",
    step: Step | None = None,
) -> Distribution:
    """Objective of design `one` (n1,) minus that of `other`, scenario by scenario of the sample.

    Its standard error is that of the paired difference (between independent randomizations where the sample has
    several); scenarios in which one of them has no answer count as failed.
    """
    scheme, step = scheme or Serial(), step or QuietProgress.silent
    blocks = 1 if scheme.workers == 1 else None
    chunks = plan(sample.count, block=BLOCK, workers=scheme.workers, blocks_per_chunk=blocks)
    found = Distribution()
    for _, part in scheme.run(ComparisonWork(problem, engine), Designs(one, other, sample), chunks):
        found = found.merge(part)
        step.advance(found.scenarios)
    return found


def share_better(difference: Distribution) -> float:
    """Probability that the first design is the better one; equal ones count for neither."""
    values, weights = difference.points
    if not len(values):
        return float("nan")
    better = values > 0.0 if difference.maximize else values < 0.0
    return float(weights[better].sum() / weights.sum())
