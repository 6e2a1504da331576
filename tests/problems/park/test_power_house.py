"""The library's power house: its records are made as they say, its periods are theirs, its years come of them."""

import gzip

import numpy as np
import pytest

from loopwise.problems.case_file import load_case
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.problem import park_problem
from tests.power_house_records import FILE, records, text


@pytest.fixture(scope="module")
def case() -> ParkCase:
    loaded = load_case("power-house")
    assert isinstance(loaded, ParkCase)
    return loaded


def test_the_records_are_made_as_they_say() -> None:
    assert gzip.decompress(FILE.read_bytes()).decode() == text()


def test_periods_are_means_of_the_records(case: ParkCase) -> None:
    steam, temperature = records()
    day, hour = np.arange(len(steam)) / 96.0, np.arange(len(steam)) % 96 / 4.0
    winter, light = (day < 105) | (day >= 288), (hour >= 6) & (hour < 22)
    heat = case.steam_systems["factory"].steam_uses["processes"].heat
    assert heat is not None
    assert case.weather is not None
    for season, cold in (("winter", winter), ("summer", ~winter)):
        for block, at in (("day", light), ("night", ~light)):
            mask, name = cold & at, f"{season} {block}"
            assert case.periods[name].share == pytest.approx(mask.mean(), abs=2e-3)
            assert heat.profile[name] == pytest.approx(steam[mask].mean(), abs=5e-3)
            assert case.weather.temperature.at(name) == pytest.approx(temperature[mask].mean(), abs=0.1)


def test_years_of_the_records_enter_every_scenario(case: ParkCase) -> None:
    """Steam and weather spread as yearly means of blocks do, far less than quarter hours, around the case's numbers."""
    source = case.uncertainty.source
    xi = source.draw(0, 400, count=400, seed=1, sampling="latin-hypercube")
    steam, anomaly = (xi[:, source.names.index(name)] for name in ("steam", "weather"))
    quarter_hours, temperatures = records()
    assert steam.mean() == pytest.approx(1.0, abs=0.01)
    assert anomaly.mean() == pytest.approx(0.0, abs=0.15)
    assert 0.003 < steam.std() < 0.2 * quarter_hours.std()
    assert 0.1 < anomaly.std() < 0.2 * temperatures.std()
    assert np.corrcoef(steam, anomaly)[0, 1] == pytest.approx(-0.3, abs=0.1)
    problem = park_problem(case).problem
    for element in ("steam", "weather"):  # what is drawn, and what is heated and cooled by the air
        two = np.tile(source.means, (2, 1))
        two[1, source.names.index(element)] += 0.01
        parts = problem.realize(two, np.full(2, 0.5)).parts
        assert any(np.ptp(values, axis=0).max() > 0.0 for values in parts.values()), element
