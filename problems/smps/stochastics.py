"""The stochastic file: INDEP, BLOCKS and SCENARIOS sections into independent groups of random elements."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .cards import Section
from .core import Core
from .distributions import FAMILIES, Continuous, Discrete, parameter_mistake
from .findings import Findings
from .periods import Periods
from .places import Modifier, Place, PlaceReader, Stochastics, core_value

REFUSED = {
    "NODES": "node sections (a tree of different problems)",
    "DISTRIB": "named DISTRIB sections",
    "CHANCE": "chance constraints",
    "ICC": "integrated chance constraints",
}


def parse_stochastics(
    file: Path, sections: list[Section], core: Core, periods: Periods, found: Findings
) -> Stochastics:
    """Random elements of a stochastic file; mistakes and remarks go to `found`."""
    reader = PlaceReader(file, core, periods, found, Stochastics())
    parsers: dict[str, Callable[[PlaceReader, Section, str, Modifier], None]] = {
        "INDEP": _independent,
        "BLOCKS": _blocks,
        "SCENARIOS": _scenarios,
        "SCEN": _scenarios,
    }
    for section in sections:
        if section.keyword in ("STOCH", "NAME"):
            continue
        words = [word.upper() for word in section.parameters]
        modifiers = [word for word in words if word in Modifier.__members__]
        families = [word for word in words if word not in Modifier.__members__]
        modifier, family = Modifier((modifiers or ["REPLACE"])[0]), (families or ["DISCRETE"])[0]
        if len(modifiers) > 1 or len(families) > 1:
            typed = (modifiers[1:] or families[1:])[0]
            found.unknown(file, section.line, "modifier", typed, [*Modifier.__members__])
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


def _independent(reader: PlaceReader, section: Section, family: str, modifier: Modifier) -> None:
    outcomes: dict[Place, list[tuple[float, float]]] = {}
    lines: dict[Place, int] = {}
    for card in section.cards:
        fields = card.fields
        bound = len(fields) in (5, 6) and reader.names_bound(card)
        rest = fields[3:] if bound else fields[2:]
        if len(rest) not in (2, 3):
            text = " ".join(fields)
            reader.found.error(reader.file, card.line, f"'{text}' is not column, row, number, [period,] number")
            continue
        place = reader.bound(card, fields[0], fields[2]) if bound else reader.place(card, fields[0], fields[1])
        if len(rest) == 3:
            reader.period(card, rest[1])
        first = reader.value(card, rest[0])
        second = reader.probability(card, rest[-1]) if family == "DISCRETE" else reader.value(card, rest[-1])
        if place is None:
            continue
        if family != "DISCRETE":
            if mistake := parameter_mistake(family, first, second):
                reader.found.error(reader.file, card.line, mistake)
            else:
                reader.add(modifier, [place], Continuous(family, first, second), card.line)
            continue
        lines.setdefault(place, card.line)
        outcomes.setdefault(place, []).append((first, second))
    for place, pairs in outcomes.items():
        values, probability = np.array(pairs).T
        reader.add(modifier, [place], Discrete(values[:, None], probability), lines[place])


def _blocks(reader: PlaceReader, section: Section, family: str, modifier: Modifier) -> None:
    blocks: dict[str, list[tuple[float, dict[Place, float]]]] = {}
    current: dict[Place, float] | None = None
    for card in section.cards:
        if card.fields[0] == "BL" and len(card.fields) in (3, 4):
            current = {}
            probability = reader.probability(card, card.fields[-1])
            if len(card.fields) == 4:
                reader.period(card, card.fields[2])
            blocks.setdefault(card.fields[1], []).append((probability, current))
        elif current is None:
            reader.found.error(reader.file, card.line, "an entry before the first BL card")
        else:
            current.update(reader.entries(card))
    for name, realizations in blocks.items():
        _add_joint(reader, section, f"block '{name}'", modifier, realizations)


def _scenarios(reader: PlaceReader, section: Section, family: str, modifier: Modifier) -> None:
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
            if len(card.fields) == 5:
                reader.period(card, card.fields[4])
            current = dict(inherited)
            named[name] = (reader.probability(card, card.fields[3]), current)
        elif current is None:
            reader.found.error(reader.file, card.line, "an entry before the first SC card")
        else:
            current.update(reader.entries(card))
    _add_joint(reader, section, "the scenarios", modifier, list(named.values()), missing_from_core=True)


def _add_joint(
    reader: PlaceReader,
    section: Section,
    what: str,
    modifier: Modifier,
    realizations: list[tuple[float, dict[Place, float]]],
    *,
    missing_from_core: bool = False,
) -> None:
    """Append a group; an entry that a realization leaves out is the first realization's, or the core's."""
    if not realizations:
        reader.found.error(reader.file, section.line, f"{what}: no realization")
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
    reader.add(modifier, places, group, section.line)


def _neutral(core: Core, place: Place, modifier: Modifier) -> float:
    """The random value that leaves the core as it is."""
    if modifier is not Modifier.REPLACE:
        return 0.0 if modifier is Modifier.ADD else 1.0
    return core_value(core, place)


def _refuse_repeated(reader: PlaceReader) -> None:
    """Only additions may meet at one place, and then nothing else; a fixed bound meets neither of its sides."""
    first: dict[Place, Modifier] = {}
    for element in reader.result.elements:
        place = element.place
        both = [Place(place.column, row, True) for row in ("LO", "UP", "FX")] if place.bound else []
        rivals = [r for r in both if r in first and "FX" in (place.row, r.row)] or [place]
        for rival in rivals:
            if rival in first and not (rival == place and first[rival] is element.modifier is Modifier.ADD):
                reader.found.error(reader.file, element.line, f"{place} is random twice")
        first[place] = element.modifier
