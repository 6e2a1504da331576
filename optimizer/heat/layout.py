"""A network whose exchangers are chosen: temperatures and differences as functions of its duties and flow shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...problems.heat import HeatRecoveryProblem, HeatStream, Side
from ...problems.heat.superstructure import Exchanger, Mixing, approach_of, heat_capacity_flow

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """`places` of a superstructure with `stages` stages; N of them.

    Variables: duties (N,) [MW], and with free mixing the shares of the hot and of the cold stream's flow (N,) each.
    """

    problem: HeatRecoveryProblem
    places: tuple[Exchanger, ...]
    stages: int
    mixing: Mixing

    @property
    def size(self) -> int:
        """Number of variables."""
        return len(self.places) * (3 if self.mixing is Mixing.FREE else 1)

    @cached_property
    def approach(self) -> Floats:
        """(N,) least differences [K]."""
        return np.array([approach_of(self.problem, place) for place in self.places])

    @cached_property
    def lines(self) -> Mapping[str, tuple[Floats, Floats]]:
        """Temperatures of every stream at the hot ends of its stages and the cold end of the last: c + S duties."""
        return {stream.name: self._line(stream) for stream in self.problem.streams}

    def temperatures(self, v: Floats) -> dict[str, tuple[float, ...]]:
        """Temperatures [degC] of every stream between its stages."""
        duty = v[: len(self.places)]
        return {name: tuple((c + slope @ duty).tolist()) for name, (c, slope) in self.lines.items()}

    def shares(self, v: Floats) -> Floats:
        """(N, 2) of the hot and the cold stream's flow in each exchanger; 1 for utilities and phase changes."""
        count = len(self.places)
        if self.mixing is Mixing.FREE:
            share = np.stack([v[count : 2 * count], v[2 * count :]], axis=1)
            return np.where(self._counts, share, 1.0)
        result = np.ones((count, 2))
        for side in (0, 1):
            for members in self._splits[side]:
                result[members, side] = v[members] / max(float(v[members].sum()), 1e-12)
        return result

    def temperatures_of_ends(self, v: Floats) -> tuple[Floats, Floats]:
        """(N, 4) hot in, hot out, cold in, cold out [degC] and their slopes (N, 4, V)."""
        count = len(self.places)
        constant, slope = self._linear_ends
        ends = constant + slope @ v[:count]
        slopes = np.zeros((count, 4, self.size))
        slopes[:, :, :count] = slope
        if self.mixing is Mixing.FREE:
            numbers = np.arange(count)
            for side, column, sign in ((0, 1, -1.0), (1, 3, 1.0)):
                own = numbers[self._counts[:, side]]
                flow, share = self._flows[own, side], v[(1 + side) * count + own]
                ends[own, column] += sign * v[own] / (flow * share)
                slopes[own, column, own] += sign / (flow * share)
                slopes[own, column, (1 + side) * count + own] -= sign * v[own] / (flow * share**2)
        return ends, slopes

    def differences(self, v: Floats) -> tuple[Floats, Floats]:
        """(N, 2) differences [K] at the hot and the cold end, and their slopes (N, 2, V)."""
        ends, slopes = self.temperatures_of_ends(v)
        return ends[:, [0, 1]] - ends[:, [3, 2]], slopes[:, [0, 1]] - slopes[:, [3, 2]]

    def linear_rows(self) -> tuple[Floats, Floats, Floats]:
        """Rows (R, V) and their limits: duties of streams, most of utilities, shares of a stage add up to 1."""
        count = len(self.places)
        rows: list[Floats] = []
        limits: list[tuple[float, float]] = []

        def add(members: Sequence[int], low: float, high: float) -> None:
            row = np.zeros(self.size)
            row[list(members)] = 1.0
            rows.append(row)
            limits.append((low, high))

        for stream in self.problem.streams:
            add(self._members(stream.name), stream.duty, stream.duty)
        for utility in self.problem.utilities:
            if utility.maximum < math.inf and (own := self._members(utility.name)):
                add(own, -math.inf, utility.maximum)
        if self.mixing is Mixing.FREE:
            for side in (0, 1):
                for members in self._splits[side]:
                    if self._counts[members[0], side]:
                        add([(1 + side) * count + n for n in members], 1.0, 1.0)
        return np.array(rows), np.array([low for low, _ in limits]), np.array([high for _, high in limits])

    def _members(self, name: str) -> list[int]:
        return [n for n, place in enumerate(self.places) if name in (place.hot, place.cold)]

    @cached_property
    def _splits(self) -> tuple[list[list[int]], list[list[int]]]:
        """Exchangers between which a hot (a cold) stream is split in one stage."""
        groups: tuple[dict[tuple[str, int], list[int]], ...] = ({}, {})
        for n, place in enumerate(self.places):
            if place.stage:
                for group, name in zip(groups, (place.hot, place.cold), strict=True):
                    group.setdefault((name, place.stage), []).append(n)
        return list(groups[0].values()), list(groups[1].values())

    @cached_property
    def _flows(self) -> Floats:
        """(N, 2) heat-capacity flows [MW/K] of both sides, infinite for phase changes and utilities."""
        total = {stream.name: heat_capacity_flow(stream) for stream in self.problem.streams}
        return np.array([[total.get(name, math.inf) for name in (p.hot, p.cold)] for p in self.places])

    @cached_property
    def _counts(self) -> NDArray[np.bool_]:
        """(N, 2) whether a side's share of the flow matters: in a stage, and not at one temperature."""
        return np.isfinite(self._flows) & np.array([[place.stage > 0] * 2 for place in self.places])

    def _line(self, stream: HeatStream) -> tuple[Floats, Floats]:
        constant = np.full(self.stages + 1, stream.supply)
        slope = np.zeros((self.stages + 1, len(self.places)))
        flow = heat_capacity_flow(stream)
        for n, place in enumerate(self.places):
            if place.stage and stream.name in (place.hot, place.cold):
                if stream.side is Side.HOT:
                    slope[place.stage :, n] = -1.0 / flow
                else:
                    slope[: place.stage, n] = 1.0 / flow
        return constant, slope

    @cached_property
    def _linear_ends(self) -> tuple[Floats, Floats]:
        """(N, 4) and (N, 4, N): hot in, hot out, cold in, cold out, less what free mixing adds."""
        count = len(self.places)
        constant, slope = np.zeros((count, 4)), np.zeros((count, 4, count))
        streams = {s.name: s for s in self.problem.streams}
        utilities = {u.name: u for u in self.problem.utilities}

        def put(n: int, column: int, name: str, k: int) -> None:
            line = self.lines[name]
            constant[n, column], slope[n, column] = line[0][k], line[1][k]

        free = self.mixing is Mixing.FREE
        for n, place in enumerate(self.places):
            k = place.stage
            if k:  # stage k lies between places k - 1 and k of a line
                put(n, 0, place.hot, k - 1)
                put(n, 1, place.hot, k - 1 if free else k)
                put(n, 2, place.cold, k)
                put(n, 3, place.cold, k if free else k - 1)
            elif place.cold in utilities:
                put(n, 0, place.hot, self.stages)
                water = utilities[place.cold]
                constant[n, 1:] = streams[place.hot].target, water.supply, water.target
            else:
                steam = utilities[place.hot]
                constant[n, :2] = steam.supply, steam.target
                put(n, 2, place.cold, 0)
                constant[n, 3] = streams[place.cold].target
        return constant, slope
