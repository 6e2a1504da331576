"""What is proved about each number of a result, what is estimated and how well, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ..result import STATISTIC_WORDS, Certain, Comparison, LimitResult, ReductionSummary, Result
from .words import number

CONFIDENCE = 1.96  # standard errors either side of a mean that hold the true one in 95% of the samples


VERDICTS = {"kept": "kept", "open": "may be kept or not", "broken": "not kept"}


def certainty(result: Result) -> tuple[tuple[str, str], ...]:
    """(number, how certain it is) of everything the result claims."""
    rows: list[tuple[str, str]] = []
    objective, evaluation = result.objective, result.evaluation
    unit = f" {objective.unit}" if objective.unit else ""
    if objective.value is not None:
        name = f"{objective.name.replace('-', ' ')}: {number(objective.value, 6)}{unit}"
        rows.append((name, _proof(result)))
    if result.reduction is not None:
        rows.append(_reduced(result.reduction, unit))
    if evaluation is not None and evaluation.mean is not None and evaluation.scenarios > 1:
        rows.append((f"mean on fresh futures: {number(evaluation.mean, 6)}{unit}", _interval(result)))
        for level, value in evaluation.cvar.items():
            if value is not None and level == "0.95":
                share = f"estimated from the worst 5% of {evaluation.scenarios:,} futures"
                rows.append((f"CVaR 95%: {number(value, 6)}{unit}", share))
    if result.comparison is not None:
        rows.append(_compared(result.comparison, unit))
    if result.baseline is not None and result.baseline.B0 is not None:
        several = evaluation is not None and evaluation.scenarios > 1
        how = "operated in the same fresh futures" if several else "computed at the same point"
        rows.append((f"as it is: {number(result.baseline.B0, 6)}{unit}", how))
    rows += [_limit(limit, objective.name.replace("-", " ")) for limit in result.limits]
    rows += _statistics(result, unit)
    if evaluation is not None and evaluation.scenarios > 1:
        exact = f"{evaluation.resolved_exactly:,} needed the exact solver" if evaluation.resolved_exactly else ""
        failed = f"{evaluation.failed:,} without an answer, in no statistic" if evaluation.failed else "none failed"
        said = ", ".join(part for part in (failed, exact) if part)
        rows.append((f"{evaluation.scenarios:,} futures operated", f"every optimum certified; {said}"))
    return tuple(rows)


def _reduced(reduction: ReductionSummary, unit: str) -> tuple[str, str]:
    what = f"{reduction.scenarios:,} weighted futures stand for {reduction.original:,} ({reduction.method})"
    how = f"{reduction.relative:.1%} of their spread is lost ({number(reduction.distance)} standard deviations)"
    if reduction.value is None or reduction.error is None:
        return what, how
    return what, f"{how}; over all of them the design has {number(reduction.value, 6)}{unit}, {reduction.error:.2%} off"


def _limit(limit: LimitResult, objective: str) -> tuple[str, str]:
    of = " + ".join(objective if name == "objective" else name for name in limit.of)
    bound = f"{number(limit.bound, 6)} {limit.unit}".strip()
    chance = limit.measure == "probability"

    def shown(value: float | None) -> str:
        return f"{value:.2%}" if chance and value is not None else number(value, 6)

    kind = "mean" if limit.measure == "mean" else f"CVaR {limit.level:g}"
    what = f"{kind} of {of}: {bound} at most"
    if chance and limit.level is not None:
        what = f"{of} above {bound}: in {limit.level:.2%} of the futures at most"
    if limit.achieved is None:
        return f"{limit.name}: {what}", f"planned {shown(limit.planned)}; a future has no answer: nothing can be said"
    found = limit.achieved
    how = f"{VERDICTS[limit.verdict or 'open']}: {shown(found.value)}"
    if found.confidence is not None:
        how += f", {found.confidence:.0%} confidence between {shown(found.low)} and {shown(found.high)}"
    how += f"; planned {shown(limit.planned)}"
    return f"{limit.name}: {what}", how + (f"; operated at a price of {number(limit.price)}" if limit.price else "")


def _compared(comparison: Comparison, unit: str) -> tuple[str, str]:
    found, what = comparison.difference, f"this design less {comparison.against}"
    if found is None:
        return what, f"{comparison.failed:,} futures have no answer for one of them: nothing can be said"
    often = f"better in {comparison.share_better:.1%} of the same {comparison.scenarios:,} futures"
    how = "all futures were enumerated: no sampling error"
    if found.confidence is not None:
        low, high = number(found.low, 6), number(found.high, 6)
        how = f"estimated from paired differences: {found.confidence:.0%} confidence between {low} and {high}"
    return f"{what}: {number(found.value, 6)}{unit}", f"{how}; {often}"


def _statistics(result: Result, unit: str) -> Iterator[tuple[str, str]]:
    if (known := result.statistics) is None:
        return
    by = ""
    if known.replications is not None:
        by = f", from {known.replications.count} further samples of {known.replications.scenarios:,} futures"
    for name, words in STATISTIC_WORDS.items():
        found: Certain | None = getattr(known, name)
        if found is None:
            continue
        value = f"{number(found.low, 6)} to {number(found.high, 6)}" if found.low != found.high else ""
        if found.certainty == "proved":
            how = "proved for the futures it was designed on" + (f": {value}" if value else "")
        else:
            how = f"estimated: {found.confidence:.0%} confidence between {value.replace(' to ', ' and ')}{by}"
        yield f"{words}: {number(found.value, 6)}{unit}", how


def _proof(result: Result) -> str:
    objective = result.objective
    several = (objective.scenarios or 0) > 1
    if objective.gap is not None:
        low, high = number(objective.lower_bound, 6), number(objective.upper_bound, 6)
        futures = f" for the {objective.scenarios:,} futures it was designed on" if several else ""
        return f"proved: the best possible lies between {low} and {high} (gap {objective.gap:.2%}){futures}"
    futures = f" over the problem's {objective.scenarios:,} futures" if several else ""
    return f"computed for the given design{futures}; how much better another could be is not proved"


def _interval(result: Result) -> str:
    evaluation = result.evaluation
    assert evaluation is not None
    assert evaluation.mean is not None
    if evaluation.standard_error is None:
        return "estimated; its error is not known"
    if evaluation.standard_error == 0.0:
        return "all futures were enumerated: no sampling error"
    low, high = (evaluation.mean + sign * CONFIDENCE * evaluation.standard_error for sign in (-1, 1))
    return f"estimated: 95% confidence between {number(low, 6)} and {number(high, 6)}"
