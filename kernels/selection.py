"""Which engine solves a batch, and the engines that were prepared before, by the form that they were prepared for."""

from __future__ import annotations

import logging
from collections import OrderedDict
from functools import cache
from typing import Any

import numpy as np

from .arrays import namespace
from .engine import Engine, Iterates, PreparedEngine, StandardForm, preparation, unavailable

PREPARED: OrderedDict[tuple[Any, ...], PreparedEngine] = OrderedDict()
KEPT = 32


def choose(engine: Engine | str, xp: Any) -> Engine:
    """The engine that solves arrays of this kind; raises ValueError where it is unknown, absent or does not fit."""
    try:
        engine = Engine(engine)
    except ValueError:
        allowed = ", ".join(Engine)
        raise ValueError(f"engine {engine!r} is unknown; allowed are {allowed}") from None
    on_device = xp is not np
    if engine is Engine.AUTO:
        return Engine.GPU if on_device else _fastest_on_host()
    if on_device and engine is not Engine.GPU:
        raise ValueError(f"CuPy arrays are solved by the GPU engine, not by engine={str(engine)!r}; use cupy.asnumpy")
    reason = unavailable(engine)
    if reason is not None:
        raise ValueError(f"engine {str(engine)!r} is not available here: {reason}")
    return engine


@cache
def _fastest_on_host() -> Engine:
    """What `auto` takes for NumPy arrays; says once in a process when that is the slow one."""
    missing = unavailable(Engine.CPU)
    if missing is None:
        return Engine.CPU
    logging.getLogger(__name__).warning(
        "the CPU engine is missing (%s): the reference, ten times slower, solves", missing
    )
    return Engine.REFERENCE


def prepared(engine: Engine, form: StandardForm) -> PreparedEngine:
    """The prepared engine of a form, from the cache where the same form was prepared before."""
    W = form.W
    key = (engine, W.shape, W.indptr.tobytes(), W.indices.tobytes(), W.data.tobytes(), form.bounded.tobytes())
    if key not in PREPARED:
        PREPARED[key] = preparation(engine)(form)
        while len(PREPARED) > KEPT:
            PREPARED.popitem(last=False)
    PREPARED.move_to_end(key)
    return PREPARED[key]


def iterate(
    engine: Engine, form: StandardForm, batch: Any, tolerance: float, max_iterations: int, primal: bool
) -> Iterates:
    """What an engine reaches; a form without rows or columns needs none."""
    m, n = form.W.shape
    if m and n:
        return prepared(engine, form)(batch, tolerance=tolerance, max_iterations=max_iterations, primal=primal)
    xp, count = namespace(batch.h), len(batch)  # no row or no column is left: nothing to iterate
    return Iterates(
        xp.zeros((count, m)), xp.zeros(count), xp.zeros(count), xp.ones(count, dtype=np.bool_),
        xp.zeros(count, dtype=np.int32), xp.zeros((count, n)),
    )  # fmt: skip
