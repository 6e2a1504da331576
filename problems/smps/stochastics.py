"""The stochastic file: INDEP, BLOCKS and SCENARIOS sections into independent groups of random elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .cards import Card, Section, number
from .core import BOUND_TYPES, BOUNDS_WITHOUT_VALUE, Core
from .distributions import FAMILIES, Continuous, Discrete, parameter_mistake
from .findings import Findings
from .periods import Periods

REFUSED = {
    "NODES": "node sections (a tree of different problems)",
    "DISTRIB": "named DISTRIB sections",
    "CHANCE": "chance constraints",
    "ICC": "integrated chance constraints",
}
RHS_NAMES = ("RHS", "RIGHT")
RIGHT_HAND_SIDE = ""  # the column of a random right-hand side


class Modifier(StrEnum):
    """How a random value meets the one in the core."""

    REPLACE = "REPLACE"
    ADD = "ADD"
    MULTIPLY = "MULTIPLY"


class Place(NamedTuple):
    """Where randomness enters: a coefficient (column, row), a right-hand side ("", row), a bound (column, "UP")."""

    column: str
    row: str
    bound: bool = False

    def __str__(self) -> str:
        return f"{self.row or 'bound'}({self.column})" if self.column else self.row


@dataclass
class Element:
    """One random number: its place and how it meets the core."""

    place: Place
    modifier: Modifier


@dataclass
class Stochastics:
    """Groups with their elements, in the order of the outcomes' columns."""

    groups: list[Continuous | Discrete] = field(default_factory=list[Continuous | Discrete])
    elements: list[Element] = field(default_factory=list[Element])


@dataclass
class _Reader:
    """What every section needs."""

    file: Path
    core: Core
    periods: Periods
    found: Findings
    result: Stochastics

    def value(self, card: Card, text: str) -> float:
        """A finite number; 0 and a mistake noted where it is none."""
        value = number(text)
        if value is None or math.isinf(value):
            self.found.error(self.file, card.line, f"'{text}' is not a finite number")
            return 0.0
        return value

    def place(self, card: Card, column: str, row: str) -> Place | None:
        """Where `column` and `row` point to in the second stage; None and a mistake noted where they do not."""
        core, error = self.core, self.found.error
        if row not in core.rows:
            self.found.unknown(self.file, card.line, "row", row, core.rows)
        elif column in core.columns:
            if row != core.objective and row not in self.periods.second_rows:
                error(self.file, card.line, f"random coefficient of '{column}' in first-stage row '{row}'")
            elif row == core.objective and column not in self.periods.second_columns:
                error(self.file, card.line, f"random cost of first-stage column '{column}' is not supported")
            elif core.rows[row] == "N" and row != core.objective:
                error(self.file, card.line, f"random coefficient in the dropped free row '{row}'")
            else:
                return Place(column, row)
        elif column == core.set_names.get("RHS") or column in RHS_NAMES:
            if row != core.objective and row not in self.periods.second_rows:
                error(self.file, card.line, f"random right-hand side of first-stage row '{row}'")
            else:
                return Place(RIGHT_HAND_SIDE, row)
        elif column == core.set_names.get("RANGES"):
            error(self.file, card.line, f"random range of row '{row}' is not supported; use two rows")
        else:
            self.found.unknown(self.file, card.line, "column", column, [*core.columns, *RHS_NAMES])
        return None

    def bound(self, card: Card, kind: str, column: str) -> Place | None:
        """The bound of a second-stage column."""
        if kind.upper() not in ("UP", "LO", "FX"):
            why = "it has no value" if kind.upper() in BOUNDS_WITHOUT_VALUE else "UP, LO and FX may be random"
            self.found.error(self.file, card.line, f"random bound of type '{kind}': {why}")
        elif column not in self.core.columns:
            self.found.unknown(self.file, card.line, "column", column, self.core.columns)
        elif column not in self.periods.second_columns:
            self.found.error(self.file, card.line, f"random bound of first-stage column '{column}' is not supported")
        else:
            return Place(column, kind.upper(), bound=True)
        return None

    def entries(self, card: Card) -> list[tuple[Place, float]]:
        """Places and values of a card `column row value [row value]` or `bound-type set column value`."""
        fields = card.fields
        if len(fields) == 4 and fields[0].upper() in BOUND_TYPES and number(fields[2]) is None:
            place = self.bound(card, fields[0], fields[2])
            return [(place, self.value(card, fields[3]))] if place else []
        if len(fields) not in (3, 5):
            self.found.error(self.file, card.line, f"'{' '.join(fields)}' is not a column and pairs of row and number")
            return []
        places = [
            (self.place(card, fields[0], fields[k]), self.value(card, fields[k + 1]))
            for k in (1, 3)[: len(fields) // 2]
        ]
        return [(place, value) for place, value in places if place]

    def probability(self, card: Card, text: str) -> float:
        """A probability; 0 and a mistake noted where it is negative."""
        value = self.value(card, text)
        if value < 0:
            self.found.error(self.file, card.line, f"negative probability {value:g}")
        return max(value, 0.0)

    def add(self, modifier: Modifier, places: list[Place], group: Continuous | Discrete) -> None:
        """Append a group with its elements."""
        self.result.groups.append(group)
        self.result.elements += [Element(place, modifier) for place in places]


def parse_stochastics(
    file: Path, sections: list[Section], core: Core, periods: Periods, found: Findings
) -> Stochastics:
    """Random elements of a stochastic file; mistakes and remarks go to `found`."""
    reader = _Reader(file, core, periods, found, Stochastics())
    parsers: dict[str, Callable[[_Reader, Section, str, Modifier], None]] = {
        "INDEP": _independent,
        "BLOCKS": _blocks,
        "SCENARIOS": _scenarios,
        "SCEN": _scenarios,
    }
    for section in sections:
        if section.keyword in ("STOCH", "NAME"):
            continue
        words = [word.upper() for word in section.parameters]
        modifier = Modifier(next((w for w in words if w in Modifier.__members__), "REPLACE"))
        family = next((w for w in words if w not in Modifier.__members__), "DISCRETE")
        if section.keyword in REFUSED:
            found.error(file, section.line, f"{REFUSED[section.keyword]} are not supported")
        elif section.keyword not in parsers:
            found.unknown(file, section.line, "section", section.keyword, parsers)
        elif family != "DISCRETE" and (section.keyword != "INDEP" or family not in FAMILIES):
            allowed = ", ".join(("DISCRETE", *FAMILIES)) if section.keyword == "INDEP" else "DISCRETE"
            found.error(file, section.line, f"{section.keyword} {family} is not supported; allowed: {allowed}")
        else:
            parsers[section.keyword](reader, section, family, modifier)
    _refuse_repeated(reader)
    return reader.result


def _independent(reader: _Reader, section: Section, family: str, modifier: Modifier) -> None:
    outcomes: dict[Place, list[tuple[float, float]]] = {}
    for card in section.cards:
        fields = card.fields
        bound = len(fields) in (5, 6) and fields[0].upper() in BOUND_TYPES and number(fields[2]) is None
        rest = fields[3:] if bound else fields[2:]
        if len(rest) not in (2, 3):
            text = " ".join(fields)
            reader.found.error(reader.file, card.line, f"'{text}' is not column, row, number, [period,] number")
            continue
        place = reader.bound(card, fields[0], fields[2]) if bound else reader.place(card, fields[0], fields[1])
        first = reader.value(card, rest[0])
        second = reader.probability(card, rest[-1]) if family == "DISCRETE" else reader.value(card, rest[-1])
        if place is None:
            continue
        if family != "DISCRETE":
            if mistake := parameter_mistake(family, first, second):
                reader.found.error(reader.file, card.line, mistake)
            else:
                reader.add(modifier, [place], Continuous(family, first, second))
            continue
        outcomes.setdefault(place, []).append((first, second))
    for place, pairs in outcomes.items():
        values, probability = np.array(pairs).T
        reader.add(modifier, [place], Discrete(values[:, None], probability))


def _blocks(reader: _Reader, section: Section, family: str, modifier: Modifier) -> None:
    blocks: dict[str, list[tuple[float, dict[Place, float]]]] = {}
    current: dict[Place, float] | None = None
    for card in section.cards:
        if card.fields[0] == "BL" and len(card.fields) in (3, 4):
            current = {}
            probability = reader.probability(card, card.fields[-1])
            blocks.setdefault(card.fields[1], []).append((probability, current))
        elif current is None:
            reader.found.error(reader.file, card.line, "an entry before the first BL card")
        else:
            current.update(reader.entries(card))
    for name, realizations in blocks.items():
        _add_joint(reader, f"block '{name}'", modifier, realizations)


def _scenarios(reader: _Reader, section: Section, family: str, modifier: Modifier) -> None:
    named: dict[str, tuple[float, dict[Place, float]]] = {}
    current: dict[Place, float] | None = None
    for card in section.cards:
        if card.fields[0] == "SC" and len(card.fields) in (4, 5):
            name, parent = card.fields[1], card.fields[2]
            inherited: dict[Place, float] = {}
            if parent in named:
                inherited = named[parent][1]
            elif parent.strip("'").upper() != "ROOT":
                reader.found.unknown(reader.file, card.line, "parent scenario", parent, [*named, "'ROOT'"])
            if name in named:
                reader.found.error(reader.file, card.line, f"scenario '{name}' stands twice")
            if len(card.fields) == 5 and card.fields[4] not in reader.periods.names:
                reader.found.unknown(reader.file, card.line, "period", card.fields[4], reader.periods.names)
            current = dict(inherited)
            named[name] = (reader.probability(card, card.fields[3]), current)
        elif current is None:
            reader.found.error(reader.file, card.line, "an entry before the first SC card")
        else:
            current.update(reader.entries(card))
    _add_joint(reader, "the scenarios", modifier, list(named.values()), missing_from_core=True)


def _add_joint(
    reader: _Reader,
    what: str,
    modifier: Modifier,
    realizations: list[tuple[float, dict[Place, float]]],
    *,
    missing_from_core: bool = False,
) -> None:
    """Append a group; an entry that a realization leaves out is the first realization's, or the core's."""
    if not realizations:
        reader.found.error(reader.file, 0, f"{what}: no realization")
        return
    places = list(dict.fromkeys(place for _, entries in realizations for place in entries))
    core_values = {place: _neutral(reader.core, place, modifier) for place in places}
    default = core_values if missing_from_core else core_values | realizations[0][1]
    incomplete = sum(len(entries) < len(places) for _, entries in realizations)
    if incomplete and not missing_from_core:
        left = f"{incomplete} of {len(realizations)} realizations leave entries out"
        reader.found.note(
            f"{reader.file.name}: {what}: {left}; the first realization's values, or the core's, stand there"
        )
    values = np.array([[entries.get(place, default[place]) for place in places] for _, entries in realizations])
    group = Discrete(values.reshape(len(realizations), len(places)), np.array([p for p, _ in realizations]))
    reader.add(modifier, places, group)


def _neutral(core: Core, place: Place, modifier: Modifier) -> float:
    """The random value that leaves the core as it is."""
    if modifier is not Modifier.REPLACE:
        return 0.0 if modifier is Modifier.ADD else 1.0
    return core_value(core, place)


def core_value(core: Core, place: Place) -> float:
    """What stands in the core at a place (a bound FX: its lower one)."""
    if place.bound:
        return core.upper.get(place.column, math.inf) if place.row == "UP" else core.lower.get(place.column, 0.0)
    if place.column == RIGHT_HAND_SIDE:
        return core.right_hand_side.get(place.row, 0.0)
    return core.entries.get((place.column, place.row), 0.0)


def _refuse_repeated(reader: _Reader) -> None:
    """Only additions may meet at one place, and then nothing else; a fixed bound meets neither of its sides."""
    first: dict[Place, Modifier] = {}
    for element in reader.result.elements:
        place = element.place
        both = [Place(place.column, row, True) for row in ("LO", "UP", "FX")] if place.bound else []
        rivals = [r for r in both if r in first and "FX" in (place.row, r.row)] or [place]
        for rival in rivals:
            if rival in first and not (rival == place and first[rival] is element.modifier is Modifier.ADD):
                reader.found.error(reader.file, 0, f"{place} is random twice")
        first[place] = element.modifier
