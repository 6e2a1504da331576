"""Parts of a match problem between pinches, and how many matches each of them needs at least.

No heat passes a pinch, so the matches of each section carry its own heat. Matches form a graph of carriers; each of its
components closes its own balance and cascade, and a component of v carriers has at least v - 1 matches. Hence

    matches >= carriers - most components,

the bound of Linnhoff and co-workers (units = streams + utilities - independent subsystems), here with the subsystems
counted: those sets of carriers whose heat balances and whose cascade never lacks heat. Letsios, Kouyialis and
Misener 2018, DOI 10.1016/j.compchemeng.2018.03.002, review it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .temperature_intervals import Floats

PINCH = 1e-9  # share of all heat below which what passes an interval's lower end counts as nothing
BALANCED = 1e-8  # the same within which a set counts as balanced, unless the data are rounded more coarsely
MOST_CARRIERS = 20  # on one side, of which all sets are looked at
MOST_SETS = 20_000  # balanced ones that are ordered by inclusion; beyond either limit the bound is a weaker one

Masks = NDArray[np.int64]


@dataclass(frozen=True)
class PinchSection:
    """Intervals `first` to `last` (inclusive) between pinches with the carriers that have heat there, by index."""

    first: int
    last: int
    hot: tuple[int, ...]
    cold: tuple[int, ...]
    least_matches: int


def pinch_sections(hot: Floats, cold: Floats, tolerance: float) -> tuple[PinchSection, ...]:
    """Sections of `hot` (n, K) and `cold` (m, K), whose cascade must not lack heat, from hot to cold.

    `tolerance`: heat within which sets of carriers count as balanced.
    """
    total = float(hot.sum())
    residual = np.cumsum(hot.sum(axis=0) - cold.sum(axis=0))
    ends = [*np.flatnonzero(residual[:-1] <= PINCH * total).tolist(), len(residual) - 1]
    sections: list[PinchSection] = []
    first = 0
    for last in ends:
        given, taken = hot[:, first : last + 1], cold[:, first : last + 1]
        own_hot = np.flatnonzero(given.sum(axis=1) > PINCH * total)
        own_cold = np.flatnonzero(taken.sum(axis=1) > PINCH * total)
        if len(own_hot) and len(own_cold):
            least = least_matches(given[own_hot], taken[own_cold], tolerance)
            sections.append(PinchSection(first, last, tuple(own_hot.tolist()), tuple(own_cold.tolist()), least))
        first = last + 1
    return tuple(sections)


def least_matches(hot: Floats, cold: Floats, tolerance: float) -> int:
    """Carriers less the most components that matches between `hot` (n, K) and `cold` (m, K) can have.

    Carriers within the tolerance may do without a match: they do not count, and sets may miss their heat as well.
    """
    while len(hot) and len(cold):
        small = [side.sum(axis=1) <= tolerance for side in (hot, cold)]
        if not any(s.any() for s in small):
            n, m = len(hot), len(cold)
            return n + m - min(most_components(hot, cold, tolerance), n, m)
        tolerance += float(hot[small[0]].sum() + cold[small[1]].sum())
        hot, cold = hot[~small[0]], cold[~small[1]]
    return 0


def most_components(hot: Floats, cold: Floats, tolerance: float) -> int:
    """A bound on the number of sets that carriers, all with heat, split into so that each is balanced by itself.

    Unions of the first, the first two, ... sets of a split are balanced and nested: no split has more sets than the
    longest chain of balanced sets.
    """
    if max(len(hot), len(cold)) > MOST_CARRIERS:
        return min(len(hot), len(cold))
    given, taken = _sums(hot.sum(axis=1)), _sums(cold.sum(axis=1))
    order = np.argsort(taken, kind="stable")
    low = np.searchsorted(taken[order], given - tolerance)
    high = np.searchsorted(taken[order], given + tolerance, side="right")
    counts = high - low
    if counts.sum() > MOST_SETS:
        return min(len(hot), len(cold))
    supply = np.repeat(np.arange(len(given)), counts)
    demand = order[np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True) if a < b])]
    surplus = _bits(supply, len(hot)) @ np.cumsum(hot, axis=1) - _bits(demand, len(cold)) @ np.cumsum(cold, axis=1)
    served = surplus.min(axis=1) >= -tolerance
    return _longest_chain(supply[served] << len(cold) | demand[served]) - 1  # the empty set begins it


def _sums(values: Floats) -> Floats:
    """(2^n,) sums of all sets of `values` (n,); bit i of a set's index stands for value i."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums


def _bits(masks: Masks, width: int) -> Masks:
    return masks[:, np.newaxis] >> np.arange(width) & 1


def _longest_chain(masks: Masks) -> int:
    """Length of the longest chain, by inclusion, of different sets given as bits."""
    masks = masks[np.argsort(_bits(masks, 2 * MOST_CARRIERS).sum(axis=1), kind="stable")]
    length = np.ones(len(masks), dtype=np.int64)
    for position in range(1, len(masks)):
        inside = masks[:position] & ~masks[position] == 0
        length[position] += length[:position][inside].max(initial=0)
    return int(length.max())
