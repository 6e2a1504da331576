"""Integer columns that only one value leaves useful, found before the tree by what the other one would cost."""

from __future__ import annotations

import numpy as np

from ...problems.two_stage.problem import Floats
from .search import INTEGRAL, Search

EVALUATIONS = 2  # more of one side of a column, where the first one was promising
PROMISING = 0.3  # share of the distance to the cutoff that the first one gained


def probe(search: Search, x: Floats, bound: float, *, undecided: bool = False) -> None:
    """Tighten the master's bounds of integer columns, as seen from the relaxation's solution `x` (n1,) and its `bound`.

    `undecided`: only those that are not whole at `x`.

    A side of a column whose relaxation costs the cutoff or more holds nothing better than the best design. The cuts of
    the evaluations stay: what a missing unit costs, the tree would otherwise learn at every node anew.
    """
    if search.value == np.inf:
        return
    columns = search.integer[search.fractionality(x) > INTEGRAL] if undecided else search.integer
    for column in columns[np.argsort(-x[columns], kind="stable")]:
        for side in (-1, 1):  # below x, then above
            _probe_side(search, int(column), side, x, bound)


def _probe_side(search: Search, column: int, side: int, x: Floats, bound: float) -> None:
    """Leave out one side of a column where it is useless."""
    master = search.master
    lower, upper = master.lower, master.upper
    low, high = lower.copy(), upper.copy()
    if side > 0:
        low[column] = np.floor(x[column] + INTEGRAL) + 1.0
    else:
        high[column] = np.ceil(x[column] - INTEGRAL) - 1.0
    if low[column] > high[column]:
        return
    master.bound_columns(low, high)
    try:
        found = search.solve_master().bound
        if found < search.cutoff:
            search.cut(np.clip(x, low, high))  # perhaps against the first stage's rows: no design
            found = max(found, search.solve_master().bound)
        if bound + PROMISING * (search.cutoff - bound) < found < search.cutoff:
            found = max(found, search.relax(search.gap, cutoff=search.cutoff, rounds=EVALUATIONS).bound)
    finally:
        master.bound_columns(lower, upper)
    if found < search.cutoff:
        return
    search.exclude()
    lower, upper = lower.copy(), upper.copy()
    if side > 0:
        upper[column] = min(upper[column], low[column] - 1.0)
    else:
        lower[column] = max(lower[column], high[column] + 1.0)
    master.bound_columns(lower, upper)
