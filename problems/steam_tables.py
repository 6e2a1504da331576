"""Steam by IAPWS-IF97 through CoolProp: the few states that targets need. Pressures [bar absolute], kJ/kg, degC."""

from __future__ import annotations

from functools import cache
from typing import Any

WATER = "IF97::Water"
PASCAL_PER_BAR = 1e5
KELVIN = 273.15


def property_si(*arguments: object) -> float:
    """CoolProp's `PropsSI` for water, in SI units: what is wanted, then name and value of two known properties."""
    return float(_coolprop()(*arguments, WATER))


@cache
def _coolprop() -> Any:
    """Imported when the first steam is met: loading its fluids takes two seconds."""
    from CoolProp.CoolProp import PropsSI

    return PropsSI


def saturation_temperature(pressure: float) -> float:
    """Boiling temperature [degC]."""
    return property_si("T", "P", pressure * PASCAL_PER_BAR, "Q", 0) - KELVIN


def saturation_pressure(temperature: float) -> float:
    """Pressure [bar absolute] at which water boils at a temperature [degC]."""
    return property_si("P", "T", temperature + KELVIN, "Q", 0) / PASCAL_PER_BAR


def saturated_liquid(pressure: float) -> float:
    """Enthalpy [kJ/kg] of condensate at its boiling point."""
    return property_si("H", "P", pressure * PASCAL_PER_BAR, "Q", 0) / 1000.0


def steam_enthalpy(pressure: float, temperature: float) -> float:
    """Enthalpy [kJ/kg] of superheated steam."""
    return property_si("H", "P", pressure * PASCAL_PER_BAR, "T", temperature + KELVIN) / 1000.0


def steam_after_expansion(pressure: float, enthalpy: float, outlet_pressure: float, efficiency: float) -> float:
    """Enthalpy [kJ/kg] after a turbine of the given isentropic efficiency."""
    entropy = property_si("S", "P", pressure * PASCAL_PER_BAR, "H", enthalpy * 1000.0)
    ideal = property_si("H", "P", outlet_pressure * PASCAL_PER_BAR, "S", entropy) / 1000.0
    return enthalpy - efficiency * (enthalpy - ideal)
