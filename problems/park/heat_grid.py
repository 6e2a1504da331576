"""The temperature grid of a plant's heat exchange: which part of a hot carrier can heat which part of a cold one.

All temperatures are on the shifted scale (hot ones lowered, cold ones raised by their approach contributions), so that
heat may pass from an interval to the same or a colder one. Intervals of a carrier that can meet the same parts of all
their partners are one cell: the transport problem over cells has the optimum of that over intervals.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..heat.temperature_intervals import RESOLUTION, Floats, TemperatureIntervals

LARGEST_GRID = 60

Ends = tuple[float, float, float]
"""Upper and lower shifted temperature [degC] of a piece and its share of the carrier's heat."""


@dataclass(frozen=True)
class Pair:
    """A hot and a cold carrier by number, and by how much [K] more than their contributions they must differ."""

    hot: int
    cold: int
    extra: float = 0.0


@dataclass(frozen=True)
class Grid:
    """`cells[carrier]`: the pieces of each cell; `arcs[pair]`: (hot cell, cold cell) between which heat may pass."""

    cells: tuple[tuple[tuple[Ends, ...], ...], ...]
    arcs: tuple[tuple[tuple[int, int], ...], ...]

    def share(self, carrier: int, cell: int) -> float:
        """Part of a carrier's heat that falls into a cell."""
        return sum(share for _, _, share in self.cells[carrier][cell])


def exchange_grid(carriers: Sequence[Sequence[Ends]], pairs: Sequence[Pair]) -> Grid:
    """Cells of every carrier and the arcs of every pair.

    An extra approach is kept by lowering the hot carrier of the pair, so the grid is cut where its lowered intervals
    end too. That may go on; with LARGEST_GRID temperatures it stops, and an interval that still lies across is not
    allowed: the approach always holds, at worst a little less heat is passed.
    """
    intervals = TemperatureIntervals.of(_ends(carriers, pairs))
    parts = [_parts(intervals, pieces) for pieces in carriers]
    reach = [_reach(intervals, parts[p.hot], parts[p.cold], p.extra) for p in pairs]
    paired = {p.hot for p in pairs} | {p.cold for p in pairs}
    cells = [[(k,) for k in own] if c in paired else [tuple(own)] for c, own in enumerate(parts)]
    for hot in (True, False):
        for carrier in {(p.hot if hot else p.cold) for p in pairs}:
            own = [(r, p) for r, p in zip(reach, pairs, strict=True) if (p.hot if hot else p.cold) == carrier]
            cells[carrier] = list(_merged(cells[carrier], own, cells, hot=hot))
    arcs = [
        tuple(
            (a, b)
            for a, above in enumerate(cells[pair.hot])
            for b, below in enumerate(cells[pair.cold])
            if (above[0], below[0]) in allowed
        )
        for pair, allowed in zip(pairs, reach, strict=True)
    ]
    shares = tuple(
        tuple(
            tuple((float(intervals.upper[k]), float(intervals.lower[k]), parts[carrier][k]) for k in cell)
            for cell in own
        )
        for carrier, own in enumerate(cells)
    )
    return Grid(shares, tuple(arcs))


def _ends(carriers: Sequence[Sequence[Ends]], pairs: Sequence[Pair]) -> Floats:
    """(P, 2) ends of all pieces, and temperatures at which a pair's extra approach cuts them."""
    pieces = [(upper, lower) for own in carriers for upper, lower, _ in own]
    edges = {round(t, 6) for piece in pieces for t in piece}
    extras = [p for p in pairs if p.extra > 0.0]
    while extras:
        more = {
            round(t + shift, 6)
            for p in extras
            for carrier, other, shift in ((p.hot, p.cold, -p.extra), (p.cold, p.hot, p.extra))
            for t in edges
            if any(lower <= t <= upper for upper, lower, _ in carriers[carrier])
            and any(lower < t + shift < upper for upper, lower, _ in carriers[other])
        } - edges
        edges |= more
        if not more or len(edges) > LARGEST_GRID:
            break
    ladder = sorted(edges, reverse=True)
    return np.array([*pieces, *itertools.pairwise(ladder)], dtype=np.float64).reshape(-1, 2)


def _parts(intervals: TemperatureIntervals, pieces: Iterable[Ends]) -> dict[int, float]:
    """Share of the carrier's heat by interval, where there is some."""
    total = np.zeros(len(intervals))
    for upper, lower, share in pieces:
        total += share * intervals.share(upper, lower)
    return {int(k): float(total[k]) for k in np.flatnonzero(total > 0.0)}


def _reach(
    intervals: TemperatureIntervals, hot: Iterable[int], cold: Iterable[int], extra: float
) -> set[tuple[int, int]]:
    upper, lower = intervals.upper, intervals.lower
    return {
        (k, m)
        for k in hot
        for m in cold
        if upper[k] - extra >= upper[m] - RESOLUTION and lower[k] - extra >= lower[m] - RESOLUTION
    }


def _merged(
    own: Sequence[tuple[int, ...]],
    partners: Sequence[tuple[set[tuple[int, int]], Pair]],
    cells: Sequence[Sequence[tuple[int, ...]]],
    *,
    hot: bool,
) -> Iterable[tuple[int, ...]]:
    """Neighbouring intervals of one carrier that reach the same cells of all its partners become one."""

    def reached(k: int) -> frozenset[tuple[int, int]]:
        return frozenset(
            (number, b)
            for number, (allowed, pair) in enumerate(partners)
            for b, other in enumerate(cells[pair.cold if hot else pair.hot])
            if ((k, other[0]) if hot else (other[0], k)) in allowed
        )

    group: tuple[int, ...] = ()
    before: frozenset[tuple[int, int]] | None = None
    for (k,) in own:
        now = reached(k)
        if group and now != before:
            yield group
            group = ()
        group, before = (*group, k), now
    if group:
        yield group
