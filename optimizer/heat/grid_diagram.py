"""Grid diagram of a heat-exchanger network: hot streams run to the right, cold ones to the left, exchangers join them.

Linnhoff and Flower 1978, DOI 10.1002/aic.690240411.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import plotly.graph_objects as go

from ...problems.heat import HeatRecoveryProblem, Side
from ..report.figures import styled
from .network import InstalledExchanger, Network

HOT, COLD, INK = "#b5495b", "#3f7cac", "#24333d"
LANE = 1.0  # between streams
STAGE = 3.0  # width of a stage
SPLIT = 0.9995  # of its flow below which a stream is shown to be split


def grid_diagram(problem: HeatRecoveryProblem, network: Network) -> go.Figure:
    """Streams as lines with temperatures [degC], exchangers as numbered circles with duties [MW] and shares."""
    figure = go.Figure()
    streams = (*problem.hot_streams, *problem.cold_streams)
    height = {stream.name: -LANE * row for row, stream in enumerate(streams)}
    stages = len(next(iter(network.temperatures.values()))) - 1
    left, right = 0.0, STAGE * (stages + 2)
    for stream in streams:
        y, hot = height[stream.name], stream.side is Side.HOT
        colour = HOT if hot else COLD
        ends = (left, right) if hot else (right, left)
        figure.add_scatter(x=ends, y=[y, y], mode="lines", line={"color": colour, "width": 2.5}, hoverinfo="skip")
        before = ends[1] - 0.4 if hot else ends[1] + 0.4
        figure.add_annotation(
            x=ends[1], y=y, ax=before, ay=y, xref="x", yref="y", axref="x", ayref="y",
            showarrow=True, arrowhead=2, arrowwidth=2.5, arrowcolor=colour,
        )  # fmt: skip
        figure.add_annotation(
            x=ends[0], y=y, text=f"<b>{stream.name}</b> {stream.supply:.4g}", showarrow=False,
            xanchor="right" if hot else "left", font={"color": colour},
        )  # fmt: skip
        figure.add_annotation(
            x=ends[1], y=y, text=f"{stream.target:.4g}", showarrow=False, xanchor="left" if hot else "right"
        )
        along = network.temperatures[stream.name]
        for k, temperature in enumerate(along):
            changed = (k and abs(along[k - 1] - temperature) > 1e-6) or (
                k + 1 < len(along) and abs(along[k + 1] - temperature) > 1e-6
            )
            if changed and abs(temperature - stream.supply) > 1e-6 and abs(temperature - stream.target) > 1e-6:
                figure.add_annotation(
                    x=STAGE * (k + 1), y=y, text=f"{temperature:.4g}", showarrow=False, yshift=9, font={"size": 11}
                )
    beside = Counter(exchanger.place.stage for exchanger in network.exchangers)
    taken: Counter[int] = Counter()
    for number, exchanger in enumerate(network.exchangers, 1):
        _add_exchanger(figure, number, exchanger, height, stages, taken, beside)
    figure.update_xaxes(visible=False, range=[left - 2.2, right + 2.2])
    figure.update_yaxes(visible=False, range=[-LANE * (len(streams) - 0.4), 0.7 * LANE])
    figure.update_layout(showlegend=False)
    return styled(figure, height=int(90 + 74 * len(streams)))


def _add_exchanger(
    figure: go.Figure,
    number: int,
    exchanger: InstalledExchanger,
    height: dict[str, float],
    stages: int,
    taken: Counter[int],
    beside: Counter[int],
) -> None:
    place = exchanger.place
    rows = sorted((height[name] for name in (place.hot, place.cold) if name in height), reverse=True)
    if place.stage:
        taken[place.stage] += 1
        x = STAGE * (place.stage + taken[place.stage] / (beside[place.stage] + 1))
        colour = INK
    else:  # heaters stand at the hot end, coolers at the cold end
        heater = place.cold in height
        x, colour = (STAGE * 0.5, HOT) if heater else (STAGE * (stages + 1.5), COLD)
    words = (
        f"{place.hot} → {place.cold}<br>{exchanger.duty:.4g} MW, {exchanger.area:.4g} m2"
        f"<br>{exchanger.hot_in:.4g} to {exchanger.hot_out:.4g} degC, {exchanger.hot_share:.0%} of its flow"
        f"<br>{exchanger.cold_in:.4g} to {exchanger.cold_out:.4g} degC, {exchanger.cold_share:.0%} of its flow"
    )
    for upper, lower in pairwise(rows):
        figure.add_scatter(
            x=[x, x], y=[upper, lower], mode="lines", line={"color": colour, "width": 2}, hoverinfo="skip"
        )
    figure.add_scatter(
        x=[x] * len(rows),
        y=rows,
        mode="markers+text",
        textposition="middle center",
        textfont={"size": 11, "color": colour},
        marker={"size": 20, "color": "white", "line": {"color": colour, "width": 2}},
        text=[str(number)] * len(rows),
        hovertext=words,
        hoverinfo="text",
    )
    figure.add_annotation(
        x=x, y=rows[-1], text=f"{exchanger.duty:.4g}", showarrow=False, yshift=-20, font={"size": 11, "color": colour}
    )
    for name, share in ((place.hot, exchanger.hot_share), (place.cold, exchanger.cold_share)):
        if name in height and share < SPLIT:
            figure.add_annotation(
                x=x, y=height[name], text=f"{share:.0%}", showarrow=False, yshift=17, font={"size": 10, "color": INK}
            )
