"""Cuts where something is switched off still say what switching it on a little would change."""

from functools import partial
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.kernels import Engine
from loopwise.optimizer.decomposition.core_point import core_point
from loopwise.optimizer.decomposition.master import Master
from loopwise.optimizer.decomposition.recourse import ExpectedRecourse
from loopwise.optimizer.decomposition.scenario_set import ScenarioSet
from loopwise.optimizer.decomposition.search import Search
from loopwise.optimizer.risk import EXPECTATION
from loopwise.optimizer.sample import Sample
from loopwise.problems.two_stage import TwoStageProblem
from loopwise.problems.uncertainty import Discrete
from tests.two_stage_cases import random_problem

COUNT = 8


def boiler() -> TwoStageProblem:
    """A boiler that is on gives 40 to 100; what is missing of the demand 60 or 80 costs 50 a unit, gas 2."""
    m: Any = pyo.ConcreteModel(name="boiler")
    m.demand = pyo.Param(mutable=True, initialize=60.0)
    m.on = pyo.Var(domain=pyo.Binary)
    m.made, m.missing, m.vented = (pyo.Var(bounds=(0, None)) for _ in range(3))
    m.least = pyo.Constraint(expr=m.made >= 40.0 * m.on)
    m.most = pyo.Constraint(expr=m.made <= 100.0 * m.on)
    m.balance = pyo.Constraint(expr=m.made + m.missing - m.vented == m.demand)
    m.cost = pyo.Objective(expr=300.0 * m.on + 2.0 * m.made + 50.0 * m.missing)
    demand = Discrete(values=(60.0, 80.0), probabilities=(0.5, 0.5))
    return TwoStageProblem.from_pyomo(m, first_stage=[m.on], uncertain={"demand": demand})


def search(problem: TwoStageProblem, count: int = COUNT) -> Search:
    recourse = ExpectedRecourse(ScenarioSet(problem, partial(Sample(count).draw, problem), count), engine=Engine.AUTO)
    return Search(Master(problem, 1, EXPECTATION), recourse, EXPECTATION, 1e-4)


@pytest.mark.parametrize("problem", [park_design(2), random_problem(3, integer=True)])
def test_it_is_in_the_first_stage_and_away_from_its_bounds(problem: TwoStageProblem) -> None:
    first = problem.first_stage
    x = core_point(first)
    assert x is not None
    rows = first.A @ x
    assert (rows >= first.row_lower - 1e-7).all()
    assert (rows <= first.row_upper + 1e-7).all()
    away = np.minimum(x - first.lower, first.upper - x) / (first.upper - first.lower)
    assert (away > 0.01).all()


def test_a_cut_at_what_is_off_knows_what_on_is_worth() -> None:
    """Off, the boiler's programs have a single point at 50 a unit of demand; on, they cost 2 a unit."""
    problem = boiler()
    found = search(problem)
    found.core = core_point(problem.first_stage)
    at = found.cut(np.zeros(1))
    mean = float(found.recourse(np.zeros(1)).values[0]) / 50.0
    assert at.expected is not None
    value, slope = at.expected.value.sum(), at.expected.slope.sum(axis=0)
    off, on = (float(value + slope @ (np.array([b]) - at.x)) for b in (0.0, 1.0))
    assert off == pytest.approx(50.0 * mean, rel=1e-5)
    assert on == pytest.approx(2.0 * mean, rel=1e-5)


def test_only_designs_of_the_first_stage_become_the_best_one() -> None:
    problem = random_problem(4, integer=True)  # its one row asks for a sum of 1 to 6
    found = search(problem)
    found.core = core_point(problem.first_stage)
    found.cut(np.zeros(3))
    assert found.x is None
    inside = np.array([0.0, 1.5, 1.0])
    value = found.evaluate(inside)
    assert found.x == pytest.approx(inside)
    assert found.value == pytest.approx(value)
