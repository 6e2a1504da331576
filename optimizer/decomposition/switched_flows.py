"""Flow covers: rows of the recourse that hold for every integral design, and ask for whole units in the relaxation.

An aggregated balance of a scenario says that inflows less outflows, sum_P a_j y_j - sum_N |a_k| y_k, are at most b,
and binaries z of the first stage switch flows, a_j y_j <= u_j z_j. For C of P, l = max(sum_C u_j - b, 0) and any L of N

    sum_C [a_j y_j + (u_j - l)^+ (1 - z_j)]  <=  b + sum_L min(l, u_k) z_k + sum_(N \\ L) |a_k| y_k

(Padberg, Van Roy, Wolsey 1985, doi:10.1287/opre.33.4.842; Wolsey 1989, doi:10.1007/BF01588785). Such a row says what
x <= U z does not: a scenario whose demand a tenth of a pipe would serve needs the whole pipe. Nothing but b differs
between scenarios, so one cover serves all of them; with whole z the rows cut nothing off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from ...problems.two_stage import RandomTerm, Scenarios, TwoStageProblem
from ...problems.two_stage.problem import Booleans, Floats, Integers, RandomPart
from ...problems.two_stage.standard_form import is_random
from .strengthening import Switches

CANCELLED = 1e-12  # share of its terms that a coefficient of an aggregated balance is where they cancel out


@dataclass(frozen=True)
class FlowCover:
    """`balances` (row, weight) of the recourse that are added up; activities in the cover, and `limited` outflows."""

    balances: tuple[tuple[int, float], ...]
    cover: tuple[int, ...]
    limited: tuple[int, ...]


@dataclass(frozen=True)
class CoverRows:
    """One cover in N scenarios: activities @ y + switches @ z <= limit; `on_activities` (J,), `on_switches` (N, B)."""

    activities: Integers
    on_activities: Floats
    switches: Integers
    on_switches: Floats
    limit: Floats


@dataclass(frozen=True)
class SwitchedFlows:
    """`switch` (n2,) the binary of each activity, -1 for none, and its `largest` flow, inf for none, where it is on.

    `balance` (m2,): equations without the first stage, of activities that are not negative, in which b alone is random.
    """

    problem: TwoStageProblem
    W: sp.csr_array
    switch: Integers
    largest: Floats
    balance: Booleans

    @staticmethod
    def of(problem: TwoStageProblem) -> SwitchedFlows | None:
        """None where nothing is switched, or the recourse matrix is random."""
        first, recourse = problem.first_stage, problem.recourse
        switches = Switches.of(first)
        if switches is None or "recourse" in problem.random:
            return None
        m, n2 = recourse.W.shape
        W, T = sp.csr_array(recourse.W), sp.csr_array(recourse.T)
        random_t = np.zeros(m, dtype=bool)
        random_t[recourse.T.indices[is_random(problem, "technology", recourse.T.nnz)]] = True
        random_side = is_random(problem, "row_lower", m) | is_random(problem, "row_upper", m)
        positive = (recourse.lower == 0.0) & ~is_random(problem, "lower", n2)
        switch, largest, balance = np.full(n2, -1), np.full(n2, np.inf), np.zeros(m, dtype=bool)
        for i in range(m):
            columns, entries = _row(W, i)
            designs, slopes = _row(T, i)
            if not len(designs):
                balance[i] = positive[columns].all() and _is_equation(problem, i)
            elif len(columns) == len(designs) == 1 and not (random_t[i] or random_side[i]):
                j, c = int(columns[0]), int(designs[0])
                on = switches.switch[c] >= 0 and np.isfinite(switches.largest[c]) and positive[j]
                if on and recourse.row_upper[i] == 0.0 and entries[0] > 0.0 > slopes[0]:
                    most = -slopes[0] / entries[0] * switches.largest[c]
                    if most < largest[j]:
                        switch[j], largest[j] = switches.switch[c], most
        if not (switch >= 0).any() or not balance.any():
            return None
        return SwitchedFlows(problem, W, switch, largest, balance)

    def sides(self, scenarios: Scenarios) -> Floats:
        """(N, m2) right-hand sides of the balances."""
        sides = np.tile(self.problem.recourse.row_upper, (len(scenarios), 1))
        if "row_upper" in self.problem.random:
            sides[:, self.problem.random["row_upper"].index] = scenarios.parts["row_upper"]
        return sides

    def aggregated(self, balances: Sequence[tuple[int, float]]) -> tuple[Integers, Floats]:
        """Activities and coefficients of weighted balances added up."""
        parts = [_row(self.W, i) for i, _ in balances]
        columns, place = np.unique(np.concatenate([c for c, _ in parts]), return_inverse=True)
        weighted = np.concatenate([w * a for (_, w), (_, a) in zip(balances, parts, strict=True)])
        total, terms = (np.bincount(place, entries, len(columns)) for entries in (weighted, np.abs(weighted)))
        kept = np.abs(total) > CANCELLED * terms  # a small outflow left out would make the row say too much
        return columns[kept].astype(np.int64), total[kept].astype(np.float64)

    def rows(self, cover: FlowCover, sides: Floats) -> CoverRows:
        """The inequality of `cover` in scenarios with right-hand `sides` (N, m2)."""
        columns, entries = self.aggregated(cover.balances)
        side = sum((w * sides[:, i] for i, w in cover.balances), np.zeros(len(sides)))
        inside, limited = np.isin(columns, cover.cover), np.isin(columns, cover.limited)
        most = np.abs(entries) * self.largest[columns]
        excess = np.maximum(most[inside].sum() - side, 0.0)[:, None]
        whole, least = np.maximum(most[inside] - excess, 0.0), np.minimum(excess, most[limited])
        kept = inside | ((entries < 0.0) & ~limited)
        switches = np.concatenate([self.switch[columns[inside]], self.switch[columns[limited]]])
        distinct, place = np.unique(switches, return_inverse=True)
        merged = np.zeros((len(sides), len(distinct)))
        np.add.at(merged.T, place, -np.hstack([whole, least]).T)
        return CoverRows(columns[kept], entries[kept], distinct, merged, side - whole.sum(axis=1))


@dataclass(frozen=True)
class CoveredScenarios:
    """Scenarios of the problem with cover rows, from `draw(first, last)`, those of the problem without; picklable."""

    flows: SwitchedFlows
    covers: tuple[FlowCover, ...]
    draw: Callable[[int, int], Scenarios]

    def __call__(self, first: int, last: int) -> Scenarios:
        """Scenarios first..last-1."""
        scenarios = self.draw(first, last)
        sides = self.flows.sides(scenarios)
        rows = [self.flows.rows(cover, sides) for cover in self.covers]
        new: dict[RandomPart, Floats] = {
            "technology": np.hstack([row.on_switches for row in rows]),
            "row_upper": np.stack([row.limit for row in rows], axis=1),
        }
        parts = dict(scenarios.parts)
        for name, values in new.items():
            parts[name] = np.hstack([parts[name], values]) if name in parts else values
        return replace(scenarios, parts=parts)


def with_covers(flows: SwitchedFlows, covers: Sequence[FlowCover]) -> TwoStageProblem:
    """The problem with a row for each cover, whose scenarios `CoveredScenarios` draws: not affine in the outcomes."""
    problem, recourse = flows.problem, flows.problem.recourse
    (m, n2), size, count = recourse.W.shape, recourse.T.shape[1], len(covers)
    rows = [flows.rows(cover, np.zeros((1, m))) for cover in covers]
    of_activity = np.repeat(np.arange(count), [len(row.activities) for row in rows])
    of_switch = np.repeat(np.arange(count), [len(row.switches) for row in rows])
    columns = np.concatenate([row.activities for row in rows])
    new_W = sp.csc_array((np.concatenate([r.on_activities for r in rows]), (of_activity, columns)), shape=(count, n2))
    W = sp.csc_array(sp.vstack([recourse.W, new_W]))
    W.sort_indices()
    old = np.arange(recourse.T.nnz, dtype=np.float64) + 1.0  # positions travel as entries
    new = np.arange(len(of_switch), dtype=np.float64) + 1.0 + len(old)
    old_T = sp.csc_array((old, recourse.T.indices, recourse.T.indptr), shape=recourse.T.shape)
    new_T = sp.csc_array((new, (of_switch, np.concatenate([row.switches for row in rows]))), shape=(count, size))
    T: Any = sp.csc_array(sp.vstack([old_T, new_T]))
    T.sort_indices()
    source = T.data.astype(np.int64) - 1
    place = np.empty(len(source), dtype=np.int64)
    place[source] = np.arange(len(source))
    T.data = np.concatenate([recourse.T.data, np.full(len(of_switch), -1.0)])[source]
    extended = replace(
        recourse,
        W=W,
        T=T,
        row_lower=np.concatenate([recourse.row_lower, np.full(count, -np.inf)]),
        row_upper=np.concatenate([recourse.row_upper, np.zeros(count)]),
        row_names=(*recourse.row_names, *(f"flow cover {k}" for k in range(count))),
    )
    random = dict(problem.random)
    if "technology" in random:
        random["technology"] = replace(random["technology"], index=place[random["technology"].index])
    _append(random, "technology", place[len(old) :], len(problem.monomials))
    _append(random, "row_upper", m + np.arange(count), len(problem.monomials))
    return replace(problem, recourse=extended, random=random)


def _append(random: dict[RandomPart, RandomTerm], part: RandomPart, index: Integers, features: int) -> None:
    """Entries of a part that scenarios bring ready-made."""
    none, nothing = np.zeros(len(index)), sp.csr_array((len(index), features))
    if part in random:
        term = random[part]
        index, none = np.concatenate([term.index, index]), np.concatenate([term.offset, none])
        nothing = sp.csr_array(sp.vstack([term.coefficients, nothing]))
    random[part] = RandomTerm(index, none, nothing)


def _row(matrix: Any, i: int) -> tuple[Integers, Floats]:
    span = slice(matrix.indptr[i], matrix.indptr[i + 1])
    return matrix.indices[span], matrix.data[span]


def _is_equation(problem: TwoStageProblem, i: int) -> bool:
    """Both sides of row i are the same number in every scenario."""
    recourse = problem.recourse
    if recourse.row_lower[i] != recourse.row_upper[i]:
        return False
    at = [
        np.flatnonzero(problem.random[side].index == i) if side in problem.random else []
        for side in ("row_lower", "row_upper")
    ]
    if not len(at[0]) and not len(at[1]):
        return True
    if not (len(at[0]) and len(at[1])):
        return False
    low, high = problem.random["row_lower"], problem.random["row_upper"]
    same: Any = abs(low.coefficients[[at[0][0]]] - high.coefficients[[at[1][0]]])
    return bool(low.offset[at[0][0]] == high.offset[at[1][0]] and same.sum() == 0.0)
