"""The search on small programs whose optimum is known by hand or by another search."""

import itertools

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.optimizer.bilinear import (
    SearchOptions,
    SearchStatus,
    UnboundedBoxError,
    UnsupportedModelError,
    from_pyomo,
    minimize,
)
from loopwise.optimizer.bilinear.clock import Clock
from loopwise.optimizer.bilinear.tree import Tree


def test_product_on_a_line() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 4))
    model.y = pyo.Var(bounds=(0, 4))
    model.sum = pyo.Constraint(expr=model.x + model.y == 4)
    model.objective = pyo.Objective(expr=model.x * model.y, sense=pyo.maximize)
    reformulated = from_pyomo(model)
    result = minimize(reformulated.program, SearchOptions(gap=1e-6))
    assert reformulated.sign * result.value == pytest.approx(4.0, rel=1e-5)
    assert result.gap <= 1e-6


def test_concave_powers_prefer_one_large_unit() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var([1, 2], bounds=(0, 10))
    model.demand = pyo.Constraint(expr=model.x[1] + model.x[2] >= 8)
    model.objective = pyo.Objective(expr=3 * model.x[1] ** 0.5 + 2.9 * model.x[2] ** 0.5)
    result = minimize(from_pyomo(model).program)
    assert result.value == pytest.approx(2.9 * 8**0.5, rel=1e-4)


def test_integer_times_continuous() -> None:
    model = pyo.ConcreteModel()
    model.n = pyo.Var(bounds=(0, 5), within=pyo.Integers)
    model.x = pyo.Var(bounds=(0, 3))
    model.need = pyo.Constraint(expr=model.n * model.x >= 7)
    model.objective = pyo.Objective(expr=model.n + 2 * model.x)
    result = minimize(from_pyomo(model).program)
    assert result.value == pytest.approx(min(n + 14 / n for n in range(3, 6)), rel=1e-4)


def test_infeasible_is_said() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 1))
    model.y = pyo.Var(bounds=(0, 1))
    model.far = pyo.Constraint(expr=model.x * model.y >= 0.5)
    model.near = pyo.Constraint(expr=model.x + model.y <= 1)
    model.objective = pyo.Objective(expr=model.x)
    result = minimize(from_pyomo(model).program)
    assert result.status is SearchStatus.INFEASIBLE
    assert result.x is None
    assert result.bound == np.inf


@pytest.mark.parametrize("looks", [5, 50, 200])
def test_time_limit_keeps_a_valid_bound(looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is up when the clock has been looked at so often: no machine is too fast or too slow for that."""
    left = itertools.chain(itertools.repeat(3600.0, looks), itertools.repeat(0.0))
    with monkeypatch.context() as patched:
        patched.setattr(Clock, "remaining", lambda _: next(left))
        result = minimize(random_program(4, 8), SearchOptions(gap=0.0))
    exact = minimize(random_program(4, 8), SearchOptions(gap=1e-6))
    assert result.status is SearchStatus.TIME_LIMIT
    assert result.bound <= exact.value + 1e-9


def test_ctrl_c_in_the_search_for_first_points_ends_the_whole_search(monkeypatch: pytest.MonkeyPatch) -> None:
    model = pyo.ConcreteModel()
    model.n = pyo.Var(bounds=(0, 5), within=pyo.Integers)
    model.x = pyo.Var(bounds=(0, 3))
    model.need = pyo.Constraint(expr=model.n * model.x >= 7)
    model.objective = pyo.Objective(expr=model.n + 2 * model.x)
    run, calls = Tree.run, []

    def interrupted_once(tree: Tree, box: object) -> None:
        calls.append(box)
        if len(calls) == 1:
            raise KeyboardInterrupt
        run(tree, box)  # type: ignore[arg-type]

    monkeypatch.setattr(Tree, "run", interrupted_once)
    assert minimize(from_pyomo(model).program).status is SearchStatus.INTERRUPTED
    assert len(calls) == 1


def test_what_is_not_bilinear_is_refused_by_name() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 1))
    model.wave = pyo.Constraint(expr=pyo.sin(model.x) <= 0.5)
    model.objective = pyo.Objective(expr=model.x)
    with pytest.raises(UnsupportedModelError, match=r"wave.*sin"):
        from_pyomo(model)


def test_unconfined_variable_is_named() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var()
    model.y = pyo.Var(bounds=(0, 1))
    model.objective = pyo.Objective(expr=model.x * model.y)
    with pytest.raises(UnboundedBoxError, match="x"):
        minimize(from_pyomo(model).program)


def random_program(seed: int, size: int):
    """An indefinite quadratic over a box and one row."""
    random = np.random.default_rng(seed)
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(size), bounds=(-1, 1))
    matrix = random.integers(-5, 6, (size, size))
    model.row = pyo.Constraint(expr=sum(model.x[i] for i in range(size)) <= 0.5)
    model.objective = pyo.Objective(
        expr=sum(float(matrix[i, j]) * model.x[i] * model.x[j] for i in range(size) for j in range(i + 1, size))
        + sum(float(matrix[i, i]) * model.x[i] for i in range(size))
    )
    return from_pyomo(model).program


@pytest.mark.parametrize("seed", range(6))
def test_bound_never_above_a_feasible_point(seed: int) -> None:
    """Multilinear in each variable, so that without the row a vertex would be optimal: a grid is a strong rival."""
    program = random_program(seed, 4)
    result = minimize(program, SearchOptions(gap=1e-5))
    assert result.status is SearchStatus.OPTIMAL
    assert result.x is not None
    assert program.violation(result.x) <= 1e-6
    best = np.inf
    for point in itertools.product(np.linspace(-1, 1, 9), repeat=4):
        if sum(point) <= 0.5:
            x = np.zeros(program.columns)
            for value, name in zip(point, ("x[0]", "x[1]", "x[2]", "x[3]"), strict=True):
                if name in program.names:
                    x[program.names.index(name)] = value
            best = min(best, program.objective(program.complete(x)))
    assert result.bound <= best + 1e-9
    assert result.value <= best + 1e-4 * abs(best)


def test_same_seed_same_search() -> None:
    first, second = (minimize(random_program(3, 5), SearchOptions(seed=7)) for _ in range(2))
    assert (first.nodes, first.linear_programs, first.value) == (second.nodes, second.linear_programs, second.value)
