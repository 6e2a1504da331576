"""Transshipment of heat as arrays: which hot carrier heats which cold one in which interval, and what passes on.

Papoulias and Grossmann 1983, DOI 10.1016/0098-1354(83)85023-6, with hot carriers i, cold carriers j and intervals k
from hot to cold:

    R_ik + sum_j q_ijk = R_i,k-1 + hot_ik,     sum_i q_ijk = cold_jk,     q, R >= 0

and sum_k q_ijk at most what a restricted pair may exchange.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .match_data import BALANCE, MatchData
from .temperature_intervals import Floats

SMALL = 1e-9  # of the total heat x 100, below which a carrier has nothing in an interval
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class HeatFlow:
    """Columns q of every place (P,), then R; `matrix` (rows, columns) of the balances, between `lower` and `upper`.

    Heat is in shares of the total x 100: `scale` of them a MW. `hot` (n, K), `cold` (m, K), `limits` (n, m) in the same
    unit; `rounding` is what the sides differ by, in the data or here. `pairs` may meet, place p belongs to `pair[p]` in
    interval `interval[p]` and holds at most `most[p]`. What rounding leaves too much of may stay in the hot carriers'
    last residual.
    """

    hot: Floats
    cold: Floats
    limits: Floats
    scale: float
    rounding: float
    pairs: tuple[tuple[int, int], ...]
    pair: Integers
    interval: Integers
    most: Floats
    matrix: sp.csr_array
    lower: Floats
    upper: Floats

    @classmethod
    def of(cls, data: MatchData) -> HeatFlow:
        """The flow of `data`."""
        total = float(data.hot.sum())
        scale = 100.0 / total if total > 0.0 else 1.0
        hot, cold = data.hot * scale, data.cold * (scale * _fit(data))
        limits = data.limits() * scale
        rounding = max(abs(float(data.cold.sum()) - total) * scale, float(hot.sum() - cold.sum()))
        n, m, last = data.shape
        available = np.cumsum(hot, axis=1)
        pairs = tuple((i, j) for i in range(n) for j in range(m) if limits[i, j] > SMALL)
        places = [
            (p, k)
            for p, (i, j) in enumerate(pairs)
            for k in range(last)
            if cold[j, k] > SMALL and available[i, k] > SMALL
        ]
        pair, interval = np.array(places, dtype=np.int64).reshape(-1, 2).T
        ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        giving, taking = ends[pair, 0], ends[pair, 1]
        count, column = len(places), np.arange(len(places))
        residual = count + np.arange(n * last).reshape(n, last)
        hot_row, cold_row = np.arange(n * last).reshape(n, last), n * last + np.arange(m * last).reshape(m, last)
        blocks = [  # rows, columns, entries
            (hot_row[giving, interval], column, 1.0),
            (hot_row.ravel(), residual.ravel(), 1.0),
            (hot_row[:, 1:].ravel(), residual[:, :-1].ravel(), -1.0),
            (cold_row[taking, interval], column, 1.0),
        ]
        restricted = [p for p, (i, j) in enumerate(pairs) if (data.hot_names[i], data.cold_names[j]) in data.most_heat]
        row_of = np.full(len(pairs), -1)
        row_of[restricted] = (n + m) * last + np.arange(len(restricted))
        limited = np.flatnonzero(row_of[pair] >= 0)
        blocks.append((row_of[pair[limited]], limited, 1.0))
        matrix = sp.csr_array(
            (
                np.concatenate([np.full(len(rows), entry) for rows, _, entry in blocks]),
                (np.concatenate([rows for rows, _, _ in blocks]), np.concatenate([c for _, c, _ in blocks])),
            ),
            shape=((n + m) * last + len(restricted), count + n * last),
        )
        sides = np.concatenate([hot.ravel(), np.where(cold > SMALL, cold, 0.0).ravel()])
        lower = np.concatenate([sides, np.zeros(len(restricted))])
        upper = np.concatenate([sides, [limits[pairs[p]] for p in restricted]])
        most = np.minimum(cold[taking, interval], available[giving, interval])
        return cls(hot, cold, limits, scale, rounding, pairs, pair, interval, most, matrix, lower, upper)

    @property
    def places(self) -> int:
        """Number of places, the first columns."""
        return len(self.pair)

    def heat_of_pairs(self, columns: Floats) -> Floats:
        """(pairs,) heat that `columns` of this flow carry."""
        heat = np.zeros(len(self.pairs))
        np.add.at(heat, self.pair, columns[: self.places])
        return heat


def _fit(data: MatchData) -> float:
    """What the cold side's heat is multiplied by so that rounding of the data lets no interval lack heat."""
    supply, demand = np.cumsum(data.hot.sum(axis=0)), np.cumsum(data.cold.sum(axis=0))
    lacking = demand > supply
    fit = float((supply[lacking] / demand[lacking]).min(initial=1.0))
    return fit if fit >= 1.0 - BALANCE else 1.0
