"""Transshipment MILP: fewest or cheapest matches that carry all the heat of a balanced problem.

Papoulias and Grossmann 1983, DOI 10.1016/0098-1354(83)85023-6, over the flow of heat_flow.py:

    min sum c_ij y_ij   s.t.   sum_k q_ijk <= U_ij y_ij,   y binary

tightened by what the pinches separate. Between two of them (section s) a match is used or not, y_ijs <= y_ij:

    sum_{k in s} q_ijk <= U_ijs y_ijs,     sum y_ijs >= carriers of s - most components of s,

the same count over the whole problem, and a carrier needs in every section at least as many matches as its largest
limits take to add up to its heat there. U is the greedy limit of a single pair. Carriers that are alike are ordered by
their number of matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .heat_flow import SMALL, HeatFlow
from .match_data import MatchData, largest_exchange
from .pinch_sections import BALANCED, PinchSection, least_matches, pinch_sections
from .temperature_intervals import Floats

Row = tuple[dict[int, float], float, float]  # entries by column, least, most


@dataclass(frozen=True)
class MatchProgram:
    """min cost'y over the columns y (pairs of `flow`), those of their sections, and the flow's from `first_place` on.

    All columns are at least 0 and at most `most`; the first ones are whole numbers. At least `least` matches
    are needed, whatever they cost. `matrix` (rows, columns), rows between `lower` and `upper`.
    """

    flow: HeatFlow
    most: Floats
    matrix: sp.csr_array
    lower: Floats
    upper: Floats
    first_place: int
    least: int


def match_program(data: MatchData, *, alike: bool = True, tightened: bool = True) -> MatchProgram:
    """The MILP; `alike`: matches of carriers that are alike cost the same. `tightened=False`: the plain formulation."""
    flow = HeatFlow.of(data)
    hot, cold = flow.hot, flow.cold
    everything = PinchSection(0, hot.shape[1] - 1, _with_heat(hot), _with_heat(cold), 0)
    tolerance = max(BALANCED * float(hot.sum()), 2.0 * flow.rounding)
    sections = pinch_sections(hot, cold, tolerance) if tightened else ()
    if len(sections) < 2:
        sections = (everything,)
    first_place = len(flow.pairs) + sum(1 for _ in _used(flow, sections)) if len(sections) > 1 else len(flow.pairs)
    column_of = {pair: p for p, pair in enumerate(flow.pairs)}
    rows: list[Row] = []
    least = 0
    if len(sections) > 1:
        uses: list[dict[tuple[int, int], tuple[int, float]]] = [{} for _ in sections]
        for column, (number, pair, limit) in enumerate(_used(flow, sections), len(flow.pairs)):
            uses[number][pair] = column, limit
            rows.append(({column_of[pair]: 1.0, column: -1.0}, 0.0, np.inf))
    else:
        uses = [{pair: (column, float(flow.limits[pair])) for pair, column in column_of.items()}]
    most = np.concatenate([np.ones(first_place), flow.most, np.full(flow.matrix.shape[1] - flow.places, np.inf)])
    most[first_place:] = np.where(_between(flow, sections, uses), most[first_place:], 0.0)
    places = _places(flow, first_place)
    for section, use in zip(sections, uses, strict=True):
        for pair, (column, limit) in use.items():
            own = {c: 1.0 for k, c in places.get(pair, ()) if section.first <= k <= section.last}
            rows.append(({**own, column: -limit}, -np.inf, 0.0))
        if tightened:
            rows += _enough(flow, section, use, tolerance)
    if tightened:
        given, taken = hot[list(everything.hot)], cold[list(everything.cold)]
        least = least_matches(given, taken, tolerance)
        rows.append((dict.fromkeys(column_of.values(), 1.0), float(least), np.inf))
        if alike:
            rows += _ordered_twins(data, column_of)
    added = _as_matrix(rows, first_place + flow.matrix.shape[1])
    return MatchProgram(
        flow,
        most,
        sp.csr_array(sp.vstack([sp.hstack([sp.csr_array((len(flow.lower), first_place)), flow.matrix]), added])),
        np.concatenate([flow.lower, [row[1] for row in rows]]),
        np.concatenate([flow.upper, [row[2] for row in rows]]),
        first_place,
        least,
    )


def _with_heat(rows: Floats) -> tuple[int, ...]:
    return tuple(np.flatnonzero(rows.sum(axis=1) > SMALL).tolist())


def _used(flow: HeatFlow, sections: Sequence[PinchSection]) -> Iterator[tuple[int, tuple[int, int], float]]:
    """Number of the section, pair and limit of every match that can be used in a section."""
    for number, section in enumerate(sections):
        inside = slice(section.first, section.last + 1)
        for i, j in flow.pairs:
            if i in section.hot and j in section.cold:
                limit = min(largest_exchange(flow.hot[i, inside], flow.cold[j, inside]), float(flow.limits[i, j]))
                if limit > SMALL:
                    yield number, (i, j), limit


def _between(
    flow: HeatFlow, sections: Sequence[PinchSection], uses: Sequence[dict[tuple[int, int], tuple[int, float]]]
) -> NDArray[np.bool_]:
    """Which columns of the flow may hold heat: places of used matches, and residuals but those at a pinch."""
    allowed = np.zeros(flow.matrix.shape[1], dtype=bool)
    for section, use in zip(sections, uses, strict=True):
        used = np.array([pair in use for pair in flow.pairs], dtype=bool)
        inside = (section.first <= flow.interval) & (flow.interval <= section.last)
        allowed[: flow.places] |= inside & used[flow.pair]
    residual = np.ones(flow.hot.shape, dtype=bool)
    residual[:, [section.last for section in sections[:-1]]] = False
    allowed[flow.places :] = residual.ravel()
    return allowed


def _places(flow: HeatFlow, first: int) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Intervals and columns of each pair's places."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for number, (pair, interval) in enumerate(zip(flow.pair.tolist(), flow.interval.tolist(), strict=True)):
        found.setdefault(flow.pairs[pair], []).append((interval, first + number))
    return found


def _enough(
    flow: HeatFlow, section: PinchSection, use: dict[tuple[int, int], tuple[int, float]], tolerance: float
) -> Iterator[Row]:
    inside = slice(section.first, section.last + 1)
    for side, carriers, heat in ((0, section.hot, flow.hot), (1, section.cold, flow.cold)):
        for carrier in carriers:
            own = [entry for pair, entry in use.items() if pair[side] == carrier]
            largest = np.cumsum(sorted((limit for _, limit in own), reverse=True))
            carried = float(heat[carrier, inside].sum()) - tolerance  # the rest may stay where it is
            least = int(np.searchsorted(largest, carried)) + 1
            if own and carried > 0.0:
                yield {column: 1.0 for column, _ in own}, float(min(least, len(own))), np.inf
    if section.least_matches:
        yield {column: 1.0 for column, _ in use.values()}, float(section.least_matches), np.inf


def _ordered_twins(data: MatchData, column_of: dict[tuple[int, int], int]) -> Iterator[Row]:
    for side, is_hot in ((0, True), (1, False)):
        for a, b in data.twins(hot=is_hot):
            first = {column: 1.0 for pair, column in column_of.items() if pair[side] == a}
            second = {column: -1.0 for pair, column in column_of.items() if pair[side] == b}
            if first and second:
                yield {**first, **second}, 0.0, np.inf


def _as_matrix(rows: Sequence[Row], columns: int) -> sp.csr_array:
    places = [(number, column) for number, (entries, _, _) in enumerate(rows) for column in entries]
    where = np.array(places, dtype=np.int64).reshape(-1, 2)
    values = [value for entries, _, _ in rows for value in entries.values()]
    return sp.csr_array((values, (where[:, 0], where[:, 1])), shape=(len(rows), columns))
