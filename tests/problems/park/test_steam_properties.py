"""Water and steam by IAPWS-IF97 against its published check values."""

import csv

import pytest

from loopwise.problems.park import steam_properties as steam
from loopwise.problems.units import ATMOSPHERE_BAR
from tests.shared_cases import shared_case


def test_published_check_values_of_if97() -> None:
    with shared_case("steam/iapws97_check_values.csv").open(encoding="utf-8") as file:
        published = {row[1]: row[2] for row in csv.reader(file)}
    gauge = lambda mpa: 10.0 * mpa - ATMOSPHERE_BAR  # noqa: E731
    checks = {
        '_Region1(300,3)["h"]': steam.enthalpy(gauge(3.0), 300 - 273.15),
        '_Region1(300,80)["s"]': steam.entropy(gauge(80.0), 300 - 273.15),
        '_Region2(700,30)["h"]': steam.enthalpy(gauge(30.0), 700 - 273.15),
        '_Region2(700,0.0035)["s"]': steam.entropy(gauge(0.0035), 700 - 273.15),
        "_PSat_T(500)": (steam.saturation_pressure(500 - 273.15) + ATMOSPHERE_BAR) / 10.0,
        "_TSat_P(10)": steam.saturation_temperature(gauge(10.0)) + 273.15,
    }
    for name, computed in checks.items():
        assert computed == pytest.approx(float(published[name]), rel=1e-8), name


def test_ideal_expansion_keeps_entropy() -> None:
    inlet = steam.enthalpy(40.0, 450.0)
    ideal = steam.isentropic_enthalpy(40.0, inlet, 10.0)
    low, high = steam.saturation_temperature(10.0), 450.0
    for _ in range(60):  # temperature of the outlet, by bisection on enthalpy
        middle = 0.5 * (low + high)
        low, high = (middle, high) if steam.enthalpy(10.0, middle) < ideal else (low, middle)
    assert steam.entropy(10.0, low) == pytest.approx(steam.entropy(40.0, 450.0), rel=2e-5)
