"""The time file: which rows and columns belong to which period; here always two."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .cards import Section
from .core import Core
from .findings import Findings

SECTIONS = ("TIME", "NAME", "PERIODS", "ROWS", "COLUMNS")


@dataclass(frozen=True)
class Periods:
    """Names of the two periods and the rows and columns of the second."""

    names: tuple[str, str]
    second_rows: frozenset[str]
    second_columns: frozenset[str]


def parse_periods(file: Path, sections: list[Section], core: Core, found: Findings) -> Periods | None:
    """Periods of a time file in implicit form (first column and row of each period) or explicit form (every one named).

    None where a mistake, put into `found`, leaves the split unknown.
    """
    for section in sections:
        if section.keyword not in SECTIONS:
            found.unknown(file, section.line, "section", section.keyword, SECTIONS)
    header = next((s for s in sections if s.keyword == "PERIODS"), None)
    if header is None:
        found.error(file, 0, "no PERIODS section")
        return None
    explicit = any(word.upper() == "EXPLICIT" for word in header.parameters)
    names = [card.fields[-1] for card in header.cards]
    if len(names) != 2:
        listed = f": {', '.join(names)}" if names else ""
        hint = " (multi-stage problems are not supported)" if len(names) > 2 else ""
        found.error(file, header.line, f"two periods are needed, {len(names)} are there{listed}{hint}")
        return None
    return (_explicit if explicit else _implicit)(file, sections, header, (names[0], names[1]), core, found)


def _implicit(
    file: Path, sections: list[Section], header: Section, names: tuple[str, str], core: Core, found: Findings
) -> Periods | None:
    before = len(found.errors)
    for card in header.cards:
        if len(card.fields) != 3:
            found.error(file, card.line, f"'{' '.join(card.fields)}' is not first column, first row and period")
            continue
        column, row, _ = card.fields
        if column not in core.columns:
            found.unknown(file, card.line, "column", column, core.columns)
        if row not in core.rows:
            found.unknown(file, card.line, "row", row, core.rows)
    if len(found.errors) > before:
        return None
    columns, rows = list(core.columns), list(core.rows)
    first, second = header.cards
    constraints = [row for row in rows if core.rows[row] != "N"]
    if columns.index(first.fields[0]):
        text = f"period '{names[0]}' begins at column '{first.fields[0]}', but '{columns[0]}' is the core's first"
        found.error(file, first.line, text)
    if first.fields[1] in constraints[1:]:
        text = f"period '{names[0]}' begins at row '{first.fields[1]}', but '{constraints[0]}' is the core's first"
        found.error(file, first.line, text)
    column, row, _ = second.fields
    return Periods(names, frozenset(rows[rows.index(row) :]), frozenset(columns[columns.index(column) :]))


def _explicit(
    file: Path, sections: list[Section], header: Section, names: tuple[str, str], core: Core, found: Findings
) -> Periods | None:
    before = len(found.errors)
    second: dict[str, set[str]] = {"ROWS": set(), "COLUMNS": set()}
    known = {"ROWS": set(core.rows) - {core.objective}, "COLUMNS": set(core.columns)}
    seen: dict[str, set[str]] = {"ROWS": set(), "COLUMNS": set()}
    for section in sections:
        for card in section.cards if section.keyword in second else ():
            name, period = card.fields[0], card.fields[-1]
            if period not in names:
                found.unknown(file, card.line, "period", period, names)
            elif name == core.objective and section.keyword == "ROWS":
                continue
            elif name not in known[section.keyword]:
                found.unknown(file, card.line, section.keyword.lower()[:-1], name, known[section.keyword])
            else:
                seen[section.keyword].add(name)
                if period == names[1]:
                    second[section.keyword].add(name)
    for keyword, all_names in known.items():
        missing = sorted(name for name in all_names - seen[keyword] if core.rows.get(name) != "N")
        if missing:
            found.error(file, 0, f"{keyword} without a period: {', '.join(missing[:5])}")
    if len(found.errors) > before:
        return None
    return Periods(names, frozenset(second["ROWS"]), frozenset(second["COLUMNS"]))
