"""Loops opened for a diagram that reads from left to right: what goes back leaves on the right and enters on the left.

A Sankey diagram with cycles is a knot. The largest flows keep their direction; a smaller one that would close a cycle
becomes two, one into REUSE_OUT and one out of REUSE_IN, which is also how much is kept in the loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from .content import FlowLine

REUSE_IN, REUSE_OUT = "reused", "kept for reuse"


def opened(lines: Iterable[FlowLine]) -> tuple[FlowLine, ...]:
    """The same flows without cycles, parallel ones added up, in the order given."""
    total: dict[tuple[str, str], float] = defaultdict(float)
    for line in lines:
        total[line.source, line.target] += line.value
    onwards: dict[str, set[str]] = defaultdict(set)
    back: set[tuple[str, str]] = set()
    for source, target in sorted(total, key=lambda arc: -total[arc]):
        if _reaches(onwards, target, source):
            back.add((source, target))
        else:
            onwards[source].add(target)
    drawn: dict[tuple[str, str], float] = defaultdict(float)
    for (source, target), value in total.items():
        for arc in ((source, REUSE_OUT), (REUSE_IN, target)) if (source, target) in back else ((source, target),):
            drawn[arc] += value
    return tuple(FlowLine(source, target, value) for (source, target), value in drawn.items())


def _reaches(onwards: dict[str, set[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        place = waiting.pop()
        if place == goal:
            return True
        fresh = onwards[place] - seen
        seen |= fresh
        waiting += fresh
    return False
