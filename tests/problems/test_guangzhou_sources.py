"""Every figure of the default park says where it comes from: a source somebody read, or that it is assumed.

A figure's mark stands on its line, on the line of a key around it, or in a comment right above one of these.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest

from loopwise.problems.yaml_lines import read_yaml

TEXT = (files("loopwise.problems") / "library" / "guangzhou.yaml").read_text(encoding="utf-8")
MARK = re.compile(r"\[(?:[AHM]|V [^\]]+)\]|\bassumed\b")
FIGURE = re.compile(r"[-+]?[0-9.]+(e[-+]?\d+)?(\s*[\w/%]+)?")
SOURCES = dict(re.findall(r"^#   (\w[-\w ]*?): (.+)$", TEXT, flags=re.MULTILINE))


def figures(data: object, place: str = "") -> Iterator[str]:
    """Dotted places of all numbers, with or without a unit."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from figures(value, f"{place}.{key}" if place else str(key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from figures(value, f"{place}[{i}]")
    elif (isinstance(data, (int, float)) and not isinstance(data, bool)) or (
        isinstance(data, str) and FIGURE.fullmatch(data)
    ):
        yield place


def around(place: str) -> Iterator[str]:
    """A place and the places that enclose it."""
    while place:
        yield place
        place = place[: max(place.rfind("."), place.rfind("["), 0)]


def marked(lines: list[str], line: int) -> bool:
    """Whether a line (from 1), or the comment right above it, has a mark."""
    if MARK.search(lines[line - 1].partition("#")[2]):
        return True
    above = line - 2
    while above >= 0 and lines[above].lstrip().startswith("#"):
        if MARK.search(lines[above]):
            return True
        above -= 1
    return False


def unmarked(text: str) -> list[str]:
    document, lines = read_yaml(text), text.splitlines()
    return [
        f"{document.lines[place]}: {place}"
        for place in figures(document.data)
        if not any(marked(lines, document.lines[p]) for p in around(place) if p in document.lines)
    ]


def test_every_figure_has_a_mark() -> None:
    assert not unmarked(TEXT)


def test_every_citation_names_a_source_of_the_list() -> None:
    cited = set(re.findall(r"\[V ([^\]]+)\]", TEXT)) - {"source"}  # what the legend writes
    assert len(SOURCES) > 5
    assert cited == set(SOURCES)


@pytest.mark.parametrize("figure", ["17 t/h", "0.3", "[1, 2]", "{rate: 3 kWh/m3}"])
def test_a_bare_figure_is_noticed(figure: str) -> None:
    (found, *_) = unmarked(f"{TEXT}\nbare: {figure}\n")
    assert "bare" in found
