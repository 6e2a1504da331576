"""The report's figures: Sankey diagrams, cost distributions, bounds over time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from .content import FlowLine, FlowPicture, Histogram
from .loops import REUSE_IN, REUSE_OUT, opened
from .sankey_layout import PAD, Layout, layouts, through
from .words import amount, number

INK, SOFT, GRID = "#24333d", "#5c6b75", "#e3e8eb"
BEFORE, AFTER = "#9aa7b0", "#0f7b6c"
PALETTE = ("#0f7b6c", "#3f7cac", "#c9803a", "#7a5c99", "#b5495b", "#5b8c5a", "#8a7d55", "#4a6670", "#a3733f", "#6b7fd7")
THICKNESS = 12  # px of a place in a Sankey diagram
SMALLEST_SHARE = 4e-3  # of the largest flow; thinner lines are not drawn
FIXED_COLOURS = {REUSE_IN: "#2f9e44", REUSE_OUT: "#2f9e44", "losses": "#adb5bd", "emergency disposal": "#c92a2a"}


@dataclass(frozen=True)
class Line:
    """A curve of a `line_figure`; without a colour it takes the palette's next."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str = ""
    dotted: bool = False
    points: bool = False


def figure_json(figure: go.Figure) -> str:
    """JSON that may stand inside a script element."""
    text = figure.to_json()
    assert text is not None
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@dataclass(frozen=True)
class FlowFigures:
    """The two diagrams of a picture, `before` None where there is no baseline; px that they need at least."""

    before: go.Figure | None
    after: go.Figure
    width: int


def flow_figures(picture: FlowPicture) -> FlowFigures:
    """Both diagrams: the same colour and order for the same place, the same height for the same flow."""
    sides = [opened(_visible(lines)) for lines in (picture.after, picture.before) if lines]
    labels = [_labels(lines, picture.unit) for lines in sides]
    free = itertools.cycle(PALETTE)
    fixed = FIXED_COLOURS | dict(picture.colours)
    places = dict.fromkeys(place for label in labels for place in label)
    colours = {place: fixed.get(place) or next(free) for place in places}
    placed = layouts(sides, labels)
    after, *before = (
        sankey(lines, picture.unit, colours, label, layout)
        for lines, label, layout in zip(sides, labels, placed, strict=True)
    )
    return FlowFigures(before[0] if before else None, after, round(max(layout.width for layout in placed)))


def _labels(lines: Sequence[FlowLine], unit: str) -> dict[str, str]:
    """What is written beside each place: its name and how much goes through it."""
    return {place: f"{place}  {number(value, 3)} {unit}".rstrip() for place, value in through(lines).items()}


def sankey(
    lines: Sequence[FlowLine], unit: str, colours: Mapping[str, str], labels: Mapping[str, str], layout: Layout
) -> go.Figure:
    """Mean flows between places, without cycles."""
    index = {name: i for i, name in enumerate(layout.names)}
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            valueformat=",.3~g",
            valuesuffix=f" {unit}",
            node={
                "customdata": [labels[name] for name in layout.names],
                "color": [colours[name] for name in layout.names],
                "x": layout.x,
                "y": layout.y,
                "pad": PAD,
                "thickness": THICKNESS,
                "line": {"width": 0},
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            link={
                "source": [index[line.source] for line in lines],
                "target": [index[line.target] for line in lines],
                "value": [line.value for line in lines],
                "color": [_faded(colours[line.source]) for line in lines],
                "customdata": [f"{line.source} → {line.target}" for line in lines],
                "hovertemplate": "%{customdata}: %{value}<extra></extra>",
            },
        )
    )
    for name, x, y in zip(layout.names, layout.x, layout.y, strict=True):
        figure.add_annotation(**_beside(labels[name], x, y))
    margin = {"l": 8, "r": 8, "t": 12, "b": 16}
    height = round(layout.height) + margin["t"] + margin["b"]
    return styled(figure, height=height).update_layout(margin=margin, font={"size": 12})


def _beside(label: str, x: float, y: float) -> dict[str, Any]:
    """A place's label on a ground of its own: plotly's has none, and a thin band then strikes it through."""
    last = x > 0.99  # its bands come from the left
    return {
        "text": label,
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": 1.0 - y,
        "xanchor": "right" if last else "left",
        "yanchor": "middle",
        "xshift": (-1 if last else 1) * (THICKNESS / 2 + 2),
        "borderpad": 1,
        "bgcolor": "rgba(255,255,255,0.75)",
    }


def _visible(lines: Sequence[FlowLine]) -> list[FlowLine]:
    largest = max((line.value for line in lines), default=0.0)
    return [line for line in lines if line.value > SMALLEST_SHARE * largest]


def cost_figure(histograms: Sequence[Histogram], unit: str) -> go.Figure:
    """Share of the scenarios by cost, with mean (solid) and CVaR (dotted) of each distribution marked."""
    figure = go.Figure()
    colours = (AFTER,) if len(histograms) == 1 else (BEFORE, AFTER, *PALETTE[1:])
    marks: list[tuple[str, float, str, str]] = []
    for histogram, colour in zip(histograms, colours, strict=False):
        middle = (histogram.edges[:-1] + histogram.edges[1:]) / 2.0
        figure.add_bar(
            x=middle.tolist(),
            y=(100.0 * histogram.share).tolist(),
            width=(histogram.edges[1:] - histogram.edges[:-1]).tolist(),
            name=histogram.name,
            marker={"color": colour, "opacity": 0.72, "line": {"width": 0}},
            hovertemplate="%{y:.1f}% of the futures around %{x:.4s}<extra>%{fullData.name}</extra>",
        )
        marks.append((f"{histogram.name}: mean", histogram.mean, "solid", colour))
        if histogram.cvar is not None:
            marks.append((f"{histogram.name}: CVaR {histogram.cvar_level:.0%}", histogram.cvar, "dot", colour))
    for row, (name, value, dash, colour) in enumerate(reversed(marks)):  # a row each: labels never meet
        figure.add_vline(x=value, line={"color": colour, "width": 2, "dash": dash})
        figure.add_annotation(
            x=value,
            y=1.0,
            yref="paper",
            yshift=12 + 16 * row,
            text=f"{name} {amount(value)}",
            showarrow=False,
            font={"color": SOFT if colour == BEFORE else colour, "size": 12},
        )
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(title=unit, gridcolor=GRID, zeroline=False, tickformat="~s")
    figure.update_yaxes(title="% of the futures", gridcolor=GRID, zeroline=False)
    return styled(figure, height=420).update_layout(margin={"t": 20 + 16 * len(marks)})


def bounds_figure(bounds: Sequence[tuple[float, float | None, float | None]], unit: str) -> go.Figure:
    """Best design found and proved bound while the solver ran."""
    figure = go.Figure()
    seconds = [bound[0] for bound in bounds]
    for name, column, colour in (("proved lower bound", 1, BEFORE), ("upper bound", 2, AFTER)):
        values = [bound[column] for bound in bounds]
        figure.add_scatter(x=seconds, y=values, name=name, mode="lines", line={"color": colour, "shape": "hv"})
    figure.update_layout(legend={"orientation": "h", "y": 1.12, "x": 0})
    figure.update_xaxes(title="seconds", gridcolor=GRID, zeroline=False)
    figure.update_yaxes(title=unit, gridcolor=GRID, zeroline=False, tickformat="~s")
    return styled(figure, height=300)


def line_figure(lines: Sequence[Line], x_title: str, y_title: str, *, height: int = 420) -> go.Figure:
    """Curves in one picture, such as the composite curves of a heat recovery problem."""
    figure = go.Figure()
    for line, colour in zip(lines, itertools.cycle(PALETTE)):
        figure.add_scatter(
            x=[float(x) for x in line.x],
            y=[float(y) for y in line.y],
            name=line.name,
            mode="lines+markers" if line.points else "lines",
            line={"color": line.colour or colour, "width": 2.5, "dash": "dot" if line.dotted else "solid"},
        )
    figure.update_layout(legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0})
    figure.update_xaxes(title=x_title, gridcolor=GRID, zeroline=False)
    figure.update_yaxes(title=y_title, gridcolor=GRID, zeroline=False)
    return styled(figure, height=height)


def styled(figure: go.Figure, *, height: int) -> go.Figure:
    """`figure` in the report's fonts and margins."""
    return figure.update_layout(
        template="none",
        height=height,
        margin={"l": 56, "r": 16, "t": 36, "b": 48},
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"
