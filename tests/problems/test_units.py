"""Quantities convert to the documented unit and refuse everything else with words."""

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from loopwise.problems import units


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        (units.WaterFlow, 40, 40.0),
        (units.WaterFlow, "40", 40.0),
        (units.WaterFlow, "4e1", 40.0),
        (units.WaterFlow, "40 m3/h", 40.0),
        (units.WaterFlow, "48 m³/d", 2.0),
        (units.WaterFlow, "11.111111111111111 kg/s", 40.0),
        (units.WaterGain, "-2 t/h", -2.0),
        (units.Concentration, "50 ppm", 50.0),
        (units.Concentration, "50 g/m3", 50.0),
        (units.Concentration, "0.05 kg/t", 50.0),
        (units.Pressure, "8 barg", 8.0),
        (units.Pressure, "8 bara", 8.0 - 1.01325),
        (units.Pressure, "800 kPa(g)", 8.0),
        (units.Temperature, "150 °C", 150.0),
        (units.Temperature, "423.15 K", 150.0),
        (units.TemperatureDifference, "10 degC", 10.0),
        (units.TemperatureDifference, "18 degF", 10.0),
        (units.HeatCapacityFlow, "30 kW/°C", 0.03),
        (units.SpecificPower, "1.2 kWh/m3", 1.2),
        (units.WaterPrice, "0.5 USD/m3", 0.5),
        (units.WaterPrice, "0.5 $/m3", 0.5),
        (units.EnergyPrice, "0.6 USD/kWh", 600.0),
        (units.Investment, "1.2 million USD", 1.2e6),
        (units.InvestmentPerFlow, "1000 USD/(m3/h)", 1000.0),
        (units.AnnualRate, "5 %/year", 0.05),
        (units.Fraction, "85 %", 0.85),
        (units.EmissionFactor, "0.57 kgCO2e/kWh", 0.57),
        (units.Power, "3.6 GJ/h", 1.0),
        (units.Hours, "1 year", 8760.0),
        (units.AnnualMass, "1 t/h", 8760.0),
    ],
)
def test_reads(kind: object, typed: object, expected: float) -> None:
    assert TypeAdapter(kind).validate_python(typed, context={"currency": "USD"}) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (units.WaterFlow, "8 barg", "a water flow in t/h"),
        (units.WaterFlow, "40 t/hh", "the unit is unknown"),
        (units.WaterFlow, "1,000 t/h", "cannot be read"),
        (units.WaterFlow, "40 __import__('os')", "cannot be read"),
        (units.WaterFlow, "many", "a number, or a number and a unit"),
        (units.WaterFlow, "{x}", "(x)"),
        (units.WaterFlow, True, "expected a water flow"),
        (units.WaterFlow, float("nan"), "finite"),
        (units.WaterFlow, float("inf"), "finite"),
        (units.WaterFlow, -3, "at least 0"),
        (units.WaterFlow, [1], "expected a water flow"),
        (units.MassFlow, "40 m3/h", "a mass flow in t/h or a unit that converts to it"),  # steam is not water at 1 t/m3
        (units.Pressure, "8 bar", "gauge or absolute"),
        (units.Fraction, 1.2, "at most 1"),
        (units.Lifetime, 0, "above 0"),
        (units.WaterPrice, "0.5 EUR/m3", "the case counts in USD"),
        (units.Temperature, "-300 degC", "at least -273.15"),
    ],
)
def test_refuses(kind: object, typed: object, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(typed, context={"currency": "USD"})
    (error,) = caught.value.errors()
    assert error["type"] == "quantity"
    assert words in error["msg"]


def test_renminbi_has_two_codes() -> None:
    price = TypeAdapter(units.WaterPrice).validate_python("3.5 RMB/m3", context={"currency": "CNY"})
    assert price == pytest.approx(3.5)


def test_nearest_unit_is_suggested() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(units.Power).validate_python("3 MWx")
    assert caught.value.errors()[0]["ctx"]["suggestion"] in ("MW", "MWh")


def test_schema_carries_the_unit() -> None:
    class Pump(BaseModel):
        power: units.Power

    assert Pump.model_json_schema()["properties"]["power"] | {} == {
        "minimum": 0.0,
        "quantity": "power or heat flow",
        "title": "Power",
        "type": ["number", "string"],
        "unit": "MW",
    }
