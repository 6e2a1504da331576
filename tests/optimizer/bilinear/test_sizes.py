"""Sizes chosen over the futures: a newsvendor worked out by hand."""

import numpy as np
import pytest

from loopwise.optimizer.bilinear import SearchOptions
from loopwise.optimizer.bilinear.sizes import sizes_over_futures
from loopwise.optimizer.bilinear.water_evaluation import DesignPoint
from loopwise.optimizer.bilinear.water_run import best_networks
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems.water_network import WaterNetworkCase

FUTURES = 0.5 + (np.arange(100) + 0.5) / 100
FLOWS = 10.0 * FUTURES


def mill(investment: float, exponent: float = 1.0, per_flow: float = 0.0) -> WaterNetworkCase:
    """f t/h at 100 mg/L may leave at 20: f / 1.125 is treated (to 10 mg/L), or goes by tanker at 60 USD/t."""
    both = {"distribution": "uniform", "lower": 0.5, "upper": 1.5}
    unit = {"name": "T", "removal": {"C": 0.9}, "operating_cost": 2.0}
    return WaterNetworkCase.model_validate(
        {
            "contaminants": ["C"],
            "fresh_water": [{"name": "river", "price": 1.0}],
            "process_units": [{"name": "P", "flow": 10, "load": {"C": 1}, "inlet_maximum": {"C": 0}}],
            "treatment_units": [unit | {"investment_factor": investment, "exponent": exponent}],
            "special_pipes": [{"from": "T", "to": "P", "forbidden": True}],
            "pipes": {"investment_per_flow": per_flow},
            "discharge_maximum": {"C": 20},
            "objective": "annual-cost",
            "hours_per_year": 1000,
            "annualization": 0.1,
            "uncertainty": {
                "elements": {"load": {"on": ["process_units.P.load", "process_units.P.flow"], "distribution": both}}
            },
        }
    )


def designed(case: WaterNetworkCase) -> DesignPoint:
    answer = best_networks(case.at_design_point, SearchOptions(gap=1e-6), QuietProgress())
    assert answer.network is not None
    return DesignPoint.of(case.at_design_point, answer.network.flows)


def mean_cost(size: float, investment: float, exponent: float) -> float:
    """USD/year of treatment for `size` t/h: every tonne that it cannot take sends 1.125 by tanker."""
    treated, gone = np.minimum(size, FLOWS / 1.125), np.maximum(0.0, FLOWS - 1.125 * size)
    return 0.1 * investment * size**exponent + 1000 * float(np.mean(FLOWS + 2 * treated + 60 * gone))


def test_a_newsvendor() -> None:
    """A t/h more costs 0.105 of the 65,500 USD that it saves where it is used: 10 of 100 futures lie above it."""
    investment = 0.105 * 1000 * (1.125 * 60 - 2) / 0.1
    case = mill(investment)
    point = designed(case)
    assert point.network.treatments["T"] == pytest.approx(15 / 1.125, rel=1e-5)
    found = sizes_over_futures(case, point, FUTURES[:, None], np.full(100, 0.01))
    assert found is not None
    assert found.units["T"] == pytest.approx((15 / 1.125, FLOWS[89] / 1.125), rel=1e-4)
    assert found.value == pytest.approx(mean_cost(FLOWS[89] / 1.125, investment, 1.0), rel=1e-5)
    assert found.designed == pytest.approx(mean_cost(15 / 1.125, investment, 1.0), rel=1e-5)
    assert found.value * (1 - 1.01e-4) <= found.bound <= found.value * (1 + 1e-6)
    assert found.point.network.fixed == pytest.approx(0.1 * investment * FLOWS[89] / 1.125, rel=1e-4)


def test_concave_investment_has_its_global_optimum() -> None:
    """The cost is lowest at a kink or at nothing at all: both ends and every kink are tried by hand."""
    for investment in (100_000.0, 250_000.0, 600_000.0):
        case = mill(investment, 0.5)
        found = sizes_over_futures(case, designed(case), FUTURES[:, None], np.full(100, 0.01))
        assert found is not None
        best = min(mean_cost(size, investment, 0.5) for size in (0.0, *(FLOWS / 1.125)))
        assert found.value == pytest.approx(best, rel=2e-4)
        assert found.bound <= best * (1 + 1e-6)


def test_pipes_that_cost_by_their_flow_are_sized_too() -> None:
    case = mill(0.0, per_flow=40_000)
    found = sizes_over_futures(case, designed(case), FUTURES[:, None], np.full(100, 0.01))
    assert found is not None
    assert not found.units
    before, after = found.pipes["P", "T"]
    assert after < before
    assert found.value < found.designed


def test_nothing_to_size_says_nothing() -> None:
    case = mill(0.0)
    assert sizes_over_futures(case, designed(case), FUTURES[:, None], np.full(100, 0.01)) is None
