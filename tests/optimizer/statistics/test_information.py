"""Values of information against hand-computed answers and plain enumeration."""

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.statistics import Bounds, mean_scenario, value_of_information
from loopwise.problems.smps import read_smps
from loopwise.problems.two_stage import Scenarios, Sense, TwoStageProblem
from tests.dense_oracle import extensive_optimum
from tests.farmer import farmer
from tests.shared_cases import shared_case
from tests.two_stage_cases import random_problem


def solver(problem: TwoStageProblem):
    def solve(scenarios: Scenarios) -> Bounds:
        found = solve_extensive_form(problem, scenarios, gap=1e-9)
        return Bounds(found.x, found.lower_bound, found.upper_bound)

    return solve


def drawn(scenarios: Scenarios):
    def draw(first: int, last: int) -> Scenarios:
        part = slice(first, last)
        parts = {name: values[part] for name, values in scenarios.parts.items()}
        return Scenarios(first, scenarios.xi[part], scenarios.probability[part], parts)

    return draw


def information(problem: TwoStageProblem, scenarios: Scenarios):
    solve = solver(problem)
    return value_of_information(problem, solve(scenarios), drawn(scenarios), len(scenarios), solve)


@pytest.mark.parametrize("sense", [pyo.minimize, pyo.maximize])
def test_farmer_by_hand(sense: Any) -> None:
    """Birge and Louveaux, section 1.1 and chapter 4: WS 115,406, EEV 107,240, VSS 1,150, EVPI 7,016 (profits)."""
    problem = farmer(sense)
    found = information(problem, problem.all_scenarios())
    sign = -1 if sense == pyo.minimize else 1
    assert found.wait_and_see.value == pytest.approx(sign * 115_406, abs=1)
    assert found.expected_value_problem.value == pytest.approx(sign * 118_600, abs=1)
    assert found.expected_value_design.value == pytest.approx(sign * 107_240, abs=1)
    assert found.value_of_stochastic_solution.value == pytest.approx(1_150, abs=1)
    assert found.expected_value_of_perfect_information.value == pytest.approx(7_016, abs=1)


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_against_solving_everything_one_by_one(seed: int, integer: bool) -> None:
    """Everything random at once, minimised and maximised, with and without integers."""
    problem = random_problem(seed, integer=integer)
    scenarios = problem.scenarios(0, 6, seed=seed)
    found = information(problem, scenarios)
    ones = [problem.realize(scenarios.xi[[k]], np.ones(1)) for k in range(6)]
    ws = np.mean([extensive_optimum(problem, one) for one in ones])
    assert found.wait_and_see.low == pytest.approx(ws, rel=1e-6)
    assert found.wait_and_see.high == pytest.approx(ws, rel=1e-6)
    design = solver(problem)(mean_scenario(drawn(scenarios), 6)).x
    eev = np.mean([extensive_optimum(problem, one, design) for one in ones])
    assert found.expected_value_design.value == pytest.approx(eev, rel=1e-6)
    best = extensive_optimum(problem, scenarios)
    sign = -1 if problem.sense is Sense.MAXIMIZE else 1
    assert found.value_of_stochastic_solution.value == pytest.approx(sign * (eev - best), rel=1e-5, abs=1e-5)
    assert found.expected_value_of_perfect_information.value == pytest.approx(sign * (best - ws), rel=1e-5, abs=1e-5)


def test_probabilities_that_do_not_sum_to_one() -> None:
    """pltexpA2-16, whose probabilities sum to 1.0002: WS <= RP <= EEV holds for the file's own problem."""
    core = shared_case("smps/pltexpa2/pltexpa-2.cor")
    problem = read_smps(core, stoch=core.with_name("pltexpa-2-16.sto")).problem
    found = information(problem, problem.all_scenarios())
    assert found.wait_and_see.value <= -9.663308 + 1e-6
    assert found.expected_value_design is None or found.expected_value_design.value >= -9.663308 - 1e-6


def test_many_integer_scenarios_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(2, integer=True)
    scenarios = problem.scenarios(0, 6, seed=2)
    exact = information(problem, scenarios).expected_value_of_perfect_information
    monkeypatch.setattr("loopwise.optimizer.statistics.information.MOST_SEPARATE", 5)
    bounded = information(problem, scenarios).expected_value_of_perfect_information
    assert bounded.low <= exact.value <= bounded.high
    assert bounded.low == 0.0


def test_without_a_design_for_the_mean_there_is_no_value() -> None:
    problem = farmer()
    first = problem.first_stage
    tight = type(first)(**{**vars(first), "lower": np.full(3, 200.0)})
    changed = TwoStageProblem(**{**vars(problem), "first_stage": tight})
    found = information(changed, changed.all_scenarios())
    assert found.expected_value_problem is None
    assert found.value_of_stochastic_solution is None
