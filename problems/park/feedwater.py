"""The feed-water system of a plant: demineralized make-up, condensate return and deaerator.

Condensate enters two balances that the feed-water system closes: its mass (carrier `feedwater`) and its heat relative
to the feed water (carrier `deaerator heat`), so that only what differs from feed water in temperature appears there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from ..errors import Problem
from ..units import Concentration, Fraction, Pressure, SpecificPower, Temperature, WaterPrice
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site, activity
from .base import CaseModel, Name
from .blow_down import BlowDownFlash
from .header import Header, header_node
from .water_network import Role, WaterNetwork, WaterSink, WaterSource

LOST_AS_STEAM = "lost as steam and condensate"


class Feedwater(CaseModel):
    """Deaerator at saturation, fed by demineralized make-up, condensate and steam of one header."""

    header: Name = Field(description="header that heats the deaerator")
    pressure: Pressure = Field(default=0.2, ge=0.0, le=10.0, description="pressure of the deaerator")
    maximum: dict[Name, Concentration] = Field(
        default_factory=dict, description="largest concentration of the raw make-up water, every contaminant"
    )
    only: list[str] | None = Field(default=None, description="water sources that may feed it")
    forbidden: list[str] = Field(default_factory=list, description="water sources that may not feed it")
    make_up_temperature: Temperature = Field(default=25.0, ge=0.0, description="temperature of the make-up water")
    recovery: Fraction = Field(default=0.75, gt=0.0, description="demineralized per raw water")
    demineralized: dict[Name, Concentration] = Field(
        default_factory=dict, description="largest concentration after demineralization, 0 where not given"
    )
    cost: WaterPrice = Field(default=0.0, ge=0.0, description="demineralization, per raw water")
    power: SpecificPower = Field(default=0.0, description="demineralization, per raw water")
    blow_down: Fraction = Field(default=0.03, gt=0.0, lt=0.5, description="share of boiler feed water blown down")
    flash: BlowDownFlash | None = Field(default=None, description="what is won of the blow-down; none: it is drained")
    source: str = Field(default="assumed", description="where the figures come from")

    @property
    def enthalpy(self) -> float:
        """Enthalpy of the feed water [kJ/kg]."""
        return steam.saturated_liquid(self.pressure)

    @property
    def make_up_enthalpy(self) -> float:
        """Enthalpy of the make-up water [kJ/kg]."""
        return steam.liquid(self.make_up_temperature)

    def problems(self, place: str, contaminants: Iterable[str]) -> Iterator[Problem]:
        """Make-up colder than the deaerator; a limit for every contaminant, since the reject concentrates it."""
        boiling = steam.saturation_temperature(self.pressure)
        if self.make_up_temperature > boiling:
            yield Problem(
                f"hotter than the deaerator ({boiling:.1f} degC)",
                place=f"{place}.make_up_temperature",
                typed=f"{self.make_up_temperature:g}",
            )
        missing = [name for name in contaminants if name not in self.maximum]
        if missing:
            yield Problem(f"make-up water has no limit for {', '.join(missing)}", place=f"{place}.maximum")
        for name, limit in self.demineralized.items():
            if name in self.maximum and limit * self.recovery > self.maximum[name]:
                yield Problem(f"more {name} than the raw water brings", place=f"{place}.demineralized.{name}")

    def mix(
        self, assembly: Assembly, plant: str, period: str, what: str, amount: Expression, enthalpy: float, own: float
    ) -> None:
        """Enter what joins the deaerator [t/h], of `enthalpy` and `own` exergy [kJ/kg], and leaves it as feed water."""
        surplus = (own - exergy.of_boiling_water(self.pressure)) * steam.MW_PER_T_AND_KJ_PER_KG
        assembly.exergy(plant, "deaerator", "deaerator", period, surplus * amount)
        came, went = (h * steam.MW_PER_T_AND_KJ_PER_KG * amount for h in (enthalpy, self.enthalpy))
        assembly.energy(plant, "deaerator", period, entering={what: came}, leaving={"feed water": went})

    def add_to(self, assembly: Assembly, network: WaterNetwork, site: Site, headers: Mapping[str, Header]) -> None:
        """With make-up M, steam D, condensate C_u, feed water F, overflow O, vent V [t/h] and enthalpies h [kJ/kg]:

            mass:   M + D + sum_u C_u = F + O + V            raw water M / recovery, reject M (1 / recovery - 1)
            heat:   M (h_M - h_F) + D (h_D - h_F) + sum_u C_u (h_u - h_F) = V (h_V - h_F)

        Condensate hotter than the deaerator flashes in it and saves its steam; the vent lets out saturated steam when
        hot condensate brings more heat than there is make-up to warm.
        The overflow holds the balance when more condensate returns than boilers need (steam from another plant); it
        joins the blow-down, whose concentration bounds that of the mixture:  c_demineralized / blow_down share, more
        where a part of it flashes off.
        The reject bears all that demineralization removes:  c_raw / (1 - recovery).
        """
        name, periods, header = site.name, assembly.periods, headers[self.header]
        thickened = 1.0 if self.flash is None else self.flash.announce(site, headers, self.pressure)
        block = assembly.block(site, "feedwater")
        for variable in ("make_up", "steam", "overflow", "vent"):
            block.add_component(variable, activity(periods))
        block.blown_down = activity(periods)
        vented = steam.saturated_steam(self.pressure)
        raw = {p: block.make_up[p] / self.recovery for p in periods}
        node = header_node(name, self.header)
        for p in periods:
            assembly.supply("feedwater", name, p, block.make_up[p] + block.steam[p] - block.overflow[p] - block.vent[p])
            assembly.demand("steam", node, p, block.steam[p])
            _heat(assembly, name, p, block.make_up[p], self.make_up_enthalpy - self.enthalpy)
            _heat(assembly, name, p, block.steam[p], header.enthalpy - self.enthalpy)
            _heat(assembly, name, p, -block.vent[p], vented - self.enthalpy)
            crossing = block.make_up[p] * self.make_up_enthalpy - block.overflow[p] * self.enthalpy
            assembly.heat(name, p, (crossing - block.vent[p] * vented) * steam.MW_PER_T_AND_KJ_PER_KG)
            assembly.total("steam vented", p, block.vent[p])
            cold = exergy.of_water(self.make_up_temperature)
            self.mix(assembly, name, p, "make-up", block.make_up[p], self.make_up_enthalpy, cold)
            self.mix(assembly, name, p, "steam", block.steam[p], header.enthalpy, header.exergy)
            lost = (exergy.of_saturated_steam(self.pressure) - exergy.of_boiling_water(self.pressure)) * block.vent[p]
            assembly.exergy(name, "deaerator", "deaerator", p, -lost * steam.MW_PER_T_AND_KJ_PER_KG)
            gone = {"vent": vented * block.vent[p], "feed water": -self.enthalpy * block.vent[p]}
            gone = {what: h * steam.MW_PER_T_AND_KJ_PER_KG for what, h in gone.items()}
            assembly.energy(name, "deaerator", p, leaving=gone)
            assembly.demand("blow-down", name, p, block.blown_down[p])
            assembly.cost("demineralization", p, self.cost * raw[p])
            assembly.demand("power", name, p, self.power / 1000.0 * raw[p])
            assembly.exergy(name, "demineralization", "demineralization", p, self.power / 1000.0 * raw[p])
            assembly.energy(name, "demineralization", p, entering={"power": self.power / 1000.0 * raw[p]})
            assembly.total("boiler make-up", p, raw[p])
        assembly.flow("steam", node, f"{name}.deaerator", "t/h", lambda p: block.steam[p])
        only = None if self.only is None else frozenset(self.only)
        forbidden = frozenset({*self.forbidden, f"{name}.demineralization"})  # its own reject would only concentrate
        network.add_sink(WaterSink(f"{name}.make-up", Role.PLAIN, name, self.maximum, raw, only, forbidden))
        drained = {p: block.blown_down[p] + block.overflow[p] for p in periods}
        cycles = {k: thickened * c / self.blow_down for k, c in self.demineralized.items()}
        network.add_source(WaterSource(f"{name}.blow-down", Role.PLAIN, name, cycles, drained))
        if self.recovery < 1.0:
            reject = {p: raw[p] - block.make_up[p] for p in periods}
            concentrated = {k: c / (1.0 - self.recovery) for k, c in self.maximum.items()}
            network.add_source(WaterSource(f"{name}.demineralization", Role.PLAIN, name, concentrated, reject))
        for p in periods:  # what of the make-up comes back neither as blow-down nor as reject
            assembly.water(LOST_AS_STEAM, p, block.make_up[p] - drained[p], inwards=False)


def return_condensate(
    assembly: Assembly, plant: str, period: str, amount: Expression, enthalpy: float, feedwater: Feedwater
) -> None:
    """Condensate [t/h] of `enthalpy` [kJ/kg] joins the deaerator of a plant, with its heat."""
    assembly.supply("feedwater", plant, period, amount)
    _heat(assembly, plant, period, amount, enthalpy - feedwater.enthalpy)
    feedwater.mix(assembly, plant, period, "condensate", amount, enthalpy, exergy.of_water_with(enthalpy))
    assembly.heat(plant, period, amount * (enthalpy * steam.MW_PER_T_AND_KJ_PER_KG))
    kept = (enthalpy - feedwater.make_up_enthalpy) * steam.MW_PER_T_AND_KJ_PER_KG
    assembly.total("heat returned", period, amount * kept, "MWh/a")
    assembly.total("condensate returned", period, amount)


def _heat(assembly: Assembly, plant: str, period: str, amount: Expression, relative: float) -> None:
    assembly.supply("deaerator heat", plant, period, amount * relative * steam.MW_PER_T_AND_KJ_PER_KG)
