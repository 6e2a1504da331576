"""What a design closes is zero in every scenario, and operation without it costs the same."""

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.kernels import RecourseLP
from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.two_stage import TwoStageProblem, recourse_data, standard_recourse, without_closed
from loopwise.problems.two_stage.closed import closed_by
from loopwise.problems.uncertainty import Discrete, Uniform
from tests.two_stage_cases import plain_recourse, random_problem


def unit_problem() -> TwoStageProblem:
    """A unit whose output goes to two users, panels that the sun decides on, a demand that may be nothing."""
    m = pyo.ConcreteModel()
    m.sun, m.demand = pyo.Param(mutable=True, initialize=0.5), pyo.Param(mutable=True, initialize=1.0)
    m.unit, m.panels = pyo.Var(bounds=(0, 10)), pyo.Var(bounds=(0, 10))
    m.make, m.first, m.second, m.sunny = (pyo.Var(domain=pyo.NonNegativeReals) for _ in range(4))
    m.buy, m.waste = pyo.Var(domain=pyo.NonNegativeReals), pyo.Var(domain=pyo.NonNegativeReals)
    m.capacity = pyo.Constraint(expr=m.make <= m.unit)
    m.split = pyo.Constraint(expr=m.first + m.second == m.make)
    m.shone = pyo.Constraint(expr=m.sunny <= m.sun * m.panels)
    m.served = pyo.Constraint(expr=m.first + m.second + m.sunny + m.buy == m.demand)
    m.wasted = pyo.Constraint(expr=m.waste <= 0.1 * m.demand)
    m.least = pyo.Constraint(expr=m.waste + m.buy >= 0.05 * m.demand)
    operation = m.make + m.first + 2 * m.second + 0.1 * m.sunny + 7 * m.buy + 3 * m.waste
    m.cost = pyo.Objective(expr=m.unit + m.panels + operation)
    demand = Discrete(values=(0.0, 2.0, 6.0), probabilities=(0.4, 0.3, 0.3))
    return TwoStageProblem.from_pyomo(m, [m.unit, m.panels], {"sun": Uniform(lower=0.0, upper=1.0), "demand": demand})


def closed_names(problem: TwoStageProblem, x) -> tuple[set[str], set[str]]:
    form, names = standard_recourse(problem), problem.recourse.names
    none_needed = problem.realize(np.array([[0.0, 0.0]]), np.ones(1))  # zeros of one scenario are not those of all
    columns, rows = closed_by(form, np.array(x), none_needed)
    row_names = [problem.recourse.row_names[i] for i in form.kept[rows]]
    return {names[j] for j in np.flatnonzero(columns[: len(names)])}, set(row_names)


def test_what_is_not_built_is_closed_with_all_that_follows() -> None:
    problem = unit_problem()
    assert closed_names(problem, [0.0, 0.0]) == ({"make", "first", "second", "sunny"}, {"split"})
    assert closed_names(problem, [0.0, 2.0]) == ({"make", "first", "second"}, {"split"})
    assert closed_names(problem, [1.0, 0.0]) == ({"sunny"}, set())


@pytest.mark.parametrize("x", [[0.0, 0.0], [0.0, 3.0], [2.0, 0.0], [2.0, 1.0]])
def test_operation_without_it_is_the_best_there_is(x) -> None:
    problem = unit_problem()
    scenarios = problem.scenarios(0, 20, seed=4)
    block = Evaluator(problem).evaluate(np.array(x), scenarios)
    for k in range(20):
        value, *_ = plain_recourse(problem, scenarios, k, np.array(x))
        assert block.objective[k] == pytest.approx(sum(x) + value, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_random_problems_at_nothing(seed: int) -> None:
    problem, x = random_problem(seed), np.zeros(3)
    scenarios = problem.scenarios(0, 5, seed=seed)
    form = without_closed(standard_recourse(problem), x, scenarios)
    data = recourse_data(form, scenarios)
    solved = [
        RecourseLP(b.W, b.cost, b.upper, lower=b.lower).solve(
            lanes.h, lanes.q, lanes.upper, lanes.W_values, primal=True
        )
        for b, lanes in zip(form.blocks, data.lanes(x), strict=True)
    ]
    values = data.per_scenario([batch.objective for batch in solved])
    assert data.primal([batch.primal for batch in solved]).shape == (5, len(problem.recourse.names))
    for k in range(5):
        assert values[k] == pytest.approx(plain_recourse(problem, scenarios, k, x)[0], rel=1e-6, abs=1e-6)
