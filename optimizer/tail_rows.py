"""CVaR in the extensive form: one column for the threshold, one column and one row for each scenario's excess.

    CVaR_a[Z] = min over t of  t + sum_s p_s z_s / (1 - a),     z_s >= Z_s - t,  z_s >= 0

with Z_s the recourse cost of scenario s (the negative profit where profit is maximised): what the first stage costs is
certain and counts fully. Rockafellar, Uryasev 2000, doi:10.21314/JOR.2000.038, theorem 1.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from ..problems.two_stage import RandomPart, Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.problem import Floats
from .risk import Risk


def add_tail(solver: Any, problem: TwoStageProblem, scenarios: Scenarios, risk: Risk) -> None:
    """Change the objective of the expected cost, which `solver` holds as an extensive form, to that of `risk`."""
    first, recourse, probability = problem.first_stage, problem.recourse, scenarios.probability
    n1, n2, count = len(first.names), len(recourse.names), len(scenarios)
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0

    def part(name: RandomPart, nominal: Floats) -> Floats:
        values = np.tile(nominal, (count, 1))
        if name in problem.random:
            values[:, problem.random[name].index] = scenarios.parts[name]
        return values

    cost, constant = part("cost", recourse.cost), part("constant", np.array([recourse.constant]))[:, 0]
    expected = risk.mean_weight * probability[:, None] * cost
    columns = np.arange(n1 + count * n2, dtype=np.int32)
    solver.changeColsCost(len(columns), columns, np.concatenate([risk.total_weight * first.cost, expected.ravel()]))
    solver.changeObjectiveOffset(
        float(risk.total_weight * first.constant + risk.mean_weight * (probability @ constant))
    )
    threshold, nothing = len(columns), np.zeros(0)
    none = nothing.astype(np.int32)
    solver.addCol(sign * risk.tail_weight, -highspy.kHighsInf, highspy.kHighsInf, 0, none, nothing)
    possible = np.flatnonzero(probability > 0.0)
    share = sign * risk.tail_weight / (1.0 - risk.level)
    for place, s in enumerate(possible):
        solver.addCol(share * probability[s], 0.0, highspy.kHighsInf, 0, none, nothing)
        costly = np.flatnonzero(cost[s])
        index = np.concatenate([[threshold, threshold + 1 + place], n1 + s * n2 + costly]).astype(np.int32)
        entries = np.concatenate([[1.0, 1.0], -sign * cost[s, costly]])
        solver.addRow(sign * constant[s], highspy.kHighsInf, len(index), index, entries)
