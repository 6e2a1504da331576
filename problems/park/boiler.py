"""Boilers that burn a fuel, or a mix of several that the operation chooses within limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyomo.environ as pyo
from pydantic import Field, model_validator

from ..errors import Problem
from ..units import Fraction
from .assembly import Assembly, Expression, Site, activity
from .base import CaseModel, Name
from .feedwater import Feedwater
from .fuel import Fuel
from .header import Header
from .references import unknown
from .steam_generator import SteamGenerator


class FuelShare(CaseModel):
    """One fuel of a mix: its share of what the boiler burns (LHV), in every period of every scenario."""

    minimum: Fraction = Field(default=0.0, description="smallest share")
    maximum: Fraction = Field(default=1.0, description="largest share")
    efficiency: Fraction | None = Field(
        default=None, gt=0.3, description="heat to steam and blow-down per LHV of this fuel; none: the boiler's"
    )


class Boiler(SteamGenerator):
    """A boiler; its efficiency is that at full load on the lower heating value."""

    fuel: Name | None = Field(default=None, description="one of the park's fuels; or give 'fuels'")
    fuels: dict[Name, FuelShare] = Field(default_factory=dict, description="fuels that it can burn together")
    efficiency: Fraction = Field(default=0.9, gt=0.3, description="heat to steam and blow-down per LHV, at full load")

    @model_validator(mode="after")
    def _one_of(self) -> Boiler:
        if (self.fuel is None) != bool(self.fuels):
            raise ValueError("give exactly one of 'fuel' and 'fuels'")
        return self

    @property
    def mix(self) -> Mapping[str, FuelShare]:
        """Every fuel with its limits."""
        return self.fuels if self.fuel is None else {self.fuel: FuelShare()}

    def problems(self, place: str, fuels: Iterable[str]) -> Iterator[Problem]:
        """Fuels that are not there, shares that no mix could keep."""
        known = set(fuels)
        for name in self.mix:
            if name not in known:
                where = f"{place}.fuel" if self.fuel is not None else f"{place}.fuels.{name}"
                yield unknown(where, "fuel", name, known)
        for name, share in self.mix.items():
            if share.minimum > share.maximum:
                message = f"minimum {share.minimum:g} is larger than maximum {share.maximum:g}"
                yield Problem(message, place=f"{place}.fuels.{name}")
        least, most = (sum(getattr(s, key) for s in self.mix.values()) for key in ("minimum", "maximum"))
        if least > 1.0 or most < 1.0:
            message = f"no mix keeps these shares: their minima add up to {least:g}, their maxima to {most:g}"
            yield Problem(message, place=f"{place}.fuels")

    def add_to(
        self,
        assembly: Assembly,
        site: Site,
        name: str,
        header: Header,
        feedwater: Feedwater,
        fuels: Mapping[str, Fuel],
        path: str,
    ) -> None:
        """Burns B [MW, LHV] of steam_generator's rows, with efficiency eta; of several fuels B_f with eta_f each:

        sum_f eta_f B_f = eta B,     minimum_f sum B <= B_f <= maximum_f sum B
        """
        per_steam = self.input_per_steam(header, feedwater, self.efficiency)
        needed = self.raise_steam(assembly, site, name, "boiler", path, header, feedwater, per_steam)
        if self.fuel is not None:
            site.burnt[name] = needed
            fuels[self.fuel].burn(assembly, self.fuel, site.name, name, "boiler", needed)
            return
        burnt = self._mixed(assembly, site, name, needed)
        site.burnt[name] = {p: sum(amount[p] for amount in burnt.values()) for p in assembly.periods}
        for fuel, amount in burnt.items():
            fuels[fuel].burn(assembly, fuel, site.name, name, "boiler", amount)

    def _mixed(
        self, assembly: Assembly, site: Site, name: str, needed: Mapping[str, Expression]
    ) -> dict[str, Mapping[str, Expression]]:
        """The rows of `add_to` for several fuels; every fuel's B_f per period."""
        block, periods = assembly.block(site, f"{name} fuels"), assembly.periods
        burnt: dict[str, Mapping[str, Expression]] = {}
        for fuel in self.fuels:
            block.add_component(fuel, activity(periods))
            burnt[fuel] = getattr(block, fuel)
        whole = {p: sum(amount[p] for amount in burnt.values()) for p in periods}
        heat = {p: sum((self.fuels[f].efficiency or self.efficiency) * b[p] for f, b in burnt.items()) for p in periods}
        block.heat = pyo.Constraint(periods, rule=lambda _, p: heat[p] == self.efficiency * needed[p])
        for fuel, share in self.fuels.items():
            limits = pyo.ConstraintList()
            block.add_component(f"{fuel} limits", limits)
            for p in periods:
                if share.minimum > 0.0:
                    limits.add(burnt[fuel][p] >= share.minimum * whole[p])
                if share.maximum < 1.0:
                    limits.add(burnt[fuel][p] <= share.maximum * whole[p])
        return burnt
