"""One page, one Parquet file and one spreadsheet that compare the runs of a study."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import openpyxl
import plotly.graph_objects as go
import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from plotly.offline import get_plotlyjs

from ..report.figures import figure_json
from ..report.page import number
from ..whole_file import whole_file
from .comparison_figures import AIMS, COST, Row, is_number, parallel_figure, pareto_figure, tornado_figure
from .store import StudyStatus, StudyStore

SHOWN = ("case", "status", COST, "standard_error", *AIMS, "reuse_rate", "seconds", "message")
PARALLEL = "Every run as a line"
AXIS_WIDTH = 95  # pixels of the page for an axis of the parallel coordinates; a narrower one is scrolled
MOST_ROWS = 500  # of the page's table; the files have all


def write_comparison(store: StudyStore) -> list[Path]:
    """Write results.parquet, results.xlsx and report.html into the study's folder.

    Raises CaseError where no run has ended or the folder cannot be written.
    """
    table, there, status = store.rows(), store.read(), store.status()
    if not table.num_rows:
        raise store.problem("no run has ended yet")
    rows = table.to_pylist()
    files = [store.folder / name for name in ("results.parquet", "results.xlsx", "report.html")]
    with whole_file(files[0]) as temporary:
        pq.write_table(table, temporary)
    with whole_file(files[1]) as temporary:
        _write_workbook(temporary, table.column_names, rows)
    with whole_file(files[2]) as temporary:
        temporary.write_text(comparison_page(rows, there["paths"], status), encoding="utf-8")
    return files


def comparison_page(rows: Sequence[Row], paths: Sequence[str], status: StudyStatus) -> str:
    """The page: Pareto fronts, parallel coordinates, tornado and table of the runs that have a design."""
    designed = [row for row in rows if row.get(COST) is not None]
    good = [row for row in designed if _aim(row) == _aim(designed[0])]
    objective, unit = _aim(good[0]) if good else ("", "")
    label = ", ".join(filter(None, (f"mean {objective}", unit)))
    numeric = [path for path in paths if _varies(path, good)]
    figures = _figures(good, numeric, {"case": "case"} | {path: path for path in paths} | {COST: label} | AIMS)
    shown = (*SHOWN[:2], "objective", "unit", *SHOWN[2:]) if len(good) < len(designed) else SHOWN
    columns = [name for name in (*paths, *shown) if any(row.get(name) is not None for row in rows)]
    loader = PackageLoader(__name__.rpartition(".")[0], "templates")
    environment = Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = number
    return environment.get_template("comparison.html").render(
        status=status,
        parallel=PARALLEL,
        label=label if good else "",
        others=len(designed) - len(good),
        wide=(len(numeric) + 1 + len(AIMS)) * AXIS_WIDTH,
        figures={name: Markup(figure_json(figure)) for name, figure in figures.items()},
        columns=[(name, AIMS.get(name, name)) for name in columns],
        rows=rows[:MOST_ROWS],
        hidden=max(0, len(rows) - MOST_ROWS),
        plotly=Markup(get_plotlyjs()) if figures else "",
    )


def _aim(row: Row) -> tuple[str, str]:
    """What the run's cost counts, and its unit: costs of different kinds of cases do not compare."""
    return row["objective"], row["unit"]


def _figures(rows: Sequence[Row], numeric: Sequence[str], labels: Mapping[str, str]) -> dict[str, go.Figure]:
    """The figures that the runs have something to show in, by heading."""
    figures: dict[str, go.Figure] = {}
    varying = [name for name in (COST, *AIMS) if len({row.get(name) for row in rows}) > 1]
    for up, across in combinations(varying, 2):
        heading = "Cost" if up == COST else labels[up].capitalize()
        figures[f"{heading} against {labels[across]}"] = pareto_figure(rows, (across, up), labels)
    lines = [row for row in rows if all(is_number(row.get(path)) for path in numeric)]
    if numeric and len(lines) > 1:
        figures[PARALLEL] = parallel_figure(lines, numeric, labels)
    if numeric:
        figures["What moves the cost"] = tornado_figure(rows, numeric, labels[COST])
    return figures


def _varies(path: str, rows: Sequence[Row]) -> bool:
    """Whether some runs have different numbers there."""
    return len({row[path] for row in rows if is_number(row.get(path))}) > 1


def _write_workbook(file: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """One sheet with a bold, frozen header and a filter."""
    book: Any = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "runs"
    sheet.append(list(columns))
    for row in rows:
        sheet.append([value if value is None or is_number(value) else _safe(value) for value in row.values()])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes, sheet.auto_filter.ref = "A2", sheet.dimensions
    with file.open("wb") as stream:
        book.save(stream)


def _safe(value: Any) -> str:
    """Text that a spreadsheet takes, and not for a formula."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
