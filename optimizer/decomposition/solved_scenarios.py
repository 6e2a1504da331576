"""Scenarios at one design with their dual solutions, which cells are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...kernels import Engine, RecourseLP, Status
from ...problems.two_stage import Scenarios, TwoStageProblem
from ...problems.two_stage.problem import Floats, RandomPart
from ...problems.two_stage.recourse_data import recourse_data
from ...problems.two_stage.standard_form import StandardRecourse, standard_recourse

TOLERANCE = 1e-6  # of the kernel


@dataclass(frozen=True)
class SolvedScenarios:
    """In the standard form, minimised and without its offset: `objective` (N,), `dual` (N, M), `activity` (N, n)."""

    objective: Floats
    dual: Floats
    activity: Floats


class ScenarioSolver:
    """Solves the recourse of any scenarios of one problem."""

    def __init__(self, problem: TwoStageProblem, engine: Engine | str) -> None:
        self.problem, self._engine = problem, engine
        self.form: StandardRecourse = standard_recourse(problem)
        self._lps = [RecourseLP(b.W, b.cost, b.upper, lower=b.lower) for b in self.form.blocks]

    def scenarios(self, features: Floats) -> Scenarios:
        """Equally likely scenarios with `features` (N, F)."""
        parts: dict[RandomPart, Floats] = {name: term.values(features) for name, term in self.problem.random.items()}
        count = len(features)
        return Scenarios(0, np.zeros((count, 0)), np.full(count, 1.0 / count), parts)

    def solve(self, scenarios: Scenarios, x: Floats) -> SolvedScenarios | None:
        """At the design `x` (n1,); None where one is infeasible or could not be solved."""
        form = self.form
        own: dict[RandomPart, Floats] = {
            name: values for name, values in scenarios.parts.items() if name in self.problem.random
        }
        data = recourse_data(form, Scenarios(0, scenarios.xi, scenarios.probability, own))
        count = len(data)
        objective, dual = np.zeros(count), np.zeros((count, form.W.shape[0]))
        activity = np.zeros((count, form.W.shape[1]))
        for lp, block, lanes in zip(self._lps, form.blocks, data.lanes(x), strict=True):
            batch = lp.solve(lanes.h, lanes.q, lanes.upper, engine=self._engine, tolerance=TOLERANCE, primal=True)
            if (np.asarray(batch.status) != Status.OPTIMAL).any() or batch.primal is None:
                return None
            dual[:, block.rows] = batch.dual.reshape(count, *block.rows.shape)
            activity[:, block.columns] = batch.primal.reshape(count, *block.columns.shape)
            objective += batch.lower_bound.reshape(count, -1).sum(axis=1)
        return SolvedScenarios(objective, dual, activity)
