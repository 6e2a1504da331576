"""How much power a park's steam could give on its way down to where it is used: the cogeneration target."""

from __future__ import annotations

from collections import defaultdict

from ..problems.heat.cogeneration import CogenerationTarget, SteamLevel, cogeneration_target
from ..problems.heat.total_site import TotalSiteTargets
from ..problems.park import steam_properties as steam
from ..problems.park.case import ParkCase
from ..problems.park.header import Header
from ..problems.units import ATMOSPHERE_BAR

EFFICIENCY = 0.75  # isentropic, of every stage
SAME = 0.5  # K within which a main boils as a header does


def park_cogeneration(case: ParkCase, site: TotalSiteTargets) -> CogenerationTarget | None:
    """Steam of the highest header expanded to every lower one, for its users and for what mains give to streams.

    All at throughput 1, mains as the total site target uses them. None in a park with steam of one pressure.
    """
    headers = _headers(case)
    pressures = sorted({header.pressure for header in headers}, reverse=True)
    if len(pressures) < 2:
        return None
    used = defaultdict[float, float](float)
    for system in case.steam_systems.values():
        for use in system.steam_uses.values():
            header = system.headers[use.header]
            used[header.pressure] += use.heat.nominal if use.heat is not None else 0.0
            if use.flow is not None:
                per_steam = header.enthalpy - steam.saturated_liquid(header.pressure)
                used[header.pressure] += use.flow.nominal * per_steam * steam.MW_PER_T_AND_KJ_PER_KG
    for k, main in enumerate(site.mains):
        at = [p for p in pressures if abs(steam.saturation_temperature(p) - main.hot_end) < SAME]
        if at and main.hot_end == main.cold_end:
            used[at[0]] += float(site.use[:, k].sum() - site.generation[:, k].sum())
    top = max(headers, key=lambda header: (header.pressure, header.state_temperature))
    levels = [SteamLevel(f"{p:g} barg", p + ATMOSPHERE_BAR, used[p]) for p in pressures[1:]]
    return cogeneration_target(
        levels,
        pressure=top.pressure + ATMOSPHERE_BAR,
        temperature=top.state_temperature,
        isentropic_efficiency=EFFICIENCY,
    )


def cogeneration_words(case: ParkCase, site: TotalSiteTargets) -> str:
    """The target in a sentence; empty where there is none."""
    target = park_cogeneration(case, site)
    if target is None:
        return ""
    top = max(_headers(case), key=lambda header: header.pressure)
    return (
        f" Steam of {top.pressure:.3g} barg and {top.state_temperature:.0f} °C that expands to where streams and other "
        f"users take it could give {target.total_power:,.3g} MW of power (cogeneration target at an isentropic "
        f"efficiency of {EFFICIENCY:.0%})."
    )


def _headers(case: ParkCase) -> list[Header]:
    return [header for system in case.steam_systems.values() for header in system.headers.values()]
