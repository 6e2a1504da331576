"""The network as a picture: units in columns, pipes with t/h and mg/L."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ...problems.water_network import WaterNetworkCase
from ..report.figures import INK, PALETTE, styled
from .network import Network


def network_diagram(case: WaterNetworkCase, network: Network) -> go.Figure:
    """Supplies and sources left, then process units and demands, treatment, discharges; a pipe's label is at its start.

    Widths grow with the root of the flow; the pointer on a label shows every concentration.
    """
    columns = (
        [n.name for n in (*case.fresh_water, *case.sources)],
        [n.name for n in (*case.process_units, *case.demands)],
        [n.name for n in case.treatment_units],
        [n.name for n in case.outfalls],
    )
    place = _places(columns)
    colour = {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(place)}
    largest = max(network.flows.values(), default=1.0)
    figure = go.Figure()
    for number, ((i, j), flow) in enumerate(sorted(network.flows.items())):
        source = i.removesuffix(" reject") if i not in place else i
        x, y = _curve(place[source], place[j], number)
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": colour[source], "width": 1.0 + 6.0 * (flow / largest) ** 0.5},
            opacity=0.55,
            hoverinfo="skip",
        )
        quality = ", ".join(f"{k} {network.concentration[i, k]:.3g}" for k in case.contaminants)
        at = int(len(x) * (0.22 + 0.09 * (number % 4)))
        figure.add_annotation(
            x=x[at],
            y=y[at],
            text=f"<b>{flow:.3g}</b> t/h" + (f"<br>{quality}" if len(case.contaminants) <= 2 else ""),
            hovertext=f"{i} to {j}: {flow:.4g} t/h, {quality} mg/L",
            showarrow=False,
            font={"size": 10, "color": INK},
            bgcolor="rgba(255,255,255,0.82)",
        )
        figure.add_annotation(
            x=x[-6], y=y[-6], ax=x[-12], ay=y[-12], xref="x", yref="y", axref="x", ayref="y",
            showarrow=True, arrowhead=2, arrowsize=1.3, arrowwidth=1.6, arrowcolor=colour[source], text="",
        )  # fmt: skip
    figure.add_scatter(
        x=[x for x, _ in place.values()],
        y=[y for _, y in place.values()],
        text=[f"<b>{name}</b>" for name in place],
        mode="markers+text",
        textposition="top center",
        marker={"size": 26, "symbol": "square", "color": [colour[name] for name in place], "line": {"width": 0}},
        hoverinfo="text",
    )
    rows = max(len(column) for column in columns)
    figure.update_layout(showlegend=False, hovermode="closest")
    figure.update_xaxes(visible=False, range=[-0.25, 3.25])
    figure.update_yaxes(visible=False, range=[-0.7, rows - 0.2])
    return styled(figure, height=max(440, 130 * rows))


def _places(columns: Sequence[Sequence[str]]) -> dict[str, tuple[float, float]]:
    """Position of each node; columns are centred on each other."""
    rows = max(len(column) for column in columns)
    return {
        name: (float(c), (rows - 1) / 2.0 + (len(column) - 1) / 2.0 - k)
        for c, column in enumerate(columns)
        for k, name in enumerate(column)
    }


def _curve(start: tuple[float, float], end: tuple[float, float], number: int) -> tuple[list[float], list[float]]:
    """A curve that bends away from the straight line, back flows more, so that pipes do not lie on each other."""
    (x0, y0), (x1, y1) = start, end
    t = np.linspace(0.0, 1.0, 60)
    bend = 0.12 + 0.05 * (number % 3)
    if x1 == x0:  # within a column: out to the side
        middle = (x0 + 0.35 * (1 if y1 < y0 else -1) * (1.0 + 0.2 * (number % 3)), (y0 + y1) / 2.0)
    elif x1 < x0:
        middle = ((x0 + x1) / 2.0, (y0 + y1) / 2.0 - 0.55 - bend)
    else:
        middle = ((x0 + x1) / 2.0, (y0 + y1) / 2.0 + bend)
    x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * middle[0] + t**2 * x1
    y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * middle[1] + t**2 * y1
    return x.tolist(), y.tolist()
