"""A user's own Pyomo model as a two-stage problem: the arrays say what the model says, scenario by scenario."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.contrib.appsi.solvers import Highs

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.errors import CaseError
from loopwise.problems.two_stage import Sense, TwoStageProblem
from loopwise.problems.uncertainty import Correlation, Discrete, Normal, Uniform

DEMAND, PRICE = Uniform(lower=0.5, upper=1.5), Uniform(lower=0.8, upper=1.2)


def newsvendor() -> Any:
    """Buy x, sell y <= demand and <= x at an uncertain price, a range row on what is left; maximised."""
    m = pyo.ConcreteModel(name="newsvendor")
    m.demand = pyo.Param(mutable=True, initialize=1.0)
    m.price = pyo.Param(mutable=True, initialize=1.0)
    m.x = pyo.Var(bounds=(0, 50))
    m.y = pyo.Var(bounds=(0, None))
    m.left = pyo.Var(bounds=(0, m.demand * 30))
    m.balance = pyo.Constraint(expr=m.y + m.left == m.x)
    m.market = pyo.Constraint(expr=m.y <= 10 * m.demand * m.price)
    m.range = pyo.Constraint(expr=pyo.inequality(-50, m.y - 2 * m.left, 40))
    m.profit = pyo.Objective(expr=-3 * m.x + 5 * m.price * m.y - m.left + 7, sense=pyo.maximize)
    return m


def plants() -> Any:
    """Indexed data, and an uncertain yield in front of the operation's own variables: W is random."""
    m = pyo.ConcreteModel(name="plants")
    m.plants = pyo.Set(initialize=["north", "south"])
    m.demand = pyo.Param(m.plants, mutable=True, initialize={"north": 4.0, "south": 6.0})
    m.output = pyo.Param(m.plants, mutable=True, initialize=1.0)
    m.size = pyo.Var(m.plants, bounds=(0, 20))
    m.make = pyo.Var(m.plants, bounds=(0, None))
    m.buy = pyo.Var(m.plants, bounds=(0, None))
    m.send = pyo.Var(bounds=(-2, 2))
    m.capacity = pyo.Constraint(m.plants, rule=lambda m, p: m.make[p] <= m.size[p])
    sent = {"north": -1, "south": 1}
    m.supply = pyo.Constraint(
        m.plants, rule=lambda m, p: m.output[p] * m.make[p] + m.buy[p] + sent[p] * m.send >= m.demand[p]
    )
    m.cost = pyo.Objective(expr=sum(2 * m.size[p] + m.make[p] + 9 * m.buy[p] for p in m.plants))
    return m


def newsvendor_problem(m: Any) -> TwoStageProblem:
    reports = [("revenue", "USD", 5 * m.price * m.y + 2 * m.demand), ("bought", "t", m.x + 1)]
    uncertain = pyo.ComponentMap([(m.demand, DEMAND), (m.price, PRICE)])
    return TwoStageProblem.from_pyomo(m, first_stage=[m.x], uncertain=uncertain, reports=reports)


def plants_problem(m: Any) -> TwoStageProblem:
    uncertain = {m.demand: {"north": Normal(mean=4, standard_deviation=0.5)}, "output": PRICE}
    return TwoStageProblem.from_pyomo(m, first_stage=[m.size], uncertain=uncertain)


@pytest.mark.parametrize(
    ("build", "compiled", "x"),
    [
        (newsvendor, newsvendor_problem, [9.0]),
        (newsvendor, newsvendor_problem, [14.0]),
        (plants, plants_problem, [5, 6]),
    ],
)
def test_every_scenario_is_the_model_with_its_parameters(
    build: Callable[[], Any], compiled: Callable[[Any], TwoStageProblem], x: list[float]
) -> None:
    """Q(x, xi) from the arrays and the kernel against the user's own model with its parameters set."""
    m = build()
    problem = compiled(m)
    scenarios = problem.scenarios(0, 20, seed=4)
    ours = Evaluator(problem).evaluate(np.array(x, dtype=float), scenarios)
    for name, value in zip(problem.first_stage.names, x, strict=True):
        m.find_component(name).fix(value)
    solver = Highs()
    (objective,) = m.component_data_objects(pyo.Objective)
    for k, xi in enumerate(scenarios.xi):
        for name, value in zip(problem.source.names, xi, strict=True):
            m.find_component(name).set_value(value)
        solver.solve(m)
        assert ours.objective[k] == pytest.approx(pyo.value(objective), rel=1e-7)


def test_the_matrix_itself_may_be_uncertain() -> None:
    problem = plants_problem(plants())
    assert set(problem.random) == {"row_lower", "recourse"}
    assert problem.source.names == ("demand[north]", "output[north]", "output[south]")
    assert problem.scenarios(0, 3).parts["recourse"].shape == (3, 2)


def test_sense_and_range_survive() -> None:
    problem = newsvendor_problem(newsvendor())
    assert problem.sense is Sense.MAXIMIZE
    assert problem.recourse.row_names == ("balance", "market", "range")
    assert (problem.recourse.row_lower[2], problem.recourse.row_upper[2]) == (-50.0, 40.0)
    assert problem.recourse.constant == 7.0


def test_random_entries_are_the_models_own() -> None:
    problem = newsvendor_problem(newsvendor())
    xi = np.array([[0.7, 1.1], [1.3, 0.9]])
    scenarios = problem.realize(xi, np.array([0.5, 0.5]))
    assert scenarios.parts["row_upper"][:, 0] == pytest.approx(10 * xi[:, 0] * xi[:, 1])
    y = problem.recourse.names.index("y")
    assert problem.random["cost"].index.tolist() == [y]
    assert scenarios.parts["cost"][:, 0] == pytest.approx(5 * xi[:, 1])
    assert scenarios.parts["upper"][:, 0] == pytest.approx(30 * xi[:, 0])


def test_reports() -> None:
    problem = newsvendor_problem(newsvendor())
    xi = np.array([[0.7, 1.1], [1.3, 0.9]])
    primal = np.array([[4.0, 2.0], [6.0, 1.0]])
    y = problem.recourse.names.index("y")
    assert problem.reports is not None
    values = problem.reports.evaluate(problem.features(xi), np.array([9.0]), primal)
    assert values[:, 0] == pytest.approx(5 * xi[:, 1] * primal[:, y] + 2 * xi[:, 0])
    assert values[:, 1] == pytest.approx([10.0, 10.0])


def test_the_model_is_not_changed_and_scenarios_are_keyed_by_index() -> None:
    m = newsvendor()
    problem = newsvendor_problem(m)
    assert (m.demand.value, m.x.fixed) == (1.0, False)
    whole, part = problem.scenarios(0, 10, seed=1), problem.scenarios(4, 7, count=10, seed=1)
    assert np.array_equal(whole.xi[4:7], part.xi)


def test_correlated_parameters() -> None:
    m = newsvendor()
    both = {"demand": DEMAND, "price": PRICE}
    tied = [Correlation(between=("demand", "price"), correlation=0.9)]
    xi = TwoStageProblem.from_pyomo(m, [m.x], both, correlations=tied).scenarios(0, 4000).xi
    assert np.corrcoef(xi.T)[0, 1] == pytest.approx(0.9, abs=0.03)


def nonlinear(m: Any) -> None:
    m.bad = pyo.Constraint(expr=m.y * m.left <= 3)


def nonlinear_across_the_stages(m: Any) -> None:
    m.bad = pyo.Constraint(expr=m.y * m.x <= 3)


def integer_recourse(m: Any) -> None:
    m.y.domain = pyo.Integers


def random_first_stage_cost(m: Any) -> None:
    m.profit.expr = m.profit.expr + m.price * m.x


def random_first_stage_row(m: Any) -> None:
    m.bad = pyo.Constraint(expr=m.x <= 5 * m.demand)


def random_first_stage_bound(m: Any) -> None:
    m.x.setub(5 * m.demand)


def exponential(m: Any) -> None:
    m.bad = pyo.Constraint(expr=m.y <= pyo.exp(m.demand))


def special_ordered_set(m: Any) -> None:
    m.pair = pyo.Var([1, 2], bounds=(0, 1))
    m.bad = pyo.SOSConstraint(var=m.pair, sos=1)


def taken_by_value(m: Any) -> None:
    m.market.deactivate()
    m.profit.expr = -3 * m.x + 5 * pyo.value(m.price) * m.y


@pytest.mark.parametrize(
    ("spoil", "place", "words"),
    [
        (nonlinear, "bad", "product of y and left is nonlinear"),
        (nonlinear_across_the_stages, "bad", "product of y and x is nonlinear"),
        (integer_recourse, "y", "must be first stage"),
        (random_first_stage_cost, "profit", "first-stage variable x is uncertain"),
        (random_first_stage_row, "bad", "first-stage constraint depends"),
        (random_first_stage_bound, "x", "bound of a first-stage variable is uncertain"),
        (exponential, "bad", "cannot be modelled"),
        (special_ordered_set, "bad", "SOSConstraint"),
        (taken_by_value, "price", "nothing in the model depends on it"),
    ],
)
def test_refused_by_name(spoil: Callable[[Any], None], place: str, words: str) -> None:
    m = newsvendor()
    spoil(m)
    with pytest.raises(CaseError) as caught:
        TwoStageProblem.from_pyomo(m, first_stage=[m.x], uncertain={"demand": DEMAND, "price": PRICE})
    assert [(p.place, words in p.message) for p in caught.value.problems] == [(place, True)]


def test_every_problem_is_told_at_once() -> None:
    m = newsvendor()
    integer_recourse(m)
    nonlinear(m)
    other = newsvendor()
    with pytest.raises(CaseError) as caught:
        TwoStageProblem.from_pyomo(m, first_stage=[m.x], uncertain={"demand": DEMAND})
    assert {p.place for p in caught.value.problems} == {"bad", "y"}
    m.certain = pyo.Param(initialize=2.0)
    sizes = plants()
    with pytest.raises(CaseError) as caught:
        TwoStageProblem.from_pyomo(
            m,
            first_stage=["xx", other.x, 3.0],
            uncertain={"demnd": DEMAND, "certain": DEMAND, "y": DEMAND, "price": 1.2, sizes.demand: DEMAND},
        )
    text = str(caught.value)
    assert len(caught.value.problems) == 8
    for words in ("did you mean 'x'", "another model", "did you mean 'demand'", "declare it mutable", "typed: 3.0"):
        assert words in text
    assert "price: expected a distribution (typed: float)" in text


def test_an_index_that_is_not_there() -> None:
    m = plants()
    with pytest.raises(CaseError, match=r"did you mean 'north'"):
        TwoStageProblem.from_pyomo(m, [m.size], {m.demand: {"nort": DEMAND}})


def test_a_certain_row_that_cannot_hold_makes_the_problem_infeasible() -> None:
    m = newsvendor()
    m.never = pyo.Constraint(expr=m.demand * 0 + m.price * 0 >= 1)
    m.always = pyo.Constraint(expr=m.demand * 0 <= 1)
    problem = newsvendor_problem(m)
    assert problem.first_stage.row_names == ("never",)


def test_a_single_distribution_makes_independent_members() -> None:
    m = plants()
    problem = TwoStageProblem.from_pyomo(m, [m.size], {"demand": Discrete(values=(3.0, 5.0), probabilities=(0.5, 0.5))})
    assert problem.source.size == 4
    assert problem.all_scenarios().xi.tolist() == [[3, 3], [3, 5], [5, 3], [5, 5]]
