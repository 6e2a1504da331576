"""Load-duration curves: hours of a year in which a load of the park is at least so large, mean of the futures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..problems.park.problem import ParkProblem
from ..problems.two_stage.problem import Floats
from .report.content import Picture
from .report.figures import Line, line_figure

LEVELS = 250  # of a load, from 0 to the largest that it may reach
PREFIX = "hourly."
BEFORE, AFTER = "#9aa7b0", "#0f7b6c"
SEEN = 1e-6  # of the largest load, below which nothing runs


@dataclass(frozen=True)
class LoadDurations:
    """Counts hours above levels, scenario by scenario, so that their means are the curves.

    `levels[load]` (L,) in the load's unit; `hours[period]` a year that a period stands for.
    """

    levels: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    hours: Mapping[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def of(cls, park: ParkProblem) -> LoadDurations:
        """The loads of a park, up to what its units can raise and its connections carry."""
        levels = {
            name: largest * np.concatenate([[SEEN], np.arange(1, LEVELS + 1) / LEVELS])
            for name, (_, largest) in park.loads.items()
            if largest > 0.0
        }
        return cls(levels, park.case.hours)

    @property
    def names(self) -> list[tuple[str, float]]:
        """Load and level of every column of `above`."""
        return [(name, float(level)) for name, levels in self.levels.items() for level in levels]

    def above(self, names: Sequence[str], reports: Floats) -> Floats:
        """(N, K) hours a year in which each load is at least at each level, from reports (N, R) by name."""
        column = {name: k for k, name in enumerate(names)}
        counted: list[Floats] = []
        for load, levels in self.levels.items():
            hours = np.zeros((len(reports), len(levels)))
            for period, weight in self.hours.items():
                hours += weight * (reports[:, [column[f"{PREFIX}{load}.{period}"]]] >= levels)
            counted.append(hours)
        return np.hstack(counted) if counted else np.zeros((len(reports), 0))


def duration_pictures(
    park: ParkProblem,
    design: Mapping[tuple[str, float], float],
    before: Mapping[tuple[str, float], float] | None,
) -> list[Picture]:
    """One picture a load: hours a year against the load that is reached, as it is and with the design."""
    pictures: list[Picture] = []
    for load, (unit, _) in park.loads.items():
        curves = {
            (name, colour): _curve(load, means)
            for name, means, colour in (("as it is", before, BEFORE), ("with the design", design, AFTER))
            if means is not None
        }
        if any(values[0] > 0.0 for _, values in curves.values()):
            lines = [Line(name, *points, colour) for (name, colour), points in curves.items()]
            figure = line_figure(lines, "hours a year", f"{load}, {unit}")
            text = "Mean over all futures: how many hours a year a load is reached or exceeded."
            pictures.append(Picture(f"Load-duration: {load}", figure, text))
    return pictures


def _curve(load: str, means: Mapping[tuple[str, float], float]) -> tuple[list[float], list[float]]:
    """Hours and levels from the highest that is ever reached down; one point at zero where nothing runs."""
    reached = [(hours, level) for (name, level), hours in means.items() if name == load and hours > 0.0][::-1]
    if not reached:
        return [0.0], [0.0]
    return [0.0, *(hours for hours, _ in reached)], [reached[0][1], *(level for _, level in reached)]
