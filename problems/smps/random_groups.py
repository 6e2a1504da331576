"""A scenario source as independent groups of elements, joined where a random entry needs several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..two_stage.problem import Floats, ScenarioSource, TwoStageProblem
from ..uncertainty import Lognormal, Normal, Uncertainty, Uniform
from .distributions import Continuous, Discrete
from .random_entries import RandomEntry
from .source import IndependentGroups

MOST_OUTCOMES = 100_000  # of one group, joined or enumerated


@dataclass(frozen=True)
class ElementGroup:
    """Elements (positions in the outcomes) that move together, independently of all others.

    `law` is None where SMPS has no words for it; `reason` then says what it is.
    """

    elements: tuple[int, ...]
    law: Continuous | Discrete | None
    reason: str = ""


def groups_of(problem: TwoStageProblem, entries: Sequence[RandomEntry]) -> list[ElementGroup]:
    """Independent groups, in the order of their first element, such that no feature of `entries` spans two of them."""
    groups = _independent(problem.source)
    position = {element: g for g, group in enumerate(groups) for element in group.elements}
    home = list(range(len(groups)))
    used = sorted({f for entry in entries for f in entry.coefficients})
    for feature in used:
        spanned = [home[position[int(k)]] for k in np.flatnonzero(problem.monomials[feature])]
        home = [min(spanned) if h in spanned else h for h in home]
    return [_joined([group for group, h in zip(groups, home, strict=True) if h == first]) for first in sorted({*home})]


def _independent(source: ScenarioSource) -> list[ElementGroup]:
    if isinstance(source, IndependentGroups):
        groups: list[ElementGroup] = []
        first = 0
        for law in source.groups:
            width = law.values.shape[1] if isinstance(law, Discrete) else 1
            groups.append(ElementGroup(tuple(range(first, first + width)), law))
            first += width
        return groups
    if isinstance(source, Uncertainty):
        correlated = (source.correlation != np.eye(len(source.names))).any(axis=1)
        joint = tuple(int(k) for k in np.flatnonzero(correlated))
        alone = [_marginal(source, k) for k in range(len(source.names)) if not correlated[k]]
        reason = f"{', '.join(source.names[k] for k in joint)}: correlated quantities"
        return sorted(alone + ([ElementGroup(joint, None, reason)] if joint else []), key=lambda group: group.elements)
    everything = tuple(range(len(source.names)))
    if source.size is not None and source.size <= MOST_OUTCOMES:
        return [ElementGroup(everything, Discrete(*source.enumerate(0, source.size)))]
    size = "a continuous distribution" if source.size is None else f"a distribution of {source.size:.3g} outcomes"
    return [ElementGroup(everything, None, f"{', '.join(source.names)}: {size}")]


def _marginal(source: Uncertainty, k: int) -> ElementGroup:
    law, outcomes = source.distributions[k], source.distributions[k].outcomes()
    if outcomes is not None:
        values, probability = outcomes
        return ElementGroup((k,), Discrete(values[:, None], probability))
    if isinstance(law, Normal):
        return ElementGroup((k,), Continuous("NORMAL", law.mean, law.standard_deviation**2))
    if isinstance(law, Lognormal):
        mean, deviation = law.logarithmic()
        return ElementGroup((k,), Continuous("LOGNORMAL", mean, deviation**2))
    if isinstance(law, Uniform):
        return ElementGroup((k,), Continuous("UNIFORM", law.lower, law.upper))
    return ElementGroup((k,), None, f"{source.names[k]}: a {law.distribution} distribution")


def _joined(groups: Sequence[ElementGroup]) -> ElementGroup:
    """One group of all; the last of them changes fastest."""
    if len(groups) == 1:
        return groups[0]
    elements = tuple(element for group in groups for element in group.elements)
    laws = [group.law for group in groups]
    discrete = [law for law in laws if isinstance(law, Discrete)]
    size = np.prod([float(len(law.probability)) for law in discrete])
    if len(discrete) < len(laws) or size > MOST_OUTCOMES:
        why = [group.reason for group in groups if group.reason] or [f"products of {len(groups)} quantities"]
        return ElementGroup(elements, None, "; ".join(why))
    values, probability = IndependentGroups((), tuple(discrete)).enumerate(0, int(size))
    return ElementGroup(elements, Discrete(values, probability))


def scaled(law: Continuous, offset: float, scale: float, *, additive: bool) -> tuple[str, float, Continuous] | None:
    """Modifier, core value and law of offset + scale xi; None where the family has no such member.

    `additive`: the entry is a sum with other random parts, so that the law has to be added to the core.
    """
    a, b = law.first, law.second
    families = {
        "NORMAL": (scale * a, scale**2 * b) if scale else None,
        "UNIFORM": (min(scale * a, scale * b), max(scale * a, scale * b)),
        "GAMMA": (scale * a, b) if scale > 0 else None,
        "LOGNORMAL": (float(a + np.log(scale)), b) if scale > 0 else None,
        "BETA": (a, b) if scale == 1 else None,
    }
    parameters = families[law.family]
    if parameters is not None:
        return "ADD", offset, Continuous(law.family, *parameters)
    if law.family == "BETA" and not additive and offset == 0:
        return "MULTIPLY", scale, law
    return None


def features_of(problem: TwoStageProblem, elements: Sequence[int], xi: Floats) -> Floats:
    """(N, F) features at outcomes `xi` (N, len(elements)) of some elements, all others at 1."""
    filled = np.ones((len(xi), len(problem.source.names)))
    filled[:, list(elements)] = xi
    return problem.features(filled)
