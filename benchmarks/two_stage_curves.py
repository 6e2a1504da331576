"""How time and memory of two-stage methods grow with the scenarios, as one page."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

QUANTITIES = (("cpu_s", "CPU seconds to the gap"), ("peak_mib", "peak memory [MiB]"))


def curves(rows: list[dict[str, Any]]) -> go.Figure:
    """CPU seconds and peak memory by number of scenarios, both axes logarithmic; a run over its limit has no point."""
    figure = make_subplots(rows=1, cols=2, subplot_titles=[title for _, title in QUANTITIES])
    kinds = sorted({(row["subject"], row["contestant"]) for row in rows})
    colours = ["#0b5fa5", "#c4501b", "#2f7d32", "#7a3e9d", "#8a6d00", "#555555"]
    for at, (subject, contestant) in enumerate(kinds):
        own = [r for r in rows if (r["subject"], r["contestant"]) == (subject, contestant) and r["cpu_s"] is not None]
        own = sorted(own, key=lambda row: row["scenarios"])
        for place, (quantity, _) in enumerate(QUANTITIES, start=1):
            line = go.Scatter(
                x=[row["scenarios"] for row in own], y=[row[quantity] for row in own], mode="lines+markers",
                name=f"{subject}, {contestant}", legendgroup=str(at), showlegend=place == 1,
                line={"color": colours[at % len(colours)]},
            )  # fmt: skip
            figure.add_trace(line, row=1, col=place)
    figure.update_xaxes(type="log", title="scenarios", dtick=1)
    figure.update_yaxes(type="log", rangemode="tozero")
    figure.update_layout(template="simple_white", legend={"orientation": "h", "y": -0.25}, height=440)
    return figure
