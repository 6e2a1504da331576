"""What may be uncertain in a water network, what it is in each scenario, and the point that the design is for.

Loads, flows, demands, prices and what can be drawn are named by dotted paths: `process_units.NAME.load.CONTAMINANT`,
`process_units.NAME.load` (all of its loads), `process_units.NAME.flow`, `demands.NAME.flow`, `fresh_water.NAME.price`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import Problem, nearest
from ..uncertainty.elements import StatedUncertainty, UncertainElement
from .parts import ProcessUnit

if TYPE_CHECKING:
    from .case import WaterNetworkCase

Floats = NDArray[np.float64]

_NUMBERS = {
    "fresh_water": ("price", "maximum"),
    "process_units": ("flow", "loss", "gain"),
    "demands": ("flow",),
    "sources": ("flow",),
    "treatment_units": ("operating_cost",),
    "discharges": ("price",),
}
_PRICES = ("price", "operating_cost", "electricity_price")


class WaterUncertainty(StatedUncertainty):
    """Random elements by name, with the correlations of their normal scores (Gaussian copula)."""

    def acting_on(self, path: str) -> UncertainElement | None:
        """The random element that acts on a number, or on all loads of a unit to which it belongs."""
        head, _, _ = path.rpartition(".")
        return self.element_on(path) or (self.element_on(head) if head.endswith(".load") else None)


def numbers_of(case: WaterNetworkCase) -> dict[str, float]:
    """Every number that may be uncertain by its path, as the file has it."""
    numbers = {"electricity_price": case.electricity_price}
    for group, fields in _NUMBERS.items():
        for node in getattr(case, group):
            stated = {field: getattr(node, field) for field in fields}
            numbers |= {f"{group}.{node.name}.{field}": v for field, v in stated.items() if v is not None}
            if isinstance(node, ProcessUnit):
                numbers |= {f"{group}.{node.name}.load.{k}": load for k, load in node.load.items()}
    return numbers


def scenario_numbers(case: WaterNetworkCase, xi: Floats) -> dict[str, Floats]:
    """(N,) value of every number of `numbers_of` in the scenarios with elements `xi` (N, K)."""
    position = {name: k for k, name in enumerate(case.uncertainty.elements)}
    named = {id(element): position[name] for name, element in case.uncertainty.elements.items()}
    values: dict[str, Floats] = {}
    for path, nominal in numbers_of(case).items():
        element = case.uncertainty.acting_on(path)
        if element is None:
            values[path] = np.full(len(xi), nominal)
        else:
            drawn = xi[:, named[id(element)]]
            values[path] = nominal * drawn if element.relative else drawn.copy()
    return values


def design_point(case: WaterNetworkCase) -> WaterNetworkCase:
    """The case that the network is found for: the hardest values of the declared ranges, at mean prices.

    Demands, sources and flows stand at their upper ends, what can be drawn at its lower one. A unit's load is the one
    that gives its largest rise of concentration, load / flow, at the largest flow, and its loss the one that leaves the
    smallest share of the water: the unit then bounds every concentration that it can have in its declared range.
    """
    if not case.uncertainty.elements:
        return case
    of = _Ends(case)
    return case.model_copy(
        update={
            "uncertainty": WaterUncertainty(),
            "electricity_price": of.mean("electricity_price", case.electricity_price),
            "fresh_water": [
                s.model_copy(
                    update={
                        "price": of.mean(f"fresh_water.{s.name}.price", s.price),
                        "maximum": None if s.maximum is None else of.low(f"fresh_water.{s.name}.maximum", s.maximum),
                    }
                )
                for s in case.fresh_water
            ],
            "process_units": [_hardest(u, of) for u in case.process_units],
            "demands": [d.model_copy(update={"flow": of.high(f"demands.{d.name}.flow", d.flow)}) for d in case.demands],
            "sources": [s.model_copy(update={"flow": of.high(f"sources.{s.name}.flow", s.flow)}) for s in case.sources],
            "treatment_units": [
                t.model_copy(
                    update={"operating_cost": of.mean(f"treatment_units.{t.name}.operating_cost", t.operating_cost)}
                )
                for t in case.treatment_units
            ],
            "discharges": [
                d.model_copy(update={"price": of.mean(f"discharges.{d.name}.price", d.price)}) for d in case.discharges
            ],
        }
    )


class _Ends:
    """Ends and means of the numbers of a case."""

    def __init__(self, case: WaterNetworkCase) -> None:
        self.uncertainty = case.uncertainty

    def ends(self, path: str, nominal: float) -> tuple[float, float]:
        element = self.uncertainty.acting_on(path)
        if element is None:
            return nominal, nominal
        low, high = element.distribution.support()
        return (nominal * low, nominal * high) if element.relative else (low, high)

    def low(self, path: str, nominal: float) -> float:
        return self.ends(path, nominal)[0]

    def high(self, path: str, nominal: float) -> float:
        return self.ends(path, nominal)[1]

    def mean(self, path: str, nominal: float) -> float:
        element = self.uncertainty.acting_on(path)
        if element is None:
            return nominal
        average = element.distribution.average()
        return nominal * average if element.relative else average

    def corners(self, numbers: dict[str, float]) -> Iterator[dict[str, float]]:
        """The numbers at every combination of ends of the elements that act on them."""
        acting = {path: self.uncertainty.acting_on(path) for path in numbers}
        elements = list({id(e): e for e in acting.values() if e is not None}.values())
        for chosen in product((0, 1), repeat=len(elements)):
            end = {id(e): e.distribution.support()[c] for e, c in zip(elements, chosen, strict=True)}
            yield {
                path: nominal if (e := acting[path]) is None else nominal * end[id(e)] if e.relative else end[id(e)]
                for path, nominal in numbers.items()
            }


def _corners(unit: ProcessUnit, of: _Ends) -> list[tuple[float, float, float, dict[str, float]]]:
    """(flow, loss, gain, loads) of a unit of fixed flow at every corner of what is declared of it."""
    assert unit.flow is not None
    head = f"process_units.{unit.name}"
    numbers = {f"{head}.flow": unit.flow, f"{head}.loss": unit.loss, f"{head}.gain": unit.gain}
    numbers |= {f"{head}.load.{k}": load for k, load in unit.load.items()}
    return [
        (
            at[f"{head}.flow"],
            at[f"{head}.loss"],
            at[f"{head}.gain"],
            {k: at[f"{head}.load.{k}"] for k in unit.load},
        )
        for at in of.corners(numbers)
    ]


def _hardest(unit: ProcessUnit, of: _Ends) -> ProcessUnit:
    if unit.flow is None:
        head = f"process_units.{unit.name}.load"
        return unit.model_copy(update={"load": {k: of.high(f"{head}.{k}", v) for k, v in unit.load.items()}})
    corners = _corners(unit, of)
    flow = max(f for f, _, _, _ in corners)
    share = min((f - loss + gain) / f for f, loss, gain, _ in corners)
    gain = max(g for _, _, g, _ in corners)
    load = {k: flow * max(loads[k] / f for f, _, _, loads in corners) for k in unit.load}
    loss, gain = max(0.0, gain + flow * (1.0 - share)), max(0.0, gain)
    return unit.model_copy(update={"flow": flow, "loss": loss, "gain": gain, "load": load})


def problems_of_uncertainty(case: WaterNetworkCase) -> Iterator[Problem]:
    """Paths that cannot be uncertain, ranges without end, an objective in which no emergency has a price."""
    yield from case.uncertainty.problems()
    numbers = numbers_of(case)
    loads = {f"process_units.{u.name}.load" for u in case.process_units}
    for name, element in case.uncertainty.elements.items():
        place = f"uncertainty.elements.{name}"
        low, high = element.distribution.support()
        for path in element.on:
            if path not in numbers and path not in loads:
                yield Problem(
                    f"there is no {path!r} to be uncertain; loads, flows and prices may be",
                    place=f"{place}.on",
                    suggestion=nearest(path, (*numbers, *loads)),
                )
            elif path in loads and not element.relative:
                message = f"{path!r} is more than one number: a factor may multiply it, no value replace it"
                yield Problem(message, place=f"{place}.relative", typed="false")
            elif not path.endswith(_PRICES) and not np.isfinite(high):
                message = f"{path!r} can rise without end, and the network is designed for the upper end: truncate it"
                yield Problem(message, place=f"{place}.distribution")
            elif path.startswith("process_units") and path.endswith(".flow") and low <= 0.0:
                yield Problem(f"{path!r} can fall to 0: a unit that stands still", place=f"{place}.distribution")
    if not case.uncertainty.elements:
        return
    if case.weights.get("annual-cost", 0.0) <= 0.0:
        message = "with uncertainty it must count annual-cost: what no network can serve has a price, see `emergency`"
        yield Problem(message, place="objective", typed=str(case.objective))
    of = _Ends(case)
    for i, unit in enumerate(case.process_units):
        ends = [] if unit.flow is None else _corners(unit, of)
        if any(f <= 0.0 or f - loss + gain <= 0.0 for f, loss, gain, _ in ends):
            yield Problem("can lose all of its water in the declared range", place=f"process_units[{i}].loss")
