"""What cools streams that no other stream does: cooling water and its tower, chilled water, buyers of heat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field, model_validator

from ..errors import Problem
from ..heat.streams import Side
from ..units import Concentration, EnergyPrice, Quantity, Ratio, Temperature
from .assembly import Assembly, Expression, Site
from .base import CaseModel, Name
from .heat_network import HeatNetwork, Piece, exergy_of
from .heat_utility import HeatUtility
from .water_network import Role, WaterNetwork, WaterSink, WaterSource

WaterPerHeat = Annotated[float, Quantity("water per heat", "t/MWh", minimum=0.0, water=True)]
Cycles = Annotated[float, Quantity("ratio", "1", minimum=1.0)]


class CoolingTower(CaseModel):
    """Evaporates water to give off the heat, and blows down what would concentrate too far."""

    evaporation: WaterPerHeat = Field(default=1.5, description="water evaporated per heat; latent heat alone is 1.47")
    cycles: Cycles = Field(default=4.0, gt=1.0, description="concentration of the blow-down over that of the make-up")
    maximum: dict[Name, Concentration] = Field(
        default_factory=dict, description="largest concentration of the make-up water, every contaminant"
    )
    only: list[str] | None = Field(default=None, description="water sources that may feed it")
    forbidden: list[str] = Field(default_factory=list, description="water sources that may not feed it")

    def problems(self, place: str, contaminants: Iterable[str]) -> Iterator[Problem]:
        """The blow-down concentrates every contaminant, so each needs its limit."""
        if missing := [name for name in contaminants if name not in self.maximum]:
            yield Problem(f"make-up water has no limit for {', '.join(missing)}", place=f"{place}.maximum")

    def add_to(
        self, assembly: Assembly, network: WaterNetwork, site: Site, name: str, heat: dict[str, Expression]
    ) -> None:
        """Evaporated E = e Q;  make-up M = E cycles / (cycles - 1);  blow-down M / cycles at cycles x c_make-up."""
        make_up = {p: self.evaporation * self.cycles / (self.cycles - 1.0) * heat[p] for p in assembly.periods}
        blown_down = {p: self.evaporation / (self.cycles - 1.0) * heat[p] for p in assembly.periods}
        key = f"{site.name}.{name}"
        only = None if self.only is None else frozenset(self.only)
        network.add_sink(
            WaterSink(key, Role.PLAIN, site.name, self.maximum, make_up, only, frozenset({*self.forbidden, key}))
        )
        concentrated = {k: self.cycles * c for k, c in self.maximum.items()}
        network.add_source(WaterSource(key, Role.PLAIN, site.name, concentrated, blown_down))
        for p in assembly.periods:
            assembly.total("water used", p, make_up[p])
            assembly.water("evaporated in cooling towers", p, make_up[p] - blown_down[p], inwards=False)


class Cooling(HeatUtility):
    """A cold utility: takes up heat between two temperatures. A negative price is a revenue."""

    supply: Temperature = Field(description="temperature at which it arrives")
    target: Temperature | None = Field(default=None, description="temperature at which it leaves; none: as supply")
    price: EnergyPrice = Field(default=0.0, description="price per heat taken up")
    power: Ratio = Field(default=0.0, description="power of pumps, fans or chiller per heat, MW/MW")
    tower: CoolingTower | None = Field(default=None, description="the cooling tower that gives the heat off")

    @model_validator(mode="after")
    def _rises(self) -> Cooling:
        if self.target is not None and self.target < self.supply:
            raise ValueError("a cooling takes up heat: its target is not below its supply temperature")
        return self

    def add_to(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        water: WaterNetwork,
        site: Site,
        name: str,
        path: str,
        approach: float,
    ) -> None:
        """Cost price x Q, power e Q, water as the tower needs."""
        piece = Piece(self.supply, self.supply if self.target is None else self.target)
        heat = self.carrier(assembly, network, site, name, Side.COLD, (piece,), approach)
        price = assembly.uncertain(f"{path}.price", self.price)
        worth = max(0.0, exergy_of((piece,)))  # colder than the surroundings it is bought cold, which nothing destroys
        for p in assembly.periods:
            assembly.cost("cooling", p, price * heat[p])
            assembly.exergy(site.name, name, "cooling", p, (worth + self.power) * heat[p])
            assembly.energy(site.name, name, p, entering={"heat": heat[p], "power": self.power * heat[p]})
            if self.power > 0.0:
                assembly.demand("power", site.name, p, self.power * heat[p])
                assembly.total("power for heat", p, self.power * heat[p], "MWh/a")
        if self.power > 0.0:
            assembly.flow("power", site.name, f"{site.name}.{name}", "MW", lambda p: self.power * heat[p])
        if self.tower is not None:
            self.tower.add_to(assembly, water, site, name, heat)
