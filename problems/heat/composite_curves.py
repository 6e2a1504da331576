"""Composite curves and the grand composite curve as polylines (heat [MW], temperature [degC])."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .problem_table import ProblemTable, problem_table
from .streams import HeatRecoveryProblem, HeatStream
from .temperature_intervals import Floats, TemperatureIntervals, pieces_of, stream_duties


@dataclass(frozen=True)
class Curve:
    """A polyline: `heat` (P,) [MW] and `temperature` (P,) [degC]."""

    heat: Floats
    temperature: Floats

    def temperature_at(self, heat: Floats | float) -> Floats:
        """Temperature [degC] of a composite curve at cumulated heat, linear between points."""
        return np.asarray(np.interp(heat, self.heat, self.temperature))


@dataclass(frozen=True)
class CompositeCurves:
    """Hot and cold composite curves on the real scale, the cold one moved right by the cold utility."""

    hot: Curve
    cold: Curve
    table: ProblemTable


def composite_curve(problem: HeatRecoveryProblem, streams: Sequence[HeatStream], start: float = 0.0) -> Curve:
    """Cumulated heat of `streams` against real temperature, from cold to hot, beginning at `start` [MW]."""
    intervals = TemperatureIntervals.of(pieces_of(problem, streams, shifted=False))
    if len(intervals) == 0:
        return Curve(np.array([start]), np.array([np.nan]))
    duties = stream_duties(problem, streams, intervals, shifted=False).sum(axis=0)[::-1]
    return Curve(start + np.concatenate([[0.0], np.cumsum(duties)]), intervals.edges[::-1])


def composite_curves(problem: HeatRecoveryProblem) -> CompositeCurves:
    """Hot and cold composite curves of the process streams, placed so that they overlap by the heat recovery."""
    table = problem_table(problem)
    return CompositeCurves(
        composite_curve(problem, problem.hot_streams),
        composite_curve(problem, problem.cold_streams, table.cold_utility),
        table,
    )


def grand_composite_curve(table: ProblemTable) -> Curve:
    """Heat flow of the cascade against shifted temperature, from hot to cold."""
    return Curve(table.residual, table.intervals.edges)


def without_pockets(table: ProblemTable) -> Curve:
    """The grand composite curve with its pockets cut off: what is left for utilities, from hot to cold.

    Above the pinch the heat that must come from at or above a temperature, below it the heat that must leave at or
    below it (Klemes, Dhole, Raissi, Perry, Puigjaner 1997, DOI 10.1016/S1359-4311(96)00087-7).
    """
    heat, temperature = table.residual, table.intervals.edges
    lowest = int(np.argmin(heat))
    dense_t, dense_h = _with_crossings(heat, temperature, lowest)
    lowest = int(np.argmin(dense_h))
    above = np.minimum.accumulate(dense_h[: lowest + 1])
    below = np.minimum.accumulate(dense_h[lowest:][::-1])[::-1]
    return Curve(np.concatenate([above, below[1:]]), dense_t)


def _with_crossings(heat: Floats, temperature: Floats, lowest: int) -> tuple[Floats, Floats]:
    """Add the points where a pocket closes, so that cutting it off leaves a polyline."""
    levels = np.concatenate([np.minimum.accumulate(heat[: lowest + 1]), np.minimum.accumulate(heat[lowest:][::-1])])
    points: list[tuple[float, float]] = []
    for k in range(len(heat) - 1):
        points.append((temperature[k], heat[k]))
        low, high = sorted((heat[k], heat[k + 1]))
        inside = np.unique(levels[(levels > low) & (levels < high)])
        if heat[k] > heat[k + 1]:
            inside = inside[::-1]
        for level in inside:
            share = (level - heat[k]) / (heat[k + 1] - heat[k])
            points.append((temperature[k] + share * (temperature[k + 1] - temperature[k]), level))
    points.append((temperature[-1], heat[-1]))
    array = np.array(points)
    return array[:, 0], array[:, 1]
