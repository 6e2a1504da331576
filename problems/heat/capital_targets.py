"""Area and number-of-units targets of a network that is not yet designed, and what it would cost.

Area: Townsend and Linnhoff 1984 (the "Bath formula"), as in Linnhoff and Ahmad 1990, DOI 10.1016/0098-1354(90)87083-2:

    A = sum over enthalpy intervals  1 / LMTD  *  sum over streams  q / film coefficient

with vertical heat transfer between the balanced composite curves on the real temperature scale. It is the least area
when all film coefficients are equal and within about 10 % of it otherwise.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from .mean_temperature_difference import logarithmic_mean
from .streams import HeatDataError, HeatRecoveryProblem, HeatStream
from .temperature_intervals import Floats, TemperatureIntervals, pieces_of, stream_duties
from .utility_targets import UtilityTargets, place_utilities, with_utilities_as_streams

KW_PER_MW = 1000.0


@dataclass(frozen=True)
class ExchangerCost:
    """Investment of one exchanger: fixed + coefficient * area^exponent [currency], area in m2."""

    fixed: float = 0.0
    coefficient: float = 0.0
    exponent: float = 1.0

    def __call__(self, area: float) -> float:
        """Investment [currency] of one exchanger of `area` [m2]; nothing for no area."""
        return self.fixed + self.coefficient * area**self.exponent if area > 0 else 0.0


@dataclass(frozen=True)
class CapitalTargets:
    """`area` [m2] of the whole network; `units` for maximum recovery (split at the pinches) and `fewest_units`."""

    area: float
    units: int
    fewest_units: int

    def investment(self, cost: ExchangerCost) -> float:
        """Investment [currency] if the area is shared evenly by the units for maximum recovery."""
        return self.units * cost(self.area / self.units) if self.units else 0.0


@dataclass(frozen=True)
class _Side:
    """One balanced composite: cumulated heat (K + 1,), temperatures (K + 1,) and (K,) sum of q / h, cold to hot."""

    heat: Floats
    temperature: Floats
    conductance_need: Floats


def _composite(problem: HeatRecoveryProblem, streams: tuple[HeatStream, ...]) -> _Side:
    intervals = TemperatureIntervals.of(pieces_of(problem, streams, shifted=False))
    duties = stream_duties(problem, streams, intervals, shifted=False)[:, ::-1]
    need = (duties / np.array([[s.film_coefficient] for s in streams])).sum(axis=0)
    total = duties.sum(axis=0)
    filled = total > 0
    # Intervals without heat are vertical jumps of the curve and take part in no exchange.
    heat = np.concatenate([[0.0], np.cumsum(total)])
    return _Side(heat, intervals.edges[::-1], np.divide(need, total, out=np.zeros_like(need), where=filled))


def area_target(balanced: HeatRecoveryProblem) -> float:
    """Least area [m2] of a balanced problem (utilities as streams) by vertical heat transfer.

    Raises HeatDataError where the curves touch (zero approach): the area is then infinite.
    """
    if not balanced.hot_streams or not balanced.cold_streams:
        return 0.0
    hot, cold = _composite(balanced, balanced.hot_streams), _composite(balanced, balanced.cold_streams)
    total = min(hot.heat[-1], cold.heat[-1])
    points = np.unique(np.clip(np.concatenate([hot.heat, cold.heat]), 0.0, total))
    points = points[np.concatenate([[True], np.diff(points) > 1e-9 * total])]
    points[-1] = total
    middle = (points[1:] + points[:-1]) / 2
    ends: list[Floats] = []
    need = np.zeros(len(middle))
    for side in (hot, cold):
        k = np.clip(np.searchsorted(side.heat, middle, side="right") - 1, 0, len(side.heat) - 2)
        width = side.heat[k + 1] - side.heat[k]
        slope = (side.temperature[k + 1] - side.temperature[k]) / width
        ends += [side.temperature[k] + slope * (p - side.heat[k]) for p in (points[:-1], points[1:])]
        need += side.conductance_need[k]
    low, high = ends[0] - ends[2], ends[1] - ends[3]
    if np.any(low <= 1e-12) or np.any(high <= 1e-12):
        raise HeatDataError(["the composite curves touch: the area is infinite at an approach temperature of zero"])
    return float(np.sum(np.diff(points) * KW_PER_MW * need / logarithmic_mean(low, high)))


def unit_targets(balanced: HeatRecoveryProblem, pinches: tuple[float, ...]) -> tuple[int, int]:
    """Units for maximum recovery (regions between pinches apart) and fewest units (one region), both loop-free.

    Streams of each region less one (Hohmann 1971, Linnhoff 1979); a region whose streams happen to balance in
    subsets may need fewer.
    """
    ends = [pieces_of(balanced, [stream], shifted=True) for stream in balanced.streams]
    bounds = [np.inf, *pinches, -np.inf]
    regional = 0
    for top, bottom in itertools.pairwise(bounds):
        present = sum(
            1
            for stream, pieces in zip(balanced.streams, ends, strict=True)
            if stream.duty > 0 and _present(pieces, top, bottom, stream in balanced.hot_streams)
        )
        regional += max(present - 1, 0)
    return regional, max(sum(1 for s in balanced.streams if s.duty > 0) - 1, 0)


def _present(pieces: Floats, top: float, bottom: float, hot: bool) -> bool:
    """Whether a stream has heat between two pinches; a hot phase change at a pinch belongs below it, a cold one above.

    Heat given off at the pinch temperature itself cannot heat anything above, and the other way round.
    """
    for high, low in pieces:
        if high - low > 1e-9:
            if high > bottom + 1e-9 and low < top - 1e-9:
                return True
        elif (bottom + 1e-9 < high <= top + 1e-9) if hot else (bottom - 1e-9 <= high < top - 1e-9):
            return True
    return False


def capital_targets(problem: HeatRecoveryProblem, targets: UtilityTargets | None = None) -> CapitalTargets:
    """Area and unit targets of `problem` at its approach temperature, with its utilities placed."""
    targets = targets or place_utilities(problem)
    balanced = with_utilities_as_streams(problem, targets)
    units, fewest = unit_targets(balanced, targets.pinches)
    return CapitalTargets(area_target(balanced), units, fewest)
