"""One grid of temperature intervals and the heat that every stream gives off or takes up in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .streams import HeatRecoveryProblem, HeatStream

Floats = NDArray[np.float64]
RESOLUTION = 1e-9  # [K] temperatures closer than this are one


@dataclass(frozen=True)
class TemperatureIntervals:
    """K intervals from hot to cold; where a stream changes phase an interval has no width.

    `upper`, `lower` (K,) [degC] with lower[k] = upper[k + 1].
    """

    upper: Floats
    lower: Floats

    @classmethod
    def of(cls, pieces: Floats) -> TemperatureIntervals:
        """Intervals between the ends of `pieces` (P, 2) [degC], with one of no width at each phase change."""
        temperatures = np.unique(pieces)[::-1]
        if len(temperatures):
            keep = np.concatenate([[True], -np.diff(temperatures) > RESOLUTION])
            temperatures = temperatures[keep]
        latent = pieces[np.abs(pieces[:, 0] - pieces[:, 1]) <= RESOLUTION, 0]
        doubled = temperatures[(np.abs(latent[:, None] - temperatures) <= RESOLUTION).any(axis=0)]
        edges = np.sort(np.concatenate([temperatures, doubled]))[::-1]
        if len(edges) == 0:
            return cls(np.zeros(0), np.zeros(0))
        return cls(edges[:-1].copy(), edges[1:].copy())

    @property
    def edges(self) -> Floats:
        """(K + 1,) temperatures [degC] between the intervals, from hot to cold."""
        return np.concatenate([self.upper[:1], self.lower])

    def __len__(self) -> int:
        return len(self.upper)

    def share(self, hot_end: float, cold_end: float) -> Floats:
        """(K,) part of a piece's duty that falls into each interval; sums to one."""
        width = hot_end - cold_end
        if width <= RESOLUTION:
            flat = (self.upper - self.lower <= RESOLUTION) & (np.abs(self.upper - hot_end) <= RESOLUTION)
            return flat / flat.sum()
        overlap = np.minimum(self.upper, hot_end) - np.maximum(self.lower, cold_end)
        overlap[overlap <= RESOLUTION] = 0.0
        return np.asarray(overlap / overlap.sum())


def pieces_of(problem: HeatRecoveryProblem, streams: Sequence[HeatStream], *, shifted: bool) -> Floats:
    """(P, 2) hot and cold end [degC] of every segment of `streams`, on the shifted or the real scale."""
    ends: list[tuple[float, float]] = []
    for stream in streams:
        for segment in stream.segments:
            pair = (segment.supply, segment.target)
            if shifted:
                pair = (problem.shifted(stream, pair[0]), problem.shifted(stream, pair[1]))
            ends.append((max(pair), min(pair)))
    return np.array(ends, dtype=np.float64).reshape(-1, 2)


def stream_duties(
    problem: HeatRecoveryProblem, streams: Sequence[HeatStream], intervals: TemperatureIntervals, *, shifted: bool
) -> Floats:
    """(S, K) heat [MW] of every stream in every interval."""
    duties = np.zeros((len(streams), len(intervals)))
    for row, stream in enumerate(streams):
        ends = pieces_of(problem, [stream], shifted=shifted)
        for segment, (hot_end, cold_end) in zip(stream.segments, ends, strict=True):
            if segment.duty > 0:
                duties[row] += segment.duty * intervals.share(hot_end, cold_end)
    return duties
