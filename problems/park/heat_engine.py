"""Engines between two temperatures of heat: organic Rankine cycles make power of it, absorption chillers cold.

organic Rankine cycle:   P = eta Q,   rejected = Q - P,   eta = share (1 - T_cold / T_hot), T_hot logarithmic mean
absorption chiller:      cold = COP Q,   rejected = Q + cold
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..heat.streams import Side
from ..units import Fraction, Power, Quantity, TemperatureDifference
from .assembly import Assembly, Expression, Site, activity
from .asset import PowerInvestment
from .base import CaseModel
from .heat_network import KELVIN, Carrier, HeatNetwork, Piece, Role, logarithmic_mean
from .heat_pump import TemperatureRange

Performance = Annotated[float, Quantity("ratio", "1", positive=True, maximum=2.0)]
COLDEST_GENERATOR = 88.0  # degC to which the driving heat of a single-effect chiller may fall


class _HeatDriven(CaseModel):
    """What is driven by heat and rejects heat; between its fluids and streams lies the pinch."""

    driven_by: TemperatureRange = Field(description="temperatures of the streams that drive it")
    rejects: TemperatureRange = Field(description="temperatures of the cooling that takes the rejected heat")
    pinch: TemperatureDifference = Field(default=5.0, description="between its fluids and the streams")
    existing: Power = Field(default=0.0, description="capacity that stands already")
    source: str = Field(default="assumed", description="where the figures come from")

    def _directions(self, place: str) -> Iterator[Problem]:
        if self.driven_by.end > self.driven_by.start:
            yield Problem("what drives it does not get hotter", place=f"{place}.driven_by")
        if self.rejects.end < self.rejects.start:
            yield Problem("what takes its heat does not get colder", place=f"{place}.rejects")
        if self.driven_by.end - self.rejects.end < 2.0 * self.pinch:
            yield Problem("is driven by heat that is hardly hotter than what it rejects", place=f"{place}.driven_by")

    def _ends(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        site: Site,
        unit: str,
        kind: str,
        driving: dict[str, Expression],
        rejected: dict[str, Expression],
    ) -> None:
        """The carriers that every such machine has: what drives it and what it rejects, with their exergy."""
        key = f"{site.name}.{unit}"
        taken = Piece(self.driven_by.end - self.pinch, self.driven_by.start - self.pinch)
        given = Piece(self.rejects.end + self.pinch, self.rejects.start + self.pinch)
        for name, side, piece, amount in (
            (f"{key} drive", Side.COLD, taken, driving),
            (f"{key} rejects", Side.HOT, given, rejected),
        ):
            carrier = network.add(Carrier(name, site.name, side, Role.CONVERTER, (piece,), 0.0, amount, owner=key))
            worth = carrier.exergy if side is Side.COLD else -carrier.exergy
            for p, heat in amount.items():
                assembly.exergy(site.name, unit, kind, p, worth * heat)
                way = "entering" if side is Side.COLD else "leaving"
                assembly.energy(site.name, unit, p, **{way: {"heat": heat}})


class RankineCycle(_HeatDriven):
    """An organic Rankine cycle, sized by its power."""

    efficiency: Fraction = Field(default=0.45, gt=0.0, le=0.65, description="share of the ideal efficiency")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW of power")

    def problems(self, place: str) -> Iterator[Problem]:
        """Temperatures that drive nothing."""
        yield from self._directions(place)

    @property
    def power_per_heat(self) -> float:
        """eta of the module's docstring, with its fluids beyond the streams by the pinch."""
        hot, cold = self.driven_by.mean - self.pinch, self.rejects.end + self.pinch + KELVIN
        return self.efficiency * (1.0 - cold / hot)

    def add_to(self, assembly: Assembly, network: HeatNetwork, site: Site, name: str) -> None:
        """Power P <= capacity,  Q = P / eta,  rejected Q - P."""
        capacity = assembly.capacity(
            site, name, "organic Rankine cycle", "MW", existing=self.existing, option=self.investment
        )
        block, key = assembly.block(site, name), f"{site.name}.{name}"
        block.power = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.power[p] <= capacity)
        driving = {p: block.power[p] / self.power_per_heat for p in assembly.periods}
        rejected = {p: (1.0 / self.power_per_heat - 1.0) * block.power[p] for p in assembly.periods}
        self._ends(assembly, network, site, name, "organic Rankine cycle", driving, rejected)
        for p in assembly.periods:
            assembly.supply("power", site.name, p, block.power[p])
            assembly.exergy(site.name, name, "organic Rankine cycle", p, -block.power[p])
            assembly.energy(site.name, name, p, leaving={"power": block.power[p]})
            assembly.total("power generated", p, block.power[p], "MWh/a")
        assembly.flow("heat", f"{key} drive", f"{key} rejects", "MW", lambda p: rejected[p])
        assembly.flow("power", key, site.name, "MW", lambda p: block.power[p])


class AbsorptionChiller(_HeatDriven):
    """A single-effect absorption chiller, sized by its cold."""

    chills: TemperatureRange = Field(description="temperatures of the streams that it cools")
    performance: Performance = Field(default=0.7, description="cold per driving heat")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW of cold")

    def problems(self, place: str) -> Iterator[Problem]:
        """Driving heat too cold for the generator; more cold than the second law allows."""
        yield from self._directions(place)
        if self.driven_by.end < COLDEST_GENERATOR:
            message = f"a generator needs {COLDEST_GENERATOR:g} degC and more"
            yield Problem(message, place=f"{place}.driven_by.to", typed=f"{self.driven_by.end:g}")
        if self.performance > self.ideal:
            message = f"the second law allows {self.ideal:.3g} between these temperatures"
            yield Problem(message, place=f"{place}.performance", typed=f"{self.performance:g}")

    @property
    def ideal(self) -> float:
        """Largest cold per driving heat: (1 - T_rejects / T_drive) T_cold / (T_rejects - T_cold), of its own fluids."""
        hot, middle, cold = (
            logarithmic_mean(one.start + shift + KELVIN, one.end + shift + KELVIN)
            for one, shift in ((self.driven_by, -self.pinch), (self.rejects, self.pinch), (self.chills, -self.pinch))
        )
        return float("inf") if middle <= cold else (1.0 - middle / hot) * cold / (middle - cold)

    def add_to(self, assembly: Assembly, network: HeatNetwork, site: Site, name: str) -> None:
        """Cold C <= capacity,  Q = C / COP,  rejected Q + C."""
        capacity = assembly.capacity(
            site, name, "absorption chiller", "MW", existing=self.existing, option=self.investment
        )
        block, key = assembly.block(site, name), f"{site.name}.{name}"
        block.cold = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.cold[p] <= capacity)
        cold = {p: block.cold[p] for p in assembly.periods}
        driving = {p: cold[p] / self.performance for p in assembly.periods}
        rejected = {p: (1.0 + 1.0 / self.performance) * cold[p] for p in assembly.periods}
        self._ends(assembly, network, site, name, "absorption chiller", driving, rejected)
        piece = Piece(self.chills.end - self.pinch, self.chills.start - self.pinch)
        chilled = network.add(Carrier(key, site.name, Side.COLD, Role.CONVERTER, (piece,), 0.0, cold, owner=key))
        for p in assembly.periods:
            assembly.exergy(site.name, name, "absorption chiller", p, chilled.exergy * cold[p])
            assembly.energy(site.name, name, p, entering={"heat": cold[p]})
            assembly.total("cold from heat", p, cold[p], "MWh/a")
        assembly.flow("heat", f"{key} drive", f"{key} rejects", "MW", lambda p: driving[p])
        assembly.flow("heat", key, f"{key} rejects", "MW", lambda p: cold[p])
