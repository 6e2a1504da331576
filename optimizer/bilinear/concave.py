"""Variables that stay below concave functions of others: a callback gives values and slopes, tangents cut.

A concave function lies below each of its tangents everywhere, so a tangent taken at any point holds in every box.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Tangents = Callable[[Floats], tuple[Floats, Floats]]
"""Arguments (C, d) to values (C,) and gradients (C, d) of a concave function."""

SLOTS = 3
"""Tangents that a box keeps for every limit; the oldest gives way."""
TOLERANCE = 1e-7
"""Excess of a limited variable, relative to its size, from which a tangent is taken."""


@dataclass(frozen=True)
class ConcaveLimits:
    """x[limited] <= f(x[arguments]): `limited` (C,), `arguments` (C, d), f by its `tangents`.

    Where the program was scaled, `scale` (n,) times a variable is what the callback knows. The relaxation takes
    tangents at its own points; those that shall hold from the start are rows of the program.
    """

    limited: Integers
    arguments: Integers
    tangents: Tangents
    scale: Floats | None = None

    def __len__(self) -> int:
        return len(self.limited)

    def scaled(self, scale: Floats) -> ConcaveLimits:
        """The same limits for variables divided by `scale` (n,)."""
        return replace(self, scale=scale if self.scale is None else self.scale * scale)

    def at(self, points: Floats) -> tuple[Floats, Floats]:
        """Values (C,) and gradients (C, d) at arguments (C, d)."""
        if self.scale is None:
            return self.tangents(points)
        own, result = self.scale[self.arguments], self.scale[self.limited]
        value, slope = self.tangents(points * own)
        return value / result, slope * own / result[:, None]

    def excess(self, x: Floats) -> Floats:
        """(C,) by how much each limited variable lies above its function at `x` (n,)."""
        return np.maximum(x[self.limited] - self.at(x[self.arguments])[0], 0.0)

    def middle(self, lower: Floats, upper: Floats) -> Floats:
        """(SLOTS, C, d) the middle of a box: where tangents stand before any point is known."""
        return np.repeat(((lower + upper) / 2.0)[self.arguments][None], SLOTS, axis=0)

    def renewed(self, points: Floats, x: Floats) -> Floats | None:
        """`points` (SLOTS, C, d), those of `x` in place of the oldest where it breaks its limit; None if nowhere."""
        violated = self.excess(x) > TOLERANCE * np.maximum(1.0, np.abs(x[self.limited]))
        if not violated.any():
            return None
        moved = np.concatenate([x[self.arguments][None], points[:-1]])
        return np.where(violated[None, :, None], moved, points)

    def rows(self, points: Floats) -> tuple[Floats, Floats]:
        """x[limited] - slope'x[arguments] <= right side: coefficients (SLOTS * C, 1 + d), right sides (SLOTS * C,)."""
        coefficients: list[Floats] = []
        right_sides: list[Floats] = []
        for point in points:
            value, slope = self.at(point)
            coefficients.append(np.concatenate([np.ones((len(self), 1)), -slope], axis=1))
            right_sides.append(value - np.sum(slope * point, axis=1))
        return np.concatenate(coefficients), np.concatenate(right_sides)
