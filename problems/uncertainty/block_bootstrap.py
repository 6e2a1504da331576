"""Years put together of recorded blocks: what a yearly mean could have been, from one or a few years of records.

Local block bootstrap: Paparoditis and Politis, C. R. Acad. Sci. Paris 335 (2002) 959-962,
DOI 10.1016/S1631-073X(02)02578-5. Blocks keep what neighbouring hours have in common; drawing each from around its own
time of the year keeps the seasons apart, which would otherwise be counted as chance.
"""

from __future__ import annotations

import numpy as np

from ..two_stage.problem import Floats

HOURS = 8760.0
KEY = 20_160_101  # one stream of random numbers, so that a case means the same everywhere


def yearly_means(numbers: Floats, spacing: float, block: int, window: int, years: int) -> Floats:
    """(years,) means of resampled years of `numbers` (N,), recorded `spacing` [h] apart.

    `block` and `window` in records: a block that stands at t starts at t plus -window..window, in any recorded year.
    Records shorter than a year are repeated, and the end is followed by the beginning.
    """
    count, year = len(numbers), round(HOURS / spacing)
    starts = np.arange(0, year, block)
    lengths = np.minimum(block, year - starts)
    random = np.random.Generator(np.random.Philox(KEY))
    moved = random.integers(-window, window, size=(years, len(starts)), endpoint=True)
    recorded = random.integers(0, max(1, count // year), size=(years, len(starts)))
    first = (starts + moved + recorded * year) % count
    total = np.concatenate([[0.0], np.cumsum(np.concatenate([numbers, numbers[:block]]))])
    return (total[first + lengths] - total[first]).sum(axis=1) / year
