"""What the report of a heat case shows: composite curves, grand composite, profiles, utilities and matches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ...problems.heat.case import HeatCase
from ...problems.heat.total_site import TotalSiteTargets
from ..report.content import ReportContent, Table
from ..report.words import unit_words
from .network import Network
from .pictures import heat_pictures, matches_pictures

if TYPE_CHECKING:
    from .run import HeatAnswer


def heat_report(
    case: HeatCase, answer: HeatAnswer | None, indicators: Mapping[str, float | None] | None = None
) -> ReportContent:
    """The report of `case` with the `indicators` of its result; without an answer only its title."""
    if answer is None:
        return ReportContent(case.name, case.description)
    site = answer.site
    return ReportContent(
        title=case.name,
        description=case.description,
        currency=case.currency,
        headline=tuple(_headline(case, answer, site)),
        flows=matches_pictures(answer),
        pictures=tuple(heat_pictures(case, answer, site)),
        tables=tuple(_tables(case, answer, site)),
        indicators=_indicators(case, indicators),
        assumptions=tuple(_assumptions(case, answer)),
    )


def _indicators(case: HeatCase, found: Mapping[str, float | None] | None) -> Table:
    """The result's indicators in words with their units."""
    money = {
        "utility_cost_per_year": f"Utility cost, {case.currency}/year",
        "investment_target": f"Investment target, {case.currency}",
    }
    rows = tuple((money.get(name) or unit_words(name), value) for name, value in (found or {}).items())
    return Table("Indicators", ("", ""), rows)


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
        yield f"Pinch at {temperatures} °C on the shifted scale, at {case.approach_temperature:g} K of approach."
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
    if answer.cogeneration is not None:
        yield answer.cogeneration.headline


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
    yield Table("Utilities", ("utility", "side", "supply, °C", "target, °C", "duty, MW", f"{case.currency}/year"), rows)
    if answer.synthesis is not None and answer.synthesis.network is not None:
        yield _exchangers(case, answer.synthesis.network)
    if answer.cogeneration is not None:
        yield answer.cogeneration.table
    edges = answer.table.intervals
    yield Table(
        "Problem table",
        ("interval from, °C", "to, °C", "surplus, MW", "heat flow out, MW"),
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
            ("main", "hot end, °C", "made by plants, MW", "used by plants, MW", "from boilers, MW", "let down, MW"),
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
            "hot side, °C",
            "share of its flow",
            "cold side, °C",
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
    if answer.cogeneration is not None:
        yield "Cogeneration target: condensate comes back boiling at the level that used it; no losses but the stages'."
