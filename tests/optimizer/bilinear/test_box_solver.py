"""A linear program that HiGHS does not finish decides nothing: no infeasibility, no bound above the truth."""

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.optimizer.bilinear.box_solver import BoxSolver, BoxStatus


def product_at_least() -> pyo.ConcreteModel:
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 4))
    model.y = pyo.Var(bounds=(0, 4))
    model.need = pyo.Constraint(expr=model.x * model.y >= 2)
    model.objective = pyo.Objective(expr=model.x + 2 * model.y)
    return model


OPTIMUM = 4.0  # x = 2 y = 2 by Lagrange: x + 2 y >= 2 sqrt(2 x y) >= 4


@pytest.mark.parametrize("every", [1, 2, 3])
def test_failed_linear_programs_are_no_answers(every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run, calls = BoxSolver.run, 0

    def failing(self: BoxSolver) -> BoxStatus:
        nonlocal calls
        calls += 1
        status = run(self)
        return BoxStatus.UNSOLVED if (calls // 2) % every == 0 else status

    monkeypatch.setattr(BoxSolver, "run", failing)
    result = minimize(from_pyomo(product_at_least()).program, SearchOptions(node_limit=300))
    assert result.status in (SearchStatus.OPTIMAL, SearchStatus.UNRESOLVED, SearchStatus.STOPPED)
    assert result.bound <= OPTIMUM + 1e-6
    if result.status is SearchStatus.OPTIMAL:
        assert result.value == pytest.approx(OPTIMUM, rel=1e-4)


def test_no_duals_no_infeasibility(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS gives up at once: no point, no duals. The box itself still bounds the objective."""

    def given_up(self: BoxSolver) -> BoxStatus:
        self.highs.clearSolver()
        return BoxStatus.UNSOLVED

    monkeypatch.setattr(BoxSolver, "run", given_up)
    result = minimize(from_pyomo(product_at_least()).program, SearchOptions(node_limit=20, starts=0))
    assert result.status is not SearchStatus.INFEASIBLE
    assert -np.inf < result.bound <= OPTIMUM + 1e-6


def test_threads_find_the_same_interval() -> None:
    program = from_pyomo(product_at_least()).program
    one, two, again = (minimize(program, SearchOptions(gap=1e-6, threads=n)) for n in (1, 2, 2))
    assert one.value == pytest.approx(two.value, rel=2e-6)
    assert (two.nodes, two.linear_programs, two.value) == (again.nodes, again.linear_programs, again.value)
