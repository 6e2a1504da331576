"""CVaR under decomposition against its linear program over all scenarios."""

import highspy
import numpy as np
import pytest

from loopwise.kernels.highs import quiet_highs
from loopwise.optimizer.decomposition import solve_benders
from loopwise.optimizer.evaluation import Evaluator
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.extensive_lp import extensive_lp
from loopwise.optimizer.risk import Risk
from loopwise.problems.two_stage import Scenarios, Sense, TwoStageProblem
from tests.two_stage_cases import random_problem


def optimum(problem: TwoStageProblem, scenarios: Scenarios, risk: Risk) -> float:
    """The extensive form with z_s >= p_s q_s'y_s / p_s - eta: Rockafellar and Uryasev 2000, theorem 1; minimisation."""
    lp = extensive_lp(problem, scenarios, {})
    n1, count = len(problem.first_stage.names), len(scenarios)
    n2 = len(problem.recourse.names)
    cost, p = np.array(lp.col_cost_), scenarios.probability
    constant = np.full(count, problem.recourse.constant)
    if "constant" in problem.random:
        constant = scenarios.parts["constant"][:, 0]
    highs = quiet_highs()
    highs.passModel(lp)
    highs.setOptionValue("mip_rel_gap", 1e-7)
    for j in range(len(cost)):
        highs.changeColCost(j, cost[j] * (risk.total_weight if j < n1 else risk.mean_weight))
    first = risk.total_weight * problem.first_stage.constant
    highs.changeObjectiveOffset(float(first + risk.mean_weight * (p @ constant)))
    eta = len(cost)
    highs.addCol(risk.tail_weight, -highspy.kHighsInf, highspy.kHighsInf, 0, [], [])
    for s in range(count):
        highs.addCol(risk.tail_weight * p[s] / (1 - risk.level), 0.0, highspy.kHighsInf, 0, [], [])
        columns = n1 + s * n2 + np.arange(n2)
        index = np.concatenate([[eta, eta + 1 + s], columns]).astype(np.int32)
        entries = np.concatenate([[1.0, 1.0], -cost[columns] / p[s]])
        highs.addRow(constant[s], highspy.kHighsInf, len(index), index, entries)
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value)


@pytest.mark.parametrize("level", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("seed", range(16))
def test_cvar(seed: int, integer: bool, level: float) -> None:
    problem = random_problem(seed, integer=integer)
    scenarios = problem.scenarios(0, 12, seed=1)
    risk = Risk(*((0.0, 1.0) if seed % 4 < 2 else (0.6, 0.4)), level)

    def draw(first: int, last: int) -> Scenarios:
        return problem.scenarios(first, last, count=12, seed=1)

    found = solve_benders(problem, draw, 12, risk=risk, gap=1e-5)
    whole = solve_extensive_form(problem, scenarios, risk=risk, gap=1e-7)
    assert whole.x is not None
    assert whole.objective is not None
    expected = whole.objective
    if problem.sense is Sense.MINIMIZE:
        assert expected == pytest.approx(optimum(problem, scenarios, risk), rel=1e-6, abs=1e-6)
    costs = Evaluator(problem).evaluate(whole.x, scenarios).objective
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    assert sign * risk.of(sign * costs, scenarios.probability) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert found.objective == pytest.approx(expected, rel=2e-5, abs=1e-6)
    slack = 1e-6 * max(1.0, abs(expected))
    assert found.lower_bound - slack <= expected <= found.upper_bound + slack
