"""What knowing the distribution, and what knowing the future, is worth; for one set of scenarios, each with its proof.

With z(x, xi) the objective of design x in scenario xi, written for a minimisation (a maximisation mirrors it):

    RP  = min_x E z(x, xi)       here and now: the two-stage problem        WS = E min_x z(x, xi)    wait and see
    EV  = min_x z(x, E xi)       expected value problem, solved by x_EV     EEV = E z(x_EV, xi)
    VSS = EEV - RP   value of the stochastic solution,   EVPI = RP - WS     expected value of perfect information

Birge, Louveaux, Introduction to Stochastic Programming, 2nd ed. (2011), chapter 4, doi:10.1007/978-1-4614-0237-4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...kernels import BLOCK
from ...problems.two_stage import Scenarios, Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats
from ..evaluation import Evaluator
from .estimate import Estimate
from .objectives import Draw, mean_objective, mean_scenario, objectives
from .wait_and_see import wait_and_see_problem

MOST_SEPARATE = 1_000  # integer problems of one scenario that wait and see solves


@dataclass(frozen=True)
class Bounds:
    """A solved problem: its design and proved bounds of its optimum; None and infinite where there is no design."""

    x: Floats | None
    low: float
    high: float


Solve = Callable[[Scenarios], Bounds]
"""The two-stage problem over a few scenarios; probabilities need not sum to 1."""


@dataclass(frozen=True)
class Information:
    """WS, EV, EEV, VSS and EVPI of the module's docstring; None where one does not exist (no design, no answer)."""

    wait_and_see: Estimate | None
    expected_value_problem: Estimate | None
    expected_value_design: Estimate | None
    value_of_stochastic_solution: Estimate | None
    expected_value_of_perfect_information: Estimate | None


def value_of_information(
    problem: TwoStageProblem, here_and_now: Bounds, draw: Draw, count: int, solve: Solve, *, engine: str = "auto"
) -> Information:
    """All of it over `count` scenarios, for which `here_and_now` bounds the two-stage problem.

    Where something in the first stage is integer, wait and see takes one `solve` a scenario; above `MOST_SEPARATE` of
    them it is bounded by its relaxation, and by the two-stage problem itself, which it cannot be worse than.
    """
    maximize = problem.sense is Sense.MAXIMIZE
    recourse_problem = _between(here_and_now.low, here_and_now.high)
    average = mean_scenario(draw, count)
    mean = solve(average)
    eev = None
    if mean.x is not None:
        expected = mean_objective(Evaluator(problem, engine=engine), mean.x, draw, count)
        eev = _between(expected, expected)
    weight = float(average.probability[0])
    if problem.first_stage.integer.any() and count <= MOST_SEPARATE:
        ws = _one_by_one(draw, count, weight, solve)
    else:
        ws = _relaxed(problem, draw, count, weight, engine)
        if problem.first_stage.integer.any():
            ends = (here_and_now.low, ws) if maximize else (ws, here_and_now.high)
            ws = _between(*ends)
        else:
            ws = _between(ws, ws)
    return Information(
        ws,
        _between(mean.low, mean.high),
        eev,
        _gain(recourse_problem, eev) if maximize else _gain(eev, recourse_problem),
        _gain(ws, recourse_problem) if maximize else _gain(recourse_problem, ws),
    )


def _relaxed(problem: TwoStageProblem, draw: Draw, count: int, weight: float, engine: str) -> float:
    """Wait and see without integers: one batch of LPs."""
    knowing, total = wait_and_see_problem(problem, weight), 0.0
    evaluator = Evaluator(knowing, engine=engine)
    for first in range(0, count, BLOCK):
        s = draw(first, min(first + BLOCK, count))
        possible = s.probability > 0
        values = objectives(evaluator, np.zeros(0), knowing.realize(s.xi, s.probability, first))
        total += float(s.probability[possible] @ values[possible]) / weight
    return total


def _one_by_one(draw: Draw, count: int, weight: float, solve: Solve) -> Estimate | None:
    low = high = 0.0
    for k in range(count):
        one = draw(k, k + 1)
        if one.probability[0] > 0:
            bounds = solve(replace(one, probability=np.array([weight])))
            share = float(one.probability[0]) / weight
            low, high = low + share * bounds.low, high + share * bounds.high
    return _between(low, high)


def _between(low: float, high: float) -> Estimate | None:
    return Estimate.proved(low, high) if np.isfinite([low, high]).all() else None


def _gain(worse: Estimate | None, better: Estimate | None) -> Estimate | None:
    """Between the bounds of two numbers; never below 0, which the theory excludes."""
    if worse is None or better is None:
        return None
    low, high = worse.low - better.high, worse.high - better.low
    return Estimate.proved(max(low, 0.0), max(high, 0.0), max(worse.value - better.value, 0.0))
