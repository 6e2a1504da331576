"""Fill the report's template: tables, figures and plotly's own script, all in one file."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ..result import DesignItem, DesignValue, Result
from .content import ReportContent
from .figures import bounds_figure, cost_figure, figure_json, flow_figures

STATUS_WORDS = {
    "optimal": "solved to the asked gap",
    "evaluated": "a given design, evaluated",
    "limit": "stopped by a limit; the best design found so far",
    "interrupted": "interrupted; the best design found so far",
    "infeasible": "no design satisfies the case",
    "unbounded": "the objective has no limit: a price or a bound is missing",
}


def render_report(result: Result, content: ReportContent) -> str:
    """The whole page as text."""
    figures: dict[str, str] = {}
    if content.cost:
        figures["cost"] = figure_json(cost_figure(content.cost, result.objective.unit))
    for i, (before, after) in enumerate(flow_figures(content.flows)):
        if before is not None:
            figures[f"flow-{i}-before"] = figure_json(before)
        figures[f"flow-{i}-after"] = figure_json(after)
    for i, picture in enumerate(content.pictures):
        figures[f"picture-{i}"] = figure_json(picture.figure)
    if len(result.bounds_over_time) > 1:
        figures["bounds"] = figure_json(bounds_figure(result.bounds_over_time, result.objective.unit))
    return (
        _environment()
        .get_template("report.html")
        .render(
            result=result,
            content=content,
            figures={name: Markup(text) for name, text in figures.items()},
            status=STATUS_WORDS[result.status.value],
            built=[item for item in result.design if isinstance(item, DesignItem) and item.built],
            left_out=[item for item in result.design if isinstance(item, DesignItem) and not item.built],
            values=[item for item in result.design if isinstance(item, DesignValue)],
            plotly=Markup(get_plotlyjs()) if figures else "",
        )
    )


def number(value: Any, digits: int = 4) -> str:
    """A number as people write it: 12,300 - 4.57 - 0.0031; words stay words, None is a dash."""
    if value is None:
        return "–"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if value == 0:
        return "0"
    if abs(value) >= 1e9:
        return f"{value:.{digits - 1}e}"
    if abs(value) >= 1000:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:,.0f}"
    return f"{value:.{digits}g}" if abs(value) >= 1e-4 else f"{value:.{digits - 2}e}"


def unit_words(name: str) -> str:
    """`fresh_water_t_per_h` as `Fresh water, t/h`."""
    for suffix, unit in _UNIT_SUFFIXES.items():
        if name.endswith(suffix):
            return f"{name.removesuffix(suffix).replace('_', ' ').capitalize()}, {unit}"
    return name.replace("_", " ").capitalize().replace("Co2", "CO2")


_UNIT_SUFFIXES = {
    "_t_per_h": "t/h",
    "_t_per_year": "t/year",
    "_mwh_per_year": "MWh/year",
    "_mw": "MW",
    "_h_per_year": "h/year",
    "_m3_per_t": "m3/t",
}


@cache
def _environment() -> Environment:
    loader = PackageLoader(__name__.rpartition(".")[0], "templates")
    environment = Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = number
    environment.filters["unit_words"] = unit_words
    return environment
