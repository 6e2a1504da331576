"""How a design is operated where limits hold over all scenarios: what each future pays for its share of a limit.

Each limit is a price, its multiplier in the extensive form with the design fixed (Rockafellar, Wets 1991,
doi:10.1287/moor.16.1.119, for what the sum over scenarios decides): a scenario is operated at

    min  cost + price A                      mean
         cost + price / (1 - level) max(A - threshold, 0)      cvar
         the better of: A <= bound kept, or broken for `price`  probability

so that futures never seen before can be operated one by one, each without knowing the others. At the exact price of a
mean or a CVaR a linear program is indifferent, and all futures may be so at once: both ends are mixed, which is as good
as either, with the share that keeps the limits on the scenarios of the design. The price of a chance is the least for
which it is broken with its probability at most on these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np

from ..kernels import Status
from ..kernels.highs import quiet_highs
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.limit_in_recourse import with_price, with_row
from ..problems.two_stage.limits import OBJECTIVE, Limit, amounts, limited
from ..problems.two_stage.problem import Booleans, Floats
from .evaluation import BlockResult, Evaluator
from .extensive_lp import extensive_lp
from .limit_rows import add_limits
from .risk import Risk

STEP = 1e-4  # by which prices are raised and lowered: at the exact ones a scenario may take all or nothing
BISECTIONS = 40
KEPT = 1e-7  # of a bound, by which an amount may exceed it and count as kept


@dataclass(frozen=True)
class OperatingRule:
    """`price` of each limit by name, and the `threshold` of each CVaR; limits of the cost have none.

    `lavish`: share of the operation at slightly lower prices in every scenario; the rest is at slightly higher ones.
    """

    price: Mapping[str, float]
    threshold: Mapping[str, float]
    lavish: float = 0.0


def operating_rule(
    problem: TwoStageProblem, scenarios: Scenarios, x: Floats, *, engine: str = "auto"
) -> OperatingRule | None:
    """The prices of the limits for design `x` (n1,) in the scenarios it was found on.

    None where the limits do not steer operation. Raises ValueError where they cannot be kept with this design.
    """
    steering = tuple(limit for limit in problem.limits if limit.steers)
    if not steering:
        return None
    chances = [limit for limit in steering if limit.measure == "probability"]
    if len(chances) > 1:
        raise ValueError(f"one chance limit at most steers operation, not {len(chances)}")
    nothing: dict[str, float] = {limit.name: 0.0 for limit in steering}
    rule = OperatingRule(nothing, {})
    price, broken = _chance(problem, scenarios, x, rule, chances, engine)
    if len(chances) < len(steering):
        found = _multipliers(problem, scenarios, x, broken)
        rule = OperatingRule({**nothing, **found.price}, found.threshold)
        price, _ = _chance(problem, scenarios, x, rule, chances, engine)
    rule = replace(rule, price={**rule.price, **price})
    return replace(rule, lavish=_lavish_share(problem, scenarios, x, rule, engine))


def _chance(
    problem: TwoStageProblem, scenarios: Scenarios, x: Floats, rule: OperatingRule, chances: list[Limit], engine: str
) -> tuple[dict[str, float], dict[str, Booleans]]:
    """Price of the chance limit where the others have those of `rule`, and where it is broken; empty without one."""
    price: dict[str, float] = {}
    broken: dict[str, Booleans] = {}
    for limit in chances:
        extra = RuledEvaluator(problem, rule, engine=engine).price_of_keeping(x, scenarios)
        order, p = np.argsort(-extra, kind="stable"), scenarios.probability / scenarios.probability.sum()
        may = np.cumsum(p[order]) <= limit.level * (1.0 + 1e-12)
        least = 0.0 if may.all() else float(extra[order][np.argmin(may)])
        if not np.isfinite(least):
            raise ValueError("the limits cannot be kept with this design")
        price[limit.name] = least * (1.0 + STEP)
        broken[limit.name] = extra > price[limit.name]
    return price, broken


def _multipliers(
    problem: TwoStageProblem, scenarios: Scenarios, x: Floats, broken: Mapping[str, Booleans]
) -> OperatingRule:
    """Duals of means and CVaRs with the design fixed, and the scenarios in which each chance limit is broken."""
    fixed = dict(zip(problem.first_stage.names, (float(v) for v in x), strict=True))
    solver = quiet_highs()
    solver.passModel(extensive_lp(problem, scenarios, fixed, relaxed=True))
    places = add_limits(solver, problem, scenarios, {}, broken)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise ValueError("the limits cannot be kept with this design")
    solution = solver.getSolution()
    price: dict[str, float] = {}
    threshold: dict[str, float] = {}
    for place in places:
        if not place.limit.steers or place.limit.measure == "probability":
            continue
        price[place.limit.name] = abs(float(solution.row_dual[place.rows[-1]]))
        if place.limit.measure == "cvar":
            threshold[place.limit.name] = float(solution.col_value[place.columns[0]])
    return OperatingRule(price, threshold)


@dataclass(frozen=True)
class _Operated:
    """N scenarios operated at one set of prices: `primal` (N, n2), `status`, `exact` (N,), priced `objective` (N,)."""

    primal: Floats
    status: np.ndarray[tuple[int], np.dtype[np.int8]]
    exact: Booleans
    objective: Floats


class _AtPrices:
    """Evaluators of a problem whose recourse pays `factor` times the prices of a rule, free of its chance and not."""

    def __init__(self, problem: TwoStageProblem, rule: OperatingRule, factor: float, engine: str) -> None:
        self._problem, self._rule = problem, rule
        self.chance: Limit | None = None
        priced = replace(problem, limits=())
        for limit in problem.limits:
            price = factor * rule.price.get(limit.name, 0.0)
            if limit.steers and limit.measure == "mean":
                priced = with_price(priced, limit, price)
            elif limit.steers and limit.measure == "cvar":
                if price > 0.0:  # else it steers nothing, and a threshold may not be known
                    priced = with_row(priced, limit, rule.threshold[limit.name], price / (1.0 - limit.level))
            elif limit.steers:
                self.chance = limit
        self._free = Evaluator(priced, engine=engine)
        kept = None if self.chance is None else with_row(priced, self.chance, self.chance.bound, None)
        self._kept = None if kept is None else Evaluator(kept, engine=engine)

    def free(self, x: Floats, scenarios: Scenarios) -> _Operated:
        """Operated without minding the chance."""
        return self._operated(self._free, x, scenarios)

    def kept(self, x: Floats, scenarios: Scenarios) -> _Operated:
        """Operated so that the chance is not taken."""
        assert self._kept is not None
        return self._operated(self._kept, x, scenarios)

    def _operated(self, evaluator: Evaluator, x: Floats, scenarios: Scenarios) -> _Operated:
        own = evaluator.problem.realize(scenarios.xi, scenarios.probability, scenarios.first)
        done = evaluator.evaluate(x, own)
        assert done.primal is not None
        primal = done.primal[:, : len(self._problem.recourse.names)]
        return _Operated(primal, done.status, done.resolved_exactly, done.objective)

    def price_of_keeping(self, x: Floats, scenarios: Scenarios, free: _Operated, kept: _Operated) -> Floats:
        """(N,) what keeping the chance limit costs in each scenario above not minding it; inf where it cannot be."""
        assert self.chance is not None
        sign = -1.0 if self._problem.sense is Sense.MAXIMIZE else 1.0
        amount = limited(self._problem, self.chance, x, scenarios, free.primal)
        keeps = amount <= self.chance.bound + KEPT * max(1.0, abs(self.chance.bound))
        with np.errstate(invalid="ignore"):
            extra = np.maximum(sign * (kept.objective - free.objective), 0.0)
        return np.where(kept.status != Status.OPTIMAL, np.inf, np.where(keeps, 0.0, extra))


class RuledEvaluator:
    """An `Evaluator` that operates by a rule; costs and reports are the real ones, prices of limits are in none."""

    def __init__(self, problem: TwoStageProblem, rule: OperatingRule, *, engine: str = "auto") -> None:
        self.problem, self._rule = problem, rule
        self._sparing = _AtPrices(problem, rule, 1.0 + STEP, engine)
        priced = any(rule.price.get(limit.name) for limit in problem.limits if limit.measure != "probability")
        self._lavish = _AtPrices(problem, rule, 1.0 - STEP, engine) if priced else None

    def evaluate(self, x: Floats, scenarios: Scenarios) -> BlockResult:
        """As `Evaluator.evaluate`, operated by the rule."""
        sparing, lavish = self.ends(x, scenarios)
        share = self._rule.lavish
        primal = sparing.primal if lavish is sparing else (1.0 - share) * sparing.primal + share * lavish.primal
        status, exact = np.maximum(sparing.status, lavish.status), sparing.exact | lavish.exact
        cost = amounts(self.problem, OBJECTIVE, scenarios)
        real = cost.constant + float(cost.first @ x) + np.einsum("nk,nk->n", cost.entries, primal[:, cost.columns])
        if self.problem.sense is Sense.MAXIMIZE:
            real = -real
        objective = np.where(status == Status.OPTIMAL, real, sparing.objective)
        assert self.problem.reports is not None
        reports = self.problem.reports.evaluate(self.problem.features(scenarios.xi), x, primal)
        return BlockResult(scenarios, objective, status, exact, primal, reports)

    def ends(self, x: Floats, scenarios: Scenarios) -> tuple[_Operated, _Operated]:
        """Operated at slightly higher and slightly lower prices; one and the same where nothing has a price."""
        sparing, keep = self._sparing.free(x, scenarios), None
        if (chance := self._sparing.chance) is not None:
            kept = self._sparing.kept(x, scenarios)
            keep = self._sparing.price_of_keeping(x, scenarios, sparing, kept) <= self._rule.price[chance.name]
            sparing = _either(keep, kept, sparing)
        if self._lavish is None:
            return sparing, sparing
        lavish = self._lavish.free(x, scenarios)
        return sparing, lavish if keep is None else _either(keep, self._lavish.kept(x, scenarios), lavish)

    def price_of_keeping(self, x: Floats, scenarios: Scenarios) -> Floats:
        """(N,) see `_AtPrices`."""
        free, kept = self._sparing.free(x, scenarios), self._sparing.kept(x, scenarios)
        return self._sparing.price_of_keeping(x, scenarios, free, kept)


def _either(first: Booleans, one: _Operated, other: _Operated) -> _Operated:
    return _Operated(
        np.where(first[:, None], one.primal, other.primal),
        np.where(first, one.status, other.status),
        one.exact | other.exact,
        np.where(first, one.objective, other.objective),
    )


def _lavish_share(problem: TwoStageProblem, scenarios: Scenarios, x: Floats, rule: OperatingRule, engine: str) -> float:
    """The largest share of the operation at lower prices with which means and CVaRs are kept; 0 where none keeps them.

    What exceeds a limit is convex in the share, and the operation at higher prices exceeds none.
    """
    sparing, lavish = RuledEvaluator(problem, rule, engine=engine).ends(x, scenarios)
    if lavish is sparing:
        return 0.0
    chosen = [limit for limit in problem.limits if limit.steers and limit.measure != "probability"]
    pairs = [tuple(limited(problem, limit, x, scenarios, end.primal) for end in (sparing, lavish)) for limit in chosen]
    share_of = scenarios.probability / scenarios.probability.sum()

    def keeps(share: float) -> bool:
        return all(
            Risk(0.0, 1.0, limit.level).of((1.0 - share) * low + share * high, share_of) <= limit.bound
            for limit, (low, high) in zip(chosen, pairs, strict=True)
        )

    if keeps(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if keeps(middle) else (low, middle)
    return low
