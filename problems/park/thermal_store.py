"""Thermal stores: hot water kept from one representative period for another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..heat.streams import Side
from ..units import Energy, Fraction, Quantity, Temperature, TemperatureDifference
from .assembly import Assembly, Site, activity
from .asset import Investment
from .base import CaseModel, Name
from .heat_network import Carrier, HeatNetwork, Piece, Role, share_of_approach
from .ledger import WHOLE_YEAR
from .references import unknown

Cycles = Annotated[float, Quantity("cycles per year", "1/year", positive=True)]
InvestmentPerEnergy = Annotated[float, Quantity("investment per energy", "currency/MWh", minimum=0.0)]


class StoreInvestment(Investment):
    """Something sized by the energy that it holds."""

    proportional: InvestmentPerEnergy = Field(default=0.0, description="installed cost per energy held")
    minimum: Energy = Field(default=0.0, description="smallest size for which the cost holds")
    maximum: Energy = Field(gt=0.0, description="largest size for which the cost holds")


class ThermalStore(CaseModel):
    """Stratified hot water between two temperatures, filled and emptied so many times a year."""

    hot: Temperature = Field(description="temperature of the full store")
    cold: Temperature = Field(description="temperature of the empty store")
    temperature_drop: TemperatureDifference = Field(default=2.0, description="by which it gives back colder water")
    efficiency: Fraction = Field(default=0.95, gt=0.0, description="heat given back per heat taken in")
    cycles: Cycles = Field(description="times a year that it is filled and emptied, for example 330")
    periods: list[Name] | None = Field(
        default=None, description="periods between which one cycle carries heat; none: all"
    )
    existing: Energy = Field(default=0.0, description="energy that the standing store holds")
    investment: StoreInvestment | None = Field(default=None, description="what may be built, per MWh held")
    approach_contribution: TemperatureDifference | None = Field(
        default=None, description="own share of the approach temperature; none: half of the plant's"
    )
    source: str = Field(default="assumed", description="where the figures come from")

    def problems(self, place: str, periods: Iterable[str]) -> Iterator[Problem]:
        """Periods that are not there, a store that gives back nothing."""
        known = list(periods)
        for name in self.periods or ():
            if name not in known:
                yield unknown(f"{place}.periods", "period", name, known)
        if self.hot - self.temperature_drop <= self.cold:
            yield Problem("gives back no heat: its water comes back cold", place=f"{place}.hot", typed=f"{self.hot:g}")

    def add_to(self, assembly: Assembly, network: HeatNetwork, site: Site, name: str, approach: float) -> None:
        """Charge c_p, discharge d_p [MW] in periods of h_p hours a year, energy held E, cycles n a year:

            sum_p h_p d_p = efficiency sum_p h_p c_p,      sum_p h_p c_p <= n E

        Periods stand for hours that alternate, so a cycle's order does not appear; the year's exchange is bounded.
        """
        held = assembly.capacity(site, name, "thermal store", "MWh", existing=self.existing, option=self.investment)
        periods = [p for p in assembly.periods if self.periods is None or p in self.periods]
        block = assembly.block(site, name)
        block.charge, block.discharge = activity(periods), activity(periods)
        year = {p: assembly.hours[p] for p in periods}
        taken = sum(year[p] * block.charge[p] for p in periods)
        given = sum(year[p] * block.discharge[p] for p in periods)
        block.balance = pyo.Constraint(expr=given - self.efficiency * taken == 0)
        block.cycles = pyo.Constraint(expr=taken <= self.cycles * held)
        own = share_of_approach(self.approach_contribution, approach)
        key = f"{site.name}.{name}"
        for side, suffix, piece, flow in (
            (Side.COLD, " charge", Piece(self.cold, self.hot), block.charge),
            (Side.HOT, "", Piece(self.hot - self.temperature_drop, self.cold), block.discharge),
        ):
            amount = {p: flow[p] if p in year else 0.0 for p in assembly.periods}
            carrier = network.add(
                Carrier(f"{key}{suffix}", site.name, side, Role.CONVERTER, (piece,), own, amount, owner=key)
            )
            worth = carrier.exergy if side is Side.COLD else -carrier.exergy
            kept = worth * assembly.mean(lambda p, amount=amount: amount[p])
            assembly.exergy(site.name, name, "thermal store", WHOLE_YEAR, kept)
            passed = {"heat": assembly.mean(lambda p, amount=amount: amount[p])}
            way = "entering" if side is Side.COLD else "leaving"
            assembly.energy(site.name, name, WHOLE_YEAR, **{way: passed})
        for p in periods:
            assembly.total("heat stored", p, block.charge[p], "MWh/a")
        assembly.flow("heat", f"{key} charge", key, "MW", lambda p: block.discharge[p] if p in year else 0.0)
