"""Steam headers of one fixed state, and letdowns between them with desuperheating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field

from ..errors import Problem
from ..units import MassFlow, Pressure, Temperature, TemperatureDifference
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site, activity
from .base import CaseModel, Name
from .emergency import Emergency


class Header(CaseModel):
    """Steam of one state. All that enters has been brought to it, so its mass balance is its energy balance too."""

    pressure: Pressure = Field(description="pressure")
    temperature: Temperature | None = Field(default=None, description="none: saturation + superheat")
    superheat: TemperatureDifference = Field(
        default=5.0, gt=0.0, description="above saturation, where no temperature is given"
    )

    @property
    def state_temperature(self) -> float:
        """Temperature of the steam [degC]."""
        if self.temperature is not None:
            return self.temperature
        return steam.saturation_temperature(self.pressure) + self.superheat

    @property
    def enthalpy(self) -> float:
        """Enthalpy of the steam [kJ/kg]."""
        return steam.enthalpy(self.pressure, self.state_temperature)

    @property
    def exergy(self) -> float:
        """Exergy of the steam [kJ/kg]."""
        return exergy.of_steam(self.pressure, self.state_temperature)

    def power(self, flow: Expression) -> Expression:
        """Heat [MW] that a flow of its steam [t/h] carries."""
        return flow * (self.enthalpy * steam.MW_PER_T_AND_KJ_PER_KG)

    def problems(self, place: str) -> Iterator[Problem]:
        """A header holds steam below the critical pressure (219.6 barg), not water."""
        if not -0.9 <= self.pressure < 219.0:
            yield Problem(
                "a header's pressure lies between -0.9 and 219 barg",
                place=f"{place}.pressure",
                typed=f"{self.pressure:g}",
            )
            return
        boiling = steam.saturation_temperature(self.pressure)
        if self.temperature is not None and not boiling < self.temperature <= 800.0:
            message = f"the header holds no steam: at {self.pressure:g} barg water boils at {boiling:.1f} degC"
            yield Problem(message, place=f"{place}.temperature", typed=f"{self.temperature:g}")

    def add_to(self, assembly: Assembly, site: Site, name: str, emergency: Emergency | None) -> None:
        """Sum of inflows + deficit - sum of outflows - vent = 0, in t/h; deficit and vent are priced."""
        node = header_node(site.name, name)
        block = assembly.block(site, f"header {name}")
        block.vent = activity(assembly.periods)
        price = 0.0 if emergency is None else emergency.steam_vent
        for p in assembly.periods:
            assembly.demand("steam", node, p, block.vent[p])
            assembly.cost("steam vent", p, price * block.vent[p])
            assembly.total("steam vented", p, block.vent[p])
            assembly.heat(site.name, p, -self.power(block.vent[p]))
            vented = self.exergy * steam.MW_PER_T_AND_KJ_PER_KG * block.vent[p]
            assembly.exergy(site.name, f"{name} vent", "vent", p, vented)
            assembly.energy(site.name, f"{name} vent", p, entering={"steam": self.power(block.vent[p])})
        assembly.flow("steam", node, "vent", "t/h", lambda p: block.vent[p])
        if emergency is not None:
            missing = assembly.deficit("steam", site, node, emergency.steam_deficit, "t/a")
            for p in assembly.periods:
                assembly.heat(site.name, p, self.power(missing[p]))


class Letdown(CaseModel):
    """A valve between two headers of a plant with feed-water injection."""

    start: Name = Field(alias="from", description="header that gives")
    end: Name = Field(alias="to", description="header that takes")
    capacity: MassFlow | None = Field(default=None, description="largest flow from the giving header; none: unlimited")

    def add_to(
        self, assembly: Assembly, site: Site, name: str, headers: Mapping[str, Header], feedwater: float
    ) -> None:
        """Flow m leaves the giving header, (1 + r) m reaches the other, r m of feed water (enthalpy h_bfw) joins:

        r = (h_in - h_header) / (h_header - h_bfw)
        """
        inlet, outlet = headers[self.start], headers[self.end]
        ratio = injection_ratio(inlet.enthalpy, outlet.enthalpy, feedwater)
        lost = inlet.exergy + ratio * exergy.of_water_with(feedwater) - (1.0 + ratio) * outlet.exergy
        block = assembly.block(site, f"letdown {name}")
        block.flow = activity(assembly.periods, self.capacity)
        start, end = header_node(site.name, self.start), header_node(site.name, self.end)
        for p in assembly.periods:
            assembly.demand("steam", start, p, block.flow[p])
            assembly.supply("steam", end, p, (1.0 + ratio) * block.flow[p])
            assembly.demand("feedwater", site.name, p, ratio * block.flow[p])
            site.inject(self.end, p, ratio * block.flow[p])
            assembly.exergy(site.name, name, "letdown", p, lost * steam.MW_PER_T_AND_KJ_PER_KG * block.flow[p])
            water = ratio * feedwater * steam.MW_PER_T_AND_KJ_PER_KG * block.flow[p]
            entering = {"steam": inlet.power(block.flow[p]), "feed water": water}
            leaving = {"steam": outlet.power((1.0 + ratio) * block.flow[p])}
            assembly.energy(site.name, name, p, entering=entering, leaving=leaving)
        valve = f"{site.name}.{name}"
        assembly.flow("steam", start, valve, "t/h", lambda p: block.flow[p])
        assembly.flow("steam", valve, end, "t/h", lambda p: (1.0 + ratio) * block.flow[p])


def header_node(plant: str, header: str) -> str:
    """Name of a header in the park's balances."""
    return f"{plant}.{header}"


def injection_ratio(arriving: float, header: float, feedwater: float) -> float:
    """Feed water per steam that arrives with `arriving` kJ/kg; negative where it is too cold for the header."""
    return (arriving - header) / (header - feedwater)


def too_cold(place: str, what: str, arriving: float, header: Header, name: str) -> Iterator[Problem]:
    """Refuses steam that would need heating to reach the state of the header it enters."""
    if arriving < header.enthalpy - 1e-9:
        yield Problem(
            f"{what} arrives with {arriving:.1f} kJ/kg, colder than header {name!r} "
            f"({header.enthalpy:.1f} kJ/kg at {header.state_temperature:.1f} degC): its feed-water ratio is negative; "
            "lower the header's temperature",
            place=place,
        )
