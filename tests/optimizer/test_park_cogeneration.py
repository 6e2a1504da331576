"""The cogeneration target of a park, worked out anew from the steam tables, stage by stage."""

import pytest

from loopwise.optimizer.park_cogeneration import cogeneration_words, park_cogeneration
from loopwise.optimizer.park_heat import site_mains, site_problem
from loopwise.problems.case_file import load_case
from loopwise.problems.heat.total_site import total_site_targets
from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.problem import park_problem


def test_power_of_steam_on_its_way_to_where_it_is_used() -> None:
    """Steam of 40 bar and 400 degC through every pressure of the park: what passes a stage serves all below it."""
    park = park_problem(load_case("guangzhou"))
    site = total_site_targets(site_problem(park), site_mains(park))
    found = park_cogeneration(park.case, site)
    assert found is not None
    headers = [header for system in park.case.steam_systems.values() for header in system.headers.values()]
    pressures = sorted({header.pressure for header in headers}, reverse=True)
    top = max(headers, key=lambda header: header.pressure)
    enthalpy, at, power = top.enthalpy, top.pressure, 0.0
    needed = []
    for pressure in pressures[1:]:
        heat = sum(
            use.flow.nominal * (header.enthalpy - steam.saturated_liquid(pressure)) / 3600
            for system in park.case.steam_systems.values()
            for use in system.steam_uses.values()
            for header in [system.headers[use.header]]
            if use.flow is not None and header.pressure == pressure
        )
        boiling = steam.saturation_temperature(pressure)
        heat += sum(
            (site.use - site.generation)[:, k].sum()
            for k, m in enumerate(site.mains)
            if abs(m.hot_end - boiling) < 1e-6
        )
        down = enthalpy - 0.75 * (enthalpy - steam.isentropic_enthalpy(at, enthalpy, pressure))
        needed.append((heat * 1000 / (down - steam.saturated_liquid(pressure)), enthalpy - down))
        enthalpy, at = down, pressure
    for k in range(len(needed)):
        power += needed[k][1] * sum(mass for mass, _ in needed[k:]) / 1000
    assert found.total_power == pytest.approx(power, rel=1e-6)
    assert 3.0 < power < 15.0
    assert f"{power:.3g} MW of power" in cogeneration_words(park.case, site)


def test_a_park_with_steam_of_one_pressure_has_no_target() -> None:
    park = park_problem(load_case("two-plants-heat"))
    assert isinstance(park.case, ParkCase)
    site = total_site_targets(site_problem(park), site_mains(park))
    assert park_cogeneration(park.case, site) is None
    assert cogeneration_words(park.case, site) == ""
