"""Heat-exchanger network of least annual cost, to a proven gap, by spatial branch and bound.

The superstructure with areas is a bilinear program with concave limits (Chen's mean). The search's best point names
the exchangers; their duties and flows are then polished, so that every balance holds to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...problems.heat import ExchangerCost, HeatRecoveryProblem
from ...problems.heat.capital_targets import KW_PER_MW
from ...problems.heat.mean_temperature_difference import chen_mean, logarithmic_mean
from ...problems.heat.superstructure import Mixing, by_segments, superstructure
from ..bilinear import SearchOptions, SearchStatus, minimize
from .formulation import Formulation
from .layout import Layout
from .network import InstalledExchanger, Network, NetworkStatus, Synthesis
from .polish import polished

Floats = NDArray[np.float64]
SMALL = 1e-7  # MW below which an exchanger carries nothing
FIRST_GAP = 0.02  # to which isothermal mixing is searched before free mixing
ROUNDING = 1e-6  # by which a point of the search may look cheaper than it is, its rows hold to so much
_STATUS = {
    SearchStatus.OPTIMAL: NetworkStatus.OPTIMAL,
    SearchStatus.INFEASIBLE: NetworkStatus.INFEASIBLE,
    SearchStatus.INTERRUPTED: NetworkStatus.INTERRUPTED,
}
_DEFAULTS = SearchOptions()


def synthesize(
    problem: HeatRecoveryProblem,
    cost: ExchangerCost,
    *,
    annualization: float,
    hours_per_year: float,
    stages: int | None = None,
    mixing: Mixing = Mixing.ISOTHERMAL,
    search: SearchOptions = _DEFAULTS,
) -> Synthesis:
    """The cheapest network with `stages` stages (default: as many as the larger side has streams).

    With free mixing the search begins with a good network of isothermal mixing, which is one of its own. Raises
    HeatDataError for what the superstructure cannot hold.
    """
    problem = by_segments(problem)
    if stages is None:
        stages = max(len(problem.hot_streams), len(problem.cold_streams), 1)
    task = _Task(problem, cost, annualization, hours_per_year, stages)
    search = replace(search, gap=max(search.gap - ROUNDING, 0.0), block_cuts=False)
    if mixing is Mixing.ISOTHERMAL:
        return task.solve(mixing, search, None)
    first = task.solve(Mixing.ISOTHERMAL, replace(search, gap=max(search.gap, FIRST_GAP)), None)
    if first.status in (NetworkStatus.INTERRUPTED, NetworkStatus.INFEASIBLE) or first.seconds >= search.time_limit:
        bound = math.inf if first.status is NetworkStatus.INFEASIBLE else -math.inf
        return replace(first, lower_bound=bound, bounds_over_time=())
    rest = task.solve(mixing, replace(search, time_limit=search.time_limit - first.seconds), first.network)
    history = tuple((first.seconds + at, bound, best) for at, bound, best in rest.bounds_over_time)
    return replace(rest, seconds=first.seconds + rest.seconds, bounds_over_time=history)


@dataclass(frozen=True)
class _Task:
    """A problem of streams with one segment each, and what its networks cost."""

    problem: HeatRecoveryProblem
    cost: ExchangerCost
    annualization: float
    hours_per_year: float
    stages: int

    def solve(self, mixing: Mixing, search: SearchOptions, known: Network | None) -> Synthesis:
        """The cheapest network, beginning with a `known` one."""
        structure = superstructure(self.problem, self.stages, mixing)
        formulation = Formulation.of(self.problem, structure, self.cost, self.annualization, self.hours_per_year)
        best = known if known is None else self.improved(*self._as_layout(known, mixing))
        start = None if best is None else formulation.point(best)
        found = minimize(formulation.program, replace(search, start=start))
        if found.x is not None:
            chosen = [n for n, duty in formulation.duties(found.x).items() if duty > SMALL]
            places = tuple(structure.exchangers[n] for n in chosen)
            layout = Layout(self.problem, places, self.stages, mixing)
            network = self.improved(layout, formulation.variables(found.x, chosen, mixing))
            best = network if best is None or network.annual_cost < best.annual_cost else best
        status = _STATUS.get(found.status, NetworkStatus.LIMIT)
        return Synthesis(status, best, found.bound, found.seconds, found.bounds_over_time)

    def improved(self, layout: Layout, start: Floats) -> Network:
        """The network of `start`, or the polished one where that is no dearer but for rounding."""
        rough = self.network(layout, start)
        better = polished(
            layout, start, self.cost, annualization=self.annualization, hours_per_year=self.hours_per_year
        )
        if better is None:
            return rough
        smooth = self.network(layout, better)
        return smooth if smooth.annual_cost <= rough.annual_cost * (1 + ROUNDING) else rough

    def _as_layout(self, network: Network, mixing: Mixing) -> tuple[Layout, Floats]:
        layout = Layout(self.problem, tuple(e.place for e in network.exchangers), self.stages, mixing)
        parts = [[e.duty for e in network.exchangers]]
        if mixing is Mixing.FREE:
            parts += [[e.hot_share for e in network.exchangers], [e.cold_share for e in network.exchangers]]
        return layout, np.concatenate(parts)

    def network(self, layout: Layout, v: Floats) -> Network:
        """The network with its areas and costs from its duties and flows alone."""
        ends, _ = layout.temperatures_of_ends(v)
        shares = layout.shares(v)
        prices = {u.name: u.price or 0.0 for u in self.problem.utilities}
        exchangers: list[InstalledExchanger] = []
        utilities = 0.0
        for n, place in enumerate(layout.places):
            hot_in, hot_out, cold_in, cold_out = (float(t) for t in ends[n])
            differences = hot_in - cold_out, hot_out - cold_in
            need = KW_PER_MW * float(v[n]) / place.coefficient
            area = need / float(chen_mean(*differences))
            exchanger = InstalledExchanger(
                place,
                duty=float(v[n]),
                hot_in=hot_in,
                hot_out=hot_out,
                cold_in=cold_in,
                cold_out=cold_out,
                hot_share=float(shares[n, 0]),
                cold_share=float(shares[n, 1]),
                area=area,
                area_logarithmic=need / float(logarithmic_mean(*differences)),
                investment=self.cost(area),
            )
            exchangers.append(exchanger)
            price = prices.get(place.hot, 0.0) + prices.get(place.cold, 0.0)
            utilities += self.hours_per_year * price * exchanger.duty
        investment = self.annualization * sum(exchanger.investment for exchanger in exchangers)
        return Network(tuple(exchangers), layout.temperatures(v), utilities, investment)
