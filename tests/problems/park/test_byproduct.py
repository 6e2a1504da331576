"""By-products: golden LP with its optimum worked out by hand, mass balance, curtailment, uncertain sales."""

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.optimizer.evaluation import Evaluator
from loopwise.problems.park.checks import problems
from loopwise.problems.park.model import build_model
from loopwise.problems.park.problem import park_problem
from tests.golden_lp import golden_optimum
from tests.park_cases import park, solved

HOURS = 8000.0
GRAIN = {"amount": {"fixed": 0.5, "rate": 2}, "price": 40, "largest_sale": 1.5, "disposal": 10}
PERIODS = {"full": {"share": 0.5}, "low": {"share": 0.5}}
THROUGHPUT = {"lost_margin": 1000, "profile": {"every": 1, "profile": {"low": 0.25}}}


def annual(model, name: str) -> float:
    return float(pyo.value(model.assembly.annual(name)))


def test_golden_by_product() -> None:
    """2.5 t/h at full throughput, of which buyers take 1.5; 1 t/h at a quarter, all of it sold."""
    case = park({"plant": {"throughput": THROUGHPUT, "by_products": {"grain": GRAIN}}}, periods=PERIODS)
    model = build_model(case)
    hourly = 0.5 * (10 * 1.0 - 40 * 1.5) + 0.5 * (-40 * 1.0)
    assert golden_optimum("by_product", model.pyomo) == pytest.approx(HOURS * hourly, rel=1e-9)
    assert annual(model, "by-products sold") == pytest.approx(HOURS * (0.5 * 1.5 + 0.5 * 1.0), rel=1e-6)
    assert annual(model, "by-products disposed of") == pytest.approx(HOURS * 0.5 * 1.0, rel=1e-6)


def test_a_stopped_plant_has_its_fixed_by_product_only() -> None:
    """An hour that needs power for 100 is not worth its margin of 50: production stops, and so does the grain."""
    plant = {
        "throughput": {"lost_margin": 50},
        "by_products": {"grain": GRAIN | {"price": 0}},
        "power_demand": {"rate": 1},
        "grid": {"connection": 2, "import_price": 100},
    }
    model = solved(park({"plant": plant}))
    assert annual(model, "curtailed hours plant") == pytest.approx(HOURS, rel=1e-6)
    assert annual(model, "by-products sold") + annual(model, "by-products disposed of") == pytest.approx(0.5 * HOURS)


def test_what_is_not_disposed_of_at_a_price_is_given_away_where_taking_it_costs_less() -> None:
    sludge = {"amount": {"fixed": 1}, "price": -15, "disposal": 30}
    model = solved(park({"plant": {"by_products": {"sludge": sludge}}}))
    assert annual(model, "by-products sold") == pytest.approx(HOURS, rel=1e-6)
    assert pyo.value(model.pyomo.objective) == pytest.approx(15 * HOURS, rel=1e-6)


def test_sales_amount_and_price_may_be_uncertain() -> None:
    """Every scenario: what comes is sold up to what buyers take, at the scenario's price; the rest is disposed of."""
    path = "plants.plant.by_products.grain"
    elements = {
        "amount": {"on": [f"{path}.amount"], "distribution": {"distribution": "uniform", "lower": 0.5, "upper": 1.5}},
        "market": {"on": [f"{path}.largest_sale"], "distribution": {"distribution": "uniform", "lower": 0, "upper": 2}},
        "price": {
            "on": [f"{path}.price"],
            "distribution": {"distribution": "lognormal", "mean": 1, "standard_deviation": 0.3},
        },
    }
    case = park({"plant": {"by_products": {"grain": GRAIN}}}, uncertainty={"elements": elements})
    problem = park_problem(case).problem
    scenarios = problem.scenarios(0, 200, seed=1)
    found = Evaluator(problem).evaluate(np.zeros(len(problem.first_stage.names)), scenarios)
    amount, market, price = scenarios.xi.T
    sold = np.minimum(2.5 * amount, 1.5 * market)
    cost = HOURS * (10 * (2.5 * amount - sold) - 40 * price * sold)
    assert found.objective == pytest.approx(cost, rel=1e-6, abs=1e-3)
    assert found.reports is not None
    assert problem.reports is not None
    assert found.reports[:, problem.reports.column("by-products sold")] == pytest.approx(
        HOURS * sold, rel=1e-6, abs=1e-3
    )


def test_a_name_that_the_plant_has_already_is_refused() -> None:
    plant = {"by_products": {"grain": GRAIN}, "water_sinks": {"grain": {"flow": 1}}}
    assert any("another 'grain'" in p.message for p in problems(park({"plant": plant})))
