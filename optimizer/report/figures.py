"""The report's figures: Sankey diagrams, cost distributions, bounds over time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from .content import FlowLine, FlowPicture, Histogram

INK, GRID = "#24333d", "#e3e8eb"
BEFORE, AFTER = "#9aa7b0", "#0f7b6c"
PALETTE = ("#0f7b6c", "#3f7cac", "#c9803a", "#7a5c99", "#b5495b", "#5b8c5a", "#8a7d55", "#4a6670", "#a3733f", "#6b7fd7")
SMALLEST_SHARE = 1e-3  # of the largest flow; thinner lines are not drawn


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


def flow_figures(pictures: Sequence[FlowPicture]) -> Iterator[tuple[go.Figure | None, go.Figure]]:
    """(before, after) of every picture, with the same colour for the same place."""
    for picture in pictures:
        names = sorted({place for line in (*picture.before, *picture.after) for place in (line.source, line.target)})
        colours = {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(names)}
        before = sankey(picture.before, picture.unit, colours) if picture.before else None
        yield before, sankey(picture.after, picture.unit, colours)


def sankey(lines: Sequence[FlowLine], unit: str, colours: dict[str, str]) -> go.Figure:
    """Mean flows between places."""
    largest = max((line.value for line in lines), default=0.0)
    drawn = [line for line in lines if line.value > SMALLEST_SHARE * largest]
    names = list(dict.fromkeys(place for line in drawn for place in (line.source, line.target)))
    index = {name: i for i, name in enumerate(names)}
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            valueformat=",.3~g",
            valuesuffix=f" {unit}",
            node={
                "label": names,
                "color": [colours[name] for name in names],
                "pad": 14,
                "thickness": 14,
                "line": {"width": 0},
            },
            link={
                "source": [index[line.source] for line in drawn],
                "target": [index[line.target] for line in drawn],
                "value": [line.value for line in drawn],
                "color": [_faded(colours[line.source]) for line in drawn],
            },
        )
    )
    return styled(figure, height=max(320, 26 * len(names) + 80))


def cost_figure(histograms: Sequence[Histogram], unit: str) -> go.Figure:
    """Share of the scenarios by cost, with mean and CVaR as vertical lines."""
    figure = go.Figure()
    colours = (AFTER,) if len(histograms) == 1 else (BEFORE, AFTER, *PALETTE[1:])
    for histogram, colour in zip(histograms, colours, strict=False):
        middle = (histogram.edges[:-1] + histogram.edges[1:]) / 2.0
        figure.add_bar(
            x=middle.tolist(),
            y=(100.0 * histogram.share).tolist(),
            width=(histogram.edges[1:] - histogram.edges[:-1]).tolist(),
            name=histogram.name,
            marker={"color": colour, "opacity": 0.72, "line": {"width": 0}},
        )
        figure.add_vline(
            x=histogram.mean, line={"color": colour, "width": 2}, annotation={"text": "mean", "textangle": -90}
        )
        if histogram.cvar is not None:
            figure.add_vline(
                x=histogram.cvar,
                line={"color": colour, "width": 2, "dash": "dot"},
                annotation={"text": f"CVaR {histogram.cvar_level:.0%}", "textangle": -90},
            )
    figure.update_layout(barmode="overlay", legend={"orientation": "h", "y": 1.12, "x": 0})
    figure.update_xaxes(title=unit, gridcolor=GRID, zeroline=False, tickformat="~s")
    figure.update_yaxes(title="% of the futures", gridcolor=GRID, zeroline=False)
    return styled(figure, height=360)


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
    figure.update_layout(legend={"orientation": "h", "y": 1.12, "x": 0})
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
