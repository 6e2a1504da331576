"""What a run says about limits over all scenarios: how the design is operated, whether it keeps them, why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import highspy
import numpy as np

from ..kernels import BLOCK
from ..kernels.highs import quiet_highs
from ..problems.two_stage import Scenarios, Sense, TwoStageProblem
from ..problems.two_stage.limits import Limit, limited
from ..problems.two_stage.problem import Floats
from .distribution import Distribution
from .evaluation import Evaluator
from .extensive_lp import extensive_lp
from .limit_rows import add_limits, least_amounts
from .operating_rule import OperatingRule, RuledEvaluator, operating_rule
from .report.words import number
from .result import LimitResult
from .sample import DesignSample
from .statistics import Estimate
from .statistics_run import certain, expected
from .two_stage_run import Evaluated, evaluation_of

NO_BOUND = 1e300
SLACK = 1e-6  # of a bound, by which an amount may exceed it and count as kept: what solvers leave


def rule_for(
    problem: TwoStageProblem, sample: DesignSample, x: Floats, engine: str
) -> tuple[OperatingRule | None, str]:
    """The rule that design `x` is operated by, and what there is to say about it."""
    if not problem.limits:
        return None, ""
    scenarios = sample.draw(problem, 0, sample.count)
    notes = [
        f"limits.{limit.name}: one of {sample.count:,} scenarios is more than {limit.level:.3g}, none may exceed it; "
        "design on more (--sample)"
        for limit in problem.limits
        if limit.measure == "probability" and 0.0 < limit.level < scenarios.probability.min()
    ]
    try:
        return operating_rule(problem, scenarios, x, engine=engine), "; ".join(notes)
    except ValueError as error:
        return None, "; ".join([*notes, f"{error}: it is operated as if there were none"])


def limit_results(
    problem: TwoStageProblem,
    rule: OperatingRule | None,
    x: Floats,
    sample: DesignSample,
    evaluated: Evaluated,
    engine: str,
) -> tuple[LimitResult, ...]:
    """Every limit with what was planned on the design's scenarios and what was achieved on those of the evaluation."""
    if not problem.limits or not evaluated.distribution.limited:
        return ()
    scenarios = sample.draw(problem, 0, sample.count)
    evaluator = Evaluator(problem, engine=engine) if rule is None else RuledEvaluator(problem, rule, engine=engine)
    done = evaluator.evaluate(x, scenarios)
    cost = -done.objective if problem.sense is Sense.MAXIMIZE else done.objective
    results: list[LimitResult] = []
    for limit, found in zip(problem.limits, evaluated.distribution.limited, strict=True):
        values = cost
        if limit.of and done.primal is not None:
            values = limited(problem, limit, x, scenarios, done.primal)
        own = Distribution.of_block(0, values, scenarios.probability, done.status) if len(values) <= BLOCK else None
        achieved = _achieved(limit, found, evaluated)
        price = None if rule is None else rule.price.get(limit.name)
        results.append(
            LimitResult(
                name=limit.name,
                of=limit.of or ("objective",),
                measure=limit.measure,
                unit=limit.unit,
                bound=limit.bound,
                level=None if limit.measure == "mean" else limit.level,
                planned=None if own is None else _value(limit, own),
                achieved=certain(achieved),
                verdict=None if achieved is None else _verdict(limit, achieved),
                price=price,
            )
        )
    return tuple(results)


def _value(limit: Limit, found: Distribution) -> float:
    """The measure over the scenarios of a distribution of amounts."""
    if limit.measure == "mean":
        return found.mean
    if limit.measure == "cvar":
        return found.cvar(limit.level)
    values, weights = found.points
    return float(weights[values > limit.bound + SLACK * max(1.0, abs(limit.bound))].sum() / weights.sum())


def _achieved(limit: Limit, found: Distribution, evaluated: Evaluated) -> Estimate | None:
    """The measure under the true distribution; None where a scenario has no answer."""
    if found.failed or not found.weight:
        return None
    value = _value(limit, found)
    if (evaluated.sample.enumerated or evaluated.sample.count == 1) and evaluated.stopped is None:
        return Estimate.proved(value, value)
    if limit.measure == "mean":
        return expected(evaluation_of(Evaluated(found, evaluated.sample)))
    if limit.measure == "probability":
        return Estimate.of_probability(round(value * found.scenarios), found.scenarios)
    values, weights = found.points
    threshold = found.quantile(limit.level)
    tail = threshold + np.maximum(values - threshold, 0.0) / (1.0 - limit.level)
    share = weights / weights.sum()
    error = float(np.sqrt(share @ (tail - share @ tail) ** 2 / max(found.scenarios - 1, 1)))
    return Estimate.of_mean(value, error)


def _verdict(limit: Limit, achieved: Estimate) -> Literal["kept", "open", "broken"]:
    allowed = limit.allowed + SLACK * max(1.0, abs(limit.allowed))
    return "kept" if achieved.high <= allowed else "broken" if achieved.low > allowed else "open"


def why_limits_fail(problem: TwoStageProblem, scenarios: Scenarios) -> Iterator[str]:
    """Which limits no design can keep, each for itself, and what the least is that it would have to allow."""
    for limit in problem.limits:
        what = " + ".join(limit.of) or "the objective"
        if limit.measure == "probability":
            least = least_amounts(problem, scenarios, limit)
            above = float(scenarios.probability[least > limit.bound + SLACK * max(1.0, abs(limit.bound))].sum())
            if above > limit.level + SLACK:
                yield (
                    f"limits.{limit.name}: {what} is above {number(limit.bound)} {limit.unit} in {above:.1%} of the "
                    f"futures whatever is built, {limit.level:.1%} are allowed"
                )
        elif (least := _least(problem, scenarios, limit)) > limit.bound:
            kind = "mean" if limit.measure == "mean" else f"CVaR {limit.level:g}"
            yield (
                f"limits.{limit.name}: the {kind} of {what} is at least {number(least, 6)} {limit.unit} whatever is "
                f"built, {number(limit.bound, 6)} are allowed"
            )


def _least(problem: TwoStageProblem, scenarios: Scenarios, limit: Limit) -> float:
    """Least CVaR (level 0: mean) of a limited amount over the linear relaxation, without any limit."""
    tail = Limit(limit.name, limit.of, "cvar", NO_BOUND, limit.level)
    lp = extensive_lp(problem, scenarios, {}, relaxed=True)
    lp.sense_ = highspy.ObjSense.kMinimize
    lp.col_cost_, lp.offset_ = np.zeros(lp.num_col_), 0.0
    solver = quiet_highs()
    solver.passModel(lp)
    (place,) = add_limits(solver, _only(problem, tail), scenarios, {})
    possible = scenarios.probability[scenarios.probability > 0.0] / scenarios.probability.sum()
    for column, weight in zip(place.columns, [1.0, *possible / (1.0 - limit.level)], strict=True):
        solver.changeColCost(column, float(weight))
    solver.run()
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(solver.getInfo().objective_function_value) if optimal else -np.inf


def _only(problem: TwoStageProblem, limit: Limit) -> TwoStageProblem:
    return replace(problem, limits=(limit,))
