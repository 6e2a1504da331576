"""What the report shows beyond `result.json`: plain data that any kind of case can fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class FlowLine:
    """A mean flow between two places, for a Sankey diagram."""

    source: str
    target: str
    value: float


@dataclass(frozen=True)
class FlowPicture:
    """A Sankey diagram before and after: `unit` such as t/h; `before` empty where there is no baseline.

    `colours` of places that mean the same in several pictures, such as plants; the others take the palette's next.
    """

    title: str
    unit: str
    before: tuple[FlowLine, ...]
    after: tuple[FlowLine, ...]
    explanation: str = ""
    colours: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Histogram:
    """Distribution over scenarios: `edges` (B + 1,), `share` (B,) of the scenarios, mean and CVaR."""

    name: str
    edges: NDArray[np.float64]
    share: NDArray[np.float64]
    mean: float
    cvar: float | None = None
    cvar_level: float = 0.95


@dataclass(frozen=True)
class Table:
    """A table with a header; numbers are formatted by the report."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers for the most part, or words that begin with one."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(self.columns)
        return tuple(sum(map(_is_number, column)) * 2 >= len(column) for column in columns)


@dataclass(frozen=True)
class Picture:
    """A figure that a kind of case draws itself (`figures.line_figure` for curves) and what it tells, in a sentence.

    `least_width`: px that it needs; on a narrower page it is pushed sideways.
    """

    title: str
    figure: go.Figure
    explanation: str = ""
    least_width: int = 0


@dataclass(frozen=True)
class ReportContent:
    """The parts of a report; a part that is empty is left out.

    `places`: names of plants in words; `before`: what the design is compared with; `comparison`: the design beside
    others that were decided with less freedom.
    """

    title: str
    description: str = ""
    currency: str = ""
    places: Mapping[str, str] = field(default_factory=dict[str, str])
    before: str = "Today"
    headline: tuple[str, ...] = ()
    flows: tuple[FlowPicture, ...] = ()
    pictures: tuple[Picture, ...] = ()
    cost: tuple[Histogram, ...] = ()
    cost_table: Table | None = None
    comparison: Table | None = None
    balance: Table | None = None
    tables: tuple[Table, ...] = ()
    indicators: Table | None = None
    assumptions: tuple[str, ...] = ()
    assumption_tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)


def _is_number(cell: str | float | None) -> bool:
    return cell is None or not isinstance(cell, str) or cell[:1] in {*"+-–0123456789", ""}
