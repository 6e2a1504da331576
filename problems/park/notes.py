"""What a park's case leaves unsaid: possible, perhaps meant, and worth a sentence before anybody relies on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .water_network import WaterNetwork, WaterSource

if TYPE_CHECKING:
    from .case import ParkCase

PRIORITY = {
    "lead": r"pb|lead",
    "nickel": r"ni|nickel",
    "chromium VI": r"cr ?6|cr ?vi|chrom(ium|e) ?(vi|6)|hexavalent chromium",
    "cadmium": r"cd|cadmium",
    "silver": r"ag|silver",
}
"""Pollutants that comply at the workshop outlet, before mixing, by how engineers write them."""
SHOWN = 4  # sources named in one note


def notes(case: ParkCase, network: WaterNetwork) -> tuple[str, ...]:
    """All of them, each with its dotted place; `network` is the case's, connected."""
    found = [*case.uncertainty.warnings(), *_workshops(case), *_uses(case, network), *_sinks(case, network)]
    found += [*_discharges(case, network), *_guarantees(case), *_unpriced(case)]
    for name, system in case.heat_systems.items():
        found += system.warnings(f"plants.{name}.heat")
    return tuple(found)


def _workshops(case: ParkCase) -> Iterator[str]:
    """Priority pollutants that are followed without a limit at the workshop outlet."""
    for name, contaminant in case.contaminants.items():
        plain = re.sub(r"[\s_-]+", " ", name).lower()
        is_priority = [pollutant for pollutant, spelling in PRIORITY.items() if re.fullmatch(spelling, plain)]
        if is_priority and contaminant.workshop_limit is None:
            yield (
                f"contaminants.{name}: {is_priority[0]} is a priority pollutant that has to comply at the workshop "
                "outlet, before mixing; without 'workshop_limit' it may be mixed first"
            )


def _uses(case: ParkCase, network: WaterNetwork) -> Iterator[str]:
    """A use says nothing of what reused water would bring: nothing of it may come in."""
    for plant_name, plant in case.plants.items():
        for unit, use in plant.water_uses.items():
            for contaminant in sorted(set(case.contaminants) - set(use.contaminants)):
                if carriers := _carriers(network, f"{plant_name}.{unit}", contaminant):
                    yield (
                        f"plants.{plant_name}.water_uses.{unit}.contaminants: says nothing of {contaminant}, so no "
                        f"water that may carry it comes in (from {_named(carriers)}); give its 'maximum_outlet' to "
                        "allow it"
                    )


def _sinks(case: ParkCase, network: WaterNetwork) -> Iterator[str]:
    """A plain sink says nothing of what its water may bring: any amount may come in."""
    for plant_name, plant in case.plants.items():
        for unit, sink in plant.water_sinks.items():
            for contaminant in sorted(set(case.contaminants) - set(sink.maximum)):
                if carriers := _carriers(network, f"{plant_name}.{unit}", contaminant):
                    yield (
                        f"plants.{plant_name}.water_sinks.{unit}.maximum: says nothing of {contaminant}, so water with "
                        f"any amount of it may come in (from {_named(carriers)})"
                    )


def _discharges(case: ParkCase, network: WaterNetwork) -> Iterator[str]:
    """Where costs are compared, an outlet that neither limits nor charges a contaminant is a cheap place for it."""
    if case.objective != "annual-cost":
        return
    for name, discharge in case.discharges.items():
        said = {*discharge.limit, *discharge.permit, *discharge.load_price}
        for contaminant in sorted(set(case.contaminants) - said):
            if carriers := _carriers(network, name, contaminant):
                yield (
                    f"discharges.{name}: has no limit, permit or fee for {contaminant}: any amount of it may leave "
                    f"there (from {_named(carriers)})"
                )


def _guarantees(case: ParkCase) -> Iterator[str]:
    """A guaranteed outlet without an inlet limit is promised for any inlet."""
    for plant_name, plant in case.plants.items():
        for unit, treatment in plant.treatments.items():
            for contaminant, one in treatment.contaminants.items():
                if one.outlet is not None and one.maximum_inlet is None:
                    yield (
                        f"plants.{plant_name}.treatments.{unit}.contaminants.{contaminant}: its outlet is guaranteed "
                        "whatever comes in; give the 'maximum_inlet' up to which the guarantee holds"
                    )


def _unpriced(case: ParkCase) -> Iterator[str]:
    """Uncertainty where nothing has a price: then nothing can give way."""
    if case.uncertainty.elements and case.objective != "annual-cost":
        yield (
            f"objective: with {case.objective.value!r} nothing has a price, so there is no emergency outlet and no "
            "curtailment; a future that cannot be operated makes every design infeasible"
        )


def _carriers(network: WaterNetwork, sink: str, contaminant: str) -> list[WaterSource]:
    """Sources that may bring the contaminant to a sink."""
    arcs = (arc.source for arc in network.arcs if arc.sink.key == sink)
    return [source for source in arcs if source.concentration.get(contaminant, 0.0) > 0.0]


def _named(sources: list[WaterSource]) -> str:
    names = list(dict.fromkeys(source.key for source in sources))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
