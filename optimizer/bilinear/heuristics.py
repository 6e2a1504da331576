"""Where incumbents come from: local searches from relaxation points, perturbed objectives and random points."""

from __future__ import annotations

from functools import partial

import numpy as np

from .box_solver import BoxStatus
from .clock import TimeUpError
from .incumbent import Incumbent
from .program import Box, Floats
from .workers import Engine, Workers

_WAYS = 3


def improve(workers: Workers, incumbent: Incumbent, starts: list[Floats], radius: float = 0.3) -> None:
    """Local searches from `starts` in the whole program's box."""
    _accept(incumbent, workers.map([partial(_descend, x=x, radius=radius, worth=_worth(incumbent)) for x in starts]))


def polish(workers: Workers, incumbent: Incumbent) -> None:
    """Follow the incumbent to its local optimum: what limits are worth is read there."""
    if incumbent.x is not None:
        found = _descend(workers.engine(), incumbent.x, 0.05, np.inf)
        _accept(incumbent, [found])


def multistart(workers: Workers, incumbent: Incumbent, box: Box, count: int, seed: tuple[int, ...]) -> None:
    """`count` local searches, a third each from perturbed objectives, points near the incumbent and random points.

    One of each at a time, so that the next ones need not end where the last ones did.
    """
    for first in range(0, count, _WAYS):
        numbers = range(first, min(first + _WAYS, count))
        best, worth = incumbent.x, _worth(incumbent)
        tasks = [partial(_start, box=box, best=best, worth=worth, seed=(*seed, k)) for k in numbers]
        _accept(incumbent, workers.map(tasks))


def _worth(incumbent: Incumbent) -> float:
    """What the objective without its constant must beat."""
    return incumbent.value - incumbent.program.constant


def _accept(incumbent: Incumbent, found: list[Floats | None]) -> None:
    for x in found:
        if x is not None:
            incumbent.accept(x)


def _descend(engine: Engine, x: Floats, radius: float, worth: float) -> Floats | None:
    program = engine.relaxation.program
    return engine.search.improve(x, (program.lower, program.upper), radius=radius, worth=worth)


def _start(engine: Engine, box: Box, best: Floats | None, worth: float, seed: tuple[int, ...]) -> Floats | None:
    program, random = engine.relaxation.program, np.random.default_rng(seed)
    way = seed[-1] % _WAYS
    if way == 0:
        noise = random.standard_normal(program.columns) * (random.random(program.columns) < 0.3)
        cost = program.cost + 0.3 * np.abs(program.cost).max(initial=1e-9) * noise
        try:
            relaxed = engine.boxes.relax(box, None, np.inf, cost)
        except TimeUpError:
            return None
        return _descend(engine, relaxed.point, 0.5, worth) if relaxed.status is BoxStatus.SOLVED else None
    point = box[0] + random.random(program.columns) * (box[1] - box[0])
    middle = point if way == 2 or best is None else 0.5 * (point + best)
    return _descend(engine, program.complete(middle), 0.6, worth)
