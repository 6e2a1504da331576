"""What the search knows so far: the proven bound, the incumbent, and when each changed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .clock import Clock
from .incumbent import Incumbent
from .node import Target


class Ledger:
    """Bound and incumbent over time, with the progress line; `gap` is (relative, absolute)."""

    def __init__(
        self, incumbent: Incumbent, gap: tuple[float, float], clock: Clock, progress: Callable[[str], None] | None
    ) -> None:
        self.incumbent, self.gap, self.clock, self.progress = incumbent, gap, clock, progress
        self.bound = -np.inf
        self.root_bound = -np.inf
        self.unresolved = np.inf  # lowest bound of the boxes that could be neither closed nor split
        self.nodes = 0
        self.history: list[tuple[float, float, float]] = []
        self.told = -np.inf
        incumbent.on_change = self.note

    @property
    def target(self) -> Target:
        """What a box must beat."""
        return Target.of(self.incumbent.value, *self.gap)

    @property
    def closed(self) -> bool:
        """Whether the bound is within the gap of the incumbent."""
        return self.bound >= self.target.prune

    def raise_bound(self, bound: float) -> None:
        """Take a bound that holds for everything still open; it never falls and never passes the incumbent."""
        limited = min(bound, self.incumbent.value, self.unresolved)
        if limited > self.bound:
            self.bound = limited
            self.note()
        self.tell()

    def finish(self) -> None:
        """Nothing is open any more: what was dropped could not beat the target."""
        self.raise_bound(self.target.prune)

    def note(self) -> None:
        """Write down the interval, at most twenty times a second unless the incumbent changed."""
        entry = (self.clock.elapsed(), self.bound, self.incumbent.value)
        last = self.history[-1] if self.history else None
        if last is None or entry[0] - last[0] > 0.05 or last[2] != entry[2]:
            self.history.append(entry)

    def tell(self) -> None:
        """One line for whoever watches, at most ten a second."""
        seconds = self.clock.elapsed()
        if self.progress is None or seconds - self.told < 0.1:
            return
        self.told = seconds
        value = self.incumbent.value
        if np.isfinite(value):
            best = f"best {value:.8g}, proven {self.bound:.8g}, gap {relative_gap(value, self.bound):.2%}"
        else:
            best = f"no network yet, proven {self.bound:.8g}"
        self.progress(f"{self.nodes} boxes, {best}")


def relative_gap(value: float, bound: float) -> float:
    """(value - bound) / |value|, infinite where either is."""
    return (value - bound) / max(abs(value), 1e-9) if np.isfinite(value) else np.inf
