"""Rows of a network's costs: below what networks cost, and the transport against a bound worked out by hand."""

import math

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

from loopwise.problems import load_case
from loopwise.problems.heat import HeatRecoveryProblem, HeatStream, Side, Utility
from loopwise.problems.heat.case import HeatCase
from loopwise.problems.heat.cost_bounds import heat_transport
from loopwise.problems.heat.mean_temperature_difference import logarithmic_mean
from loopwise.problems.heat.superstructure import superstructure

PAIR = HeatRecoveryProblem(
    (
        HeatStream.simple("h", 150, 60, heat_capacity_flow=0.02, film_coefficient=0.6),
        HeatStream.simple("c", 40, 90, heat_capacity_flow=0.02, film_coefficient=0.9),
    ),
    (
        Utility("steam", Side.HOT, 200, 200, price=12.0, film_coefficient=4.0),
        Utility("water", Side.COLD, 20, 30, price=2.0),
    ),
    approach_temperature=5.0,
)


def test_one_pair_alone_needs_the_area_of_its_logarithmic_mean() -> None:
    """Dear utilities: 1 MW passes from h to c, 0.8 MW on to water; the cells approach both areas from below."""
    transport = heat_transport(PAIR, superstructure(PAIR, 1))
    least, area = transport.least(1.0, 1000.0)
    exchanger = 1000 * 1.0 * (1 / 0.6 + 1 / 0.9) / float(logarithmic_mean(60.0, 60.0))
    cooler = 1000 * 0.8 * (1 / 0.6 + 1.0) / float(logarithmic_mean(100 - 30, 60 - 20))
    assert least - area == pytest.approx(1000 * 2.0 * 0.8)
    assert 0.85 * (exchanger + cooler) < area < exchanger + cooler


def test_without_their_only_partners_streams_cannot_be_served() -> None:
    transport = heat_transport(PAIR, superstructure(PAIR, 1))
    alone = [transport.pairs.index(("h", "water"))]
    assert math.isinf(transport.least(1.0, 1.0, alone)[0])  # c takes 1 MW of 1.8
    apart = transport.least(1.0, 1.0, [transport.pairs.index(("h", "c"))])[0]
    assert apart > transport.least(1.0, 1.0)[0]


def test_the_published_network_costs_more_than_the_bound_and_little_more() -> None:
    """Yee and Grossmann: 154,995.48 with five exchangers or more, whose fixed charges are no part of the bound."""
    case = load_case("yee-grossmann")
    assert isinstance(case, HeatCase)
    problem = case.problem()
    transport = heat_transport(problem, superstructure(problem, 2))
    least, _ = transport.least(150.0, 8000.0)
    assert 0.8 * (154_995.48 - 5 * 5500) < least < 154_995.48 - 4 * 5500
    needed = {
        pair for n, pair in enumerate(transport.pairs) if transport.least(150.0, 8000.0, [n])[0] > 154_995.48 - 4 * 5500
    }
    assert needed == {("H1", "C1"), ("H2", "C1"), ("H2", "cooling water"), ("steam", "C1")}
    assert np.all(transport.heat > 0.0)


def test_a_plan_that_could_not_be_decided_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = heat_transport(PAIR, superstructure(PAIR, 1))
    undecided = OptimizeResult(status=4, fun=None, x=None)
    monkeypatch.setattr("loopwise.problems.heat.cost_bounds.linprog", lambda *_, **__: undecided)
    assert transport.least(1.0, 1.0)[0] == -math.inf


def test_a_limited_utility_that_reaches_no_stream_has_no_exchanger() -> None:
    tepid = Utility("tepid", Side.HOT, 42, 42, price=1.0, maximum=1.0)
    structure = superstructure(HeatRecoveryProblem(PAIR.streams, (*PAIR.utilities, tepid), 5.0), 1)
    assert len(structure.exchangers) == len(superstructure(PAIR, 1).exchangers)
