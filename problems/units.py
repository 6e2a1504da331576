"""Quantities of a case file: a number in the documented unit, or a string with a unit that is converted to it.

    class Boiler(BaseModel):
        capacity: MassFlow            # 40  |  "40 t/h"  |  "11.1 kg/s"

Each type carries its unit into the JSON schema, from which the reference page is generated. Water is taken as 1 t/m3,
so that `1.2 kWh/m3`, `0.5 USD/m3` and `mg/L` = `g/m3` = `ppm` by mass work; a year has 8760 hours. Amounts of money are
in the currency of the case, which validation finds in its context (`{"currency": "CNY"}`); others are refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .errors import nearest

if TYPE_CHECKING:
    import pint

_CODES = """
AED ARS AUD BDT BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KES KRW KWD LKR MAD MXN MYR NGN NOK
NZD OMR PEN PHP PKR PLN QAR RMB RON RUB SAR SEK SGD THB TND TRY TWD UAH USD VND ZAR
"""
CURRENCIES = frozenset(_CODES.split())
_COMMON = """
t/h kg/h kg/s m3/h m3/d t/d t/year L/s mg/L g/L g/m3 ppm ppb kg/t kg/d degC degF K barg bara kPag psig MW kW GW MWh kWh
GJ MJ GJ/h kW/K MW/K kW/m2/K W/m2/K kWh/m3 kWh/t W/m km m year h d % 1/year %/year t/MWh kg/kWh kg/GJ MWh/t GJ/t MJ/kg
"""
COMMON_UNITS = tuple(_COMMON.split())
ATMOSPHERE_BAR = 1.01325

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$", re.DOTALL)
_CURRENCY = re.compile(r"(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])")
_PREFIXED_TIME = re.compile(r"[^_]+(minute|hour|day|week|month|year)$")  # "hh" would be a hectohour
_PRESSURE = re.compile(r"(bar|mbar|kPa|MPa|Pa|psi|atm)\s*\(?(g|a|abs|gauge)?\)?$")
_SPELLINGS = (
    (re.compile(r"\s*CO2(e|eq)?\b"), ""),  # t CO2, kgCO2e/kWh
    (re.compile(r"°\s?([CF])"), r"deg\1"),
    (re.compile(r"\b([kcmd]?m)([23])\b"), r"\1**\2"),  # m3, km2
    (re.compile("€"), "EUR"),
    (re.compile(r"(?<![A-Za-z])(US)?\$"), "USD"),
    (re.compile("%"), "percent"),
)


@cache
def registry() -> pint.UnitRegistry[float]:
    """The unit registry, built on first use (it takes a tenth of a second)."""
    import pint

    units = pint.UnitRegistry(on_redefinition="ignore")
    for definition in (
        "currency = [currency]",
        "year = 8760 hour = a = yr",
        "ppb = 1e-9",
        "kt = 1e3 * metric_ton = kilotonne",  # not knots
        "thousand = 1e3",
        "million = 1e6",
        "billion = 1e9",
        "tce = 29.3076 gigajoule = tonne_of_coal_equivalent",
    ):
        units.define(definition)
    return units


@dataclass(frozen=True)
class Quantity:
    """Pydantic annotation of a float that is a `name` in `unit`: `Annotated[float, Quantity("water flow", "t/h")]`.

    `minimum` and `maximum` are inclusive, in `unit`; `positive` excludes zero. `water` lets volumes stand for masses of
    water at 1 t/m3. `unit` may be `barg` (gauge pressure), `K` with `difference` (temperature difference).
    """

    name: str
    unit: str
    minimum: float | None = None
    maximum: float | None = None
    positive: bool = False
    water: bool = False
    difference: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A float that `read` has converted, hence pydantic's own checks (`Field(le=..)`) see the documented unit."""
        return core_schema.with_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Number or string, with `quantity`, `unit` and the bounds for the reference page."""
        own = {"minimum": self.minimum, "maximum": self.maximum, "exclusiveMinimum": 0.0 if self.positive else None}
        bounds = {key: bound for key, bound in own.items() if bound is not None}
        if schema["type"] == "function-before":  # what the field adds: Field(gt=..)
            bounds |= {key: bound for key, bound in handler(schema["schema"]).items() if "imum" in key.lower()}
        if "exclusiveMinimum" in bounds:
            bounds.pop("minimum", None)
        return {"type": ["number", "string"], "quantity": self.name, "unit": self.unit} | bounds

    def read(self, typed: Any, info: ValidationInfo) -> float:
        """What was typed as a number in `unit`; raises PydanticCustomError that says what was expected."""
        context: dict[str, Any] = info.context if isinstance(info.context, dict) else {}
        if isinstance(typed, bool) or not isinstance(typed, (int, float, str)):
            raise self.refused(typed, f"expected {self.expected}")
        value = self.parse(typed, context.get("currency")) if isinstance(typed, str) else float(typed)
        if not math.isfinite(value):
            raise self.refused(typed, f"expected {self.expected} that is finite")
        if self.positive and value <= 0.0:
            raise self.refused(typed, f"expected {self.expected} above 0")
        if self.minimum is not None and value < self.minimum:
            raise self.refused(typed, f"expected {self.expected} of at least {self.minimum:g}")
        if self.maximum is not None and value > self.maximum:
            raise self.refused(typed, f"expected {self.expected} of at most {self.maximum:g}")
        return value

    @property
    def expected(self) -> str:
        """Words for messages: "a mass flow in t/h"."""
        article = "an" if self.name[0] in "aeio" else "a"
        return f"{article} {self.name}" + (f" in {self.unit}" if self.unit != "1" else "")

    def refused(self, typed: object, message: str, suggestion: str | None = None) -> PydanticCustomError:
        """The error pydantic collects; `suggestion` is the nearest right spelling."""
        text = f"{message}, not {str(typed)[:80]!r}".replace("{", "(").replace("}", ")")  # braces would be a template
        return PydanticCustomError("quantity", text, {"suggestion": suggestion} if suggestion else {})  # pyright: ignore[reportArgumentType]

    def parse(self, typed: str, currency: str | None) -> float:
        """A string such as `40 t/h` as a number in `unit`; a number alone is in `unit` already."""
        match = _NUMBER.match(typed)
        if match is None:
            raise self.refused(typed, f"expected {self.expected}: a number, or a number and a unit")
        number, unit = float(match[1]), match[2]
        if not unit:
            return number
        if self.unit == "barg":
            return self.gauge_pressure(typed, number, unit)
        for pattern, replacement in _SPELLINGS:
            unit = pattern.sub(replacement, unit)
        unit = _CURRENCY.sub(lambda code: self.known_currency(typed, code[1], currency), unit)
        if self.difference:
            unit = re.sub(r"\bdeg([CF])\b", r"delta_deg\1", unit)
        return self.convert(typed, number, unit)

    def convert(self, typed: str, number: float, unit: str) -> float:
        """`number` `unit` in the documented unit, with water at 1 t/m3 where that makes the dimensions agree."""
        import pint

        units = registry()
        try:
            quantity = units.Quantity(number, units.parse_units(unit))
            if any(_PREFIXED_TIME.match(part) for part in dict(quantity.unit_items())):
                raise pint.UndefinedUnitError(unit)
            target = units.parse_units("" if self.unit == "1" else re.sub(r"m([23])", r"m**\1", self.unit))
            if self.water:
                density = units.Quantity(1.0, "t/m**3")
                for water in (density, 1 / density):
                    if (quantity * water).is_compatible_with(target):
                        quantity = quantity * water
                        break
            return float(cast("float", quantity.to(target).magnitude))
        except pint.UndefinedUnitError:
            written = typed[len(typed) - len(typed.lstrip("-+0123456789.eE \t")) :]
            raise self.refused(
                typed, f"expected {self.expected}; the unit is unknown", nearest(written, COMMON_UNITS)
            ) from None
        except (pint.DimensionalityError, pint.OffsetUnitCalculusError):
            raise self.refused(typed, f"expected {self.expected} or a unit that converts to it") from None
        except Exception:  # pint's parser raises whatever Python's tokenizer does
            raise self.refused(typed, f"expected {self.expected}; the unit cannot be read") from None

    def gauge_pressure(self, typed: str, number: float, unit: str) -> float:
        """Pressure in bar gauge; a unit that does not say gauge or absolute is refused."""
        match = _PRESSURE.match(unit)
        if match is None:
            raise self.refused(
                typed, f"expected {self.expected}", nearest(unit, ["barg", "bara", "kPag", "kPaa", "psig"])
            )
        if match[2] is None and match[1] != "atm":
            raise self.refused(
                typed,
                f"expected {self.expected}; say gauge or absolute: {match[1]}g or {match[1]}a",
                f"{number:g} {match[1]}g",
            )
        bar = self.convert_pressure(number, match[1])
        return bar if match[2] in ("g", "gauge") else bar - ATMOSPHERE_BAR

    @staticmethod
    def convert_pressure(number: float, unit: str) -> float:
        """`number` `unit` in bar."""
        return float(cast("float", registry().Quantity(number, unit).to("bar").magnitude))

    def known_currency(self, typed: str, code: str, currency: str | None) -> str:
        """`currency` for the code of the case's currency; other codes are refused, what is no currency stays."""
        if code not in CURRENCIES:
            return code
        same = {"RMB": "CNY"}
        if currency is not None and same.get(code, code) != same.get(currency, currency):
            raise self.refused(typed, f"expected {self.expected}: the case counts in {currency}")
        return "currency"


# Water and mass
WaterFlow = Annotated[float, Quantity("water flow", "t/h", minimum=0.0, water=True)]
WaterGain = Annotated[float, Quantity("water gain or loss", "t/h", water=True)]
MassFlow = Annotated[float, Quantity("mass flow", "t/h", minimum=0.0)]
Concentration = Annotated[float, Quantity("concentration", "mg/L", minimum=0.0, water=True)]
Load = Annotated[float, Quantity("mass load", "kg/h", minimum=0.0)]
Mass = Annotated[float, Quantity("mass", "t", minimum=0.0, water=True)]
AnnualMass = Annotated[float, Quantity("mass per year", "t/year", minimum=0.0, water=True)]
# Heat, power, pressure
Temperature = Annotated[float, Quantity("temperature", "degC", minimum=-273.15)]
TemperatureDifference = Annotated[float, Quantity("temperature difference", "K", minimum=0.0, difference=True)]
Pressure = Annotated[float, Quantity("gauge pressure", "barg", minimum=-ATMOSPHERE_BAR)]
Power = Annotated[float, Quantity("power or heat flow", "MW", minimum=0.0)]
Energy = Annotated[float, Quantity("energy", "MWh", minimum=0.0)]
HeatCapacityFlow = Annotated[float, Quantity("heat-capacity flow", "MW/K", minimum=0.0, difference=True)]
FilmCoefficient = Annotated[float, Quantity("film coefficient", "kW/m2/K", positive=True, difference=True)]
SpecificPower = Annotated[float, Quantity("specific energy use", "kWh/t", minimum=0.0, water=True)]
HeatingValue = Annotated[float, Quantity("heating value", "MWh/t", positive=True)]
HeatLoss = Annotated[float, Quantity("heat loss per length", "W/m", minimum=0.0)]
# Places and time
Distance = Annotated[float, Quantity("distance", "km", minimum=0.0)]
Length = Annotated[float, Quantity("length", "m")]
Hours = Annotated[float, Quantity("duration", "h", minimum=0.0)]
Lifetime = Annotated[float, Quantity("lifetime", "year", positive=True)]
# Ratios
Fraction = Annotated[float, Quantity("fraction", "1", minimum=0.0, maximum=1.0)]
Ratio = Annotated[float, Quantity("ratio", "1", minimum=0.0)]
AnnualRate = Annotated[float, Quantity("rate per year", "1/year", minimum=0.0)]
# Money, in the currency of the case; prices may be negative
Investment = Annotated[float, Quantity("investment", "currency", minimum=0.0)]
InvestmentPerPower = Annotated[float, Quantity("investment per power", "currency/MW", minimum=0.0)]
InvestmentPerFlow = Annotated[float, Quantity("investment per flow", "currency/(t/h)", minimum=0.0, water=True)]
InvestmentPerArea = Annotated[float, Quantity("investment per area", "currency/m2", minimum=0.0)]
InvestmentPerDistance = Annotated[float, Quantity("investment per distance", "currency/km", minimum=0.0)]
AnnualCost = Annotated[float, Quantity("cost per year", "currency/year", minimum=0.0)]
EnergyPrice = Annotated[float, Quantity("energy price", "currency/MWh")]
WaterPrice = Annotated[float, Quantity("water price", "currency/t", water=True)]
MassPrice = Annotated[float, Quantity("price per mass", "currency/t")]
LoadPrice = Annotated[float, Quantity("price per mass load", "currency/kg", minimum=0.0)]
# Environment
EmissionFactor = Annotated[float, Quantity("emission factor", "t/MWh", minimum=0.0)]
Emissions = Annotated[float, Quantity("CO2 emission", "t/year", minimum=0.0)]
