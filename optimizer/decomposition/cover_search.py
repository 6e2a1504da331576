"""Which flow covers are worth a row: those that a few scenarios' relaxation violates, again and again.

The separation is the usual one for fixed charges in a network: aggregate a balance along the largest outflow that
nothing switches off (Marchand, Wolsey 2001, doi:10.1287/opre.49.3.363.11211), and look at covers of the inflows in
the order of how far they are on, or of how much they carry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import highspy
import numpy as np

from ...kernels.highs import quiet_highs
from ...problems.two_stage import Scenarios
from ...problems.two_stage.problem import Floats, Integers
from ..extensive_lp import extensive_lp
from .scenario_set import ScenarioSet
from .switched_flows import CoveredScenarios, FlowCover, SwitchedFlows, with_covers

FEWEST_SWITCHES = 100  # below, branching takes less time than the larger programs: docs/two-stage.md has the figures
FEW, FEW_ROWS = 24, 5000  # scenarios that covers are looked for in, as long as they have no more rows together
ROUNDS = 12  # of separation
PATH = 3  # balances that are added up at most
VIOLATED = 1e-4  # share of its side by which a row must be violated
CARRIED = 1e-6  # a flow
MOST_COVERS = 150  # rows that every scenario gets: each makes its program larger


def covered_scenarios(scenarios: ScenarioSet, gap: float) -> ScenarioSet | None:
    """`scenarios` with cover rows.

    None where little is switched, or where these raise the relaxation by less than `gap`.
    """
    flows = SwitchedFlows.of(scenarios.problem)
    if flows is None or len(np.unique(flows.switch[flows.switch >= 0])) < FEWEST_SWITCHES:
        return None
    few = min(scenarios.count, FEW, max(1, FEW_ROWS // flows.W.shape[0]))
    covers, lift = find_covers(flows, scenarios.draw(0, few))
    if lift < gap:
        return None
    return ScenarioSet(with_covers(flows, covers), CoveredScenarios(flows, covers, scenarios.draw), scenarios.count)


def find_covers(flows: SwitchedFlows, scenarios: Scenarios) -> tuple[tuple[FlowCover, ...], float]:
    """Covers by what they are worth in the relaxation of equally likely `scenarios`, and the share it is raised by.

    Those whose rows have no multiplier in the end are left out; none, and 0, where the relaxation has no optimum.
    """
    count = len(scenarios)
    scenarios = replace(scenarios, probability=np.full(count, 1.0 / count))
    highs = quiet_highs()
    lp = extensive_lp(flows.problem, scenarios, {}, relaxed=True)
    highs.passModel(lp)
    rows, first = lp.num_row_, len(flows.problem.first_stage.names)
    sides, n2 = flows.sides(scenarios), flows.W.shape[1]
    start, found = _optimum(highs), list[FlowCover]()
    if start is None:
        return (), 0.0
    value = start
    for _ in range(ROUNDS):
        solution = np.array(highs.getSolution().col_value)
        x, activities = solution[:first], solution[first:].reshape(count, n2)
        new = [(s, cover) for s in range(count) for cover in violated(flows, sides[s], x, activities[s])]
        for s, cover in new:
            row = flows.rows(cover, sides[[s]])
            index = np.concatenate([row.switches, first + s * n2 + row.activities]).astype(np.int32)
            entries = np.concatenate([row.on_switches[0], row.on_activities])
            highs.addRow(-highspy.kHighsInf, float(row.limit[0]), len(index), index, entries)
        found += [cover for _, cover in new]
        reached = _optimum(highs) if new else None
        if reached is None:
            break
        value = reached
    multipliers = np.abs(np.array(highs.getSolution().row_dual)[rows : rows + len(found)])
    worth: dict[FlowCover, float] = {}
    for cover, multiplier in zip(found, multipliers, strict=False):
        worth[cover] = worth.get(cover, 0.0) + float(multiplier)
    chosen = sorted((c for c in worth if worth[c] > 0.0), key=lambda c: -worth[c])[:MOST_COVERS]
    return tuple(chosen), abs(value - start) / max(abs(start), 1e-9)


def _optimum(highs: Any) -> float | None:
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return float(highs.getInfo().objective_function_value)


def violated(flows: SwitchedFlows, sides: Floats, x: Floats, activities: Floats) -> Iterator[FlowCover]:
    """Covers whose rows one scenario with `sides` (m2,) violates at the design `x` (n1,) and `activities` (n2,).

    At most one for each balance and direction, at the shortest path from it that has one.
    """
    by_column: Any = flows.problem.recourse.W
    for row in np.flatnonzero(flows.balance):
        for weight in (1.0, -1.0):
            balances = [(int(row), weight)]
            for _ in range(PATH):
                columns, entries = flows.aggregated(balances)
                side = sum(w * float(sides[i]) for i, w in balances)
                best = _most_violated(flows, columns, entries, side, x, activities)
                if best is not None:
                    yield FlowCover(tuple(balances), *best)
                    break
                longer = _next(flows, by_column, balances, columns, entries, activities)
                if longer is None:
                    break
                balances.append(longer)


def _next(
    flows: SwitchedFlows,
    W: Any,
    balances: list[tuple[int, float]],
    columns: Integers,
    entries: Floats,
    activities: Floats,
) -> tuple[int, float] | None:
    """The balance, with its weight, into which the largest outflow goes."""
    used = {i for i, _ in balances}
    outflow = np.where(entries < 0.0, -entries * activities[columns], 0.0)
    for k in np.argsort(-outflow, kind="stable"):
        if outflow[k] <= CARRIED:
            return None
        j = int(columns[k])
        for e in range(W.indptr[j], W.indptr[j + 1]):
            i = int(W.indices[e])
            if flows.balance[i] and i not in used and W.data[e] != 0.0:
                return i, float(-entries[k] / W.data[e])
    return None


def _most_violated(
    flows: SwitchedFlows, columns: Integers, entries: Floats, side: float, x: Floats, activities: Floats
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Cover and limited outflows of the row that is violated most."""
    switch = flows.switch[columns]
    switched, outflow = switch >= 0, entries < 0.0
    most = np.where(switched, np.abs(entries) * flows.largest[columns], np.inf)
    flow, state = np.abs(entries) * activities[columns], np.where(switched, x[switch], 1.0)
    inflows = np.flatnonzero(~outflow & switched & (flow > CARRIED))
    best, best_violation = None, VIOLATED * max(1.0, abs(side))
    for cover in _candidates(inflows, flow, state):
        excess = most[cover].sum() - side
        if excess <= CARRIED:
            continue
        with np.errstate(invalid="ignore"):
            at_most = np.minimum(excess, most) * state
        limited = outflow & switched & (at_most < flow - 1e-9)
        whole = np.maximum(most[cover] - excess, 0.0) * (1.0 - state[cover])
        violation = flow[cover].sum() + whole.sum() - side - flow[outflow & ~limited].sum() - at_most[limited].sum()
        if violation > best_violation + 1e-9:
            best_violation = violation
            best = tuple(sorted(columns[cover].tolist())), tuple(columns[limited].tolist())
    return best


def _candidates(inflows: Integers, flow: Floats, state: Floats) -> Iterator[Integers]:
    for k in range(len(inflows)):
        yield inflows[[k]]
    for key in (state, flow):
        order = inflows[np.argsort(-key[inflows], kind="stable")]
        for last in range(2, len(order) + 1):
            yield order[:last]
