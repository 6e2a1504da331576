"""Where incumbents come from: local searches from relaxation points, perturbed objectives and random points."""

from __future__ import annotations

from functools import partial

import numpy as np

from .box_solver import BoxStatus
from .clock import TimeUpError
from .incumbent import Incumbent
from .program import Box, Floats
from .workers import Engine, Workers


def improve(workers: Workers, incumbent: Incumbent, starts: list[Floats], radius: float = 0.3) -> None:
    """Local searches from `starts` in the whole program's box; a promising end is searched once more."""
    value = incumbent.value
    for found in workers.map([partial(_descend, x=x, radius=radius, value=value) for x in starts]):
        for x in found:
            incumbent.accept(x)


def _descend(engine: Engine, x: Floats, radius: float, value: float) -> list[Floats]:
    program = engine.relaxation.program
    whole = (program.lower, program.upper)
    found = engine.search.improve(x, whole, radius=radius)
    if found is None:
        return []
    if np.isfinite(value) and program.objective(found) > value + 0.3 * abs(value):
        return [found]
    again = engine.search.improve(found, whole, radius=0.3, iterations=20)
    return [found] if again is None else [found, again]


def multistart(workers: Workers, incumbent: Incumbent, box: Box, count: int, seed: tuple[int, ...]) -> None:
    """`count` local searches, a third each from perturbed objectives, points near the incumbent and random points."""
    best = incumbent.x
    tasks = [partial(_start, box=box, best=best, value=incumbent.value, seed=(*seed, k)) for k in range(count)]
    for found in workers.map(tasks):
        for x in found:
            incumbent.accept(x)


def _start(engine: Engine, box: Box, best: Floats | None, value: float, seed: tuple[int, ...]) -> list[Floats]:
    program, random = engine.relaxation.program, np.random.default_rng(seed)
    way = seed[-1] % 3
    if way == 0:
        noise = random.standard_normal(program.columns) * (random.random(program.columns) < 0.3)
        cost = program.cost + 0.3 * np.abs(program.cost).max(initial=1e-9) * noise
        try:
            relaxed = engine.boxes.relax(box, None, np.inf, cost)
        except TimeUpError:
            return []
        return _descend(engine, relaxed.point, 0.5, value) if relaxed.status is BoxStatus.SOLVED else []
    point = box[0] + random.random(program.columns) * (box[1] - box[0])
    middle = point if way == 2 or best is None else 0.5 * (point + best)
    return _descend(engine, program.complete(middle), 0.6, value)
