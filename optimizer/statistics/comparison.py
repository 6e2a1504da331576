"""Two designs over the same scenarios: what they have in common drops out of the difference's error.

Common random numbers: Law, Simulation Modeling and Analysis, 5th ed. (2015), section 11.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...kernels import BLOCK
from ...problems.two_stage import TwoStageProblem
from ...problems.two_stage.problem import Floats
from ..evaluation import Evaluator
from .estimate import CONFIDENCE, Estimate
from .objectives import Draw, objectives


def paired_difference(
    one: Floats, other: Floats, group: NDArray[np.int64] | None = None, confidence: float = CONFIDENCE
) -> Estimate:
    """The mean of `one` - `other` (N,), values of two designs in equally likely scenarios.

    `group` (N,) names the independent randomization that a scenario belongs to (scenarios of a Latin hypercube or of
    Sobol points are not independent of each other); None: every scenario is independent. Raises ValueError with fewer
    than two of what the error is taken from.
    """
    difference = one - other
    if group is not None:
        _, group = np.unique(group, return_inverse=True)
        sizes = np.bincount(group)
        means = np.bincount(group, difference) / sizes
        share, mean = sizes / len(difference), float(difference.mean())
        count = len(sizes)
        if count < 2:
            raise ValueError("two independent randomizations or more are needed")
        error = float(np.sqrt(count / (count - 1) * (share**2 @ (means - mean) ** 2)))
        return Estimate.of_mean(mean, error, count - 1, confidence)
    if len(difference) < 2:
        raise ValueError("two scenarios or more are needed")
    return Estimate.of_sample(difference, confidence)


def compare_designs(
    problem: TwoStageProblem,
    one: Floats,
    other: Floats,
    draw: Draw,
    count: int,
    *,
    group: NDArray[np.int64] | None = None,
    engine: str = "auto",
) -> Estimate | None:
    """Expected objective of design `one` (n1,) minus that of `other` over `count` equally likely scenarios.

    None where a scenario has no answer for one of them.
    """
    evaluator = Evaluator(problem, engine=engine)
    values = np.empty((2, count))
    for first in range(0, count, BLOCK):
        last = min(first + BLOCK, count)
        scenarios = draw(first, last)
        for d, x in enumerate((one, other)):
            values[d, first:last] = objectives(evaluator, x, scenarios)
    if not np.isfinite(values).all():
        return None
    return paired_difference(values[0], values[1], group)
