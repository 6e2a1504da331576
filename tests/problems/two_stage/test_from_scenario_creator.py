"""mpi-sppy's own examples through the door for scenario creators; skipped visibly where mpi-sppy is not installed."""

import warnings
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.problems.errors import CaseError
from loopwise.problems.two_stage import TwoStageProblem
from tests.dense_oracle import extensive_optimum


def example(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(f"mpisppy.tests.examples.{name}", reason="mpi-sppy is in the extra test-all")


def test_farmer_of_mpi_sppy() -> None:
    """-108,390 (Birge and Louveaux), as mpi-sppy models it."""
    farmer = example("farmer")
    names = [f"scen{k}" for k in range(3)]
    problem = TwoStageProblem.from_scenario_creator(
        farmer.scenario_creator, names, kwargs={"num_scens": 3, "crops_multiplier": 1}
    )
    assert len(problem.first_stage.names) == 3
    assert "technology" in problem.random
    assert extensive_optimum(problem, problem.all_scenarios()) == pytest.approx(-108_390, abs=0.5)


def test_integer_farmer_has_an_integer_first_stage() -> None:
    farmer = example("farmer")
    problem = TwoStageProblem.from_scenario_creator(
        farmer.scenario_creator,
        [f"scen{k}" for k in range(6)],
        kwargs={"num_scens": 6, "crops_multiplier": 2, "use_integer": True},
    )
    assert problem.first_stage.integer.all()
    assert np.isfinite(extensive_optimum(problem, problem.all_scenarios()))


def sizes_style(name: str) -> Any:
    """The structure of mpi-sppy's `sizes` (whose data files its wheel leaves out): what is cut to size in both stages.

    Setups are binary and pieces whole in each stage; a larger size may be cut down to a smaller one.
    """
    demand = {"low": [20.0, 13.0, 6.0], "mean": [28.0, 18.0, 9.0], "high": [36.0, 23.0, 12.0]}[name]
    m: Any = pyo.ConcreteModel()
    m.size = pyo.RangeSet(0, 2)
    m.cuts = pyo.Set(initialize=[(i, j) for i in range(3) for j in range(i + 1)])  # size i serves j <= i
    m.setup, m.made = (
        pyo.Var(m.size, domain=pyo.Binary),
        pyo.Var(m.size, domain=pyo.NonNegativeIntegers, bounds=(0, 40)),
    )
    m.setup2 = pyo.Var(m.size, domain=pyo.Binary)
    m.made2 = pyo.Var(m.size, domain=pyo.NonNegativeIntegers, bounds=(0, 40))
    m.used = pyo.Var(m.cuts, domain=pyo.NonNegativeIntegers)
    m.first = pyo.Constraint(m.size, rule=lambda m, i: m.made[i] <= 40 * m.setup[i])
    m.second = pyo.Constraint(m.size, rule=lambda m, i: m.made2[i] <= 40 * m.setup2[i])
    m.room = pyo.Constraint(expr=sum(m.made[i] for i in m.size) <= 50)
    m.met = pyo.Constraint(m.size, rule=lambda m, j: sum(m.used[i, j] for i in range(j, 3)) >= demand[j])
    m.stock = pyo.Constraint(
        m.size, rule=lambda m, i: sum(m.used[i, j] for j in range(i + 1)) <= m.made[i] + m.made2[i]
    )
    cost = [0.75, 0.8, 0.9]
    m.cost = pyo.Objective(
        expr=sum(4.5 * m.setup[i] + cost[i] * m.made[i] for i in m.size)
        + sum(6.0 * m.setup2[i] + 1.3 * cost[i] * m.made2[i] for i in m.size)
        + sum(0.08 * m.used[i, j] for i, j in m.cuts if i != j)
    )
    m._mpisppy_node_list = [Node([*m.setup.values(), *m.made.values()])]
    m._mpisppy_probability = "uniform"
    return m


def test_sizes_style_with_its_recourse_relaxed() -> None:
    """Against one Pyomo model of all scenarios with the same variables relaxed."""
    names = ["low", "mean", "high"]
    with pytest.raises(CaseError, match="integer recourse variables are not supported"):
        TwoStageProblem.from_scenario_creator(sizes_style, names)
    problem = TwoStageProblem.from_scenario_creator(sizes_style, names, relax_recourse=True)
    assert problem.first_stage.integer.all()
    assert problem.first_stage.row_names == ("first[0]", "first[1]", "first[2]", "room")
    expected = pyomo_extensive_form(sizes_style, names, {})
    assert extensive_optimum(problem, problem.all_scenarios()) == pytest.approx(expected, rel=1e-6)


def pyomo_extensive_form(creator: Any, names: list[str], kwargs: dict[str, Any]) -> float:
    """One Pyomo model of all scenarios, nonanticipativity as equations, recourse relaxed; solved by HiGHS."""
    whole: Any = pyo.ConcreteModel()
    whole.scenario = pyo.Block(names)
    models, total = [creator(name, **kwargs) for name in names], 0.0
    whole.same = pyo.ConstraintList()
    for name, model in zip(names, models, strict=True):
        share = model._mpisppy_probability
        objective = next(model.component_data_objects(pyo.Objective, active=True))
        total += (1 / len(names) if share == "uniform" else share) * objective.expr
        objective.deactivate()
        nonants = model._mpisppy_node_list[0].nonant_vardata_list
        ids = {id(v) for v in nonants}
        for v in model.component_data_objects(pyo.Var):
            if id(v) not in ids:
                low, high = v.bounds
                v.domain = pyo.Reals
                v.setlb(low)
                v.setub(high)
        whole.scenario[name].add_component("of", model)
        for mine, first in zip(nonants, models[0]._mpisppy_node_list[0].nonant_vardata_list, strict=True):
            if model is not models[0]:
                whole.same.add(mine == first)
    whole.cost = pyo.Objective(expr=total)
    solver = pyo.SolverFactory("appsi_highs")
    solver.options = {"mip_rel_gap": 1e-9}
    solver.solve(whole)
    return pyo.value(whole.cost)


class Node:
    def __init__(self, variables: list[Any]) -> None:
        self.nonant_vardata_list = variables


def newsvendor(name: str, **changes: Any) -> Any:
    """A scenario creator without mpi-sppy: order x at 1, miss demand at 3; demand 1, 2 or 4."""
    demand = {"a": 1.0, "b": 2.0, "c": 4.0}[name]
    m: Any = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(bounds=(0, 10)), pyo.Var(bounds=(0, None))
    m.need = pyo.Constraint(expr=m.x + m.y >= demand)
    m.room = pyo.Constraint(expr=m.x <= 8)
    cost = changes.get("cost", {}).get(name, 1.0)
    m.cost = pyo.Objective(expr=cost * m.x + 3 * m.y + demand)
    m._mpisppy_node_list = [Node([m.x])] * changes.get("nodes", 1)
    m._mpisppy_probability = changes.get("probability", {"a": 0.5, "b": 0.25, "c": 0.25}[name])
    return m


def test_first_stage_rows_probabilities_and_constants() -> None:
    """By hand: x = 2 costs 2 + 3 (0.25 * 2) + mean demand 2 = 5.5."""
    problem = TwoStageProblem.from_scenario_creator(newsvendor, ["a", "b", "c"])
    assert problem.first_stage.row_names == ("room",)
    assert problem.all_scenarios().probability.tolist() == [0.5, 0.25, 0.25]
    assert extensive_optimum(problem, problem.all_scenarios()) == pytest.approx(5.5)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"nodes": 2}, "a: the scenario tree has 2 nodes above its leaves"),
        ({"nodes": 0}, "a: the model has no _mpisppy_node_list"),
        ({"cost": {"b": 2.0}}, "b: the cost of first-stage variable x depends on it"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(CaseError) as caught:
        TwoStageProblem.from_scenario_creator(newsvendor, ["a", "b", "c"], kwargs=changes)
    assert expected in str(caught.value)
