"""The steam system of a plant: headers, users, letdowns, boilers, turbines and feed water."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyomo.environ as pyo
from pydantic import Field

from ..errors import CaseError, Problem
from ..units import MassFlow
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site
from .asset import largest_size
from .base import CaseModel, Name
from .boiler import Boiler
from .condensate import collect
from .electric_boiler import ElectricBoiler
from .emergency import Emergency
from .feedwater import Feedwater, return_condensate
from .fuel import Fuel
from .header import Header, Letdown, too_cold
from .references import unknown
from .steam_use import SteamUse
from .turbine import Turbine
from .water_network import Role, WaterNetwork, WaterSource


class SteamSystem(CaseModel):
    """What a plant has of steam. Without `feedwater` it takes steam from a main and collects its condensate."""

    headers: dict[Name, Header] = Field(min_length=1, description="steam headers")
    feedwater: Feedwater | None = Field(default=None, description="none: no boilers, turbines or injection")
    steam_uses: dict[Name, SteamUse] = Field(default_factory=dict)
    letdowns: dict[Name, Letdown] = Field(default_factory=dict)
    boilers: dict[Name, Boiler] = Field(default_factory=dict)
    electric_boilers: dict[Name, ElectricBoiler] = Field(default_factory=dict)
    turbines: dict[Name, Turbine] = Field(default_factory=dict)
    firm_steam: MassFlow = Field(
        default=0.0, description="steam that the boilers can raise without the largest of them (N-1)"
    )

    @property
    def collected(self) -> dict[str, float]:
        """Temperature [degC] of the condensate by user, where some comes back."""
        uses = self.steam_uses.items()
        return {name: use.condensate_temperature for name, use in uses if use.condensate_return > 0.0}

    @property
    def water_sources(self) -> list[str]:
        """Names of the water sources that it declares, without the plant."""
        if self.feedwater is None:
            return ["condensate"] if self.collected else []
        return ["blow-down", *(["demineralization"] if self.feedwater.recovery < 1.0 else [])]

    @property
    def water_sinks(self) -> list[str]:
        """Names of the water sinks that it declares, without the plant."""
        return [] if self.feedwater is None else ["make-up"]

    def problems(self, place: str, contaminants: Iterable[str], fuels: Iterable[str]) -> list[Problem]:
        """Names that are not there and steam that cannot reach the state of its header: all of them."""
        named = [
            *self._headers(place),
            *self._fuels(place, set(fuels)),
            *self._needs_feedwater(place),
            *self._firm(place),
        ]
        names = {*self.steam_uses, *self.letdowns}
        for group in ("boilers", "electric_boilers", "turbines"):
            for name in getattr(self, group):
                if name in names:
                    named.append(
                        Problem("the name is taken by another unit of the plant", place=f"{place}.{group}.{name}")
                    )
                names.add(name)
        if self.feedwater is not None:
            named += self.feedwater.problems(f"{place}.feedwater", contaminants)
        return named or list(self._states(place))  # states are known only where every header is

    def _headers(self, place: str) -> Iterator[Problem]:
        for name, header in self.headers.items():
            yield from header.problems(f"{place}.headers.{name}")
        parts: list[tuple[str, str]] = []
        for group in ("steam_uses", "boilers", "electric_boilers"):
            parts += [(f"{group}.{name}.header", part.header) for name, part in getattr(self, group).items()]
        for group in ("letdowns", "turbines"):
            for name, part in getattr(self, group).items():
                parts += [(f"{group}.{name}.from", part.start), (f"{group}.{name}.to", part.end)]
        if self.feedwater is not None:
            parts.append(("feedwater.header", self.feedwater.header))
        for where, header in parts:
            if header not in self.headers:
                yield unknown(f"{place}.{where}", "header", header, self.headers)

    def _fuels(self, place: str, fuels: set[str]) -> Iterator[Problem]:
        for name, boiler in self.boilers.items():
            yield from boiler.problems(f"{place}.boilers.{name}", fuels)

    def _needs_feedwater(self, place: str) -> Iterator[Problem]:
        if self.feedwater is None:
            for group in ("letdowns", "boilers", "electric_boilers", "turbines"):
                if getattr(self, group):
                    yield Problem(f"{group} need the plant's 'feedwater'", place=f"{place}.{group}")

    def _states(self, place: str) -> Iterator[Problem]:
        for name, use in self.steam_uses.items():
            hottest = steam.saturation_temperature(self.headers[use.header].pressure)
            if use.condensate_temperature > hottest:
                yield Problem(
                    f"hotter than water boils in header {use.header!r} ({hottest:.1f} degC): that is steam",
                    place=f"{place}.steam_uses.{name}.condensate_temperature",
                    typed=f"{use.condensate_temperature:g}",
                )
        if (water := self.feedwater) is not None:
            for name, header in self.headers.items():
                if header.pressure < water.pressure:
                    yield Problem(
                        f"below the {water.pressure:g} barg of the deaerator",
                        place=f"{place}.headers.{name}.pressure",
                        typed=f"{header.pressure:g}",
                    )
            if water.flash is not None:
                where = f"{place}.feedwater.flash"
                yield from water.flash.problems(where, self.headers, water.pressure, water.make_up_temperature)
        for group in ("letdowns", "turbines"):
            for name, part in getattr(self, group).items():
                where, inlet, outlet = f"{place}.{group}.{name}", self.headers[part.start], self.headers[part.end]
                if inlet.pressure <= outlet.pressure:
                    yield Problem(
                        f"header {part.start!r} ({inlet.pressure:g} barg) is not above header {part.end!r} "
                        f"({outlet.pressure:g} barg)",
                        place=where,
                    )
                    continue
                arriving = part.exhaust_enthalpy(inlet, outlet) if isinstance(part, Turbine) else inlet.enthalpy
                yield from too_cold(
                    where, "exhaust" if isinstance(part, Turbine) else "steam", arriving, outlet, part.end
                )

    def add_to(
        self,
        assembly: Assembly,
        network: WaterNetwork,
        site: Site,
        path: str,
        fuels: Mapping[str, Fuel],
        emergency: Emergency | None,
    ) -> None:
        """Declare water nodes and write all rows; call after the throughput and before the network connects.

        `path` is the dotted place of the system; `emergency` None where nothing has a price. Raises CaseError.
        """
        if problems := self.problems(path, network.contaminants, fuels):
            raise CaseError(problems)
        for name, header in self.headers.items():
            header.add_to(assembly, site, name, emergency)
        self._uses(assembly, network, site, path)
        if self.feedwater is None:
            return
        water = self.feedwater
        water.add_to(assembly, network, site, self.headers)
        for name, letdown in self.letdowns.items():
            letdown.add_to(assembly, site, name, self.headers, water.enthalpy)
        for name, boiler in self.boilers.items():
            boiler.add_to(assembly, site, name, self.headers[boiler.header], water, fuels, f"{path}.boilers.{name}")
        for name, boiler in self.electric_boilers.items():
            boiler.add_to(assembly, site, name, self.headers[boiler.header], water, f"{path}.electric_boilers.{name}")
        if self.firm_steam > 0.0:
            self._reserve(site)
        for name, turbine in self.turbines.items():
            turbine.add_to(assembly, site, name, self.headers, water.enthalpy, f"{path}.turbines.{name}")
        if water.flash is not None:
            water.flash.add_to(assembly, site, self.headers, water.pressure, water.make_up_enthalpy)

    def _reserve(self, site: Site) -> None:
        """sum of the other boilers' capacities >= firm_steam, for every boiler of the plant."""
        site.design.reserve = pyo.Block()
        site.design.reserve.without = pyo.ConstraintList()
        for one in site.boilers:
            others: Expression = sum(capacity for name, capacity in site.boilers.items() if name != one)
            if not isinstance(others, (int, float)):  # else what stands is enough: `_firm` has seen to it
                site.design.reserve.without.add(others >= self.firm_steam)

    def _firm(self, place: str) -> Iterator[Problem]:
        """Boilers that could never be firm, all of them built as large as they can be."""
        boilers = [*self.boilers.values(), *self.electric_boilers.values()]
        largest = [largest_size(boiler.existing, boiler.investment) for boiler in boilers]
        possible = sum(largest) - max(largest, default=0.0)
        if self.firm_steam > possible:
            message = f"without the largest boiler {possible:g} t/h are possible, all others built at their largest"
            yield Problem(message, place=f"{place}.firm_steam", typed=f"{self.firm_steam:g}")

    def _uses(self, assembly: Assembly, network: WaterNetwork, site: Site, path: str) -> None:
        """Condensate joins the plant's deaerator; without one it is collected, and what no line takes is drained."""
        if self.feedwater is None and "condensate" in self.water_sources:
            network.add_source(WaterSource(f"{site.name}.condensate", Role.PLAIN, site.name, {}, site.drained))
        for name, use in self.steam_uses.items():
            returned = use.add_to(assembly, site, name, self.headers[use.header], f"{path}.steam_uses.{name}")
            if use.condensate_return == 0.0:
                continue
            assembly.flow(
                "condensate", f"{site.name}.{name}", f"{site.name}.condensate", "t/h", lambda p, r=returned: r[p]
            )
            if self.feedwater is None:
                collect(assembly, site, name, returned, use.condensate_temperature, use.condensate_enthalpy)
                continue
            for p in assembly.periods:
                return_condensate(assembly, site.name, p, returned[p], use.condensate_enthalpy, self.feedwater)
