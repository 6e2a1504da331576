"""Pictures of a heat case: its network, composite curves, grand composite, site profiles, what an approach costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...problems.heat import HeatDataError, HeatRecoveryProblem, composite_curves, grand_composite_curve, supertarget
from ...problems.heat.case import HeatCase
from ...problems.heat.superstructure import by_segments
from ...problems.heat.total_site import TotalSiteTargets, main_profiles, site_profiles
from ..report.content import FlowLine, FlowPicture, Picture
from ..report.figures import Line, line_figure
from .grid_diagram import grid_diagram

if TYPE_CHECKING:
    from .run import HeatAnswer

HOT, COLD, INK = "#b5495b", "#3f7cac", "#24333d"


def heat_pictures(case: HeatCase, answer: HeatAnswer, site: TotalSiteTargets | None) -> Iterator[Picture]:
    """All of them, the network first."""
    if answer.synthesis is not None and answer.synthesis.network is not None:
        yield Picture(
            "The network",
            grid_diagram(by_segments(answer.problem), answer.synthesis.network),
            "Hot streams run to the right, cold ones to the left; °C along the streams, MW below the exchangers, "
            "above them the share of a split stream.",
        )
    curves = composite_curves(answer.problem)
    lines = [
        Line(f"{name} composite", curve.heat.tolist(), curve.temperature.tolist(), colour)
        for name, curve, colour in (("hot", curves.hot, HOT), ("cold", curves.cold, COLD))
        if np.all(np.isfinite(curve.temperature))
    ]
    yield Picture(
        "Composite curves",
        line_figure(lines, "heat, MW", "temperature, °C"),
        "Where the curves lie above each other heat can be recovered; what sticks out is heating and cooling to buy.",
    )
    grand = grand_composite_curve(answer.table)
    yield Picture(
        "Grand composite curve",
        line_figure(
            [
                Line("process", grand.heat.tolist(), grand.temperature.tolist(), INK),
                Line(
                    "with the utilities in place",
                    answer.utilities.residual.tolist(),
                    answer.utilities.intervals.edges.tolist(),
                    HOT,
                    dotted=True,
                ),
            ],
            "net heat flow, MW",
            "shifted temperature, °C",
        ),
        "Heat that must come from above; zero is the pinch. The dotted curve is the cascade with the utilities in it.",
    )
    if len(answer.problem.plants) > 1:
        yield profiles_picture(answer.problem, site)
    costs = _cost_curve(case, answer)
    if costs:
        yield Picture(
            "What the approach temperature costs",
            line_figure(costs, "minimum approach temperature, K", f"{case.currency}/year"),
            "Targets before any design: a smaller approach saves utilities and asks for more area.",
        )


def profiles_picture(problem: HeatRecoveryProblem, targets: TotalSiteTargets | None) -> Picture:
    """Total site profiles: to the left what plants reject, to the right what they need; dotted what mains can pass."""
    profiles = site_profiles(problem)
    lines = [
        Line(
            "heat rejected by plants",
            (-profiles.source.heat[::-1]).tolist(),
            profiles.source.temperature[::-1].tolist(),
            HOT,
        ),
        Line("heat needed by plants", profiles.sink.heat.tolist(), profiles.sink.temperature.tolist(), COLD),
    ]
    text = "What is left of every plant after its own recovery: to the left what it gives, to the right what it takes."
    if targets is not None and targets.mains:
        passed = main_profiles(problem, targets, profiles)
        heat = np.concatenate([-passed.source.heat, [np.nan], passed.sink.heat])  # one line with a gap
        temperature = np.concatenate([passed.source.temperature, [np.nan], passed.sink.temperature])
        lines.append(Line("taken and given by mains", heat.tolist(), temperature.tolist(), INK, dotted=True))
        text += (
            f" On their own the plants need {targets.without_mains:,.3g} MW of heating, with mains that all can reach "
            f"{targets.hot_utility:,.3g} MW, if all streams could meet {targets.direct:,.3g} MW."
        )
    return Picture(
        "Total site profiles",
        line_figure(lines, "heat, MW", "shifted temperature, °C"),
        text,
    )


def _cost_curve(case: HeatCase, answer: HeatAnswer) -> list[Line]:
    """Cost targets over approach temperatures, where exchangers and utilities have prices."""
    if case.exchanger_cost is None or answer.utilities.cost is None or answer.problem.forbidden_matches:
        return []
    sweep = np.unique(np.linspace(0.2, 3.0, 29) * max(case.approach_temperature, 1.0))
    points = []
    for approach in sweep:
        try:
            best, _ = supertarget(
                answer.problem,
                case.exchanger_cost.cost(),
                [float(approach)],
                annualization=case.annualization,
                hours_per_year=case.hours_per_year,
            )
        except HeatDataError:  # beyond what the utilities reach
            continue
        points.append(best)
    approaches = [point.approach_temperature for point in points]
    return [
        Line("total", approaches, [point.total for point in points], INK),
        Line("utilities", approaches, [point.utility_cost for point in points], HOT),
        Line("exchangers", approaches, [point.annual_investment for point in points], COLD),
    ]


def matches_pictures(answer: HeatAnswer) -> tuple[FlowPicture, ...]:
    """Who heats whom, where matches were looked for."""
    if answer.matches is None or not answer.matches.heat:
        return ()
    lines = tuple(FlowLine(hot, cold, heat) for (hot, cold), heat in answer.matches.heat.items())
    return (FlowPicture("Who heats whom", "MW", (), lines),)
