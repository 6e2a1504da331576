"""Steam mains between plants: capacity, heat loss while in service, pressure drop, condensate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..units import Fraction, HeatLoss, MassFlow, Quantity
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Expression, activity
from .base import Name
from .commitment import running_capacity
from .condensate import collect
from .exchange import Line
from .feedwater import Feedwater, return_condensate
from .header import header_node, injection_ratio, too_cold
from .references import unknown
from .steam import SteamSystem

PressureGradient = Annotated[float, Quantity("pressure drop per length", "bar/km", minimum=0.0)]
MW_PER_W_AND_KM = 1e-3  # 1 W/m over 1 km is 1 kW


class SteamMain(Line):
    """Carries steam from a header of one plant to a header of another; its traps drain what the heat loss condenses."""

    from_header: Name = Field(description="header of the giving plant")
    to_header: Name = Field(description="header of the taking plant")
    existing: MassFlow = Field(default=0.0, description="capacity that stands already")
    minimum_flow: MassFlow = Field(default=0.0, description="smallest flow while in service")
    heat_loss: HeatLoss = Field(default=120.0, description="heat loss per length while in service")
    condensate_return: Fraction = Field(
        default=0.0, description="share of its traps' condensate that the taking plant collects"
    )
    pressure_drop: PressureGradient = Field(default=0.3, description="pressure drop per route length at full flow")

    def problems(self, place: str, systems: Mapping[str, SteamSystem], length: float) -> Iterator[Problem]:
        """Headers that are not there; steam that cannot arrive with the pressure and heat of the taking header."""
        ends = (("from", self.start, "from_header", self.from_header), ("to", self.end, "to_header", self.to_header))
        found = True
        for key, plant, header_key, header in ends:
            if plant not in systems:
                found = False
                yield unknown(f"{place}.{key}", "plant with steam", plant, systems)
            elif header not in systems[plant].headers:
                found = False
                yield unknown(f"{place}.{header_key}", f"header of {plant}", header, systems[plant].headers)
        if not found or self.forbidden:
            return
        giving = systems[self.start].headers[self.from_header]
        taking = systems[self.end].headers[self.to_header]
        arriving = giving.pressure - self.pressure_drop * length
        if arriving < taking.pressure:
            message = (
                f"steam from header {self.from_header!r} arrives with {arriving:.2f} barg after {length:.2f} km, "
                f"below the {taking.pressure:g} barg of header {self.to_header!r}"
            )
            yield Problem(message, place=place)
            return
        yield from too_cold(place, "steam", giving.enthalpy, taking, self.to_header)
        if self.condensate_return > 0.0 and systems[self.end].feedwater is None and not systems[self.end].collected:
            message = f"{self.end!r} collects no condensate that the main's could join"
            yield Problem(message, place=f"{place}.condensate_return")
        condensed, largest = self.condensed(systems, length), self.largest
        if condensed >= largest > 0.0:
            message = f"the heat loss condenses {condensed:.2f} t/h, all that the main can carry ({largest:g} t/h)"
            yield Problem(message, place=place)

    def condensed(self, systems: Mapping[str, SteamSystem], length: float) -> float:
        """Condensate of the heat loss [t/h], boiling at the pressure of arrival."""
        giving = systems[self.start].headers[self.from_header]
        boiling = steam.saturated_liquid(giving.pressure - self.pressure_drop * length)
        heat = self.heat_loss * length * MW_PER_W_AND_KM
        return heat / ((giving.enthalpy - boiling) * steam.MW_PER_T_AND_KJ_PER_KG)

    def add_to(self, assembly: Assembly, name: str, length: float, systems: Mapping[str, SteamSystem]) -> None:
        """With `on` per period and Z = capacity x on (first stage), heat loss per length q_L and length L:

            sent <= Z,   sent >= max(minimum flow, K) on,   K = q_L L / (h_giving - h_boiling)
            arriving = (1 + r) (sent - K on),   r = (h_giving - h_taking) / (h_taking - h_bfw)

        Heat closes as  sent h_giving = (sent - K on) h_giving + K on h_boiling + q_L L on: the loss condenses K, the
        rest arrives dry. Without feed water at the taking plant r = 0 and the superheat above its header is lost too.
        """
        if self.forbidden:
            return
        site = assembly.site(self.start)
        capacity = self.installed(assembly, name, "steam main", "t/h", self.existing, length)
        states = running_capacity(assembly, site, name, capacity, self.largest)
        giving = systems[self.start].headers[self.from_header]
        taking = systems[self.end].headers[self.to_header]
        feedwater = systems[self.end].feedwater
        ratio = 0.0 if feedwater is None else injection_ratio(giving.enthalpy, taking.enthalpy, feedwater.enthalpy)
        boiling = exergy.of_boiling_water(giving.pressure - self.pressure_drop * length)
        condensed = self.condensed(systems, length)
        smallest = max(self.minimum_flow, condensed)
        block = assembly.block(site, f"{name} flow")
        block.sent = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.sent[p] <= states[p][1])
        block.smallest = pyo.Constraint(assembly.periods, rule=lambda b, p: b.sent[p] >= smallest * states[p][0])
        start, end = header_node(self.start, self.from_header), header_node(self.end, self.to_header)
        trapped = {p: condensed * states[p][0] for p in assembly.periods}
        dry = {p: block.sent[p] - trapped[p] for p in assembly.periods}
        for p in assembly.periods:
            assembly.demand("steam", start, p, block.sent[p])
            assembly.supply("steam", end, p, (1.0 + ratio) * dry[p])
            if ratio > 0.0:
                assembly.demand("feedwater", self.end, p, ratio * dry[p])
            assembly.heat(self.start, p, -giving.power(block.sent[p]))
            assembly.heat(self.end, p, taking.power(dry[p]) if feedwater is None else giving.power(dry[p]))
            assembly.total("steam exchanged", p, block.sent[p])
            assembly.total("steam main condensate", p, trapped[p])
            brought = block.sent[p] * giving.exergy - self.condensate_return * trapped[p] * boiling
            if feedwater is not None:
                brought += ratio * dry[p] * exergy.of_boiling_water(feedwater.pressure)
            lost = (brought - (1.0 + ratio) * dry[p] * taking.exergy) * steam.MW_PER_T_AND_KJ_PER_KG
            assembly.exergy(self.start, name, "steam main", p, lost)
            water = 0.0 if feedwater is None else ratio * feedwater.enthalpy * steam.MW_PER_T_AND_KJ_PER_KG
            entering = {"steam": giving.power(block.sent[p]), "feed water": water * dry[p]}
            back = self.condensate_return * steam.saturated_liquid(giving.pressure - self.pressure_drop * length)
            leaving = {
                "steam": taking.power((1.0 + ratio) * dry[p]),
                "condensate": back * steam.MW_PER_T_AND_KJ_PER_KG * trapped[p],
            }
            assembly.energy(self.start, name, p, entering=entering, leaving=leaving)
            assembly.total("steam main heat loss", p, self.heat_loss * length * MW_PER_W_AND_KM * states[p][0], "MWh/a")
        main = f"{self.start}.{name}"
        assembly.flow("steam", start, main, "t/h", lambda p: block.sent[p])
        assembly.flow("steam", main, end, "t/h", lambda p: (1.0 + ratio) * dry[p])
        if self.condensate_return > 0.0:
            back = {p: self.condensate_return * trapped[p] for p in assembly.periods}
            self._return(assembly, name, back, giving.pressure - self.pressure_drop * length, feedwater)

    def _return(
        self,
        assembly: Assembly,
        name: str,
        trapped: Mapping[str, Expression],
        pressure: float,
        feedwater: Feedwater | None,
    ) -> None:
        """The traps' condensate, boiling at the pressure of arrival, joins the condensate of the taking plant."""
        boiling, temperature = steam.saturated_liquid(pressure), steam.saturation_temperature(pressure)
        if feedwater is None:
            collect(assembly, assembly.site(self.end), name, trapped, temperature, boiling)
            return
        for p in assembly.periods:
            return_condensate(assembly, self.end, p, trapped[p], boiling, feedwater)
