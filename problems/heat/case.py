"""The case file of kind `heat`: streams, utilities and what exchangers cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import Problem, nearest
from ..units import (
    AnnualRate,
    EnergyPrice,
    FilmCoefficient,
    HeatCapacityFlow,
    Hours,
    Investment,
    InvestmentPerArea,
    Power,
    Temperature,
    TemperatureDifference,
)
from .capital_targets import ExchangerCost
from .steam_supply import SteamSupply
from .streams import HeatDataError, HeatRecoveryProblem, HeatStream, Segment, Side, Utility
from .superstructure import Mixing
from .total_site import Main


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SegmentData(_Strict):
    """A piece of a stream, from where the last one ended to `target`; a phase change ends where it starts."""

    target: Temperature
    duty: Power | None = None
    heat_capacity_flow: HeatCapacityFlow | None = None


class Named(_Strict):
    """What a stream is called and where it is."""

    name: str
    plant: str = ""


class StreamShape(_Strict):
    """Temperatures and duty: `target` with `duty` or `heat_capacity_flow`, or `segments` in order of flow."""

    side: Annotated[Side | None, Field(description="needed for a phase change; else it follows from temperatures")] = (
        None
    )
    supply: Temperature
    target: Temperature | None = None
    duty: Power | None = None
    heat_capacity_flow: HeatCapacityFlow | None = None
    segments: list[SegmentData] = []
    film_coefficient: FilmCoefficient = 1.0
    approach_contribution: Annotated[
        TemperatureDifference | None, Field(description="own share of the approach temperature; default half of it")
    ] = None

    def as_stream(self, name: str, plant: str) -> HeatStream:
        """The stream of the models. Raises HeatDataError where the data contradict themselves."""
        pieces = self.segments
        if bool(pieces) == (self.target is not None):
            raise HeatDataError(["give either `target` or `segments`"])
        if not pieces:
            assert self.target is not None
            pieces = [SegmentData(target=self.target, duty=self.duty, heat_capacity_flow=self.heat_capacity_flow)]
        elif self.duty is not None or self.heat_capacity_flow is not None:
            raise HeatDataError(["the duty belongs to the segments where there are any"])
        built: list[Segment] = []
        start = self.supply
        for piece in pieces:
            if (piece.duty is None) == (piece.heat_capacity_flow is None):
                raise HeatDataError(["give either `duty` or `heat_capacity_flow`"])
            duty = piece.duty
            if duty is None:
                assert piece.heat_capacity_flow is not None
                duty = piece.heat_capacity_flow * abs(start - piece.target)
            built.append(Segment(start, piece.target, duty))
            start = piece.target
        side = self.side
        if side is None:
            if start == self.supply:
                raise HeatDataError(["say whether it is hot or cold: `side` is missing"])
            side = Side.HOT if start < self.supply else Side.COLD
        stream = HeatStream(name, side, tuple(built), self.film_coefficient, self.approach_contribution, plant)
        if found := stream.check():
            raise HeatDataError(found)
        return stream


class StreamData(StreamShape, Named):
    """A stream to be cooled or heated: `target` with `duty` or `heat_capacity_flow`, or `segments` in order of flow."""

    def stream(self) -> HeatStream:
        """The stream of the models. Raises HeatDataError where the data contradict themselves."""
        return self.as_stream(self.name, self.plant)


class UtilityData(_Strict):
    """Heating or cooling that can be bought; a negative price is a revenue."""

    name: str
    side: Side
    supply: Temperature
    target: Annotated[Temperature | None, Field(description="default: as `supply`, such as condensing steam")] = None
    price: EnergyPrice | None = None
    maximum: Power | None = None
    film_coefficient: FilmCoefficient = 1.0
    approach_contribution: TemperatureDifference | None = None

    def utility(self) -> Utility:
        """The utility of the models."""
        return Utility(
            self.name,
            self.side,
            self.supply,
            self.supply if self.target is None else self.target,
            self.price,
            self.film_coefficient,
            self.approach_contribution,
            float("inf") if self.maximum is None else self.maximum,
        )


class MainData(_Strict):
    """A steam or hot-water main between plants; `cold_end` as `hot_end` where it condenses."""

    name: str
    hot_end: Temperature
    cold_end: Temperature | None = None
    approach_contribution: TemperatureDifference = 0.0

    def main(self) -> Main:
        """The main of the models."""
        return Main(
            self.name,
            self.hot_end,
            self.hot_end if self.cold_end is None else self.cold_end,
            self.approach_contribution,
        )


class ExchangerCostData(_Strict):
    """Investment of one exchanger: fixed + per_area * area ** exponent, area in m2."""

    fixed: Investment = 0.0
    per_area: InvestmentPerArea = 0.0
    exponent: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0

    def cost(self) -> ExchangerCost:
        """The cost of the models."""
        return ExchangerCost(self.fixed, self.per_area, self.exponent)


class HeatCase(_Strict):
    """Streams that may exchange heat, the utilities that cover the rest, and what is looked for.

    `hot-utility` counts MW, `utility-cost` money a year, `matches` exchangers at the cheapest utilities; `annual-cost`
    designs the network of least utilities and annualized investment.
    """

    kind: Literal["heat"] = "heat"
    name: str = "heat"
    description: str = ""
    currency: str = "USD"
    approach_temperature: TemperatureDifference = 10.0
    streams: Annotated[list[StreamData], Field(min_length=1)]
    utilities: list[UtilityData] = []
    mains: list[MainData] = []
    forbidden_matches: Annotated[
        list[tuple[str, str]], Field(description="pairs (hot, cold) of streams or utilities that must not meet")
    ] = []
    between_plants: Annotated[bool, Field(description="whether streams of two plants may meet directly")] = True
    exchanger_cost: ExchangerCostData | None = None
    cogeneration: Annotated[
        SteamSupply | None, Field(description="steam whose power on the way to the streams is reported as a target")
    ] = None
    annualization: AnnualRate = 0.1
    hours_per_year: Hours = 8000.0
    objective: Literal["hot-utility", "utility-cost", "matches", "annual-cost"] = "hot-utility"
    stages: Annotated[
        int | None, Field(ge=1, le=20, description="of the network; default: streams of the larger side")
    ] = None

    mixing: Annotated[
        Mixing,
        Field(description="of split streams in a network: at one temperature, or each part at its own"),
    ] = Mixing.ISOTHERMAL

    def problems(self) -> tuple[Problem, ...]:
        """Contradictions of streams and utilities, unknown names, prices that the objective needs."""
        found: list[Problem] = []
        for i, data in enumerate(self.streams):
            try:
                data.stream()
            except HeatDataError as error:
                found += [Problem(text, place=f"streams[{i}]", typed=data.name) for text in error.problems]
        for i, data in enumerate(self.utilities):
            found += [Problem(text, place=f"utilities[{i}]", typed=data.name) for text in data.utility().check()]
            if self.objective in ("utility-cost", "annual-cost") and data.price is None:
                found.append(Problem(f"objective: {self.objective} needs its price", place=f"utilities[{i}].price"))
        found += self._twice("streams", (s.name for s in self.streams))
        found += self._twice("utilities", (u.name for u in self.utilities))
        found += self._twice("mains", (m.name for m in self.mains))
        found += self._unknown_in_pairs()
        if self.objective != "hot-utility" and not self.utilities:
            found.append(Problem(f"objective: {self.objective} needs utilities", place="utilities"))
        if self.cogeneration is not None:
            found += self.cogeneration.problems("cogeneration", self.steam_levels)
        if self.objective == "annual-cost" and self.exchanger_cost is None:
            found.append(Problem("objective: annual-cost needs what exchangers cost", place="exchanger_cost"))
        return tuple(found)

    @property
    def steam_levels(self) -> dict[str, float]:
        """Temperatures [degC] at which mains condense; in a case without mains, hot utilities."""
        mains = {m.name: m.hot_end for m in self.mains if m.cold_end in (None, m.hot_end)}
        hot = (u for u in self.utilities if u.side is Side.HOT and u.target in (None, u.supply))
        return mains if self.mains else {u.name: u.supply for u in hot}

    def _twice(self, place: str, names: Iterable[str]) -> list[Problem]:
        listed = list(names)
        twice = sorted({name for name in listed if listed.count(name) > 1})
        return [Problem("this name is there twice", place=place, typed=name) for name in twice]

    def _unknown_in_pairs(self) -> list[Problem]:
        sides: dict[Side, list[str]] = {Side.HOT: [], Side.COLD: []}
        for data in self.streams:
            try:
                sides[data.stream().side].append(data.name)
            except HeatDataError:
                for names in sides.values():  # told already; no second message about its side
                    names.append(data.name)
        for data in self.utilities:
            sides[data.side].append(data.name)
        return [
            Problem(
                f"is no {side} stream or utility",
                place=f"forbidden_matches[{i}]",
                typed=name,
                allowed=tuple(sides[side]),
                suggestion=nearest(name, sides[side]),
            )
            for i, pair in enumerate(self.forbidden_matches)
            for side, name in zip((Side.HOT, Side.COLD), pair, strict=True)
            if name not in sides[side]
        ]

    def problem(self) -> HeatRecoveryProblem:
        """What the targets and networks are made from; pairs of streams in two plants may be forbidden."""
        streams = tuple(data.stream() for data in self.streams)
        forbidden = set(self.forbidden_matches)
        if not self.between_plants:
            forbidden |= {
                (h.name, c.name)
                for h in streams
                for c in streams
                if h.side is Side.HOT and c.side is Side.COLD and h.plant != c.plant
            }
        return HeatRecoveryProblem(
            streams,
            tuple(data.utility() for data in self.utilities),
            self.approach_temperature,
            frozenset(forbidden),
        )
