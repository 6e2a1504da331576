"""Figures that compare the runs of a study: Pareto fronts, parallel coordinates, what moves the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ..report.figures import AFTER, BEFORE, GRID, INK
from ..report.page import number

COST = "mean"  # of the fresh scenarios: what a design is compared by
AIMS = {"fresh_water_t_per_h": "fresh water, t/h", "co2_t_per_year": "CO2, t/year"}
ALIKE = 5  # significant digits beyond which two runs are the same point
COST_COLOURS = ("#0f7b6c", "#6a9b4f", "#c9a227", "#c9803a", "#b5495b")

Row = dict[str, Any]


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points that no other one beats in both coordinates (smaller is better), by the first one.

    Coordinates count to `ALIKE` significant digits: the rest is solver noise.
    """
    points = [(float(f"{x:.{ALIKE}g}"), float(f"{y:.{ALIKE}g}")) for x, y in points]
    front: list[int] = []
    best = float("inf")
    for k in sorted(range(len(points)), key=lambda k: points[k]):
        if points[k][1] < best:
            front.append(k)
            best = points[k][1]
    return front


def pareto_figure(rows: Sequence[Row], names: tuple[str, str], labels: Mapping[str, str]) -> go.Figure:
    """All runs and the front of those that nothing beats in both of the two figures, both better where smaller.

    `labels`: what is written at the axes, and before what is shown of a run, by name of a column.
    """
    across, up = names
    known = [row for row in rows if row.get(across) is not None and row.get(up) is not None]
    points = [(float(row[across]), float(row[up])) for row in known]
    front = pareto_front(points)
    shown = [name for name in labels if name not in (COST, *AIMS)]
    text = ["<br>".join(f"{labels[name]}: {row[name]}" for name in shown if row.get(name) is not None) for row in known]
    figure = _figure()
    figure.add_scatter(
        x=[x for x, _ in points], y=[y for _, y in points], text=text, mode="markers", name="runs",
        marker={"color": BEFORE, "size": 8}, hovertemplate="%{x:,.4g}, %{y:,.4g}<br>%{text}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[points[k][0] for k in front], y=[points[k][1] for k in front], text=[text[k] for k in front],
        mode="lines+markers", name="nothing is better in both", line={"color": AFTER, "shape": "hv"},
        hovertemplate="%{x:,.4g}, %{y:,.4g}<br>%{text}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=labels[across])
    figure.update_yaxes(title=labels[up])
    return figure


def parallel_figure(rows: Sequence[Row], paths: Sequence[str], labels: Mapping[str, str]) -> go.Figure:
    """Changes and results of every run side by side, each axis from its least to its greatest value.

    Drawn as plain lines: plotly's own parallel coordinates need WebGL. The colour tells the fifth of the cost's range.
    """
    shown = [*paths, COST, *(aim for aim in AIMS if all(row.get(aim) is not None for row in rows))]
    values = np.array([[float(row[name]) for name in shown] for row in rows])
    low, high = values.min(axis=0), values.max(axis=0)
    height = (values - low) / np.where(high > low, high - low, 1.0)
    part = np.minimum((height[:, shown.index(COST)] * len(COST_COLOURS)).astype(int), len(COST_COLOURS) - 1)
    figure, places = _figure(), [*range(len(shown)), None]
    for k, colour in enumerate(COST_COLOURS):
        lines = height[part == k]
        y = [value for line in lines for value in (*line, None)]
        name = {0: "cheapest", len(COST_COLOURS) - 1: "dearest"}.get(k, "")
        figure.add_scatter(
            x=places * len(lines), y=y, mode="lines+markers", name=name, showlegend=bool(name and len(lines)),
            line={"color": colour, "width": 1.5}, marker={"size": 5}, opacity=0.8, hoverinfo="skip",
        )  # fmt: skip
    above = {name: labels[name].replace(", ", ",<br>") for name in (COST, *AIMS)}
    above |= {path: short.replace(".", ".<br>") for path, short in short_names(paths).items()}
    for k, name in enumerate(shown):
        figure.add_shape(type="line", x0=k, x1=k, y0=0, y1=1, line={"color": INK, "width": 1}, layer="below")
        text = f"<b>{above[name]}</b><br>{number(high[k])}"
        figure.add_annotation(x=k, y=1.04, text=text, showarrow=False, yanchor="bottom")
        figure.add_annotation(x=k, y=-0.04, text=number(low[k]), showarrow=False, yanchor="top")
    figure.update_xaxes(visible=False, range=[-0.5, len(shown) - 0.5])
    figure.update_yaxes(visible=False, range=[-0.15, 1.4])
    figure.update_layout(legend={"y": -0.05}, margin={"l": 10, "r": 10, "t": 10, "b": 30})
    return figure


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """Path -> its last two parts, or all of it where that would be another path's, too."""
    short = {path: ".".join(path.split(".")[-2:]) for path in paths}
    return {path: name if list(short.values()).count(name) == 1 else path for path, name in short.items()}


def tornado(rows: Sequence[Row], paths: Sequence[str]) -> list[tuple[str, float, float]]:
    """(path, mean cost at its lowest value, mean cost at its highest value), largest difference last.

    Over the runs that change it, whatever else they change; of many values the lowest and highest fifth are averaged.
    """
    found: list[tuple[str, float, float]] = []
    for path in paths:
        own = [row for row in rows if is_number(row.get(path))]
        values = sorted({float(row[path]) for row in own})
        part = max(1, len(values) // 5)
        low, high = set(values[:part]), set(values[-part:])
        ends = [[row[COST] for row in own if float(row[path]) in end] for end in (low, high)]
        found.append((path, sum(ends[0]) / len(ends[0]), sum(ends[1]) / len(ends[1])))
    return sorted(found, key=lambda bar: abs(bar[2] - bar[1]))


def tornado_figure(rows: Sequence[Row], paths: Sequence[str], label: str) -> go.Figure:
    """How far the mean cost moves from one end of every change to the other."""
    centre = sum(row[COST] for row in rows) / len(rows)
    bars, names = tornado(rows, paths), short_names(paths)
    figure = _figure()
    ends = (
        ("lowest value", BEFORE, [low for _, low, _ in bars]),
        ("highest value", AFTER, [high for _, _, high in bars]),
    )
    for name, colour, means in ends:
        figure.add_bar(
            y=[names[bar[0]] for bar in bars], x=[mean - centre for mean in means], base=centre, orientation="h",
            name=name, marker={"color": colour}, hovertemplate="%{y}: %{x:,.4g}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="overlay", height=180 + 45 * len(bars), legend={"y": 1.0, "yanchor": "bottom"})
    figure.update_xaxes(title=label)
    figure.update_yaxes(automargin=True)
    return figure


def _figure() -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        template="plotly_white", font={"color": INK}, height=420, legend={"orientation": "h", "y": 1.12},
        margin={"l": 70, "r": 20, "t": 40, "b": 60},
    )  # fmt: skip
    figure.update_xaxes(gridcolor=GRID)
    figure.update_yaxes(gridcolor=GRID)
    return figure


def is_number(value: Any) -> bool:
    """Whether it can stand on an axis."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
