"""Concave limits: a design with a fixed cost against a search over its two variables, and tangents that stay valid."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from scipy.optimize import brute, fmin

from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.optimizer.bilinear.concave import SLOTS, ConcaveLimits


def square_root_of_product(points):
    """sqrt(a b), concave for positive a and b."""
    value = np.sqrt(points[:, 0] * points[:, 1])
    return value, value[:, None] / (2.0 * points)


def smallest_exchanger(price: float):
    """min area + price a + b / 2 with area * mean = 60, mean <= sqrt(a b); building it costs 3, else 40 are due."""
    model: pyo.ConcreteModel = pyo.ConcreteModel("exchanger")
    model.a, model.b = pyo.Var(bounds=(1, 20)), pyo.Var(bounds=(1, 20))
    model.mean, model.area = pyo.Var(bounds=(1, 20)), pyo.Var(bounds=(0, 60))
    model.built = pyo.Var(domain=pyo.Binary)
    model.met = pyo.Constraint(expr=model.area * model.mean == 60 * model.built)
    model.cost = pyo.Objective(
        expr=model.area + price * model.a + model.b / 2 + 3 * model.built + 40 * (1 - model.built)
    )
    found = from_pyomo(model)
    at = {v.name: j for j, v in enumerate(found.variables)}
    limits = ConcaveLimits(np.array([at["mean"]]), np.array([[at["a"], at["b"]]]), square_root_of_product)
    return replace(found.program, concave=limits, branch_on=limits.limited), at


@pytest.mark.parametrize("price", [0.2, 1.0])
@pytest.mark.parametrize("integers_first", [False, True])
def test_the_optimum_of_a_search_over_both_ends(price: float, integers_first: bool) -> None:
    program, at = smallest_exchanger(price)
    found = minimize(program, SearchOptions(gap=1e-4, integers_first=integers_first))

    def cost(ends) -> float:
        a, b = np.clip(ends, 1, 20)
        return float(60 / np.sqrt(a * b) + price * a + b / 2 + 3)

    best = cost(brute(cost, ((1, 20), (1, 20)), Ns=80, finish=fmin))  # pyright: ignore[reportArgumentType]
    expected = min(best, price + 0.5 + 40)
    assert found.status is SearchStatus.OPTIMAL
    assert found.value == pytest.approx(expected, rel=1e-4)
    assert found.bound <= expected * (1 + 1e-9)
    assert found.x is not None
    assert found.x[at["mean"]] <= np.sqrt(found.x[at["a"]] * found.x[at["b"]]) + 1e-5


def test_what_was_dropped_proves_no_more_than_the_gap() -> None:
    program, _ = smallest_exchanger(0.2)
    found = minimize(program, SearchOptions(gap=0.2))
    exact = minimize(program, SearchOptions(gap=1e-4))
    assert found.bound <= exact.value * (1 + 1e-9)
    assert found.gap <= 0.2


def test_tangents_hold_everywhere_in_any_units() -> None:
    generator = np.random.default_rng(3)
    scale = np.array([4.0, 0.5, 8.0])
    limits = ConcaveLimits(np.array([0]), np.array([[1, 2]]), square_root_of_product).scaled(scale)
    coefficient, right = limits.rows(generator.uniform(0.5, 5.0, (SLOTS, 1, 2)))
    for a, b in generator.uniform(0.1, 9.0, (200, 2)):
        mean = np.sqrt(a * scale[1] * b * scale[2]) / scale[0]
        assert np.all(coefficient @ [mean, a, b] <= right + 1e-9)
    touched = limits.rows(np.array([[[2.0, 3.0]]] * SLOTS))
    mean = np.sqrt(2.0 * scale[1] * 3.0 * scale[2]) / scale[0]
    assert touched[0] @ [mean, 2.0, 3.0] == pytest.approx(touched[1], rel=1e-12)
    x = np.array([mean + 1.0, 2.0, 3.0])
    assert limits.excess(x) == pytest.approx([1.0])
    renewed = limits.renewed(np.ones((SLOTS, 1, 2)), x)
    assert renewed is not None
    assert renewed[0].tolist() == [[2.0, 3.0]]
    assert limits.renewed(renewed, np.array([mean, 2.0, 3.0])) is None
