"""The extensive form against hand-computed and published answers, and against the kernels on the same sample."""

from typing import Any

import pyomo.environ as pyo
import pytest

from loopwise.optimizer.design_solution import SolveStatus
from loopwise.optimizer.evaluation import Evaluator
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.problems.case_file import load_case
from loopwise.problems.park.problem import park_problem
from loopwise.problems.two_stage import TwoStageProblem
from tests.farmer import farmer


@pytest.mark.parametrize(("sense", "value"), [(pyo.minimize, -108390.0), (pyo.maximize, 108390.0)])
def test_farmer(sense: Any, value: float) -> None:
    problem = farmer(sense)
    solution = solve_extensive_form(problem, problem.all_scenarios())
    assert solution.status is SolveStatus.OPTIMAL
    assert solution.objective == pytest.approx(value, abs=0.5)
    assert dict(zip(problem.first_stage.names, solution.x, strict=True)) == pytest.approx(
        {"land[wheat]": 170.0, "land[corn]": 80.0, "land[beets]": 250.0}
    )


@pytest.mark.parametrize(
    ("name", "fresh"),
    [("wang-smith", 90.0), ("polley", 70.0), ("sorin-bedard", 200.0), ("acrylonitrile", 7.4057142857)],
)
def test_published_fresh_water(name: str, fresh: float) -> None:
    problem = park_problem(load_case(name)).problem
    solution = solve_extensive_form(problem, problem.scenarios(0, 1))
    assert solution.objective == pytest.approx(fresh, rel=1e-7)


@pytest.mark.parametrize(("name", "count"), [("guangzhou", 3), ("single-plant", 100), ("wang-smith", 1)])
def test_extensive_form_is_the_mean_of_kernel_evaluations(name: str, count: int) -> None:
    park = park_problem(load_case(name))
    scenarios = park.problem.scenarios(0, count, seed=5)
    solution = solve_extensive_form(park.problem, scenarios, gap=0.05)
    assert solution.x is not None
    block = Evaluator(park.problem).evaluate(solution.x, scenarios)
    fixed = dict(zip(park.problem.first_stage.names, solution.x, strict=True))
    exact = solve_extensive_form(park.problem, scenarios, fixed=fixed)
    assert exact.objective == pytest.approx(float(scenarios.probability @ block.objective), rel=1e-6)


def test_bounds_are_told_while_it_searches() -> None:
    """A silent HiGHS tells nothing to its logging event: what closes must be heard and kept all the same."""
    problem = park_problem(load_case("single-plant")).problem
    told: list[tuple[float, float, float]] = []
    solution = solve_extensive_form(
        problem, problem.scenarios(0, 60, seed=1), notice=lambda *bounds: told.append(bounds)
    )
    assert told == list(solution.history)
    assert len(told) > 1
    lower, upper = ([entry[k] for entry in told] for k in (1, 2))
    assert lower == sorted(lower)
    assert upper == sorted(upper, reverse=True)
    assert solution.objective is not None
    assert lower[-1] <= solution.lower_bound * (1 + 1e-9)
    assert upper[-1] >= solution.objective * (1 - 1e-9)


def test_infeasible_names_rows() -> None:
    m: Any = pyo.ConcreteModel(name="impossible")
    m.x = pyo.Var(bounds=(0, 1))
    m.y = pyo.Var(bounds=(0, 1))
    m.demand = pyo.Constraint(expr=m.x + m.y >= 5)
    m.cost = pyo.Objective(expr=m.x + m.y)
    problem = TwoStageProblem.from_pyomo(m, first_stage=[m.x], uncertain={})
    solution = solve_extensive_form(problem, problem.scenarios(0, 2))
    assert solution.status is SolveStatus.INFEASIBLE
    assert solution.conflict == ("demand",)
