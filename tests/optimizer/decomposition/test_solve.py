"""Benders against the extensive form, published optima and hand-computed answers."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.optimizer.decomposition import solve_benders
from loopwise.optimizer.decomposition.master import Master, MasterError, MasterSolution
from loopwise.optimizer.design_solution import DesignSolution, SolveStatus
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.problems.smps import read_smps
from loopwise.problems.two_stage import Scenarios, Sense, TwoStageProblem
from loopwise.problems.uncertainty import Discrete
from tests.farmer import farmer
from tests.shared_cases import shared_case
from tests.two_stage_cases import random_problem


def benders(problem: TwoStageProblem, scenarios: Scenarios, **options: Any) -> DesignSolution:
    def draw(first: int, last: int) -> Scenarios:
        part = slice(first, last)
        parts = {name: values[part] for name, values in scenarios.parts.items()}
        return Scenarios(first, scenarios.xi[part], scenarios.probability[part], parts)

    solution = solve_benders(problem, draw, len(scenarios), **options)
    check_bounds(problem, solution)
    return solution


def check_bounds(problem: TwoStageProblem, solution: DesignSolution) -> None:
    """Bounds only ever close, and never cross."""
    lower, upper = (np.array([row[k] for row in solution.history]) for k in (1, 2))
    assert (np.diff(lower) >= -1e-9 * np.abs(lower[1:])).all() or problem.sense is Sense.MAXIMIZE
    slack = 1e-6 * np.maximum(1.0, np.abs(np.where(np.isfinite(lower), lower, 0.0)))
    assert (lower <= upper + slack).all()


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("seed", range(16))
def test_the_same_as_the_extensive_form(seed: int, integer: bool) -> None:
    problem = random_problem(seed, integer=integer)
    scenarios = problem.scenarios(0, 12, seed=seed)
    expected = solve_extensive_form(problem, scenarios, gap=1e-7)
    assert expected.objective is not None
    found = benders(problem, scenarios, gap=1e-5)
    assert found.status is SolveStatus.OPTIMAL
    assert found.objective == pytest.approx(expected.objective, rel=2e-5, abs=1e-6)
    low, high = found.lower_bound, found.upper_bound
    slack = 1e-6 * max(1.0, abs(expected.objective))
    assert low - slack <= expected.objective <= high + slack
    assert found.x is not None
    fixed = dict(zip(problem.first_stage.names, found.x, strict=True))
    again = solve_extensive_form(problem, scenarios, gap=1e-7, fixed=fixed)
    assert again.objective == pytest.approx(found.objective, rel=1e-6, abs=1e-6)


def test_park_design() -> None:
    problem = park_design(2)
    scenarios = problem.scenarios(0, 20)
    expected = solve_extensive_form(problem, scenarios, gap=1e-3)
    assert expected.objective is not None
    found = benders(problem, scenarios, gap=1e-3)
    assert found.objective == pytest.approx(expected.objective, rel=1.1e-3)
    assert found.lower_bound <= expected.upper_bound
    assert expected.lower_bound <= found.upper_bound


@pytest.mark.parametrize(("sense", "value"), [(pyo.minimize, -108390.0), (pyo.maximize, 108390.0)])
def test_farmer(sense: Any, value: float) -> None:
    """Birge and Louveaux, Introduction to Stochastic Programming, 2nd ed., section 1.1."""
    problem = farmer(sense)
    found = benders(problem, problem.all_scenarios(), gap=1e-7)
    assert found.objective == pytest.approx(value, abs=0.5)
    assert found.x == pytest.approx(np.array([170.0, 80.0, 250.0]), abs=0.1)


def test_one_duplicate_and_impossible_scenarios() -> None:
    problem = random_problem(4)
    base = problem.scenarios(0, 3)
    one = benders(problem, problem.scenarios(0, 1), gap=1e-6)
    assert one.objective == pytest.approx(solve_extensive_form(problem, problem.scenarios(0, 1)).objective, rel=1e-5)
    whole = benders(problem, base, gap=1e-6)
    twice = np.array([0, 0, 1, 1, 2, 2])
    doubled = Scenarios(0, base.xi[twice], np.full(6, 1 / 6), {k: v[twice] for k, v in base.parts.items()})
    assert benders(problem, doubled, gap=1e-6).objective == pytest.approx(whole.objective, rel=1e-5)
    more = np.array([0, 1, 2, 0])
    with_zero = Scenarios(
        0, base.xi[more], np.array([1 / 3, 1 / 3, 1 / 3, 0.0]), {k: v[more] for k, v in base.parts.items()}
    )
    assert benders(problem, with_zero, gap=1e-6).objective == pytest.approx(whole.objective, rel=1e-5)


def capacity(largest: float) -> TwoStageProblem:
    """Demand 1, 2 or 3 must be met by what is built: no recourse but production itself."""
    m: Any = pyo.ConcreteModel(name="capacity")
    m.demand = pyo.Param(mutable=True, initialize=1.0)
    m.size = pyo.Var(bounds=(0, largest))
    m.made = pyo.Var(bounds=(0, None))
    m.limit = pyo.Constraint(expr=m.made <= m.size)
    m.met = pyo.Constraint(expr=m.made >= m.demand)
    m.cost = pyo.Objective(expr=5.0 * m.size + m.made)
    demand = Discrete(values=(1.0, 2.0, 3.0), probabilities=(0.25, 0.5, 0.25))
    return TwoStageProblem.from_pyomo(m, first_stage=[m.size], uncertain={"demand": demand})


def test_feasibility_cuts() -> None:
    problem = capacity(10.0)
    found = benders(problem, problem.all_scenarios(), gap=1e-7)
    assert found.objective == pytest.approx(5.0 * 3.0 + 2.0, rel=1e-6)


def test_a_scenario_that_no_design_serves_is_named() -> None:
    problem = capacity(2.5)
    found = benders(problem, problem.all_scenarios())
    assert found.status is SolveStatus.INFEASIBLE
    assert found.scenario == 2


def test_time_limit_keeps_bound_and_incumbent() -> None:
    problem, limit, passed = park_design(2), 2.0, False

    def let_it_pass(seconds: float, bound: float, best: float) -> None:
        nonlocal passed
        if not passed and np.isfinite(bound) and np.isfinite(best):
            time.sleep(max(0.0, limit - seconds) + 0.01)
            passed = True

    found = benders(problem, problem.scenarios(0, 200), gap=1e-6, time_limit=limit, notice=let_it_pass)
    assert found.status is SolveStatus.LIMIT
    assert found.lower_bound < found.upper_bound


@pytest.mark.parametrize("seed", [0, 1])
def test_a_gap_that_the_arithmetic_does_not_reach_is_not_called_optimal(seed: int) -> None:
    problem = random_problem(seed)
    scenarios = problem.scenarios(0, 10)
    found = benders(problem, scenarios, gap=1e-15)
    assert found.objective == pytest.approx(solve_extensive_form(problem, scenarios).objective, rel=1e-6)
    assert found.status is SolveStatus.LIMIT
    assert found.gap > 1e-15
    assert benders(problem, scenarios, gap=1e-4).status is SolveStatus.OPTIMAL


def test_interruption_keeps_bound_and_incumbent() -> None:
    problem = random_problem(3, integer=True)
    scenarios = problem.scenarios(0, 10)
    whole = benders(problem, scenarios, gap=1e-6)

    def interrupt(_: float, bound: float, best: float) -> None:
        if np.isfinite(bound) and np.isfinite(best):
            raise KeyboardInterrupt

    found = benders(problem, scenarios, gap=1e-6, notice=interrupt)
    assert found.status is SolveStatus.INTERRUPTED
    assert whole.objective is not None
    assert found.lower_bound - 1e-6 <= whole.objective <= found.upper_bound + 1e-6


def test_a_master_that_highs_gives_up_on_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(3, integer=True)
    scenarios = problem.scenarios(0, 10)
    whole = benders(problem, scenarios, gap=1e-6)
    solve, values = Master.solve, list[float]()

    def give_up(master: Master) -> MasterSolution:
        if values:
            raise MasterError("gave up")
        return solve(master)

    monkeypatch.setattr(Master, "solve", give_up)
    found = benders(
        problem, scenarios, gap=1e-6, notice=lambda _, bound, best: values.append(best) if np.isfinite(best) else None
    )
    assert found.status is SolveStatus.LIMIT
    assert whole.objective is not None
    assert found.objective == values[-1]
    assert found.lower_bound - 1e-6 <= whole.objective <= found.upper_bound + 1e-6


def test_fixed_columns_stay_fixed() -> None:
    problem = random_problem(6, integer=True)
    scenarios = problem.scenarios(0, 5)
    expected = solve_extensive_form(problem, scenarios, gap=1e-7, fixed={"x0": 1.0})
    found = benders(problem, scenarios, gap=1e-6, fixed={"x0": 1.0})
    assert found.objective == pytest.approx(expected.objective, rel=1e-5)
    with pytest.raises(KeyError):
        benders(problem, scenarios, fixed={"nothing": 1.0})


@pytest.mark.parametrize(
    ("core", "stoch", "published", "digits"),
    [
        ("electric/lands", "lands.sto", 381.853333, 5),
        ("chem/chem", "chem.sto", -13009.166667, 3),
        ("fxm2/fxm", "fxm-2-6.sto", 18417.065572, 3),
        ("pltexpa2/pltexpa-2", "pltexpa-2-6.sto", -9.479354, 5),
        ("pltexpa2/pltexpa-2", "pltexpa-2-16.sto", -9.663308, 5),
    ],
)
def test_published_optimum(core: str, stoch: str, published: float, digits: int) -> None:
    file: Path = shared_case(f"smps/{core}.cor")
    problem = read_smps(file, stoch=file.with_name(stoch)).problem
    found = benders(problem, problem.all_scenarios(), gap=1e-8, time_limit=60.0)
    assert found.objective == pytest.approx(published, abs=10.0**-digits)
    assert found.gap <= 1e-6


def test_reproducible() -> None:
    problem = replace(random_problem(8, integer=True), name="again")
    scenarios = problem.scenarios(0, 8)
    first, second = (benders(problem, scenarios, gap=1e-4) for _ in range(2))
    assert first.objective == second.objective
    assert np.array_equal(first.x, second.x)
