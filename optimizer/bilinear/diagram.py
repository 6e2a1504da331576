"""The network as a picture: a vertical line for every node, an arrow on a row of its own for every pipe."""

from __future__ import annotations

import plotly.graph_objects as go

from ...problems.water_network import WaterNetworkCase
from ..report.figures import GRID, INK, PALETTE, styled
from ..report.words import number
from .network import Network

ROW, COLUMN = 46, 130
"""px that a pipe's row and a node's column need."""
SHOWN_IN_LABEL = 2
"""Contaminants up to which a label has their concentrations; beyond, the pointer shows them."""


def network_diagram(case: WaterNetworkCase, network: Network) -> go.Figure:
    """Supplies and sources left, then process units, demands, treatment, discharges.

    Rows are ordered by where their pipes begin, so that labels never meet; widths grow with the root of the flow.
    """
    column = {name: x for x, name in enumerate(_nodes(case, network))}
    colour = {name: PALETTE[x % len(PALETTE)] for name, x in column.items()}
    pipes = sorted(network.flows.items(), key=lambda pipe: (column[pipe[0][0]], column[pipe[0][1]]))
    largest = max(network.flows.values(), default=1.0)
    figure = go.Figure()
    for name, x in column.items():
        figure.add_scatter(
            x=[x, x], y=[0.2, -len(pipes)], mode="lines", line={"color": GRID, "width": 2}, hoverinfo="skip"
        )
        figure.add_annotation(
            x=x, y=0.3, text=f"<b>{name.replace(' ', '<br>')}</b>", showarrow=False, yanchor="bottom",
            font={"size": 12, "color": colour[name]},
        )  # fmt: skip
    for row, ((i, j), flow) in enumerate(pipes):
        y, start, end = -row - 0.65, column[i], column[j]
        width = 1.5 + 5.0 * (flow / largest) ** 0.5
        forward = 1.0 if end > start else -1.0
        figure.add_scatter(
            x=[start, end - 0.06 * forward], y=[y, y], mode="lines+markers",
            line={"color": colour[i], "width": width}, marker={"size": [9, 0], "color": colour[i]},
            opacity=0.75, hoverinfo="skip",
        )  # fmt: skip
        figure.add_annotation(
            x=end, y=y, ax=end - 0.12 * forward, ay=y, xref="x", yref="y", axref="x", ayref="y",
            showarrow=True, arrowhead=2, arrowsize=1.2, arrowwidth=2.5, arrowcolor=colour[i], text="",
        )  # fmt: skip
        quality = ", ".join(f"{k} {number(network.concentration[i, k], 3)}" for k in case.contaminants)
        shown = f"  {quality}" if len(case.contaminants) <= SHOWN_IN_LABEL else ""
        figure.add_annotation(
            x=(start + end) / 2.0, y=y, yanchor="bottom", yshift=width / 2.0,
            text=f"<b>{number(flow, 3)}</b> t/h{shown}", hovertext=f"{i} to {j}: {number(flow)} t/h, {quality} mg/L",
            showarrow=False, font={"size": 11, "color": INK}, bgcolor="rgba(255,255,255,0.8)",
        )  # fmt: skip
    figure.update_layout(showlegend=False, hovermode="closest")
    figure.update_xaxes(visible=False, range=[-0.6, len(column) - 0.4])
    figure.update_yaxes(visible=False, range=[-len(pipes) - 0.3, 1.2])
    return styled(figure, height=ROW * (len(pipes) + 2)).update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})


def least_width(case: WaterNetworkCase, network: Network) -> int:
    """px that the diagram needs."""
    return COLUMN * len(_nodes(case, network))


def _nodes(case: WaterNetworkCase, network: Network) -> list[str]:
    """Nodes that have a pipe, in their order; a reject stands beside its unit."""
    treated = [name for t in case.treatment_units for name in (t.name, f"{t.name} reject")]
    names = [n.name for n in (*case.fresh_water, *case.sources, *case.process_units, *case.demands)]
    joined = {name for ends in network.flows for name in ends}
    return [name for name in (*names, *treated, *(d.name for d in case.outfalls)) if name in joined]
