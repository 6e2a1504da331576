"""The start that saves most: points of the central path of the mean of some examples, tried on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .engine import Engine, Integers, StandardBatch
from .reference.central_path import central_points
from .reference.interior_point import InteriorPoint
from .selection import prepared
from .standard_form import Standardizer
from .start import Start

SLOW = 0.9  # quantile of the iterations
WORSE = 1.2  # iterations, relative to the fewest, at which the search ends


def mean_program(data: list[Any]) -> list[Any]:
    """The mean, as a batch of one, of each of h, q, upper and W_values: (N, k); what is shared (k,) or None stays."""
    return [a if a is None or a.ndim == 1 else a.mean(axis=0, keepdims=True) for a in data]


def found_start(
    standardizer: Standardizer, mean: StandardBatch, iterations: Callable[[Start | None], Integers]
) -> Start | None:
    """The best start near the central path of `mean`; None where none is better than Mehrotra's point.

    `iterations`: of each example (N,) from a start. Slow ones count as much as the mean: they keep the lanes of their
    block waiting.
    """
    form = standardizer.form
    if not all(form.W.shape):
        return None
    analysed = prepared(Engine.REFERENCE, form)
    assert isinstance(analysed, InteriorPoint)

    def needed(start: Start | None) -> float:
        each = iterations(start)
        return 0.5 * float(each.mean() + np.quantile(each, SLOW))

    best, fewest = None, needed(None)
    for point in central_points(analysed, mean):  # from far to near: beyond the best they are ever worse
        candidate = standardizer.as_start(point)
        count = needed(candidate)
        if count < fewest:
            best, fewest = candidate, count
        elif best is not None and count > WORSE * fewest:
            break
    return best
