"""Utility placement, area, units and supertargeting: hand-made optima, quadrature, brute force."""

import numpy as np
import pytest

from loopwise.problems.heat import (
    ExchangerCost,
    HeatDataError,
    HeatRecoveryProblem,
    HeatStream,
    Side,
    Utility,
    capital_targets,
    place_utilities,
    supertarget,
)
from loopwise.problems.heat.capital_targets import area_target, unit_targets
from loopwise.problems.heat.composite_curves import composite_curve
from loopwise.problems.heat.mean_temperature_difference import chen_error, chen_gradient, chen_mean, logarithmic_mean
from loopwise.problems.heat.supertargeting import cost_target
from loopwise.problems.heat.utility_targets import with_utilities_as_streams
from tests.problems.heat.published import KEMP, LINNHOFF_HINDMARSH, YEE_GROSSMANN, streams

HIGH = Utility("high-pressure steam", Side.HOT, 250, 250, price=30.0)
LOW = Utility("low-pressure steam", Side.HOT, 130, 130, price=20.0)
WATER = Utility("cooling water", Side.COLD, 20, 30, price=2.0)


def one_cold_stream(*utilities: Utility) -> HeatRecoveryProblem:
    return HeatRecoveryProblem(streams(("C", 100, 200, 1.0)), utilities, approach_temperature=10.0)


def test_cheap_steam_is_used_as_far_as_it_is_hot_enough() -> None:
    """130 degC steam heats from 100 to 120 degC at an approach of 10 K: 20 of 100."""
    placed = place_utilities(one_cold_stream(HIGH, LOW))
    assert placed.duties == pytest.approx([80.0, 20.0])
    assert placed.cost == pytest.approx(30 * 80 + 20 * 20)


def test_sloping_utility_is_limited_inside_its_range() -> None:
    """Hot oil 230 -> 110 gives q/120 per K; it meets the stream's 105 degC (shifted) at its cold end."""
    oil = Utility("oil", Side.HOT, 230, 110, price=10.0)
    placed = place_utilities(one_cold_stream(HIGH, oil))
    # Shifted 225..105 against 105..205 with one MW/K: everything, and 100 MW of oil fall 0.83 MW/K, always above.
    assert placed.duty("oil") == pytest.approx(100.0)


def test_raising_steam_from_a_pocket_is_paid_for() -> None:
    """A cold utility with a negative price is steam sold; the heat comes from the surplus that is hot enough."""
    problem = HeatRecoveryProblem(
        streams(("H", 220, 60, 1.0)),
        (Utility("steam raised", Side.COLD, 150, 150, price=-15.0), WATER),
        approach_temperature=10.0,
    )
    placed = place_utilities(problem)
    assert placed.duty("steam raised") == pytest.approx(60.0)
    assert placed.duty("cooling water") == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("utilities", "words"),
    [
        ((), "the case has none"),
        ((LOW,), "no hot utility is hot enough"),
        ((Utility("a", Side.HOT, 300, 300, maximum=50.0),), "maxima add up to less"),
    ],
)
def test_what_cannot_be_covered_is_said(utilities: tuple[Utility, ...], words: str) -> None:
    with pytest.raises(HeatDataError, match=words):
        place_utilities(one_cold_stream(*utilities))


def test_buying_heat_to_sell_it_without_limit_is_refused() -> None:
    sold = Utility("sold", Side.COLD, 90, 90, price=-50.0)
    with pytest.raises(HeatDataError, match="nothing limits it"):
        place_utilities(one_cold_stream(HIGH, sold))


def test_two_stream_area_is_the_exchanger_equation() -> None:
    hot = HeatStream.simple("H", 200, 100, duty=1.0, film_coefficient=0.5)
    cold = HeatStream.simple("C", 50, 120, duty=1.0, film_coefficient=2.0)
    balanced = HeatRecoveryProblem((hot, cold), approach_temperature=10.0)
    expected = 1000.0 * (1 / 0.5 + 1 / 2.0) / logarithmic_mean(80.0, 50.0)
    assert area_target(balanced) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("problem", [YEE_GROSSMANN, LINNHOFF_HINDMARSH])
def test_area_is_the_integral_between_the_balanced_curves(problem: HeatRecoveryProblem) -> None:
    """Midpoint quadrature of dQ (1/h_hot + 1/h_cold) / (T_hot - T_cold) with equal films, curves built elsewhere."""
    utilities = problem.utilities or (Utility("u", Side.HOT, 300, 300), Utility("w", Side.COLD, 5, 10))
    same = tuple(Utility(u.name, u.side, u.supply, u.target, u.price) for u in utilities)
    problem = HeatRecoveryProblem(problem.streams, same, problem.approach_temperature)
    balanced = with_utilities_as_streams(problem, place_utilities(problem))
    hot, cold = composite_curve(balanced, balanced.hot_streams), composite_curve(balanced, balanced.cold_streams)
    edges = np.linspace(0.0, hot.heat[-1], 200_001)
    middle = (edges[1:] + edges[:-1]) / 2
    integral = np.sum(np.diff(edges) * 2.0 / (hot.temperature_at(middle) - cold.temperature_at(middle))) * 1000.0
    assert area_target(balanced) == pytest.approx(integral, rel=1e-4)


def test_units_of_the_four_stream_problem() -> None:
    """Kemp: 4 streams and 2 utilities; above the pinch 3 streams + steam, below 3 streams + water (C3 starts there).

    Above 85: H2, H4, C1, C3 and steam: 4 units; below: H2, H4, C1 and water: 3 units. One region: 6 - 1.
    """
    problem = HeatRecoveryProblem(KEMP.streams, (HIGH, WATER), 10.0)
    targets = place_utilities(problem)
    assert unit_targets(with_utilities_as_streams(problem, targets), targets.pinches) == (7, 5)
    assert capital_targets(problem).units == 7


def test_touching_curves_have_no_area() -> None:
    problem = HeatRecoveryProblem(
        (HeatStream.simple("H", 100, 50, duty=1.0), HeatStream.simple("C", 50, 100, duty=1.0)), approach_temperature=0.0
    )
    with pytest.raises(HeatDataError, match="touch"):
        area_target(problem)


def test_supertarget_beats_a_fine_sweep() -> None:
    cost = ExchangerCost(5500.0, 150.0, 1.0)
    best, sweep = supertarget(YEE_GROSSMANN, cost, [2.0, 5.0, 10.0, 20.0, 30.0], annualization=1.0, hours_per_year=1e-3)
    fine = [
        cost_target(YEE_GROSSMANN.with_approach_temperature(t), cost, annualization=1.0, hours_per_year=1e-3).total
        for t in np.linspace(2, 30, 57)
    ]
    assert len(sweep) == 5
    assert best.total <= min(fine) * (1 + 1e-4)


def test_mean_differences() -> None:
    assert logarithmic_mean(20.0, 20.0) == pytest.approx(20.0, rel=1e-15)
    assert logarithmic_mean(20.0, 20.0 * (1 + 1e-7)) == pytest.approx(20.0 * (1 + 0.5e-7), rel=1e-13)
    assert logarithmic_mean(30.0, 10.0) == pytest.approx(20 / np.log(3), rel=1e-14)
    ratios = np.geomspace(0.01, 100, 401)
    assert np.all(chen_error(ratios) <= 1e-12)
    assert chen_error([2.0, 5.0, 10.0]) == pytest.approx([-0.00031, -0.0077, -0.0270], abs=5e-5)
    with pytest.raises(ValueError, match="positive"):
        logarithmic_mean(0.0, 1.0)


def test_chen_tangents_lie_above_the_mean() -> None:
    generator = np.random.default_rng(1)
    for a, b in generator.uniform(1, 100, (20, 2)):
        slope_a, slope_b = chen_gradient(a, b)
        x, y = generator.uniform(0.01, 200, (2, 500))
        assert np.all(slope_a * x + slope_b * y >= chen_mean(x, y) - 1e-9)
        step = 1e-6
        assert slope_a == pytest.approx(float(chen_mean(a + step, b) - chen_mean(a - step, b)) / (2 * step), rel=1e-5)
