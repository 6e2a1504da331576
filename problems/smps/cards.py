"""The lines of an SMPS file: section headers and the data cards below them.

Free format separates fields by blanks; fixed format (IBM MPSX) has them in columns 2-3, 5-12, 15-22, 25-36, 40-47 and
50-61, so that names may contain blanks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from .findings import Findings

FIXED_FIELDS = ((1, 3), (4, 12), (14, 22), (24, 36), (39, 47), (49, 61))


@dataclass(frozen=True)
class Card:
    """One data line: its number in the file and its non-empty fields."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A section: keyword in capitals, what follows it on the header line, its cards."""

    line: int
    keyword: str
    parameters: tuple[str, ...]
    cards: list[Card]


def read_lines(file: Path, found: Findings) -> list[str]:
    """Lines of `file`; what keeps it from being read goes to `found`."""
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except OSError as error:
        found.error(file, 0, f"cannot be read: {error.strerror}")
        return []


def read_sections(file: Path, lines: list[str], found: Findings, *, fixed: bool = False) -> list[Section]:
    """Sections of `file` up to ENDATA; comment lines (`*`) and empty ones are dropped."""
    sections: list[Section] = []
    ended = False
    for number, line in enumerate(lines, start=1):
        if line.startswith("*") or not line.strip():
            continue
        if not line[0].isspace():
            keyword, *parameters = line.split()
            if keyword.upper() == "ENDATA":
                ended = True
                break
            sections.append(Section(number, keyword.upper(), tuple(parameters), []))
        elif not sections:
            found.error(file, number, "data before the first section")
        elif fields := _fields(line, fixed):
            sections[-1].cards.append(Card(number, fields))
        else:
            found.error(file, number, "nothing stands in the fields of the fixed format")
    if not ended:
        found.note(f"{file.name}: no ENDATA at the end; the file may be cut short")
    return sections


def _fields(line: str, fixed: bool) -> tuple[str, ...]:
    if not fixed or "'MARKER'" in line:
        return tuple(line.split())
    line = line.expandtabs()
    return tuple(text for a, b in FIXED_FIELDS if (text := line[a:b].strip()))


def number(text: str) -> float | None:
    """The finite number or infinity written in `text` (Fortran's D exponents too), None where there is none."""
    if "_" in text or not text.isascii():  # Python would read both
        return None
    try:
        value = float(text.replace("D", "E").replace("d", "e")) if text[:1] in "+-.0123456789" else float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value
