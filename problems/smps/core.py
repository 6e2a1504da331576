"""The core file: the problem of one scenario in MPS format.

Source of the format: Birge, Dempster, Gassmann, Gunn, King, Wallace, A standard input format for multiperiod stochastic
linear programs, COAL Newsletter 17 (1987); Gassmann, Schweitzer, A comprehensive input format for stochastic linear
programs, Annals of Operations Research 104 (2001), doi:10.1023/A:1013138919445.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..two_stage.problem import Sense
from .cards import Card, Section, number
from .findings import Findings

BOUND_TYPES = ("UP", "LO", "FX", "FR", "MI", "PL", "BV", "LI", "UI")
BOUNDS_WITHOUT_VALUE = ("FR", "MI", "PL", "BV")
INFINITE = 1e20  # what solvers take for no bound, e.g. the 1e30 that many writers put there


@dataclass
class Core:
    """Rows and columns by name, in the order of the file. A row has a type (N, E, L, G) and, once read, two sides."""

    file: Path
    name: str = ""
    sense: Sense = Sense.MINIMIZE
    objective: str = ""
    rows: dict[str, str] = field(default_factory=dict[str, str])
    columns: dict[str, int] = field(default_factory=dict[str, int])
    entries: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])  # (column, row)
    right_hand_side: dict[str, float] = field(default_factory=dict[str, float])
    ranges: dict[str, float] = field(default_factory=dict[str, float])
    lower: dict[str, float] = field(default_factory=dict[str, float])
    upper: dict[str, float] = field(default_factory=dict[str, float])
    integer: set[str] = field(default_factory=set[str])
    set_names: dict[str, str] = field(default_factory=dict[str, str])  # RHS, RANGES, BOUNDS -> the name of the set read

    @property
    def constant(self) -> float:
        """The constant of the objective: minus the right-hand side of the objective row."""
        return -self.right_hand_side.get(self.objective, 0.0)

    def sides(self, row: str, right_hand_side: float) -> tuple[float, float]:
        """Lower and upper side of `row` at a right-hand side; a range keeps its width and its side."""
        kind, width = self.rows[row], self.ranges.get(row)
        if kind == "N":
            return -math.inf, math.inf
        if kind == "E":
            w = 0.0 if width is None else width
            return right_hand_side + min(w, 0.0), right_hand_side + max(w, 0.0)
        w = math.inf if width is None else abs(width)
        if abs(right_hand_side) >= INFINITE:  # a row that says nothing
            return -math.inf, math.inf
        return (right_hand_side - w, right_hand_side) if kind == "L" else (right_hand_side, right_hand_side + w)


def parse_core(file: Path, sections: list[Section], found: Findings) -> Core:
    """Core of the sections of `file`; mistakes go to `found`."""
    core = Core(file)
    parsers: dict[str, Callable[[Core, Section, Findings], None]] = {
        "NAME": _name,
        "OBJSENSE": _sense,
        "OBJSENSEMAX": _sense,
        "OBJSENSEMIN": _sense,
        "ROWS": _rows,
        "COLUMNS": _columns,
        "RHS": _right_hand_side,
        "RANGES": _ranges,
        "BOUNDS": _bounds,
    }
    for section in sections:
        if section.keyword in parsers:
            parsers[section.keyword](core, section, found)
        else:
            found.unknown(file, section.line, "section", section.keyword, parsers)
    if not core.objective:
        found.error(file, 0, "no objective: ROWS has no row of type N")
    if not core.columns:
        found.error(file, 0, "no columns")
    return core


def _name(core: Core, section: Section, found: Findings) -> None:
    core.name = " ".join(section.parameters) or core.file.stem


def _sense(core: Core, section: Section, found: Findings) -> None:
    words = [section.keyword.removeprefix("OBJSENSE"), *section.parameters]
    words += [text for card in section.cards for text in card.fields]
    word = next((w.upper() for w in words if w), "")
    if word.startswith("MAX"):
        core.sense = Sense.MAXIMIZE
    elif not word.startswith("MIN"):
        found.error(core.file, section.line, f"OBJSENSE is MIN or MAX, not '{word}'")


def _rows(core: Core, section: Section, found: Findings) -> None:
    for card in section.cards:
        kind, name = card.fields[0].upper(), card.fields[-1]
        if len(card.fields) != 2 or kind not in ("N", "E", "L", "G"):
            found.error(core.file, card.line, f"a row is a type N, E, L or G and a name, not '{' '.join(card.fields)}'")
        elif name in core.rows:
            found.error(core.file, card.line, f"row '{name}' stands twice")
        else:
            core.rows[name] = kind
            if kind == "N" and not core.objective:
                core.objective = name
            elif kind == "N":
                found.note(f"{core.file.name}: free row '{name}' is dropped, '{core.objective}' is the objective")


def _columns(core: Core, section: Section, found: Findings) -> None:
    integer = False
    for card in section.cards:
        if "'MARKER'" in card.fields:
            integer = "'INTORG'" in card.fields
            continue
        column = card.fields[0]
        core.columns.setdefault(column, len(core.columns))
        if integer:
            core.integer.add(column)
        for row, value in _pairs(core, card, 1, found):
            if row not in core.rows:
                found.unknown(core.file, card.line, "row", row, core.rows)
            elif (column, row) in core.entries:
                found.error(core.file, card.line, f"column '{column}' has two coefficients in row '{row}'")
            else:
                core.entries[column, row] = value


def _pairs(core: Core, card: Card, start: int, found: Findings) -> Iterator[tuple[str, float]]:
    """(name, number) pairs from field `start` on."""
    for name, text in zip(card.fields[start::2], card.fields[start + 1 :: 2], strict=False):
        value = number(text)
        if value is None or math.isinf(value):
            found.error(core.file, card.line, f"'{text}' after '{name}' is not a finite number")
        else:
            yield name, value
    if len(card.fields) < start + 2 or (len(card.fields) - start) % 2:
        text = " ".join(card.fields)
        found.error(core.file, card.line, f"'{text}' does not consist of a name and pairs of row and number")


def _in_set(core: Core, card: Card, section: str, name: str, found: Findings) -> bool:
    """Whether `name` is the first set of its section; further sets are alternatives and left out."""
    first = core.set_names.setdefault(section, name)
    if name != first:
        found.note(f"{core.file.name}: {section} '{name}' is left out, '{first}' comes first")
    return name == first


def _set_pairs(core: Core, section: Section, found: Findings) -> Iterator[tuple[Card, str, float]]:
    """(card, row, value) of the first set of RHS or RANGES; the name of the set may be missing."""
    for card in section.cards:
        named = len(card.fields) % 2
        if _in_set(core, card, section.keyword, card.fields[0] if named else "", found):
            for row, value in _pairs(core, card, named, found):
                if row in core.rows:
                    yield card, row, value
                else:
                    found.unknown(core.file, card.line, "row", row, core.rows)


def _right_hand_side(core: Core, section: Section, found: Findings) -> None:
    for card, row, value in _set_pairs(core, section, found):
        if row in core.right_hand_side:
            found.error(core.file, card.line, f"row '{row}' has two right-hand sides")
        core.right_hand_side[row] = value


def _ranges(core: Core, section: Section, found: Findings) -> None:
    for card, row, value in _set_pairs(core, section, found):
        if core.rows[row] == "N":
            found.error(core.file, card.line, f"row '{row}' is free and cannot have a range")
        core.ranges[row] = value


def _bounds(core: Core, section: Section, found: Findings) -> None:
    for card in section.cards:
        kind = card.fields[0].upper()
        if kind not in BOUND_TYPES:
            text = "semi-continuous columns are not supported" if kind == "SC" else f"one of {', '.join(BOUND_TYPES)}"
            found.error(core.file, card.line, f"bound type '{card.fields[0]}': {text}")
            continue
        rest = list(card.fields[1:])
        value = number(rest[-1]) if rest and kind not in BOUNDS_WITHOUT_VALUE else None
        names = rest[:-1] if value is not None or kind not in BOUNDS_WITHOUT_VALUE else rest
        if kind in BOUNDS_WITHOUT_VALUE and len(names) > 1 and names[-1] not in core.columns:
            names = names[:-1]  # a value that means nothing
        if not names or len(names) > 2 or (value is None and kind not in BOUNDS_WITHOUT_VALUE):
            found.error(core.file, card.line, f"'{' '.join(card.fields)}' is not type, set, column and number")
            continue
        column = names[-1]
        if column not in core.columns:
            found.unknown(core.file, card.line, "column", column, core.columns)
        elif _in_set(core, card, "BOUNDS", names[0] if len(names) == 2 else "", found):
            _set_bound(core, kind, column, 0.0 if value is None else value, found)


def _set_bound(core: Core, kind: str, column: str, value: float, found: Findings) -> None:
    if INFINITE <= abs(value) < math.inf:
        found.note(f"{core.file.name}: bounds of {INFINITE:g} and beyond are read as infinite")
        value = math.copysign(math.inf, value)
    if kind in ("LI", "UI", "BV"):
        core.integer.add(column)
    if kind in ("LO", "LI", "FX"):
        core.lower[column] = value
    if kind in ("UP", "UI", "FX"):
        core.upper[column] = value
        if value < 0 and kind != "FX" and column not in core.lower:
            core.lower[column] = -math.inf
            found.note(f"{core.file.name}: column '{column}' has a negative upper bound and no lower one: read as -inf")
    if kind in ("FR", "MI"):
        core.lower[column] = -math.inf
    if kind in ("FR", "PL"):
        core.upper[column] = math.inf
    if kind == "BV":
        core.lower[column], core.upper[column] = 0.0, 1.0
