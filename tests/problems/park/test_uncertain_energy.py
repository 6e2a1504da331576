"""What is uncertain of a park's energy enters the data of every scenario where it belongs, and nothing else does."""

import numpy as np
import pytest

from loopwise.problems.park.problem import ParkProblem, park_problem
from tests.everything_park import everything

FLOWS = {
    "stream": "plants.works.heat.streams.oven.flow",
    "steam": "plants.works.steam.steam_uses.dryer.flow",
    "power demand": "plants.hall.power_demand",
    "buyer": "plants.works.heat.exports.town.demand",
    "boiler": "plants.works.steam.boilers.old.availability",
    "turbine": "plants.works.heat.condensing_turbines.condensing.availability",
}


@pytest.fixture(scope="module")
def park() -> ParkProblem:
    return park_problem(everything(FLOWS))


def moved(park: ParkProblem, element: str, by: float = 0.1) -> dict[str, np.ndarray]:
    """By how much every random entry of every part differs where one element is larger than its mean."""
    source = park.problem.source
    xi = np.tile(source.means, (2, 1))
    xi[1, source.names.index(element)] += by
    return {part: np.diff(v, axis=0)[0] for part, v in park.problem.realize(xi, np.full(2, 0.5)).parts.items()}


@pytest.mark.parametrize("element", ["gas", "wood", "power", "sold", "cold", "heat"])
def test_prices_move_costs_and_nothing_else(park: ParkProblem, element: str) -> None:
    parts = moved(park, element)
    assert np.abs(parts.pop("cost")).max() > 0.0
    assert all(np.abs(difference).max(initial=0.0) == 0.0 for difference in parts.values())


@pytest.mark.parametrize("element", FLOWS)
def test_flows_and_demand_move_rows_and_neither_prices_nor_coefficients(park: ParkProblem, element: str) -> None:
    parts = moved(park, element)
    assert np.abs(parts["recourse"]).max() == 0.0
    assert np.abs(parts["cost"]).max() == 0.0
    sides = ("row_lower", "row_upper", "technology")
    assert max(np.abs(parts[side]).max(initial=0.0) for side in sides if side in parts) > 0.0


def test_the_weather_moves_the_coefficient_of_performance_of_every_scenario(park: ParkProblem) -> None:
    """Two entries of W, one a period: 1 / COP = (T_c - T_air + pinch) / (eta T_c), 1 K warmer 1 / (eta T_c) smaller."""
    parts = moved(park, "year", by=1.0)
    entries = parts["recourse"][parts["recourse"] != 0.0]
    assert np.abs(entries) == pytest.approx(np.full(2, 1.0 / (0.5 * (65 + 5 + 273.15))), rel=1e-9)
    assert np.abs(parts["cost"]).max() == 0.0
    hot = {period: (65 + 5 + 5 - air) / (0.5 * (65 + 5 + 273.15)) for period, air in (("day", 22), ("night", 12))}
    at_mean = park.problem.realize(park.problem.source.means[None, :], np.ones(1)).parts["recourse"][0]
    changed = parts["recourse"] != 0.0
    assert sorted(np.abs(at_mean[changed])) == pytest.approx(sorted(hot.values()), rel=1e-9)
