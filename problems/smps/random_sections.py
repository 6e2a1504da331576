"""The sections of a stochastic file: INDEP and BLOCKS where the distribution has that form, else SCENARIOS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import Problem
from ..two_stage.problem import Floats, Scenarios, TwoStageProblem
from .distributions import Continuous, Discrete
from .places import Place
from .random_entries import RandomEntry
from .random_groups import ElementGroup, features_of, groups_of, scaled
from .spelling import Spelling

PERIODS = ("FIRST", "SECOND")


@dataclass
class StochasticText:
    """Lines of a stochastic file and what the core must say at some of its places (added to, or multiplied)."""

    lines: list[str] = field(default_factory=list[str])
    core: dict[Place, float] = field(default_factory=dict[Place, float])


def exact_sections(
    problem: TwoStageProblem, entries: Sequence[RandomEntry], spelling: Spelling, refused: list[Problem]
) -> StochasticText:
    """The distribution itself; whatever of it SMPS has no words for is put into `refused`."""
    text = StochasticText()
    groups = [(group, _moved(problem, entries, group)) for group in groups_of(problem, entries)]
    groups = [(group, moved) for group, moved in groups if moved]
    times = Counter(entry.place for _, moved in groups for entry in moved)
    for entry in entries:  # constants that stand among random entries
        if not entry.coefficients:
            text.core[entry.place] = entry.offset
    for number, (group, moved) in enumerate(groups, start=1):
        additive = any(times[entry.place] > 1 for entry in moved)
        if isinstance(group.law, Discrete):
            xi = features_of(problem, group.elements, group.law.values)
            values = np.column_stack([_part_of(problem, entry, group).values(xi) for entry in moved])
            if additive:
                text.core |= {entry.place: entry.offset for entry in moved}
            else:
                values = values + np.array([entry.offset for entry in moved])
            text.lines += _discrete(number, moved, values, group.law.probability, additive, spelling)
        elif isinstance(group.law, Continuous):
            _continuous(problem, group, group.law, moved, additive, spelling, text, refused)
        else:
            refused.append(Problem(f"SMPS cannot say this exactly: {group.reason}", place="uncertainty"))
    return text


def scenario_sections(entries: Sequence[RandomEntry], features: Floats, s: Scenarios, spelling: Spelling) -> list[str]:
    """The scenarios `s`, one by one; an entry that is as in the core is left out."""
    values = [entry.offset + entry.values(features) for entry in entries]
    lines = ["SCENARIOS     DISCRETE"]
    for k, probability in enumerate(s.probability):
        lines.append(f" SC S{s.first + k + 1}  'ROOT'  {float(probability)!r}  {PERIODS[1]}")
        lines += [
            _card(entry.place, float(column[k]), spelling)
            for entry, column in zip(entries, values, strict=True)
            if column[k] != entry.nominal
        ]
    return lines


def _moved(problem: TwoStageProblem, entries: Sequence[RandomEntry], group: ElementGroup) -> list[RandomEntry]:
    """The entries that depend on an element of `group`."""
    mine = _features(problem, group)
    return [entry for entry in entries if not mine.isdisjoint(entry.coefficients)]


def _part_of(problem: TwoStageProblem, entry: RandomEntry, group: ElementGroup) -> RandomEntry:
    """The part of an entry that depends on `group`."""
    mine = _features(problem, group)
    kept = {f: c for f, c in entry.coefficients.items() if f in mine}
    return RandomEntry(entry.place, entry.nominal, entry.offset, kept)


def _features(problem: TwoStageProblem, group: ElementGroup) -> frozenset[int]:
    """The features that depend on an element of `group`."""
    return frozenset(np.flatnonzero(problem.monomials[:, list(group.elements)].sum(axis=1)).tolist())


def _discrete(
    number: int, moved: list[RandomEntry], values: Floats, probability: Floats, additive: bool, spelling: Spelling
) -> list[str]:
    modifier = "  ADD" if additive else ""
    if len(moved) == 1:
        pairs = zip(values[:, 0], probability, strict=True)
        cards = [f"{_card(moved[0].place, float(v), spelling)}  {PERIODS[1]}  {float(p)!r}" for v, p in pairs]
        return [f"INDEP         DISCRETE{modifier}", *cards]
    lines = [f"BLOCKS        DISCRETE{modifier}"]
    for outcome, p in zip(values, probability, strict=True):
        lines.append(f" BL BLOCK{number}  {PERIODS[1]}  {float(p)!r}")
        lines += [_card(entry.place, float(v), spelling) for entry, v in zip(moved, outcome, strict=True)]
    return lines


def _continuous(
    problem: TwoStageProblem,
    group: ElementGroup,
    law: Continuous,
    moved: list[RandomEntry],
    additive: bool,
    spelling: Spelling,
    text: StochasticText,
    refused: list[Problem],
) -> None:
    """One continuous element that moves one entry in proportion; anything else has no form in SMPS."""
    name = problem.source.names[group.elements[0]]
    (entry, *others) = moved
    part = _part_of(problem, entry, group).coefficients
    linear = [f for f in part if problem.monomials[f].sum() == 1]
    if others or len(part) != 1 or not linear:
        why = f"{name} moves {len(moved)} entries" if others else f"a power of {name}"
        refused.append(Problem(f"SMPS cannot say this exactly: {why}, and is continuous", place="uncertainty"))
        return
    found = scaled(law, entry.offset, part[linear[0]], additive=additive)
    if found is None:
        why = f"{name}, {law.family}, stands with the factor {part[linear[0]]:g} in {entry.place}"
        refused.append(Problem(f"SMPS cannot say this exactly: {why}", place="uncertainty"))
        return
    modifier, core, shifted = found
    text.core[entry.place] = core
    card = _card(entry.place, shifted.first, spelling)
    text.lines += [f"INDEP         {law.family}  {modifier}", f"{card}  {PERIODS[1]}  {shifted.second!r}"]


def _card(place: Place, value: float, spelling: Spelling) -> str:
    if place.bound:
        return f" {place.row} BND  {place.column}  {value!r}"
    return f"    {place.column or spelling.right_hand_side}  {place.row}  {value!r}"
