"""The objective of a design in given scenarios, as the statistics need it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...kernels import BLOCK, Status
from ...problems.two_stage import RandomPart, Scenarios, Sense
from ...problems.two_stage.problem import Floats
from ..evaluation import Evaluator

Draw = Callable[[int, int], Scenarios]
"""Scenarios first..last-1 of a set."""


def objectives(evaluator: Evaluator, x: Floats, scenarios: Scenarios) -> Floats:
    """(N,) objective of design `x` in each scenario; infinite on the bad side without an answer."""
    bad = -np.inf if evaluator.problem.sense is Sense.MAXIMIZE else np.inf
    result = evaluator.evaluate(x, scenarios)
    return np.where(result.status == Status.OPTIMAL, result.objective, bad)


def mean_objective(evaluator: Evaluator, x: Floats, draw: Draw, count: int) -> float:
    """Expected objective of design `x` over `count` scenarios, block by block; infinite where one has no answer.

    Probabilities that do not sum to 1 weigh the recourse, as in the two-stage problem; the first stage counts once.
    """
    first_stage = evaluator.problem.first_stage
    total = now = first_stage.constant + float(first_stage.cost @ x)
    for first in range(0, count, BLOCK):
        scenarios = draw(first, min(first + BLOCK, count))
        possible = scenarios.probability > 0
        total += float(scenarios.probability[possible] @ (objectives(evaluator, x, scenarios)[possible] - now))
    return total


def mean_scenario(draw: Draw, count: int) -> Scenarios:
    """One scenario whose data are the means over `count` scenarios, with the probability of all of them.

    The data (right-hand sides, prices, coefficients) are averaged, as the expected value problem has it, and not the
    random quantities that some of the data are products of.
    """
    weight, xi = 0.0, np.zeros(0)
    parts: dict[RandomPart, Floats] = {}
    for first in range(0, count, BLOCK):
        block = draw(first, min(first + BLOCK, count))
        weight += float(block.probability.sum())
        sums = block.probability @ block.xi
        xi = sums if first == 0 else xi + sums
        for part, values in block.parts.items():
            sums = block.probability @ values
            parts[part] = sums if first == 0 else parts[part] + sums
    means: dict[RandomPart, Floats] = {part: values[None, :] / weight for part, values in parts.items()}
    return Scenarios(0, xi[None, :] / weight, np.array([weight]), means)
