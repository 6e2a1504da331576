"""Load-duration curves: hours by hand, and the area under them is what was raised or bought in the year."""

import numpy as np
import pytest

from loopwise.optimizer.evaluation import Evaluator
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.park_durations import LEVELS, LoadDurations, duration_pictures
from loopwise.problems import load_case
from loopwise.problems.park.problem import ParkProblem, park_problem


@pytest.fixture(scope="module")
def park() -> ParkProblem:
    return park_problem(load_case("two-plants-heat"))


def test_hours_are_those_of_the_periods_in_which_a_level_is_reached() -> None:
    durations = LoadDurations({"steam": np.array([1.0, 5.0, 9.0])}, {"day": 3000.0, "night": 5000.0})
    names = ["co2", "hourly.steam.day", "hourly.steam.night"]
    above = durations.above(names, np.array([[0.0, 5.0, 2.0], [0.0, 12.0, 0.5]]))
    assert above.tolist() == [[8000.0, 3000.0, 0.0], [3000.0, 3000.0, 3000.0]]
    assert durations.names == [("steam", 1.0), ("steam", 5.0), ("steam", 9.0)]


def test_the_area_is_the_years_energy(park: ParkProblem) -> None:
    """To the width of a level: every scenario, steam and power, with a design and its own total."""
    problem = park.problem
    x = solve_extensive_form(problem, problem.scenarios(0, 2, seed=1), gap=0.05).x
    assert x is not None
    block = Evaluator(problem).evaluate(x, problem.scenarios(0, 50, seed=2))
    reports = problem.reports
    assert reports is not None
    assert block.reports is not None
    durations = LoadDurations.of(park)
    above = durations.above(reports.names, block.reports).reshape(50, len(durations.levels), LEVELS + 1)
    for k, (load, total) in enumerate((("steam from boilers", "steam raised"), ("bought power", "power import"))):
        width = park.loads[load][1] / LEVELS
        assert list(durations.levels)[k] == load
        area = above[:, k, 1:].sum(axis=1) * width
        year = block.reports[:, reports.names.index(total)]
        assert (np.diff(above[:, k], axis=1) <= 0).all()
        assert (area <= year + 1e-6).all()
        assert (area >= year - 8000 * width).all()


def test_what_never_runs_any_more_is_still_in_the_picture(park: ParkProblem) -> None:
    names = [("steam from boilers", 5.0), ("steam from boilers", 10.0)]
    never, always = dict.fromkeys(names, 0.0), dict(zip(names, (8000.0, 10.0), strict=True))
    (picture,) = duration_pictures(park, never, always)
    assert picture.title == "Load-duration: steam from boilers"
    assert [trace.name for trace in picture.figure.data] == ["as it is", "with the design"]
    assert list(picture.figure.data[0].x) == [0.0, 10.0, 8000.0]
    assert list(picture.figure.data[0].y) == [10.0, 10.0, 5.0]
    assert duration_pictures(park, never, None) == []
