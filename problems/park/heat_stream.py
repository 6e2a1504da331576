"""Process streams of a plant that are to be cooled or heated: temperatures are fixed, flows follow the throughput."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ..errors import Problem
from ..heat.case import StreamShape
from ..heat.streams import HeatDataError, HeatStream, Side
from .assembly import Assembly, Site
from .base import CaseModel
from .emergency import Emergency
from .heat_network import Carrier, HeatNetwork, Piece, Role, share_of_approach
from .plant_data import Scaled


class StreamFlow(Scaled):
    """Flow of a stream relative to that of its duty; a single number follows the throughput."""

    fixed: float = Field(default=0.0, ge=0.0, description="part that stays at zero throughput")
    rate: float = Field(default=0.0, ge=0.0, description="part that follows the throughput, at throughput 1")


class ParkStream(StreamShape, CaseModel):
    """A stream to be cooled or heated: `target` with `duty` or `heat_capacity_flow`, or `segments` in order of flow."""

    flow: StreamFlow = Field(
        default_factory=lambda: StreamFlow(rate=1.0), description="flow relative to that of the duty"
    )
    optional: bool = Field(
        default=False, description="need not reach its target: waste heat that may be left, heat that would be welcome"
    )
    forbidden: list[str] = Field(default_factory=list, description="parts of the plant that it must not meet")
    source: str = Field(default="assumed", description="where the figures come from")

    def problems(self, place: str) -> Iterator[Problem]:
        """Contradictions in temperatures and duties."""
        try:
            stream = self.as_stream("", "")
        except HeatDataError as error:
            for text in error.problems:
                yield Problem(text.removeprefix("stream : ").removeprefix("stream  "), place=place)
            return
        if stream.duty == 0.0 or self.flow.nominal == 0.0:
            yield Problem("has no heat to exchange: its duty or its flow is 0", place=place)

    def nominal(self, name: str, plant: str) -> HeatStream:
        """The stream at throughput 1, for targets."""
        stream = self.as_stream(name, plant)
        return stream.scaled(self.flow.nominal)

    def add_to(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        site: Site,
        name: str,
        path: str,
        approach: float,
        emergency: Emergency | None,
    ) -> None:
        """Declare the carrier, with duty Q at nominal flow, flow factor xi and its smallest value xi_min:

            heat = Q (xi (fixed + rate available) - xi_min rate curtailed)

        The part that is curtailed is credited at xi_min, since xi times curtailment would make W random; equal
        wherever nothing is curtailed. What finds no partner is priced, unless the stream is optional.
        """
        stream = self.as_stream(name, site.name)
        factor = assembly.factor(f"{path}.flow")
        credited = assembly.smallest(f"{path}.flow")
        amount = {}
        for p in assembly.periods:
            profile = self.flow.profile.get(p, 1.0) * stream.duty
            full = (self.flow.fixed + self.flow.rate * site.available.get(p, 1.0)) * profile
            amount[p] = factor * full - credited * self.flow.rate * profile * site.curtailed.get(p, 0.0)
        price = None
        if emergency is not None:
            price = emergency.heat_dump if stream.side is Side.HOT else emergency.heat_deficit
        network.add(
            Carrier(
                f"{site.name}.{name}",
                site.name,
                stream.side,
                Role.STREAM,
                tuple(Piece(s.supply, s.target, s.duty / stream.duty) for s in stream.segments if s.duty > 0.0),
                share_of_approach(self.approach_contribution, approach),
                amount,
                optional=self.optional,
                slack_price=price,
                forbidden=frozenset(f"{site.name}.{other}" for other in self.forbidden),
            )
        )
        for p in assembly.periods:
            assembly.total(f"{stream.side} streams", p, amount[p], "MWh/a")
