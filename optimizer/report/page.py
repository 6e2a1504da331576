"""Fill the report's template: tables, figures and plotly's own script, all in one file."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ..result import DesignItem, DesignValue, Result
from .certainty import certainty
from .content import ReportContent
from .figures import bounds_figure, cost_figure, figure_json, flow_figures
from .words import amount, number, unit_words

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
    widths: list[int] = []
    for i, picture in enumerate(content.flows):
        drawn = flow_figures(picture)
        if drawn.before is not None:
            figures[f"flow-{i}-before"] = figure_json(drawn.before)
        figures[f"flow-{i}-after"] = figure_json(drawn.after)
        widths.append(drawn.width)
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
            widths=widths,
            certainty=certainty(result),
            status=STATUS_WORDS[result.status.value],
            built=[item for item in result.design if isinstance(item, DesignItem) and item.built],
            left_out=[
                item for item in result.design if isinstance(item, DesignItem) and not item.built and not item.size
            ],
            values=[item for item in result.design if isinstance(item, DesignValue)],
            plotly=Markup(get_plotlyjs()) if figures else "",
        )
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader(__name__.rpartition(".")[0], "templates")
    environment = Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)
    environment.filters["amount"] = amount
    environment.filters["number"] = number
    environment.filters["unit_words"] = unit_words
    return environment
