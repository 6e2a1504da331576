"""What the report of a heat case shows: composite curves, grand composite, profiles, utilities and matches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...problems.heat import HeatDataError, HeatRecoveryProblem, composite_curves, grand_composite_curve, supertarget
from ...problems.heat.case import HeatCase
from ...problems.heat.superstructure import by_segments
from ...problems.heat.total_site import TotalSiteTargets, main_profiles, site_profiles, total_site_targets
from ..report.content import FlowLine, FlowPicture, Picture, ReportContent, Table
from ..report.figures import Line, line_figure
from .grid_diagram import grid_diagram
from .network import Network

if TYPE_CHECKING:
    from .run import HeatAnswer

HOT, COLD, INK = "#b5495b", "#3f7cac", "#24333d"


def heat_report(case: HeatCase, answer: HeatAnswer | None) -> ReportContent:
    """The report of `case`; without an answer only its title."""
    if answer is None:
        return ReportContent(case.name, case.description)
    site = _total_site(case, answer)
    return ReportContent(
        title=case.name,
        description=case.description,
        headline=tuple(_headline(case, answer, site)),
        flows=_matches_picture(answer),
        pictures=tuple(_pictures(case, answer, site)),
        tables=tuple(_tables(case, answer, site)),
        assumptions=tuple(_assumptions(case, answer)),
    )


def _headline(case: HeatCase, answer: HeatAnswer, site: TotalSiteTargets | None) -> Iterator[str]:
    utilities, table = answer.utilities, answer.table
    wanted = sum(stream.duty for stream in answer.problem.cold_streams)
    recovered = sum(stream.duty for stream in answer.problem.hot_streams) - utilities.cold
    yield (
        f"Of {wanted:,.4g} MW that the cold streams need, {recovered:,.4g} MW can come from the hot ones; "
        f"{utilities.hot:,.4g} MW of heating and {utilities.cold:,.4g} MW of cooling remain."
    )
    if table.pinches:
        temperatures = ", ".join(f"{pinch:,.4g}" for pinch in table.pinches)
        yield f"Pinch at {temperatures} degC on the shifted scale, at {case.approach_temperature:g} K of approach."
    else:
        yield f"A threshold problem: {table.threshold.value} is needed at {case.approach_temperature:g} K."
    if answer.matches is not None and answer.matches.value is not None:
        proof = "proved" if answer.matches.lower_bound == answer.matches.value else "not proved to be the fewest"
        yield f"{answer.matches.value:g} exchangers carry it all ({proof})."
    if answer.synthesis is not None and (network := answer.synthesis.network) is not None:
        yield (
            f"{len(network.exchangers)} exchangers with {sum(e.area for e in network.exchangers):,.4g} m2 cost "
            f"{network.annual_cost:,.6g} {case.currency} a year with their utilities, proved to "
            f"{answer.synthesis.gap:.2%} among networks of these stages with {case.mixing.value} mixing."
        )
    if site is not None and len(site.plants) > 1:
        yield (
            f"{len(site.plants)} plants on their own need {site.without_mains:,.4g} MW of heating, "
            f"through the mains {site.hot_utility:,.4g} MW."
        )


def _pictures(case: HeatCase, answer: HeatAnswer, site: TotalSiteTargets | None) -> Iterator[Picture]:
    if answer.synthesis is not None and answer.synthesis.network is not None:
        yield Picture(
            "The network",
            grid_diagram(by_segments(answer.problem), answer.synthesis.network),
            "Hot streams run to the right, cold ones to the left; degC along the streams, MW below the exchangers, "
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
        line_figure(lines, "heat, MW", "temperature, degC"),
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
            "shifted temperature, degC",
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
        line_figure(lines, "heat, MW", "shifted temperature, degC"),
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


def _matches_picture(answer: HeatAnswer) -> tuple[FlowPicture, ...]:
    if answer.matches is None or not answer.matches.heat:
        return ()
    lines = tuple(FlowLine(hot, cold, heat) for (hot, cold), heat in answer.matches.heat.items())
    return (FlowPicture("Who heats whom", "MW", (), lines),)


def _tables(case: HeatCase, answer: HeatAnswer, site: TotalSiteTargets | None) -> Iterator[Table]:
    rows = tuple(
        (
            utility.name,
            utility.side.value,
            utility.supply,
            utility.target,
            float(duty),
            None if utility.price is None else utility.price * float(duty) * case.hours_per_year,
        )
        for utility, duty in zip(answer.utilities.utilities, answer.utilities.duties, strict=True)
    )
    yield Table(
        "Utilities", ("utility", "side", "supply, degC", "target, degC", "duty, MW", f"{case.currency}/year"), rows
    )
    if answer.synthesis is not None and answer.synthesis.network is not None:
        yield _exchangers(case, answer.synthesis.network)
    edges = answer.table.intervals
    yield Table(
        "Problem table",
        ("interval from, degC", "to, degC", "surplus, MW", "heat flow out, MW"),
        tuple(
            (float(upper), float(lower), float(surplus), float(flow))
            for upper, lower, surplus, flow in zip(
                edges.upper, edges.lower, answer.table.surplus, answer.table.residual[1:], strict=True
            )
        ),
    )
    if site is not None:
        yield Table(
            "Mains between plants",
            ("main", "hot end, degC", "made by plants, MW", "used by plants, MW", "from boilers, MW", "let down, MW"),
            tuple(
                (
                    main.name,
                    main.hot_end,
                    float(site.generation[:, k].sum()),
                    float(site.use[:, k].sum()),
                    float(site.boiler[k]),
                    float(site.letdown[k]),
                )
                for k, main in enumerate(site.mains)
            ),
        )


def _exchangers(case: HeatCase, network: Network) -> Table:
    return Table(
        "Exchangers",
        (
            "number",
            "hot -> cold",
            "stage",
            "duty, MW",
            "hot side, degC",
            "share of its flow",
            "cold side, degC",
            "share of its flow",
            "least difference, K",
            "area, m2",
            "by logarithmic mean, m2",
            f"investment, {case.currency}",
        ),
        tuple(
            (
                str(number),
                f"{e.place.hot} -> {e.place.cold}",
                float(e.place.stage) if e.place.stage else "utility",
                e.duty,
                f"{e.hot_in:.1f} to {e.hot_out:.1f}",
                f"{e.hot_share:.0%}",
                f"{e.cold_in:.1f} to {e.cold_out:.1f}",
                f"{e.cold_share:.0%}",
                min(e.hot_end, e.cold_end),
                e.area,
                e.area_logarithmic,
                e.investment,
            )
            for number, e in enumerate(network.exchangers, 1)
        ),
    )


def _total_site(case: HeatCase, answer: HeatAnswer) -> TotalSiteTargets | None:
    if not case.mains:
        return None
    return total_site_targets(answer.problem, [main.main() for main in case.mains])


def _about_areas(answer: HeatAnswer) -> Iterator[str]:
    """What Chen's mean does to the areas of this network, and what its segments mean."""
    if answer.synthesis is None or answer.synthesis.network is None:
        return
    exchangers = answer.synthesis.network.exchangers
    most = max((e.area / e.area_logarithmic - 1.0 for e in exchangers), default=0.0)
    yield (
        "Areas by Chen's mean temperature difference, never above the logarithmic one: here they are up to "
        f"{most:.2%} larger than by the logarithmic mean."
    )
    if any(len(stream.segments) > 1 for stream in answer.problem.streams):
        yield "An exchanger serves one segment of a stream; where a pair meets in two segments, two are counted."


def _assumptions(case: HeatCase, answer: HeatAnswer) -> Iterator[str]:
    yield "Heat-capacity flows are constant within each segment of a stream."
    if case.objective == "annual-cost":
        yield from _about_areas(answer)
    yield f"Minimum approach temperature {case.approach_temperature:g} K unless a stream has a contribution of its own."
    if not case.utilities:
        yield "No utilities are given: heating above and cooling below every stream is taken to be at hand."
    if case.exchanger_cost is not None:
        yield "Area target: vertical heat transfer, counter-current; within about 10 % for unequal film coefficients."
