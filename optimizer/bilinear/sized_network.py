"""What sizes chosen over the futures would change, beside the sizes of the design point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..report.content import Table
from .given_flows import JOINED
from .sizes import Sized
from .water_evaluation import WaterDistributions


@dataclass(frozen=True)
class SizedNetwork:
    """The sizes, and `both` operations of the network that has them, in the same fresh scenarios as the design's."""

    sizes: Sized
    both: WaterDistributions

    def indicators(self, design: WaterDistributions) -> dict[str, float | None]:
        """By how much the mean objective changes, for `result.json`."""
        return {
            "change_by_sizes_over_futures_promised": float(self.both.fixed.mean - design.fixed.mean),
            "change_by_sizes_over_futures_relinearized": float(self.both.relinearized.mean - design.relinearized.mean),
        }

    def line(self, design: WaterDistributions) -> str:
        """The same in a sentence."""
        moved = ", ".join(f"{name} {before:.4g} to {after:.4g} t/h" for name, before, after in self._moved())
        promised, relinearized = self.indicators(design).values()
        text = f"{promised:+,.4g} under promised concentrations, {relinearized:+,.4g} relinearized"
        return f"sizes chosen over the futures ({moved}) would change the mean by {text}"

    def table(self, design: WaterDistributions) -> Table:
        """The same with what each operation costs."""
        rows: list[tuple[str | float | None, ...]] = [(f"{n}, t/h", a, b, b - a) for n, a, b in self._moved()]
        means = (
            ("mean cost under promised concentrations", design.fixed.mean, self.both.fixed.mean),
            ("mean cost, relinearized", design.relinearized.mean, self.both.relinearized.mean),
        )
        rows += [(words, float(a), float(b), float(b - a)) for words, a, b in means]
        columns = ("", "at the design point", "over the futures", "difference")
        return Table(
            "Sizes chosen over the futures under promised concentrations, pipes as they are", columns, tuple(rows)
        )

    def _moved(self) -> Iterator[tuple[str, float, float]]:
        for name, (before, after) in self.sizes.units.items():
            yield name, before, after
        for ends, (before, after) in self.sizes.pipes.items():
            yield JOINED.join(ends), before, after
