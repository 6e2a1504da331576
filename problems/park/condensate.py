"""Condensate of a plant that raises no steam: collected in a vented tank, returned to a plant that does, or drained.

Every user and main keeps its own condensate, at its own temperature, up to the deaerator, so that the heat of what
comes back is linear in the flows. Balance of node `plant.user` (carrier `condensate`), in t/h:

    (1 - flash) m = drained + sum_lines sent,    flash = max(0, (h - h_liquid) / (h_steam - h_liquid)) at 0 barg
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..units import MassFlow, SpecificPower, TemperatureDifference
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site, activity
from .exchange import Line
from .feedwater import LOST_AS_STEAM, return_condensate
from .references import unknown

if TYPE_CHECKING:
    from .steam import SteamSystem

TANK = 0.0  # barg


def flash_share(enthalpy: float) -> float:
    """Share of condensate [kJ/kg] that leaves a vented tank as steam."""
    liquid = steam.saturated_liquid(TANK)
    return max(0.0, (enthalpy - liquid) / (steam.saturated_steam(TANK) - liquid))


def collect(
    assembly: Assembly, site: Site, name: str, amount: Mapping[str, Expression], temperature: float, enthalpy: float
) -> None:
    """Let condensate [t/h per period] of a user or a main into the plant's tank, at degC and kJ/kg.

    What flashes off is lost and reported; what no line takes is drained as water.
    """
    block, flash = assembly.block(site, f"condensate {name}"), flash_share(enthalpy)
    block.drained = activity(assembly.periods)
    site.condensate[name] = min(temperature, steam.saturation_temperature(TANK))
    for p in assembly.periods:
        assembly.supply("condensate", f"{site.name}.{name}", p, (1.0 - flash) * amount[p])
        assembly.demand("condensate", f"{site.name}.{name}", p, block.drained[p])
        site.drained[p] = site.drained.get(p, 0.0) + block.drained[p]
        assembly.water(LOST_AS_STEAM, p, -block.drained[p], inwards=False)
        if flash > 0.0:
            kept = (1.0 - flash) * exergy.of_water(site.condensate[name])
            lost = (exergy.of_water_with(enthalpy) - kept) * steam.MW_PER_T_AND_KJ_PER_KG
            unit, left = f"{name} condensate", (1.0 - flash) * steam.liquid(site.condensate[name])
            assembly.exergy(site.name, unit, "condensate tank", p, lost * amount[p])
            entering, leaving = ({"condensate": h * steam.MW_PER_T_AND_KJ_PER_KG * amount[p]} for h in (enthalpy, left))
            assembly.energy(site.name, unit, p, entering=entering, leaving=leaving)
            assembly.total("flash steam lost", p, flash * amount[p])


class CondensateLine(Line):
    """Carries condensate, with its heat, from a plant that only takes steam to the deaerator of one that raises it."""

    existing: MassFlow = Field(default=0.0, description="capacity that stands already")
    temperature_drop: TemperatureDifference = Field(default=5.0, description="cooling on the way")
    pumping: SpecificPower = Field(default=0.0, description="power per condensate sent")

    def problems(self, place: str, systems: Mapping[str, SteamSystem]) -> Iterator[Problem]:
        """A giver without steam or with a deaerator of its own, a taker without one, condensate that would freeze."""
        for key, plant in (("from", self.start), ("to", self.end)):
            if plant not in systems:
                yield unknown(f"{place}.{key}", "plant with steam", plant, systems)
        if self.start not in systems or self.end not in systems or self.forbidden:
            return
        if systems[self.start].feedwater is not None:
            message = f"{self.start!r} has a feed-water system, to which its own condensate returns"
            yield Problem(message, place=f"{place}.from")
        if systems[self.end].feedwater is None:
            yield Problem(f"{self.end!r} has no feed-water system to take condensate", place=f"{place}.to")
        coldest = min((t for t in systems[self.start].collected.values()), default=100.0)
        if self.temperature_drop >= coldest:
            message = f"condensate of {coldest:g} degC would arrive frozen"
            yield Problem(message, place=f"{place}.temperature_drop", typed=f"{self.temperature_drop:g}")

    def add_to(self, assembly: Assembly, name: str, length: float, systems: Mapping[str, SteamSystem]) -> None:
        """sum_u sent_u <= capacity; sent_u joins the deaerator of the taking plant at T_u - drop."""
        feedwater = systems[self.end].feedwater
        if self.forbidden or feedwater is None:
            return
        site = assembly.site(self.start)
        capacity = self.installed(assembly, name, "condensate line", "t/h", self.existing, length)
        users = list(site.condensate)
        if not users:
            return
        block = assembly.block(site, f"{name} flow")
        block.sent = pyo.Var(users, assembly.periods, bounds=(0.0, None))
        sent = {p: sum(block.sent[user, p] for user in users) for p in assembly.periods}
        block.limit = pyo.Constraint(assembly.periods, rule=lambda _, p: sent[p] <= capacity)
        for p in assembly.periods:
            for user, temperature in site.condensate.items():
                assembly.demand("condensate", f"{self.start}.{user}", p, block.sent[user, p])
                arriving = steam.liquid(temperature - self.temperature_drop)
                return_condensate(assembly, self.end, p, block.sent[user, p], arriving, feedwater)
                cooled = exergy.of_water(temperature) - exergy.of_water_with(arriving)
                lost = cooled * steam.MW_PER_T_AND_KJ_PER_KG * block.sent[user, p]
                assembly.exergy(self.start, name, "condensate line", p, lost)
                entering, leaving = (
                    {"condensate": h * steam.MW_PER_T_AND_KJ_PER_KG * block.sent[user, p]}
                    for h in (steam.liquid(temperature), arriving)
                )
                assembly.energy(self.start, name, p, entering=entering, leaving=leaving)
            assembly.demand("power", self.start, p, self.pumping / 1000.0 * sent[p])
            assembly.exergy(self.start, name, "condensate line", p, self.pumping / 1000.0 * sent[p])
            assembly.energy(self.start, name, p, entering={"power": self.pumping / 1000.0 * sent[p]})
            assembly.total("condensate exchanged", p, sent[p])
        assembly.flow("condensate", f"{self.start}.condensate", f"{self.end}.deaerator", "t/h", lambda p: sent[p])
