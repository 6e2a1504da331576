"""Numbers and names as people write them."""

from __future__ import annotations

from typing import Any

ROUNDING = 1e-6


def number(value: Any, digits: int = 4) -> str:
    """A number as people write it: 12,300 - 4.57 - 0.0031; words stay words, None is a dash.

    What is within the tolerance of a balance (1e-6 of its unit) is 0.
    """
    if value is None:
        return "–"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if abs(value) < ROUNDING:
        return "0"
    if abs(value) >= 1e9:
        return f"{value:.{digits - 1}e}"
    if abs(value) >= 1000:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:,.0f}"
    return f"{value:.{digits}g}" if abs(value) >= 1e-4 else f"{value:.{digits - 2}e}"


def amount(value: float | None, digits: int = 4) -> str:
    """Money and other large amounts as people say them: 13.33 million, 159,800, 42; None is a dash."""
    if value is None:
        return number(value)
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size * (1.0 - 0.5 * 10.0**-digits):
            return f"{value / size:.{digits}g} {word}"
    return number(value, digits)


def unit_words(name: str) -> str:
    """`fresh_water_t_per_h` as `Fresh water, t/h`."""
    for suffix, unit in _UNIT_SUFFIXES.items():
        if name.endswith(suffix):
            return f"{name.removesuffix(suffix).replace('_', ' ').capitalize()}, {unit}"
    return name.replace("_", " ").capitalize().replace("Co2", "CO2")


_UNIT_SUFFIXES = {
    "_t_per_h": "t/h",
    "_t_per_year": "t/year",
    "_mwh_per_year": "MWh/year",
    "_mw": "MW",
    "_h_per_year": "h/year",
    "_m3_per_t": "m3/t",
    "_m2": "m2",
    "_degc": "°C",
}
