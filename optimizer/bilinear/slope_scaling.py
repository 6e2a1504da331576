"""First points where something costs by being there, such as a pipe: slope scaling.

A binary y that opens a flow f <= largest y is worth f / largest in the continuous relaxation, so that what is paid once
looks cheap. Its cost is divided by the y of the last round: it is then paid whole for the flow that is there, and dear
for less. A few rounds settle on few pipes. Kim and Pardalos, Operations Research Letters 24 (1999) 195-203, DOI
10.1016/S0167-6377(99)00018-8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .clock import Clock
from .options import SearchOptions, SearchResult, SearchStatus
from .program import BilinearProgram, Floats

ROUNDS = 4
BOXES = 10
"""Boxes of a round's search: its point is wanted, not its bound."""
SHARE = 0.05
"""Share of the time limit that a round may take."""
OPEN = 1e-4
"""Value of a binary from which it counts as 1."""


def slope_scaled_points(
    program: BilinearProgram,
    search: Callable[[BilinearProgram, SearchOptions], SearchResult],
    options: SearchOptions,
    clock: Clock,
) -> list[Floats]:
    """Points (n,) with integers rounded up, the last round's first; none where no integer has a cost.

    Raises KeyboardInterrupt where a round's search was interrupted.
    """
    paid = np.flatnonzero(program.integer & (program.cost > 0.0))
    if not len(paid):
        return []
    points: list[Floats] = []
    share = np.ones(len(paid))
    for _ in range(ROUNDS):
        cost = program.cost.copy()
        cost[paid] /= share
        relaxed = replace(program, cost=cost, integer=np.zeros(program.columns, dtype=bool))
        seconds = min(SHARE * options.time_limit, clock.remaining())
        asked = replace(options, gap=1e-2, absolute_gap=0.0, node_limit=BOXES, time_limit=seconds, block_cuts=False)
        found = search(relaxed, asked)
        if found.status is SearchStatus.INTERRUPTED:
            raise KeyboardInterrupt
        if found.x is None:
            break
        x = found.x.copy()
        share = np.where(x[paid] > OPEN, np.clip(x[paid], OPEN, 1.0), share)
        x[program.integer] = np.where(x[program.integer] > OPEN, np.ceil(x[program.integer] - OPEN), 0.0)
        points.append(x)
    return points[::-1]
