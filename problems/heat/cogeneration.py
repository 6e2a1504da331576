"""Cogeneration target: the power that steam can make on its way from the boiler to the mains that need its heat.

Steam expands from main to main in stages of one isentropic efficiency, so each main has the enthalpy that arrives
there; process steam is raised to that enthalpy. Mass follows from heat, work from mass (the top-down, mass-based
form of Mavromatis and Kokossis 1998, DOI 10.1016/S0009-2509(97)00431-4, without their regression of the losses).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..steam_tables import saturated_liquid, steam_after_expansion, steam_enthalpy
from .streams import HeatDataError
from .temperature_intervals import Floats


@dataclass(frozen=True)
class SteamLevel:
    """A header: `pressure` [bar absolute] and the heat [MW] that processes draw from it, less what they feed to it."""

    name: str
    pressure: float
    net_use: float


@dataclass(frozen=True)
class CogenerationTarget:
    """`power` [MW] by stage (L,), mass flows [kg/s] into each stage (L,), heat [MW] the boiler adds to feedwater.

    Stage l expands from the level above to level l; stage 0 from the boiler. `condensed` [MW] is surplus heat of
    the lowest level. Energy closes: boiler_heat + fed by processes = drawn by processes + power + condensed.
    """

    power: Floats
    flow: Floats
    enthalpy: Floats
    boiler_heat: float
    condensed: float

    @property
    def total_power(self) -> float:
        """Power [MW] of all stages."""
        return float(self.power.sum())


def cogeneration_target(
    levels: Sequence[SteamLevel], *, pressure: float, temperature: float, isentropic_efficiency: float = 0.75
) -> CogenerationTarget:
    """Power target for steam made at `pressure` [bar absolute] and `temperature` [degC], condensate returned saturated.

    `levels` from high to low pressure. Condensate of each level returns as saturated liquid of that level and is
    heated on in the boiler from there. Raises HeatDataError where pressures do not fall or the efficiency is not in
    (0, 1].
    """
    pressures = [pressure, *(level.pressure for level in levels)]
    found: list[str] = []
    if any(low >= high for high, low in itertools.pairwise(pressures)):
        found.append(f"steam pressures must fall from the boiler down, got {pressures} bar")
    if not 0 < isentropic_efficiency <= 1:
        found.append(f"isentropic efficiency {isentropic_efficiency:g} is not in (0, 1]")
    if found:
        raise HeatDataError(found)
    live = steam_enthalpy(pressure, temperature)
    enthalpy = np.zeros(len(levels))
    drop = np.zeros(len(levels))
    above, at = live, pressure
    for k, level in enumerate(levels):
        enthalpy[k] = steam_after_expansion(at, above, level.pressure, isentropic_efficiency)
        drop[k] = above - enthalpy[k]
        above, at = float(enthalpy[k]), level.pressure
    liquid = np.array([saturated_liquid(level.pressure) for level in levels])
    use = np.array([level.net_use for level in levels])
    mass = use * 1000.0 / (enthalpy - liquid)  # [kg/s], negative where processes feed the header
    flow = np.zeros(len(levels))
    carried = 0.0
    for k in range(len(levels) - 1, -1, -1):
        # Surplus cannot climb: what a level makes beyond all needs below it is condensed there.
        carried = mass[k] + carried
        flow[k] = max(carried, 0.0)
        carried = flow[k]
    below = np.concatenate([flow[1:], [0.0]])
    surplus = flow - below - mass
    boiler_heat = _boiler_heat(live, flow, mass, surplus, enthalpy, liquid)
    return CogenerationTarget(
        power=flow * drop / 1000.0,
        flow=flow,
        enthalpy=enthalpy,
        boiler_heat=boiler_heat,
        condensed=float(np.sum(surplus * (enthalpy - liquid)) / 1000.0),
    )


def _boiler_heat(live: float, flow: Floats, mass: Floats, surplus: Floats, enthalpy: Floats, liquid: Floats) -> float:
    """Heat [MW] to make the live steam from returned condensate; condensate that processes evaporate leaves first."""
    if not len(flow):
        return 0.0
    returned = float(np.sum((mass + surplus) * liquid))
    return float(flow[0] * live - returned) / 1000.0
