"""Exergy of heat, water and steam: what work they could do beside surroundings at 25 degC and 1 atm.

    heat:            q (1 - T0 / T)
    water, steam:    (h - h0) - T0 (s - s0)                            [kJ/kg], by IAPWS-IF97

What a unit's inflows bring less what its outflows take is destroyed in it: T0 times the entropy that it generates,
never negative. Kotas 1985, The Exergy Method of Thermal Plant Analysis (Butterworths), chapter 2.
"""

from __future__ import annotations

from functools import cache

from ..steam_tables import KELVIN, PASCAL_PER_BAR, property_si
from ..units import ATMOSPHERE_BAR
from . import steam_properties as steam

AMBIENT = 298.15  # K; units that meet the air have the scenario's own


def of_heat(temperature: float) -> float:
    """Exergy per heat at a temperature [K]; negative below that of the surroundings: there cold is worth something."""
    return 1.0 - AMBIENT / temperature


@cache
def of_steam(pressure: float, temperature: float) -> float:
    """[kJ/kg] away from saturation, at [barg] and [degC]."""
    return _flow(steam.enthalpy(pressure, temperature), steam.entropy(pressure, temperature))


@cache
def of_saturated_steam(pressure: float) -> float:
    """[kJ/kg] of dry saturated steam at [barg]."""
    return _flow(steam.saturated_steam(pressure), _entropy("P", (pressure + ATMOSPHERE_BAR) * PASCAL_PER_BAR, 1))


@cache
def of_boiling_water(pressure: float) -> float:
    """[kJ/kg] at [barg]."""
    return _flow(steam.saturated_liquid(pressure), _entropy("P", (pressure + ATMOSPHERE_BAR) * PASCAL_PER_BAR, 0))


@cache
def of_water(temperature: float) -> float:
    """[kJ/kg] at a temperature [degC], at its boiling pressure as `steam_properties.liquid`."""
    return _flow(steam.liquid(temperature), _entropy("T", temperature + KELVIN, 0))


@cache
def of_water_with(enthalpy: float) -> float:
    """[kJ/kg] of boiling water of a known enthalpy [kJ/kg]."""
    low, high = 0.01, 373.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if steam.liquid(middle) < enthalpy else (low, middle)
    return of_water(low)


@cache
def of_pumped_water(pressure: float, enthalpy: float) -> float:
    """[kJ/kg] of water pumped to [barg], of an enthalpy [kJ/kg] that leaves the work of its pump out."""
    pascal = (pressure + ATMOSPHERE_BAR) * PASCAL_PER_BAR
    return _flow(enthalpy, property_si("S", "P", pascal, "H", 1000.0 * enthalpy) / 1000.0)


def _entropy(name: str, value: float, quality: int) -> float:
    """[kJ/(kg K)] of saturated water or steam."""
    return property_si("S", name, value, "Q", quality) / 1000.0


def _flow(enthalpy: float, entropy: float) -> float:
    still_enthalpy, still_entropy = _surroundings()
    return enthalpy - still_enthalpy - AMBIENT * (entropy - still_entropy)


@cache
def _surroundings() -> tuple[float, float]:
    at = AMBIENT - KELVIN
    return steam.enthalpy(0.0, at), steam.entropy(0.0, at)
