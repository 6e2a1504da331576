"""`--reduce`: a design found on few weighted outcomes that stand for many, and what that misses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..kernels import BLOCK
from ..problems.errors import CaseError, Problem
from ..problems.two_stage import Scenarios, TwoStageProblem
from ..problems.two_stage.problem import Floats
from .options import Options
from .result import ReductionSummary
from .sample import DesignSample, Sample
from .statistics import Reduction, reduce_scenarios


@dataclass(frozen=True, eq=False)
class ReducedSample:
    """The outcomes of `reduction` with their probabilities, in the place of the scenarios of `original`."""

    reduction: Reduction
    original: Sample

    @property
    def count(self) -> int:
        """Outcomes that are left."""
        return len(self.reduction.probability)

    def draw(self, problem: TwoStageProblem, first: int, last: int) -> Scenarios:
        """Data of outcomes first..last-1 with their probabilities."""
        return problem.realize(self.reduction.xi[first:last], self.reduction.probability[first:last], first)


def reduced_sample(problem: TwoStageProblem, whole: Sample, options: Options) -> ReducedSample:
    """`options.reduce` outcomes that stand for the scenarios of `whole`. Raises CaseError where that cannot be."""
    assert options.reduce is not None
    if options.reduce >= whole.count:
        message = f"expected fewer than the {whole.count:,} scenarios of the problem"
        if whole.count == 1:
            message = "the problem has one scenario: there is nothing to reduce"
        raise CaseError(Problem(message, place="--reduce", typed=str(options.reduce)))
    xi, probability = _outcomes(problem, whole)
    try:
        reduction = reduce_scenarios(xi, probability, options.reduce, options.reduction, options.seed)
    except ValueError as error:
        raise CaseError(Problem(str(error), place="--reduction", typed=options.reduction)) from None
    return ReducedSample(reduction, whole)


def reduction_summary(sample: DesignSample) -> ReductionSummary | None:
    """What `result.json` says of the scenarios that were left out; None where none were."""
    if not isinstance(sample, ReducedSample):
        return None
    found = sample.reduction
    return ReductionSummary(
        method=found.method,
        original=found.original,
        scenarios=sample.count,
        distance=found.distance,
        relative=found.relative,
    )


def _outcomes(problem: TwoStageProblem, whole: Sample) -> tuple[Floats, Floats]:
    """(N, K) random elements and (N,) probabilities, block by block: the data they decide are not wanted."""
    xi, probability = np.empty((whole.count, len(problem.source.names))), np.empty(whole.count)
    for first in range(0, whole.count, BLOCK):
        block = whole.draw(problem, first, min(first + BLOCK, whole.count))
        xi[first : first + len(block)], probability[first : first + len(block)] = block.xi, block.probability
    return xi, probability
