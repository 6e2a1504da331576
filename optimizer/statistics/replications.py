"""How far a design may be from the best there is, for the true distribution and not for one sample of it.

Sample-average approximation, written for a minimisation: the optimal value v_m of an independent sample problem is on
average below the true optimum v*, the true expectation f(x) of any design above it:

    E[v_m] <= v* <= f(x),      G_m = (mean of F(x, xi) over sample m) - v_m,      E[G_m] >= f(x) - v*

Mak, Morton, Wood, Monte Carlo bounding techniques for determining solution quality in stochastic programs, Operations
Research Letters 24 (1999), doi:10.1016/S0167-6377(98)00054-6; Linderoth, Shapiro, Wright, The empirical behavior of
sampling methods for stochastic programming, Annals of Operations Research 142 (2006), doi:10.1007/s10479-006-6169-8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ...problems.two_stage import Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats
from ..evaluation import Evaluator
from .estimate import CONFIDENCE, Certainty, Estimate
from .objectives import Draw, mean_objective


@dataclass(frozen=True)
class SampleProblem:
    """One replication: its `count` scenarios and the proved bound of its optimum (below a minimum, above a maximum).

    `complete` is False where the user stopped it.
    """

    draw: Draw
    count: int
    bound: float
    complete: bool = True


@dataclass(frozen=True)
class Replications:
    """M independent sample problems of `scenarios` scenarios each.

    `bound` (M,) of each optimum; `design` (M,) mean objective of the design in question over the same scenarios.
    """

    bound: Floats
    design: Floats
    scenarios: int
    maximize: bool

    def bound_estimate(self, confidence: float = CONFIDENCE) -> Estimate:
        """The expectation of a sample problem's optimum, which bounds the true one."""
        return Estimate.of_sample(self.bound, confidence)

    def optimum(self, design: Estimate, confidence: float = CONFIDENCE) -> Estimate:
        """The true optimum, between the sample problems' bound and what the design was estimated to cost.

        Each side may fail with half of 1 - `confidence`, so that together they hold with `confidence`. `design` is the
        estimate of the design's expectation on a fresh sample, at the same confidence.
        """
        bound = self.bound_estimate(confidence)
        low, high = (design.low, bound.high) if self.maximize else (bound.low, design.high)
        return Estimate(design.value, min(low, high), max(low, high), Certainty.ESTIMATED, confidence)

    def gap(self, confidence: float = CONFIDENCE) -> Estimate:
        """What the design loses against the true optimum: one-sided interval from 0, from common random numbers."""
        loss = self.bound - self.design if self.maximize else self.design - self.bound
        count = len(loss)
        error = float(loss.std(ddof=1) / np.sqrt(count))
        high = float(loss.mean()) + float(stats.t.ppf(confidence, count - 1)) * error
        return Estimate(max(float(loss.mean()), 0.0), 0.0, max(high, 0.0), Certainty.ESTIMATED, confidence, error)


def replicate(
    problem: TwoStageProblem, x: Floats, count: int, solve: Callable[[int], SampleProblem], *, engine: str = "auto"
) -> Replications | None:
    """Solve `count` independent sample problems, `solve(m)` being the m-th, and operate design `x` in each.

    None where fewer than two are complete with a finite bound and an answer for the design in every scenario: nothing
    can be said then. One without a bound spoils all, as leaving it out would bias the rest.
    """
    evaluator = Evaluator(problem, engine=engine)
    bounds: list[float] = []
    means: list[float] = []
    size = 0
    for m in range(count):
        sample = solve(m)
        if not sample.complete:
            break
        bounds.append(sample.bound)
        means.append(mean_objective(evaluator, x, sample.draw, sample.count))
        size = sample.count
    if len(bounds) < 2 or not np.isfinite([*bounds, *means]).all():
        return None
    return Replications(np.array(bounds), np.array(means), size, problem.sense is Sense.MAXIMIZE)
