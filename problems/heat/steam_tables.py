"""Steam by IAPWS-IF97 through CoolProp: the few states that targets need. Pressures [bar absolute], kJ/kg, degC."""

from __future__ import annotations

from CoolProp.CoolProp import PropsSI

WATER = "IF97::Water"
PASCAL_PER_BAR = 1e5
KELVIN = 273.15


def saturation_temperature(pressure: float) -> float:
    """Boiling temperature [degC]."""
    return float(PropsSI("T", "P", pressure * PASCAL_PER_BAR, "Q", 0, WATER)) - KELVIN


def saturated_liquid(pressure: float) -> float:
    """Enthalpy [kJ/kg] of condensate at its boiling point."""
    return float(PropsSI("H", "P", pressure * PASCAL_PER_BAR, "Q", 0, WATER)) / 1000.0


def steam_enthalpy(pressure: float, temperature: float) -> float:
    """Enthalpy [kJ/kg] of superheated steam."""
    return float(PropsSI("H", "P", pressure * PASCAL_PER_BAR, "T", temperature + KELVIN, WATER)) / 1000.0


def steam_after_expansion(pressure: float, enthalpy: float, outlet_pressure: float, efficiency: float) -> float:
    """Enthalpy [kJ/kg] after a turbine of the given isentropic efficiency."""
    entropy = PropsSI("S", "P", pressure * PASCAL_PER_BAR, "H", enthalpy * 1000.0, WATER)
    ideal = float(PropsSI("H", "P", outlet_pressure * PASCAL_PER_BAR, "S", entropy, WATER)) / 1000.0
    return enthalpy - efficiency * (enthalpy - ideal)
