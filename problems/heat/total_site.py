"""Total site: what plants can pass to each other through steam and hot-water mains, never directly.

Profiles after Dhole and Linnhoff 1993, DOI 10.1016/0098-1354(93)85035-P. The targets are the optimum of a linear
program instead of the graphical placement, so pockets, sloping mains and heat passed down from main to main are
used wherever they pay:

    min  sum of outside hot heat
    s.t. each plant p:  R_pk = sum_{l<=k} (surplus_pl + use - generation + hot - cold) >= 0,  R_pK = 0
         each main m:   boiler_m + sum_p generation_pm + letdown_{m-1} = sum_p use_pm + letdown_m + rejected_m
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from .composite_curves import Curve, without_pockets
from .problem_table import problem_table
from .streams import HeatDataError, HeatRecoveryProblem, HeatStream, Segment, Side, Utility
from .temperature_intervals import Floats, TemperatureIntervals, pieces_of, stream_duties

SMALLEST = 1e-6  # of the heat, below which a main is not used


@dataclass(frozen=True)
class Main:
    """A steam or hot-water main: gives heat falling from `hot_end` to `cold_end` [degC] and takes it up the other way.

    Equal ends: steam at saturation. `boiler`: whether outside heat may feed it; `rejects`: whether surplus may be
    condensed away.
    """

    name: str
    hot_end: float
    cold_end: float
    approach_contribution: float = 0.0
    boiler: bool = True
    rejects: bool = True

    def utility(self, side: Side) -> Utility:
        """The main as seen by a plant that uses its heat (hot) or feeds it (cold)."""
        ends = (self.hot_end, self.cold_end) if side is Side.HOT else (self.cold_end, self.hot_end)
        return Utility(self.name, side, *ends, approach_contribution=self.approach_contribution)


@dataclass(frozen=True)
class SiteProfiles:
    """Heat that plants reject (`source`) and need (`sink`) after their own recovery, shifted scale, cold to hot."""

    source: Curve
    sink: Curve


@dataclass(frozen=True)
class TotalSiteTargets:
    """Targets [MW] of a site; (P, M) `use` and `generation` of mains by plants, (M,) flows of the mains themselves.

    `without_mains` [MW] is the hot utility if every plant stays on its own, `direct` if all streams could meet.
    """

    plants: tuple[str, ...]
    mains: tuple[Main, ...]
    hot_utility: float
    cold_utility: float
    heat_recovery: float
    without_mains: float
    direct: float
    use: Floats
    generation: Floats
    boiler: Floats
    letdown: Floats
    rejected: Floats


def site_profiles(problem: HeatRecoveryProblem) -> SiteProfiles:
    """Source and sink profile over all plants, from their grand composite curves without pockets."""
    sources: list[HeatStream] = []
    sinks: list[HeatStream] = []
    for plant in problem.plants:
        curve = without_pockets(problem_table(problem.of_plant(plant)))
        for k, duty in enumerate(np.diff(curve.heat)):
            high, low = float(curve.temperature[k]), float(curve.temperature[k + 1])
            name = f"{plant} {k}"
            if duty > 0:
                sources.append(HeatStream(name, Side.HOT, (Segment(high, low, duty),), approach_contribution=0.0))
            elif duty < 0:
                sinks.append(HeatStream(name, Side.COLD, (Segment(low, high, -duty),), approach_contribution=0.0))
    return SiteProfiles(_profile(problem, sources), _profile(problem, sinks))


def main_profiles(problem: HeatRecoveryProblem, targets: TotalSiteTargets, site: SiteProfiles) -> SiteProfiles:
    """Heat that mains take from plants (`source`, from the hot end of that of `site`) and give to them (`sink`)."""
    taken, given = (
        [
            main.utility(side).stream(float(duty))
            for main, duty in zip(targets.mains, duties.sum(axis=0), strict=True)
            if duty > SMALLEST * (1.0 + targets.hot_utility)
        ]
        for side, duties in ((Side.COLD, targets.generation), (Side.HOT, targets.use))
    )
    source, sink = _profile(problem, taken), _profile(problem, given)
    rejected = site.source.heat
    if len(source.heat) and len(rejected):
        source = Curve(source.heat + max(0.0, rejected[-1] - source.heat[-1]), source.temperature)
    return SiteProfiles(source, sink)


def _profile(problem: HeatRecoveryProblem, streams: Sequence[HeatStream]) -> Curve:
    if not streams:
        return Curve(np.zeros(0), np.zeros(0))
    intervals = TemperatureIntervals.of(pieces_of(problem, streams, shifted=True))
    duty = stream_duties(problem, streams, intervals, shifted=True).sum(axis=0)[::-1]
    return Curve(np.concatenate([[0.0], np.cumsum(duty)]), intervals.edges[::-1])


def total_site_targets(
    problem: HeatRecoveryProblem, mains: Sequence[Main], hot_utilities: Sequence[Utility] = ()
) -> TotalSiteTargets:
    """Least outside heat of a site whose plants exchange only through `mains` (any order; sorted from hot to cold).

    `hot_utilities` reach plants directly (fired heaters, hot oil); without any, one hotter than every stream is
    assumed, and cooling colder than every stream is always there. Of all optima, that in which outside heat comes
    through the coldest mains. Raises HeatDataError where two mains share a name.
    """
    mains = tuple(sorted(mains, key=lambda main: -main.hot_end))
    if len({main.name for main in mains}) < len(mains):
        raise HeatDataError(["two mains of a site share a name"])
    plants = problem.plants
    hottest = 1.0 + max(max(s.supply, s.target) for s in problem.streams) + 2 * _widest(problem)
    coldest = min(min(s.supply, s.target) for s in problem.streams) - 2 * _widest(problem) - 1.0
    heaters = tuple(hot_utilities) or (Utility("fired heater", Side.HOT, hottest, hottest, approach_contribution=0.0),)
    cooler = Utility("cooling", Side.COLD, coldest, coldest, approach_contribution=0.0)

    m, h, p = len(mains), len(heaters), len(plants)
    per_plant = 2 * m + h + 1  # use, generation, heaters, cooler
    columns = p * per_plant + 3 * m  # boiler, letdown to the next main, rejected
    offers = [*(x.utility(Side.HOT) for x in mains), *(x.utility(Side.COLD) for x in mains), *heaters, cooler]
    signs = np.array([[1.0 if u.side is Side.HOT else -1.0] for u in offers])
    scale = sum(stream.duty for stream in problem.streams) or 1.0

    inequalities: list[sp.coo_array] = []
    bounds_below: list[Floats] = []
    equalities = sp.lil_array((p + m, columns))
    right = np.zeros(p + m)
    for i, plant in enumerate(plants):
        own = problem.of_plant(plant)
        units = [offer.stream(1.0) for offer in offers]
        intervals = TemperatureIntervals.of(pieces_of(own, [*own.streams, *units], shifted=True))
        surplus = stream_duties(own, own.hot_streams, intervals, shifted=True).sum(axis=0)
        surplus -= stream_duties(own, own.cold_streams, intervals, shifted=True).sum(axis=0)
        cumulated = np.cumsum(signs * stream_duties(own, units, intervals, shifted=True), axis=1)
        block = np.zeros((len(intervals) - 1, columns))
        block[:, i * per_plant : (i + 1) * per_plant] = -cumulated[:, :-1].T
        inequalities.append(sp.coo_array(block))
        bounds_below.append(np.cumsum(surplus)[:-1] / scale)
        equalities[i, i * per_plant : (i + 1) * per_plant] = cumulated[:, -1]
        right[i] = -surplus.sum() / scale
    site = p * per_plant
    for k in range(m):
        row = p + k
        for i in range(p):
            equalities[row, i * per_plant + k] = -1.0
            equalities[row, i * per_plant + m + k] = 1.0
        equalities[row, site + k] = 1.0
        if k:
            equalities[row, site + m + k - 1] = 1.0
        equalities[row, site + m + k] = -1.0
        equalities[row, site + 2 * m + k] = -1.0
    cost = np.zeros(columns)
    for i in range(p):
        # Prices far below the target's resolution: no heat circulates through a main for nothing, and what comes from
        # outside comes through the coldest main that serves, before any heater: it has given power on the way.
        cost[i * per_plant + 2 * m : i * per_plant + 2 * m + h] = 1.0 + 3e-7
        cost[i * per_plant : i * per_plant + m] = 1e-7 * np.linspace(2.0, 1.0, m) if m else 0.0
    cost[site : site + m] = 1.0
    limit = np.full(columns, np.inf)
    for i in range(p):
        limit[i * per_plant + 2 * m : i * per_plant + 2 * m + h] = [u.maximum / scale for u in heaters]
    for k, main in enumerate(mains):
        limit[site + k] = np.inf if main.boiler else 0.0
        limit[site + 2 * m + k] = np.inf if main.rejects else 0.0
    if m:
        limit[site + 2 * m - 1] = 0.0  # nothing below the last main
    answer = linprog(
        cost,
        A_ub=sp.vstack(inequalities).tocsr(),
        b_ub=np.concatenate(bounds_below),
        A_eq=equalities.tocsr(),
        b_eq=right,
        bounds=np.column_stack([np.zeros(columns), limit]),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if answer.status != 0:
        raise HeatDataError([f"the site's heat balance cannot be closed with these utilities ({answer.message})"])
    x = np.where(answer.x < 1e-12, 0.0, answer.x) * scale
    by_plant = x[:site].reshape(p, per_plant)
    boiler, letdown, rejected = x[site:].reshape(3, m) if m else np.zeros((3, 0))
    hot = float(by_plant[:, 2 * m : 2 * m + h].sum() + boiler.sum())
    given_off = sum(stream.duty for stream in problem.hot_streams)
    cold = float(by_plant[:, -1].sum() + rejected.sum())
    return TotalSiteTargets(
        plants=plants,
        mains=mains,
        hot_utility=hot,
        cold_utility=cold,
        heat_recovery=given_off - cold,
        without_mains=sum(problem_table(problem.of_plant(plant)).hot_utility for plant in plants),
        direct=problem_table(problem).hot_utility,
        use=by_plant[:, :m],
        generation=by_plant[:, m : 2 * m],
        boiler=boiler,
        letdown=letdown,
        rejected=rejected,
    )


def _widest(problem: HeatRecoveryProblem) -> float:
    return max(problem.contribution(stream) for stream in problem.streams)
