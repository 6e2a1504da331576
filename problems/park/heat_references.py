"""What the heat of a park's plants says about other parts, and whether every stream can be served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import Problem
from ..heat.streams import Side

if TYPE_CHECKING:
    from .case import ParkCase

HEAT_GROUPS = (
    "streams",
    "heating",
    "cooling",
    "dry_coolers",
    "exchangers",
    "economizers",
    "steam_recovery",
    "heat_pumps",
    "condensing_turbines",
    "rankine_cycles",
    "absorption_chillers",
    "stores",
    "exports",
)
"""Keys of a plant's heat whose entries are units of the plant."""


def heat_systems(case: ParkCase) -> Iterator[Problem]:
    """The heat systems' own checks."""
    for name, system in case.heat_systems.items():
        steam = case.plants[name].steam
        yield from system.problems(f"plants.{name}.heat", steam, case.contaminants, case.fuels, case.periods, case.air)
    for name, loop in case.hot_water_loops.items():
        yield from loop.problems(f"hot_water_loops.{name}", case.heat_systems)


def unserved(case: ParkCase) -> Iterator[Problem]:
    """Streams that nothing in their plant can bring to their target."""
    from .model import build_heat_network  # imported late because the case is checked first

    told: set[str] = set()
    for carrier, upper, lower in build_heat_network(case).unserved() if case.heat_systems else ():
        if carrier.key not in told:
            told.add(carrier.key)
            stream = carrier.key.removeprefix(f"{carrier.plant}.")
            what = "cool" if carrier.side is Side.HOT else "heat"
            message = f"nothing in {carrier.plant!r} can {what} it between {lower:g} and {upper:g} degC"
            yield Problem(message, place=f"plants.{carrier.plant}.heat.streams.{stream}")
