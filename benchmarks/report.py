"""The benchmark's table and curves as JSON, Markdown and one HTML page."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots


def table(rows: list[dict[str, Any]]) -> str:
    """Microseconds per LP and ratios to the warm-started HiGHS loop."""
    head = "| LP | rows x columns | loopwise solve | from a start | expectation | HiGHS warm | Moreau | MPAX | sketch "
    head += "| ratio solve | from a start | expectation | to sketch | must | aim "
    head += "| iterations | from a start | start ms | exact | disagreement |\n"
    lines = [head + "|---" * 20 + "|\n"]
    for row in rows:
        times, ratio = row["microseconds"], row["ratio_to_highs"]
        figures = [
            f"{times[k]:.1f}" if k in times else "-"
            for k in ("solve", "started", "expectation", "highs", "moreau", "mpax", "sketch")
        ]
        ratios = [f"{ratio[k]:.1f}x" for k in ("solve", "started", "expectation")]
        ratios.append(f"{row['ratio_to_sketch']:.1f}x" if row["ratio_to_sketch"] else "-")
        goals = ["-" if row[k] is None else f"{row[k]:.0f}x" for k in ("must", "aim")]
        cells = [row["subject"], f"{row['rows']} x {row['columns']}", *figures, *ratios, *goals]
        cells += [f"{row['iterations']:.1f}", f"{row['started_iterations']:.1f}", f"{row['start_milliseconds']:.0f}"]
        cells += [f"{row['resolved_exactly']} of {row['scenarios']}"]
        lines.append("| " + " | ".join([*cells, f"{row['disagreement']:.0e}"]) + " |\n")
    return "".join(lines)


def curve_tables(curves: dict[str, Any]) -> str:
    """Scenarios by one thread, the million by all, and threads."""
    if not curves:
        return ""
    points = [(p, "one") for p in curves["scenarios"]] + [(curves["million"], "all")]
    text = "\n| scenarios | threads | wall s | CPU s | CPU us/LP | peak MiB | before MiB | resolved exactly |\n"
    text += "|---" * 8 + "|\n"
    for p, threads in points:
        each = 1e6 * p["cpu_s"] / p["scenarios"]
        text += f"| {p['scenarios']:,} | {threads} | {p['wall_s']:.2f} | {p['cpu_s']:.2f} | {each:.1f} "
        text += f"| {p['peak_mib']:.0f} | {p['before_mib']:.0f} | {p['resolved_exactly']} |\n"
    base = curves["threads"][0]
    text += (
        "\nSpeed-up in CPU time: one thread's over the busiest one's, which other work on the machine hardly moves.\n"
    )
    text += "\n| threads | wall s | CPU s | of the busiest thread | speed-up, wall | speed-up, CPU |\n"
    text += "|---" * 6 + "|\n"
    for p in curves["threads"]:
        own, count = p["first_thread_cpu_s"], p["threads"]
        busiest = max(own, (p["cpu_s"] - own) / max(count - 1, 1))
        text += f"| {count} | {p['wall_s']:.2f} | {p['cpu_s']:.2f} | {busiest:.2f} "
        text += f"| {base['wall_s'] / p['wall_s']:.2f}x | {base['cpu_s'] / busiest:.2f}x |\n"
    return text


def plot(rows: list[dict[str, Any]], curves: dict[str, Any]) -> go.Figure:
    """Time by size of the LP, and by number of scenarios."""
    figure = make_subplots(
        rows=1, cols=2, subplot_titles=("CPU time per LP by its size", "Scenarios of the 5-plant park, one thread")
    )
    ordered = sorted(rows, key=lambda row: row["columns"])
    for kind in ("solve", "started", "expectation", "highs", "moreau", "mpax", "sketch"):
        has = [row for row in ordered if kind in row["microseconds"]]
        if has:
            figure.add_scatter(
                x=[row["columns"] for row in has], y=[row["microseconds"][kind] for row in has],
                text=[row["subject"] for row in has], name=kind, mode="lines+markers", row=1, col=1,
            )  # fmt: skip
    if curves:
        points = curves["scenarios"]
        for field, name in (("cpu_s", "CPU s"), ("peak_mib", "peak MiB")):
            x = [p["scenarios"] for p in points]
            figure.add_scatter(x=x, y=[p[field] for p in points], name=name, mode="lines+markers", row=1, col=2)
    figure.update_xaxes(type="log", title_text="columns", row=1, col=1)
    figure.update_xaxes(type="log", title_text="scenarios", row=1, col=2)
    figure.update_yaxes(type="log", title_text="microseconds", row=1, col=1)
    figure.update_yaxes(type="log", row=1, col=2)
    return figure


def write_report(folder: Path, rows: list[dict[str, Any]], curves: dict[str, Any]) -> None:
    """recourse.json, recourse.md and recourse.html."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"machine": platform.machine(), "system": platform.system(), "python": platform.python_version()}
    text = "Microseconds of CPU per LP, one core, tolerance 1e-8.\n\n" + table(rows) + curve_tables(curves)
    (folder / "recourse.json").write_text(json.dumps({**machine, "table": rows, "curves": curves}, indent=1))
    (folder / "recourse.md").write_text(text)
    plot(rows, curves).write_html(folder / "recourse.html", include_plotlyjs=True)
    print("\n" + text)
