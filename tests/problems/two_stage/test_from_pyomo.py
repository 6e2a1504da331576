"""A user's own Pyomo model as a two-stage problem: the arrays say what the model says."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.problems.errors import CaseError
from loopwise.problems.two_stage import Sense, from_pyomo
from loopwise.problems.uncertainty import Uncertainty, Uniform


def newsvendor() -> Any:
    """Buy x, sell y <= demand and <= x at an uncertain price, a range row on what is left."""
    m = pyo.ConcreteModel(name="newsvendor")
    m.demand = pyo.Param(mutable=True, initialize=1.0)
    m.price = pyo.Param(mutable=True, initialize=1.0)
    m.x = pyo.Var(bounds=(0, 50))
    m.y = pyo.Var(bounds=(0, None))
    m.left = pyo.Var(bounds=(0, m.demand * 3))
    m.balance = pyo.Constraint(expr=m.y + m.left == m.x)
    m.market = pyo.Constraint(expr=m.y <= 10 * m.demand * m.price)
    m.range = pyo.Constraint(expr=pyo.inequality(-1, m.y - 2 * m.left, 40))
    m.profit = pyo.Objective(expr=-3 * m.x + 5 * m.price * m.y - m.left + 7, sense=pyo.maximize)
    return m


SOURCE = Uncertainty({"demand": Uniform(lower=0.5, upper=1.5), "price": Uniform(lower=0.8, upper=1.2)})


def arrays(m: Any) -> Any:
    reports = [("revenue", "USD", 5 * m.price * m.y + 2 * m.demand), ("bought", "t", m.x + 1)]
    return from_pyomo(m, [m.x], [m.demand, m.price], SOURCE, reports=reports)


def test_sense_and_range_survive() -> None:
    problem = arrays(newsvendor())
    assert problem.sense is Sense.MAXIMIZE
    assert problem.recourse.row_names == ("balance", "market", "range")
    assert (problem.recourse.row_lower[2], problem.recourse.row_upper[2]) == (-1.0, 40.0)
    assert problem.recourse.constant == 7.0


def test_random_entries_are_the_models_own() -> None:
    problem = arrays(newsvendor())
    xi = np.array([[0.7, 1.1], [1.3, 0.9]])
    scenarios = problem.realize(xi, np.array([0.5, 0.5]))
    assert scenarios.parts["row_upper"][:, 0] == pytest.approx(10 * xi[:, 0] * xi[:, 1])
    y = problem.recourse.names.index("y")
    assert problem.random["cost"].index.tolist() == [y]
    assert scenarios.parts["cost"][:, 0] == pytest.approx(5 * xi[:, 1])
    assert scenarios.parts["upper"][:, 0] == pytest.approx(3 * xi[:, 0])


def test_reports() -> None:
    problem = arrays(newsvendor())
    xi = np.array([[0.7, 1.1], [1.3, 0.9]])
    primal = np.array([[4.0, 2.0], [6.0, 1.0]])
    y = problem.recourse.names.index("y")
    assert problem.reports is not None
    values = problem.reports.evaluate(problem.features(xi), np.array([9.0]), primal)
    assert values[:, 0] == pytest.approx(5 * xi[:, 1] * primal[:, y] + 2 * xi[:, 0])
    assert values[:, 1] == pytest.approx([10.0, 10.0])


@dataclass
class Wrong:
    name: str
    says: str


def nonlinear(m: Any) -> None:
    m.bad = pyo.Constraint(expr=m.y * m.left <= 3)


def integer_recourse(m: Any) -> None:
    m.y.domain = pyo.Integers


def random_first_stage_cost(m: Any) -> None:
    m.profit.expr = m.profit.expr + m.price * m.x


def random_first_stage_row(m: Any) -> None:
    m.bad = pyo.Constraint(expr=m.x <= 5 * m.demand)


def exponential(m: Any) -> None:
    m.bad = pyo.Constraint(expr=m.y <= pyo.exp(m.demand))


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (nonlinear, "bad"),
        (integer_recourse, "y"),
        (random_first_stage_cost, "x"),
        (random_first_stage_row, "bad"),
        (exponential, "bad"),
    ],
)
def test_refused_by_name(spoil: Any, place: str) -> None:
    model = newsvendor()
    spoil(model)
    with pytest.raises(CaseError, match=place):
        arrays(model)
