"""The heat of a plant: streams to be cooled or heated, what may exchange it, and the utilities that cover the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from ..errors import Problem
from ..heat.streams import HeatRecoveryProblem, Side
from ..units import TemperatureDifference
from .assembly import Assembly, Site
from .base import CaseModel, Name
from .condensing_turbine import CondensingTurbine
from .cooling import Cooling
from .dry_cooler import DryCooler
from .economizer import Economizer, beyond_fuel
from .emergency import Emergency
from .fuel import Fuel
from .heat_engine import AbsorptionChiller, RankineCycle
from .heat_exchanger import HeatExchanger
from .heat_export import HeatExport
from .heat_network import HeatNetwork, share_of_approach
from .heat_pump import HeatPump
from .heat_stream import ParkStream
from .heating import Heating
from .references import unknown
from .steam import SteamSystem
from .steam_recovery import SteamRecovery
from .thermal_store import ThermalStore
from .water_network import WaterNetwork
from .weather import Air


class HeatSystem(CaseModel):
    """Heat of a plant's processes. What is in `streams` must not be in `steam_uses` too."""

    streams: dict[Name, ParkStream] = Field(default_factory=dict, description="streams to be cooled or heated")
    approach_temperature: TemperatureDifference = Field(
        default=10.0, description="smallest difference at which heat is exchanged, unless a stream says otherwise"
    )
    free_recovery: bool = Field(
        default=False, description="streams may heat each other at no cost, as in pinch targets; false: only exchangers"
    )
    exchangers: dict[Name, HeatExchanger] = Field(default_factory=dict, description="between two streams")
    heating: dict[Name, Heating] = Field(default_factory=dict, description="hot utilities")
    cooling: dict[Name, Cooling] = Field(default_factory=dict, description="cold utilities")
    dry_coolers: dict[Name, DryCooler] = Field(default_factory=dict, description="cooling by the air")
    economizers: dict[Name, Economizer] = Field(default_factory=dict, description="heat of the boilers' flue gas")
    steam_recovery: dict[Name, SteamRecovery] = Field(default_factory=dict, description="steam raised from streams")
    heat_pumps: dict[Name, HeatPump] = Field(default_factory=dict, description="heat pumps and vapour recompression")
    condensing_turbines: dict[Name, CondensingTurbine] = Field(default_factory=dict, description="steam to vacuum")
    rankine_cycles: dict[Name, RankineCycle] = Field(default_factory=dict, description="power from heat")
    absorption_chillers: dict[Name, AbsorptionChiller] = Field(default_factory=dict, description="cold from heat")
    stores: dict[Name, ThermalStore] = Field(default_factory=dict, description="hot water kept between periods")
    exports: dict[Name, HeatExport] = Field(default_factory=dict, description="buyers of heat outside the park")

    @property
    def towers(self) -> list[str]:
        """Names of the cooling towers: sinks of make-up and sources of blow-down."""
        return [name for name, cooling in self.cooling.items() if cooling.tower is not None]

    def problem(self, plant: str) -> HeatRecoveryProblem:
        """The streams at throughput 1 as a problem of pinch analysis."""
        streams = tuple(stream.nominal(name, plant) for name, stream in self.streams.items())
        return HeatRecoveryProblem(streams, approach_temperature=self.approach_temperature)

    def contributions(self) -> dict[str, float]:
        """Every stream's part of the approach temperature [K]."""
        return {
            name: share_of_approach(stream.approach_contribution, self.approach_temperature)
            for name, stream in self.streams.items()
        }

    def problems(
        self,
        place: str,
        steam: SteamSystem | None,
        contaminants: Iterable[str],
        fuels: Mapping[str, Fuel],
        periods: Iterable[str],
        air: Air | None,
    ) -> list[Problem]:
        """Contradictions, names that are not there, and exchangers that their temperatures forbid."""
        found: list[Problem] = []
        for name, stream in self.streams.items():
            found += stream.problems(f"{place}.streams.{name}")
        if found:
            return found
        known = {*self.streams, *self.heating, *self.cooling}
        for group in ("streams", "heating", "cooling"):
            for name, part in getattr(self, group).items():
                for other in part.forbidden:
                    if other not in known:
                        found.append(unknown(f"{place}.{group}.{name}.forbidden", "part of the heat", other, known))
        for name, heating in self.heating.items():
            found += _heating(f"{place}.heating.{name}", heating, steam, set(fuels))
        for name, cooling in self.cooling.items():
            if cooling.tower is not None:
                found += cooling.tower.problems(f"{place}.cooling.{name}.tower", contaminants)
        for name, exchanger in self.exchangers.items():
            found += self._exchanger(f"{place}.exchangers.{name}", exchanger)
        for name, economizer in self.economizers.items():
            found += economizer.problems(f"{place}.economizers.{name}", steam)
        boilers = {} if steam is None else steam.boilers
        found += beyond_fuel(f"{place}.economizers", self.economizers, boilers, fuels)
        for name, recovery in self.steam_recovery.items():
            found += recovery.problems(f"{place}.steam_recovery.{name}", steam)
        for name, turbine in self.condensing_turbines.items():
            found += turbine.problems(f"{place}.condensing_turbines.{name}", steam)
        for group in ("heat_pumps", "dry_coolers"):
            for name, machine in getattr(self, group).items():
                found += machine.problems(f"{place}.{group}.{name}", air)
        for group in ("rankine_cycles", "absorption_chillers"):
            for name, machine in getattr(self, group).items():
                found += machine.problems(f"{place}.{group}.{name}")
        for name, store in self.stores.items():
            found += store.problems(f"{place}.stores.{name}", periods)
        return found

    def warnings(self, place: str) -> Iterator[str]:
        """What is possible and daring."""
        for name, pump in self.heat_pumps.items():
            yield from pump.warnings(f"{place}.heat_pumps.{name}")

    def _exchanger(self, place: str, exchanger: HeatExchanger) -> Iterator[Problem]:
        sides: Mapping[str, Side] = {name: s.as_stream(name, "").side for name, s in self.streams.items()}
        for key, side in (("hot", Side.HOT), ("cold", Side.COLD)):
            name = getattr(exchanger, key)
            if sides.get(name) is not side:
                yield unknown(f"{place}.{key}", f"{side} stream", name, [n for n, s in sides.items() if s is side])
                return
        contributions = self.contributions()
        needed = contributions[exchanger.hot] + contributions[exchanger.cold]
        if exchanger.extra(needed) < 0.0:
            message = f"below the {needed:g} K that the two streams' contributions add up to: lower these"
            typed = f"{exchanger.approach_temperature:g}"
            yield Problem(message, place=f"{place}.approach_temperature", typed=typed)
        hottest = self.streams[exchanger.hot].as_stream("", "").supply
        coldest = self.streams[exchanger.cold].as_stream("", "").supply
        if hottest - coldest < max(needed, exchanger.approach_temperature or 0.0):
            message = f"{exchanger.hot!r} arrives with {hottest:g} degC, {exchanger.cold!r} with {coldest:g}: too close"
            yield Problem(message, place=place)
        if exchanger.investment is None and exchanger.existing == 0.0:
            yield Problem("give 'existing' duty or an 'investment', else nothing can be exchanged", place=place)

    def add_to(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        water: WaterNetwork,
        site: Site,
        path: str,
        steam: SteamSystem | None,
        fuels: Mapping[str, Fuel],
        emergency: Emergency | None,
    ) -> None:
        """Declare carriers and exchangers; call after the throughput and the steam system, before water connects."""
        approach = self.approach_temperature
        if not self.free_recovery:
            network.piped.add(site.name)
        for name, stream in self.streams.items():
            stream.add_to(assembly, network, site, name, f"{path}.streams.{name}", approach, emergency)
        for name, heating in self.heating.items():
            heating.add_to(assembly, network, site, name, f"{path}.heating.{name}", approach, steam, fuels)
        for name, cooling in self.cooling.items():
            cooling.add_to(assembly, network, water, site, name, f"{path}.cooling.{name}", approach)
        for name, cooler in self.dry_coolers.items():
            cooler.add_to(assembly, network, site, name, approach)
        for name, exchanger in self.exchangers.items():
            exchanger.add_to(assembly, network, site, name, self.contributions())
        for name, economizer in self.economizers.items():
            economizer.add_to(assembly, network, site, name, approach)
        for name, recovery in self.steam_recovery.items():
            assert steam is not None
            recovery.add_to(assembly, network, site, name, approach, steam)
        for name, pump in self.heat_pumps.items():
            pump.add_to(assembly, network, site, name)
        for name, turbine in self.condensing_turbines.items():
            assert steam is not None
            turbine.add_to(assembly, network, site, name, f"{path}.condensing_turbines.{name}", steam, emergency)
        for name, engine in (*self.rankine_cycles.items(), *self.absorption_chillers.items()):
            engine.add_to(assembly, network, site, name)
        for name, store in self.stores.items():
            store.add_to(assembly, network, site, name, approach)
        for name, export in self.exports.items():
            export.add_to(assembly, network, site, name, f"{path}.exports.{name}", approach)


def _heating(place: str, heating: Heating, steam: SteamSystem | None, fuels: set[str]) -> Iterator[Problem]:
    if heating.fuel is not None and heating.fuel not in fuels:
        yield unknown(f"{place}.fuel", "fuel", heating.fuel, fuels)
    if heating.header is None:
        return
    if steam is None or heating.header not in steam.headers:
        yield unknown(f"{place}.header", "header", heating.header, () if steam is None else steam.headers)
    elif heating.condensate_return > 0.0 and steam.feedwater is None and not steam.collected:
        message = "the plant collects no condensate that this one's could join: give a steam use that returns some"
        yield Problem(message, place=f"{place}.condensate_return")
