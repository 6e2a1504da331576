"""Why a park cannot work, in a plant's words: demand above all supply, and what an infeasible design must give up.

Both solve the extensive form anew. Demand above all supply: everything that may be built is there, nothing is
curtailed, uncertain quantities stand at their means, and what deficits and tankers must bring is as little as can be;
none of that depends on prices, so what remains missing is missing in any design. An infeasible design: the rows are
made elastic and the smallest sum of violations names those that cannot hold; limits give way before needs do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import highspy
import numpy as np

from ..kernels.highs import quiet_highs
from ..problems.errors import CaseError, Problem
from ..problems.park.problem import ParkProblem
from ..problems.two_stage import Scenarios
from .extensive_lp import extensive_lp

MISSING = re.compile(
    r"operation\.(?P<plant>.+?)\.'?(?P<carrier>steam|power) deficit (?P<node>.+?)'?\.missing\[(?P<p>.+)\]$"
)
TANKERED = re.compile(r"operation\.water\.'?tankered (?P<node>.+?)'?\[(?P<p>.+)\]$")
CURTAILED = re.compile(r"operation\.(?P<plant>.+)\.throughput\.curtailed\[")
UNITS = {"steam": "t/h", "power": "MW", "water": "t/h"}
TOLERANCE = 1e-4  # t/h, MW or kg/h below which nothing is missing
SHOWN = 8
NEED = 100.0  # what a need weighs against a limit
ELASTIC_SECONDS = 30.0
_ROWS = (
    (r"water\.inlet (?P<a>.+) (?P<b>\S+)$", "{a}: {b} at the inlet is above what it accepts"),
    (r"water\.outlet (?P<a>.+) (?P<b>\S+)$", "{a}: {b} leaves above its largest outlet concentration"),
    (r"water\.source (?P<a>.+)$", "{a}: nobody can take all of its water"),
    (r"water\.sink (?P<a>.+)$", "{a}: it does not get the water it needs"),
    (r"balance_steam_(?P<a>.+)$", "steam header {a}: demand and supply do not meet"),
    (r"balance_power_(?P<a>.+)$", "power of plant {a}: demand and supply do not meet"),
    (r"fresh_(?P<a>.+)\.limit$", "fresh water {a}: less is available than is needed"),
    (r"discharge_(?P<a>.+)\.limit$", "discharge {a}: its capacity is too small"),
    (r"cap permit (?P<a>.+)\.limit$", "fresh water {a}: its permit is too small"),
    (r"cap (?P<a>.+)\.limit$", "{a}: the cap or permit of the year cannot be kept"),
    (r"(?P<a>.+)\.(?P<b>.+) flow\.minimum$", "line {b} from {a}: its minimum flow is not reached"),
    (r"(?P<a>.+)\.(?P<b>.+) flow\.limit$", "line {b} from {a}: its capacity is too small"),
    (r"(?P<a>.+)\.(?P<b>.+)\.capacity$", "{a}.{b}: its capacity is too small"),
    (r"(?P<a>.+)\.grid\.limit$", "grid connection of {a}: it is too small"),
)


def refuse_impossible(park: ParkProblem) -> None:
    """Raise CaseError where demand at full throughput exceeds all supply, with plant, header or unit and how much."""
    if shortages := tuple(_shortages(park)):
        raise CaseError(shortages)


def _shortages(park: ParkProblem) -> Iterator[Problem]:
    problem = park.problem
    means = [element.distribution.average() for element in park.case.uncertainty.elements.values()]
    scenario = problem.realize(np.array([means]).reshape(1, len(means)), np.ones(1))
    lp = extensive_lp(problem, scenario, {}, relaxed=True)
    names = [*problem.first_stage.names, *problem.recourse.names]
    upper, cost = np.array(lp.col_upper_), np.zeros(len(names))
    found = {k: match for k, name in enumerate(names) if (match := MISSING.match(name) or TANKERED.match(name))}
    if not found:
        return
    for k, name in enumerate(names):
        cost[k] = float(k in found)
        if CURTAILED.match(name):
            upper[k] = max(0.0, lp.col_lower_[k])
    lp.col_upper_, lp.col_cost_, lp.offset_ = upper, cost, 0.0
    lp.sense_ = highspy.ObjSense.kMinimize
    solver = quiet_highs()
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return  # the design problem itself tells why
    values = np.array(solver.getSolution().col_value)
    worst: dict[tuple[str, str], tuple[float, str]] = {}
    for k, match in found.items():
        carrier = match.groupdict().get("carrier", "water")
        key = (carrier, match["node"])
        if values[k] > max(TOLERANCE, worst.get(key, (0.0, ""))[0]):
            worst[key] = (float(values[k]), match["p"])
    for (carrier, node), (missing, period) in worst.items():
        what = {"steam": f"header {node}", "power": f"plant {node}", "water": node}[carrier]
        yield Problem(
            f"{carrier} demand is above all supply: {what} lacks {missing:,.4g} {UNITS[carrier]} in period {period!r} "
            "at full throughput, with everything built that may be built",
            place=f"plants.{node.split('.')[0]}",
        )


def why_infeasible(park: ParkProblem, scenarios: Scenarios) -> str:
    """What an infeasible design problem would have to give, largest first; empty where the elastic solve finds none."""
    problem = park.problem
    lp = extensive_lp(problem, scenarios, {})
    first, recourse = problem.first_stage.row_names, problem.recourse.row_names
    names = [*first, *recourse]  # a row in which nothing of the operation is left stands in the first stage
    weight = np.array([_penalty(name) for name in names])
    penalty = np.concatenate([weight[: len(first)], np.tile(weight[len(first) :], len(scenarios))])
    low, high = np.array(lp.row_lower_), np.array(lp.row_upper_)
    solver = quiet_highs()
    solver.setOptionValue("time_limit", ELASTIC_SECONDS)
    solver.passModel(lp)
    if solver.feasibilityRelaxation(-1.0, -1.0, 1.0, None, None, penalty) != highspy.HighsStatus.kOk:
        return ""
    activity = np.array(solver.getSolution().row_value)
    if len(activity) < len(low):
        return ""
    activity = activity[: len(low)]
    violation = np.maximum(0.0, np.maximum(low - activity, activity - high))
    largest: dict[str, float] = {}
    for k in np.flatnonzero(violation > TOLERANCE):
        words = _in_words(names[k] if k < len(first) else recourse[(k - len(first)) % len(recourse)])
        if words is not None:
            largest[words] = max(largest.get(words, 0.0), float(violation[k]))
    ranked = sorted(largest.items(), key=lambda item: -item[1])[:SHOWN]
    return "; ".join(f"{words} (by {amount:,.3g})" for words, amount in ranked)


def _penalty(row: str) -> float:
    """What a unit of violation weighs; -1: the row cannot give way."""
    if _in_words(row) is None:
        return -1.0
    if ".cap " in row or row.startswith("operation.cap "):
        return 1e-3  # t/a, where others are t/h, MW or kg/h
    need = any(part in row for part in ("'source ", "'sink ", "balance_"))
    return NEED if need else 1.0


def _in_words(row: str) -> str | None:
    """A row as a plant's requirement; None for rows that define something and cannot give way."""
    name, _, period = row.removeprefix("operation.").replace("'", "").partition("[")
    for pattern, words in _ROWS:
        if match := re.match(pattern, name):
            where = f" in period {period.removesuffix(']')!r}" if period else ""
            return words.format(**match.groupdict()) + where
    return None
