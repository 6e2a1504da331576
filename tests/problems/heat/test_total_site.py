"""Total site: the published rows, the second law in every plant, and cogeneration by energy and mass balance."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from loopwise.problems.heat import HeatDataError, HeatRecoveryProblem, HeatStream, Side, place_utilities, problem_table
from loopwise.problems.heat.cogeneration import SteamLevel, cogeneration_target
from loopwise.problems.heat.total_site import Main, main_profiles, site_profiles, total_site_targets
from loopwise.problems.steam_tables import saturated_liquid, saturation_temperature, steam_enthalpy
from tests.problems.heat.targets_set import expected_targets, mains_of, site_of, utilities_of

# Where the published graphical placement leaves recovery on the table: hot water whose heat is spread over a range.
# Their hot utility [kW] against the optimum of the linear program, which the test below proves to be feasible.
IMPROVED = {"p_pulp_mill.json": (180_094.613, 178_242.515), "p_Varbanov et al.json": (300.649927, 223.761164)}


@pytest.mark.parametrize("row", expected_targets("Total Process Target"), ids=lambda row: row.file)
def test_plants_on_their_own(row) -> None:
    site = site_of(row)
    tables = [problem_table(site.of_plant(plant)) for plant in site.plants]
    assert sum(table.hot_utility for table in tables) == pytest.approx(row.hot, abs=1e-6)
    assert sum(table.cold_utility for table in tables) == pytest.approx(row.cold, abs=1e-6)


@pytest.mark.parametrize("row", expected_targets("Total Site Target"), ids=lambda row: row.file)
def test_total_site_rows(row) -> None:
    site, mains = site_of(row), mains_of(row)
    targets = total_site_targets(site, mains)
    if row.file in IMPROVED:
        published, ours = IMPROVED[row.file]
        assert row.hot == pytest.approx(published, abs=1e-3)
        assert targets.hot_utility == pytest.approx(ours, abs=1e-3)
        assert targets.direct <= targets.hot_utility <= row.hot
    else:
        assert targets.hot_utility == pytest.approx(row.hot, abs=1e-6)
        assert targets.cold_utility == pytest.approx(row.cold, abs=1e-6)
        assert targets.heat_recovery == pytest.approx(row.recovery, abs=1e-6)
    # Feasibility without the linear program: with the mains' heat as streams, the plants' own cascades need no more
    # outside heat than the target says, and the mains are fed with what is drawn from them.
    outside = 0.0
    for p, plant in enumerate(targets.plants):
        streams = list(site.of_plant(plant).streams)
        for m, main in enumerate(targets.mains):
            for side, duty in ((Side.HOT, targets.use[p, m]), (Side.COLD, targets.generation[p, m])):
                if duty > 0:
                    streams.append(main.utility(side).stream(float(duty)))
        outside += problem_table(HeatRecoveryProblem(tuple(streams))).hot_utility
    assert outside + targets.boiler.sum() == pytest.approx(targets.hot_utility, abs=1e-5)
    fed = targets.boiler + targets.generation.sum(axis=0) + np.concatenate([[0.0], targets.letdown[:-1]])
    drawn = targets.use.sum(axis=0) + targets.letdown + targets.rejected
    assert fed == pytest.approx(drawn, abs=1e-5)


@pytest.mark.parametrize("row", expected_targets("Total Site Target"), ids=lambda row: row.file)
def test_published_rows_keep_every_plant_at_its_own_least_heat(row) -> None:
    """The published rule, by which all rows come out: no plant draws more than on its own, of the coldest utility that
    serves, and gives to the hottest that takes; then what plants give to a main is netted with what they draw.

    Where the linear program needs less, a plant draws more than its least from a main whose heat spans its pinch.
    """
    site, mains, drawn = site_of(row), {m.name: m for m in mains_of(row)}, defaultdict[str, float](float)
    ranked = sorted(utilities_of(row), key=lambda u: u.supply)
    priced = tuple(
        replace(u, price=1.0 + 1e-3 * k if u.side is Side.HOT else 1e-6 * (len(ranked) - k))
        for k, u in enumerate(ranked)
    )
    for plant in site.plants:
        own = replace(site.of_plant(plant), utilities=priced)
        found = place_utilities(own)
        assert found.hot == pytest.approx(problem_table(own).hot_utility, rel=1e-7, abs=1e-6)
        for utility, duty in zip(priced, found.duties, strict=True):
            sign, name = (1.0, utility.name[4:]) if utility.side is Side.HOT else (-1.0, utility.name[5:])
            if sign > 0.0 or name in mains:
                drawn[name] += sign * duty
    outside, surplus = sum(duty for name, duty in drawn.items() if name not in mains), 0.0
    for name in sorted(mains, key=lambda name: -mains[name].hot_end):
        surplus -= drawn[name]
        outside, surplus = outside - min(surplus, 0.0), max(surplus, 0.0)
    assert outside == pytest.approx(row.hot, rel=1e-7, abs=1e-5)


def two_plants() -> HeatRecoveryProblem:
    """A gives off 100 from 200 to 100 degC, B needs 80 from 60 to 140 degC."""
    return HeatRecoveryProblem(
        (
            HeatStream.simple("H", 200, 100, duty=100.0, plant="A"),
            HeatStream.simple("C", 60, 140, duty=80.0, plant="B"),
        ),
        approach_temperature=10.0,
    )


def test_a_steam_main_carries_what_its_temperature_allows() -> None:
    """Steam at 150: A raises it while hotter than 155, 45; B can use all; the rest is heated from outside."""
    targets = total_site_targets(two_plants(), [Main("steam", 150, 150)])
    assert targets.generation[0, 0] == pytest.approx(45.0)
    assert targets.hot_utility == pytest.approx(35.0)
    assert targets.without_mains == pytest.approx(80.0)
    assert targets.direct == pytest.approx(0.0)


def test_heat_only_falls_from_main_to_main() -> None:
    """With a second main at 105 degC the lower part of A's heat reaches B's lower part, never the other way."""
    mains = [Main("low", 105, 105), Main("high", 150, 150)]
    targets = total_site_targets(two_plants(), mains)
    assert [main.name for main in targets.mains] == ["high", "low"]
    # 105 degC heats B to 100 degC: 40; the remaining 40 from 100 to 140 degC come from the high main.
    assert targets.hot_utility == pytest.approx(0.0, abs=1e-9)
    assert np.all(targets.letdown >= 0)


def test_profiles_hold_what_plants_cannot_recover() -> None:
    profiles = site_profiles(two_plants())
    assert profiles.source.heat[-1] == pytest.approx(100.0)
    assert profiles.sink.heat[-1] == pytest.approx(80.0)
    assert (profiles.source.temperature[0], profiles.source.temperature[-1]) == (95.0, 195.0)


def test_mains_need_names_of_their_own() -> None:
    with pytest.raises(HeatDataError, match="share a name"):
        total_site_targets(two_plants(), [Main("a", 150, 150), Main("a", 120, 120)])


def test_steam_tables_against_if97() -> None:
    """IAPWS-IF97 (2007 release), tables 5 and 36: h(3 MPa, 500 K), saturation temperature at 1 MPa."""
    assert steam_enthalpy(30.0, 226.85) == pytest.approx(975.542239, abs=1e-5)
    assert saturation_temperature(10.0) + 273.15 == pytest.approx(453.035632, abs=1e-5)
    assert steam_enthalpy(0.035, 26.85) == pytest.approx(2549.91145, abs=1e-4)


@pytest.mark.parametrize("net_use", [(10.0, 4.0, 5.0), (10.0, -2.0, 5.0), (10.0, -8.0, 5.0), (-3.0, 1.0, 1.0)])
def test_cogeneration_closes_its_balances(net_use: tuple[float, float, float]) -> None:
    levels = [SteamLevel(f"{p} bar", p, use) for p, use in zip((11.0, 4.0, 2.0), net_use, strict=True)]
    target = cogeneration_target(levels, pressure=41.0, temperature=400.0, isentropic_efficiency=0.75)
    assert target.boiler_heat == pytest.approx(sum(net_use) + target.total_power + target.condensed, abs=1e-9)
    assert np.all(target.flow >= 0)
    liquid = np.array([saturated_liquid(level.pressure) for level in levels])
    mass = 1000 * np.array(net_use) / (target.enthalpy - liquid)
    assert np.all(target.flow - np.append(target.flow[1:], 0.0) - mass >= -1e-9)


def test_an_ideal_turbine_makes_more() -> None:
    levels = [SteamLevel("low", 4.0, 10.0)]
    powers = [
        cogeneration_target(levels, pressure=41.0, temperature=400.0, isentropic_efficiency=e).total_power
        for e in (0.5, 0.75, 1.0)
    ]
    assert powers == sorted(powers)
    with pytest.raises(HeatDataError, match="must fall"):
        cogeneration_target(levels, pressure=3.0, temperature=400.0)


def test_mains_lie_between_what_is_given_and_what_is_taken() -> None:
    """At equal heat the source is hotter than the mains that take it, which give to a sink that is colder."""
    site = two_plants()
    profiles = site_profiles(site)
    targets = total_site_targets(site, [Main("high", 150, 150), Main("low", 105, 105)])
    passed = main_profiles(site, targets, profiles)
    assert passed.source.heat[-1] == pytest.approx(profiles.source.heat[-1])
    assert passed.sink.heat[-1] == pytest.approx(80.0)
    for heat in np.linspace(21.0, 99.0, 40):
        assert profiles.source.temperature_at(heat) >= passed.source.temperature_at(heat) - 1e-9
    for heat in np.linspace(1.0, 79.0, 40):
        assert passed.sink.temperature_at(heat) >= profiles.sink.temperature_at(heat) - 1e-9
