"""Where the places of a Sankey diagram stand: columns from left to right, few crossings, room for every label.

Plotly finds its own places otherwise: another order in the second diagram of a pair, labels across each other.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .content import FlowLine
from .loops import REUSE_IN, REUSE_OUT

PAD = 20.0  # px between two places of a column
TALLEST = 280.0  # px of the largest column's flows
CHARACTER, SPACE = 6.4, 26.0  # px of a letter of a label, and between the labels of two columns
SWEEPS = 8
FIRST = (REUSE_IN, REUSE_OUT)  # the loop runs along the top

Scores = dict[str, float]


@dataclass(frozen=True)
class Layout:
    """Places in drawing order, `x`, `y` of their middles in 0..1; `height` and least `width` of the plot in px."""

    names: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    height: float
    width: float


def layouts(diagrams: Sequence[Sequence[FlowLine]], labels: Sequence[Mapping[str, str]]) -> list[Layout]:
    """Layouts of diagrams without cycles that are read together: one order of the places, one height per flow.

    `labels` are what is written beside the places of each diagram.
    """
    scores: Scores = {}
    for lines in reversed(diagrams):  # the design has more places than what was before it
        scores = _scores(lines, scores)
    largest = max((max(_sums(lines)) for lines in diagrams if lines), default=1.0)
    return [_layout(lines, scores, TALLEST / largest, label) for lines, label in zip(diagrams, labels, strict=True)]


def columns(lines: Sequence[FlowLine]) -> list[list[str]]:
    """Places by column as plotly counts them: the longest way from a source; what gives nothing on comes last."""
    depth: dict[str, int] = {}
    pending = list(dict.fromkeys(place for line in lines for place in (line.source, line.target)))
    sources = {place: [line.source for line in lines if line.target == place] for place in pending}
    while pending:
        ready = [place for place in pending if all(source in depth for source in sources[place])]
        depth |= {place: max((depth[source] + 1 for source in sources[place]), default=0) for place in ready}
        pending = [place for place in pending if place not in depth]
    giving = {line.source for line in lines}
    last = max(depth.values(), default=0)
    made: list[list[str]] = [[] for _ in range(last + 1)]
    for place, column in depth.items():
        made[column if place in giving else last].append(place)
    return made


def through(lines: Sequence[FlowLine]) -> dict[str, float]:
    """Flow through every place: the larger of what it takes and what it gives."""
    given, taken = defaultdict[str, float](float), defaultdict[str, float](float)
    for line in lines:
        given[line.source] += line.value
        taken[line.target] += line.value
    return {place: max(given[place], taken[place]) for place in {**given, **taken}}


def _sums(lines: Sequence[FlowLine]) -> list[float]:
    amount = through(lines)
    return [sum(amount[place] for place in column) for column in columns(lines)]


def _layout(lines: Sequence[FlowLine], scores: Scores, scale: float, label: Mapping[str, str]) -> Layout:
    amount, ordered = through(lines), [sorted(column, key=scores.__getitem__) for column in columns(lines)]
    tall = [scale * sum(amount[p] for p in column) + PAD * (len(column) - 1) for column in ordered]
    height = max(tall, default=1.0)
    rooms = [max(CHARACTER * len(label[place]) for place in column) + SPACE for column in ordered]
    if len(rooms) > 1:
        rooms[-2:] = [rooms[-2] + rooms[-1]]  # the last column's labels stand on its left
    width = max(sum(rooms), 1.0)
    x: dict[str, float] = {}
    y: dict[str, float] = {}
    for k, column in enumerate(ordered):
        top = (height - tall[k]) / 2.0
        for place in column:
            size = scale * amount[place]
            x[place] = min(max(sum(rooms[:k]) / width, 1e-3), 0.999)  # plotly takes 0 for "not given"
            y[place] = min(max((top + size / 2.0) / height, 1e-3), 0.999)
            top += size + PAD
    return Layout(tuple(x), tuple(x.values()), tuple(y.values()), height, width)


def _scores(lines: Sequence[FlowLine], known: Scores) -> Scores:
    """A number per place by which a column is sorted; `known` ones stay. The best of some barycentre sweeps."""
    made = columns(lines)
    places = [place for column in made for place in column]
    if set(places) <= set(known):
        return known
    amount = through(lines)
    start = _middles(made, {place: float(k) for k, place in enumerate(places)}, amount) | known
    start |= {place: -1.0 for place in places if place in FIRST}
    scores, best, fewest = start, start, _crossings(lines, _middles(made, start, amount), made)
    for sweep in range(SWEEPS):
        middles = _middles(made, scores, amount)
        scores = dict(scores)
        for place in places:
            if place in known or place in FIRST:
                continue
            ends = [
                (middles[line.source if sweep % 2 == 0 else line.target], line.value)
                for line in lines
                if place == (line.target if sweep % 2 == 0 else line.source)
            ]
            if ends:
                scores[place] = sum(middle * value for middle, value in ends) / sum(value for _, value in ends)
        found = _crossings(lines, _middles(made, scores, amount), made)
        if found < fewest:
            best, fewest = scores, found
    return best | known


def _middles(made: Sequence[Sequence[str]], scores: Scores, amount: Mapping[str, float]) -> Scores:
    """Middle of every place in 0..1 of the tallest column, with each column sorted by the scores and centred."""
    tallest = max(sum(amount[p] for p in column) for column in made)
    gap = tallest / 20.0
    middles: Scores = {}
    for column in made:
        top = (tallest - sum(amount[p] for p in column) - gap * (len(column) - 1)) / 2.0
        for place in sorted(column, key=scores.__getitem__):
            middles[place] = (top + amount[place] / 2.0) / tallest
            top += amount[place] + gap
    return middles


def _crossings(lines: Sequence[FlowLine], middles: Scores, made: Sequence[Sequence[str]]) -> float:
    """How much flow crosses: over pairs of lines that cross, the smaller of the two."""
    column = {place: k for k, places in enumerate(made) for place in places}
    total = 0.0
    for a, b in itertools.combinations(lines, 2):
        overlap = column[a.source] < column[b.target] and column[b.source] < column[a.target]
        if overlap and (middles[a.source] - middles[b.source]) * (middles[a.target] - middles[b.target]) < 0.0:
            total += min(a.value, b.value)
    return total
