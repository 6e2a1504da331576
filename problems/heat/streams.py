"""Process streams and utilities: what the targets and networks of heat recovery are made of.

Temperatures [degC], duties [MW], heat-capacity flows [MW/K], film coefficients [kW/(m2 K)], areas [m2], prices
[currency/MWh]. Targets are linear in the duty, so any other unit of power may be used throughout.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Side(StrEnum):
    """Which way heat flows: a hot stream gives it off, a cold stream takes it up."""

    HOT = "hot"
    COLD = "cold"


class HeatDataError(ValueError):
    """Stream data that contradict themselves; `problems` lists every contradiction found."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))

    def __reduce__(self) -> tuple[type[HeatDataError], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


@dataclass(frozen=True)
class Segment:
    """A piece of a stream with constant heat-capacity flow; supply = target is a phase change at one temperature."""

    supply: float
    target: float
    duty: float


@dataclass(frozen=True)
class HeatStream:
    """A stream that must be cooled (hot) or heated (cold) through its segments, in the order of flow.

    `approach_contribution` [K] is the stream's own share of the minimum approach temperature; None: half of the
    problem's. `plant` names the zone inside which heat may be exchanged directly.
    """

    name: str
    side: Side
    segments: tuple[Segment, ...]
    film_coefficient: float = 1.0
    approach_contribution: float | None = None
    plant: str = ""

    @classmethod
    def simple(
        cls,
        name: str,
        supply: float,
        target: float,
        *,
        duty: float | None = None,
        heat_capacity_flow: float | None = None,
        side: Side | None = None,
        film_coefficient: float = 1.0,
        approach_contribution: float | None = None,
        plant: str = "",
    ) -> HeatStream:
        """A stream of one segment, from its duty [MW] or its heat-capacity flow [MW/K].

        The side follows from the temperatures; a phase change at one temperature has to name it.
        Raises HeatDataError where neither or both sizes are given, or the side is undefined.
        """
        if (duty is None) == (heat_capacity_flow is None):
            raise HeatDataError([f"stream {name}: give either its duty or its heat-capacity flow"])
        if side is None:
            if supply == target:
                raise HeatDataError(
                    [f"stream {name}: supply = target = {supply:g} degC, so say whether it is hot or cold"]
                )
            side = Side.HOT if supply > target else Side.COLD
        if heat_capacity_flow is not None:
            duty = heat_capacity_flow * abs(supply - target)
        assert duty is not None
        return cls(name, side, (Segment(supply, target, duty),), film_coefficient, approach_contribution, plant)

    @property
    def supply(self) -> float:
        """Supply temperature [degC]."""
        return self.segments[0].supply

    @property
    def target(self) -> float:
        """Target temperature [degC]."""
        return self.segments[-1].target

    @property
    def duty(self) -> float:
        """Heat to be given off or taken up [MW]."""
        return math.fsum(segment.duty for segment in self.segments)

    def scaled(self, factor: float) -> HeatStream:
        """The same stream at `factor` times its flow."""
        return replace(self, segments=tuple(replace(s, duty=factor * s.duty) for s in self.segments))

    def check(self) -> list[str]:
        """Contradictions in the data, in words; empty where there are none."""
        found: list[str] = []
        if not self.segments:
            return [f"stream {self.name}: has no segment"]
        falling = self.side is Side.HOT
        place = self.segments[0].supply
        for segment in self.segments:
            numbers = (segment.supply, segment.target, segment.duty)
            if not all(math.isfinite(number) for number in numbers):
                found.append(f"stream {self.name}: {numbers} are not all finite numbers")
            elif segment.duty < 0:
                found.append(f"stream {self.name}: duty {segment.duty:g} is negative")
            elif (segment.supply < segment.target) if falling else (segment.supply > segment.target):
                found.append(
                    f"stream {self.name} is {self.side} but goes from {segment.supply:g} to {segment.target:g} degC"
                )
            if segment.supply != place:
                found.append(
                    f"stream {self.name}: a segment starts at {segment.supply:g} where the last ended at {place:g}"
                )
            place = segment.target
        return found + _check_exchange(f"stream {self.name}", self.film_coefficient, self.approach_contribution)


@dataclass(frozen=True)
class Utility:
    """Heat (hot) or cooling (cold) that can be bought between two temperatures; a negative price is a revenue.

    `supply` = `target` is a utility at one temperature (condensing steam, boiling water). `maximum` [MW].
    """

    name: str
    side: Side
    supply: float
    target: float
    price: float | None = None
    film_coefficient: float = 1.0
    approach_contribution: float | None = None
    maximum: float = math.inf

    def stream(self, duty: float) -> HeatStream:
        """The utility as a process stream that carries `duty` [MW]."""
        segment = Segment(self.supply, self.target, duty)
        return HeatStream(self.name, self.side, (segment,), self.film_coefficient, self.approach_contribution)

    def check(self) -> list[str]:
        """Contradictions in the data, in words; empty where there are none."""
        found = [problem.replace("stream", "utility", 1) for problem in self.stream(1.0).check()]
        if math.isnan(self.maximum) or self.maximum < 0:
            found.append(f"utility {self.name}: maximum {self.maximum:g} must not be negative")
        if self.price is not None and not math.isfinite(self.price):
            found.append(f"utility {self.name}: price {self.price:g} is not a finite number")
        return found


@dataclass(frozen=True)
class HeatRecoveryProblem:
    """Streams that may exchange heat with each other and the utilities that cover the rest.

    `approach_temperature` [K] is the minimum difference between streams without a contribution of their own.
    `forbidden_matches`: pairs (hot name, cold name) of streams or utilities that must not meet.
    """

    streams: tuple[HeatStream, ...]
    utilities: tuple[Utility, ...] = ()
    approach_temperature: float = 10.0
    forbidden_matches: frozenset[tuple[str, str]] = field(default_factory=frozenset[tuple[str, str]])

    def __post_init__(self) -> None:
        found = [problem for stream in self.streams for problem in stream.check()]
        found += [problem for utility in self.utilities for problem in utility.check()]
        if not (math.isfinite(self.approach_temperature) and self.approach_temperature >= 0):
            found.append(f"approach temperature {self.approach_temperature:g} must be a number >= 0")
        for kind, names in (
            ("stream", [s.name for s in self.streams]),
            ("utility", [u.name for u in self.utilities]),
        ):
            found += [f"{kind} {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
        if found:
            raise HeatDataError(found)

    @property
    def hot_streams(self) -> tuple[HeatStream, ...]:
        """Streams that give off heat."""
        return tuple(stream for stream in self.streams if stream.side is Side.HOT)

    @property
    def cold_streams(self) -> tuple[HeatStream, ...]:
        """Streams that take up heat."""
        return tuple(stream for stream in self.streams if stream.side is Side.COLD)

    @property
    def plants(self) -> tuple[str, ...]:
        """Names of the plants in the order of their first stream."""
        return tuple(dict.fromkeys(stream.plant for stream in self.streams))

    def of_plant(self, plant: str) -> HeatRecoveryProblem:
        """The same problem with only the streams of one plant."""
        return replace(self, streams=tuple(stream for stream in self.streams if stream.plant == plant))

    def with_approach_temperature(self, approach_temperature: float) -> HeatRecoveryProblem:
        """The same problem at another minimum approach; streams keep contributions of their own."""
        return replace(self, approach_temperature=approach_temperature)

    def contribution(self, item: HeatStream | Utility) -> float:
        """Share [K] of the minimum approach temperature that a stream or utility brings."""
        own = item.approach_contribution
        return self.approach_temperature / 2 if own is None else own

    def shifted(self, item: HeatStream | Utility, temperature: float) -> float:
        """Temperature on the common scale of the cascade: hot ones lowered, cold ones raised by their contribution."""
        contribution = self.contribution(item)
        return temperature - contribution if item.side is Side.HOT else temperature + contribution


def _check_exchange(who: str, film_coefficient: float, contribution: float | None) -> list[str]:
    found: list[str] = []
    if not (math.isfinite(film_coefficient) and film_coefficient > 0):
        found.append(f"{who}: film coefficient {film_coefficient:g} must be positive")
    if contribution is not None and not (math.isfinite(contribution) and contribution >= 0):
        found.append(f"{who}: approach contribution {contribution:g} must not be negative")
    return found
