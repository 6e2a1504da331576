"""Limits that hold over the scenarios together, on a physical result or on the cost: caps on means and CVaRs, chances.

    mean:         E[A] <= bound
    cvar:         CVaR_level[A] <= bound, the mean of the largest 1 - level of A
    probability:  P(A > bound) <= level          (an individual chance constraint: Charnes, Cooper 1959,
                                                  doi:10.1287/mnsc.6.1.73)

Recourse may react to them: what is operated in one scenario depends on what all others take of the limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from .problem import Floats, Integers, RandomPart, Scenarios, TwoStageProblem

Measure = Literal["mean", "cvar", "probability"]


@dataclass(frozen=True)
class Limit:
    """At most `bound` (a chance: above `bound` with probability `level` at most) of an amount A.

    A is the sum of the problem's reports `of`; without any it is the objective, as a cost (the negative profit where
    profit is maximised). `level`: of the CVaR, or the allowed probability, in [0, 1); ValueError where it is not.
    """

    name: str
    of: tuple[str, ...]
    measure: Measure
    bound: float
    level: float = 0.0
    unit: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.level < 1.0:
            raise ValueError(f"{self.name}: a level is from 0 to below 1, not {self.level:g}")
        if not np.isfinite(self.bound):
            raise ValueError(f"{self.name}: the bound {self.bound} is not finite")

    @property
    def allowed(self) -> float:
        """What the measure may be at most: `bound`, or the probability of being above it."""
        return self.level if self.measure == "probability" else self.bound

    @property
    def steers(self) -> bool:
        """Whether operation reacts to it: not where it limits the cost, which is operated at its least anyway."""
        return bool(self.of)


OBJECTIVE = Limit("objective", (), "mean", 0.0)
"""The cost as an amount, whatever it may be."""


@dataclass(frozen=True)
class Amounts:
    """A of N scenarios = constant (N,) + first x (n1,) + entries (N, k) of the recourse's `columns` (k,)."""

    constant: Floats
    first: Floats
    columns: Integers
    entries: Floats


def amounts(problem: TwoStageProblem, limit: Limit, scenarios: Scenarios) -> Amounts:
    """The limited amount as coefficients. Raises KeyError for a report that the problem does not have."""
    return _reported(problem, limit, scenarios) if limit.of else _cost(problem, scenarios)


def limited(problem: TwoStageProblem, limit: Limit, x: Floats, scenarios: Scenarios, primal: Floats) -> Floats:
    """(N,) amount that `limit` limits, of design `x` (n1,) and operation `primal` (N, n2 or more)."""
    found = amounts(problem, limit, scenarios)
    return found.constant + float(found.first @ x) + np.einsum("nk,nk->n", found.entries, primal[:, found.columns])


def _cost(problem: TwoStageProblem, scenarios: Scenarios) -> Amounts:
    from .problem import Sense

    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    first, recourse = problem.first_stage, problem.recourse

    def part(name: RandomPart, nominal: Floats) -> Floats:
        values = np.tile(nominal, (len(scenarios), 1))
        if name in problem.random:
            values[:, problem.random[name].index] = scenarios.parts[name]
        return values

    cost, constant = part("cost", recourse.cost), part("constant", np.array([recourse.constant]))[:, 0]
    columns = np.flatnonzero((cost != 0.0).any(axis=0))
    return Amounts(sign * (first.constant + constant), sign * first.cost, columns, sign * cost[:, columns])


def _reported(problem: TwoStageProblem, limit: Limit, scenarios: Scenarios) -> Amounts:
    reports = problem.reports
    if reports is None:
        raise KeyError(limit.of[0])
    rows = [reports.column(name) for name in limit.of]
    features = problem.features(scenarios.xi)
    constant = np.tile(reports.constant, (len(scenarios), 1))
    constant[:, reports.random_constant.index] = reports.random_constant.values(features)
    second = np.asarray(reports.second[rows].sum(axis=0)).ravel()
    random = np.flatnonzero(np.isin(reports.random_row, rows))
    columns = np.union1d(np.flatnonzero(second), reports.random_column[random])
    entries = np.tile(second[columns], (len(scenarios), 1))
    if len(random):
        values, place = (
            reports.random.values(features)[:, random],
            np.searchsorted(columns, reports.random_column[random]),
        )
        to_column = sp.csr_array((np.ones(len(random)), (place, np.arange(len(random)))), (len(columns), len(random)))
        entries += np.asarray((to_column @ values.T).T)
    first = np.asarray(sp.csr_array(reports.first)[rows].sum(axis=0)).ravel()
    return Amounts(constant[:, rows].sum(axis=1), first, columns, entries)
