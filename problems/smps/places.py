"""Where randomness enters: the entries of a stochastic file as places in the core."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from .cards import Card, number
from .core import BOUND_TYPES, BOUNDS_WITHOUT_VALUE, Core
from .distributions import Continuous, Discrete
from .findings import Findings
from .periods import Periods

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
    line: int


@dataclass
class Stochastics:
    """Groups with their elements, in the order of the outcomes' columns."""

    groups: list[Continuous | Discrete] = field(default_factory=list[Continuous | Discrete])
    elements: list[Element] = field(default_factory=list[Element])


@dataclass
class PlaceReader:
    """Reads the cards of every section; mistakes go to `found`, random elements to `result`."""

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

    def names_bound(self, card: Card) -> bool:
        """Whether a card of four fields or more begins with `bound-type set column`."""
        kind, _, column, *_ = card.fields
        return kind.upper() in BOUND_TYPES and (number(column) is None or column in self.core.columns)

    def entries(self, card: Card) -> list[tuple[Place, float]]:
        """Places and values of a card `column row value [row value]` or `bound-type set column value`."""
        fields = card.fields
        if len(fields) == 4 and self.names_bound(card):
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

    def period(self, card: Card, name: str) -> None:
        """Note a period that the time file does not have; a random element's stage is that of its row or column."""
        if name not in self.periods.names:
            known = ", ".join(self.periods.names)
            self.found.note(f"{self.file.name}:{card.line}: no period is called '{name}' (there are {known})")

    def add(self, modifier: Modifier, places: list[Place], group: Continuous | Discrete, line: int) -> None:
        """Append a group with its elements."""
        self.result.groups.append(group)
        self.result.elements += [Element(place, modifier, line) for place in places]


def core_value(core: Core, place: Place) -> float:
    """What stands in the core at a place (a bound FX: its lower one)."""
    if place.bound:
        return core.upper.get(place.column, math.inf) if place.row == "UP" else core.lower.get(place.column, 0.0)
    if place.column == RIGHT_HAND_SIDE:
        return core.right_hand_side.get(place.row, 0.0)
    return core.entries.get((place.column, place.row), 0.0)
