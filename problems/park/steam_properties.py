"""Water and steam by IAPWS-IF97 through CoolProp, in the units of case files: bar gauge, degC, kJ/kg, kJ/(kg K).

Source: IAPWS R7-97(2012), http://www.iapws.org/relguide/IF97-Rev.html. Valid to 1000 bar and 800 degC.
"""

from __future__ import annotations

from .. import steam_tables
from ..units import ATMOSPHERE_BAR

MW_PER_T_AND_KJ_PER_KG = 1.0 / 3600.0  # 1 t/h at 1 kJ/kg carries 1/3600 MW


def saturation_temperature(pressure: float) -> float:
    """Boiling temperature [degC] at a pressure [barg]."""
    return steam_tables.saturation_temperature(pressure + ATMOSPHERE_BAR)


def saturation_pressure(temperature: float) -> float:
    """Boiling pressure [barg] at a temperature [degC]."""
    return steam_tables.saturation_pressure(temperature) - ATMOSPHERE_BAR


def enthalpy(pressure: float, temperature: float) -> float:
    """Enthalpy [kJ/kg] of water or steam away from saturation, at [barg] and [degC]."""
    return steam_tables.steam_enthalpy(pressure + ATMOSPHERE_BAR, temperature)


def entropy(pressure: float, temperature: float) -> float:
    """Entropy [kJ/(kg K)] of water or steam away from saturation, at [barg] and [degC]."""
    pascal = (pressure + ATMOSPHERE_BAR) * steam_tables.PASCAL_PER_BAR
    return steam_tables.property_si("S", "P", pascal, "T", temperature + steam_tables.KELVIN) / 1000.0


def saturated_liquid(pressure: float) -> float:
    """Enthalpy [kJ/kg] of boiling water at a pressure [barg]."""
    return steam_tables.saturated_liquid(pressure + ATMOSPHERE_BAR)


def saturated_steam(pressure: float) -> float:
    """Enthalpy [kJ/kg] of dry saturated steam at a pressure [barg]."""
    pascal = (pressure + ATMOSPHERE_BAR) * steam_tables.PASCAL_PER_BAR
    return steam_tables.property_si("H", "P", pascal, "Q", 1) / 1000.0


def liquid(temperature: float) -> float:
    """Enthalpy [kJ/kg] of water at its boiling pressure; that of colder water under pressure differs by < 1%."""
    kelvin = temperature + steam_tables.KELVIN
    return steam_tables.property_si("H", "T", kelvin, "Q", 0) / 1000.0


def isentropic_enthalpy(pressure: float, inlet_enthalpy: float, outlet_pressure: float) -> float:
    """Enthalpy [kJ/kg] after an ideal expansion from [barg] and [kJ/kg] to [barg]."""
    return steam_tables.steam_after_expansion(
        pressure + ATMOSPHERE_BAR, inlet_enthalpy, outlet_pressure + ATMOSPHERE_BAR, 1.0
    )
