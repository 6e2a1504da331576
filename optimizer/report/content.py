"""What the report shows beyond `result.json`: plain data that any kind of case can fill."""

from __future__ import annotations

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
    """A Sankey diagram before and after: `unit` such as t/h; `before` empty where there is no baseline."""

    title: str
    unit: str
    before: tuple[FlowLine, ...]
    after: tuple[FlowLine, ...]
    explanation: str = ""


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


@dataclass(frozen=True)
class Picture:
    """A figure that a kind of case draws itself (`figures.line_figure` for curves) and what it tells, in a sentence."""

    title: str
    figure: go.Figure
    explanation: str = ""


@dataclass(frozen=True)
class ReportContent:
    """The parts of a report; a part that is empty is left out."""

    title: str
    description: str = ""
    headline: tuple[str, ...] = ()
    flows: tuple[FlowPicture, ...] = ()
    pictures: tuple[Picture, ...] = ()
    cost: tuple[Histogram, ...] = ()
    balance: Table | None = None
    tables: tuple[Table, ...] = ()
    indicators: Table | None = None
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
