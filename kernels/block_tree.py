"""Sums over blocks of scenarios along one fixed binary tree, so that they do not depend on how a sample was cut.

A tree holds the nodes whose sibling is still missing, by (level, index); a node at level l sums the blocks
index 2^l .. (index + 1) 2^l - 1. A contiguous range leaves at most two nodes a level, so memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self, TypeVar


class Summand(Protocol):
    """Sums over some blocks."""

    def plus(self, later: Self) -> Self:
        """Sums over both, where `later` follows in the sample."""
        ...


Place = tuple[int, int]
Sums = TypeVar("Sums", bound=Summand)


def insert(nodes: dict[Place, Sums], place: Place, node: Sums) -> None:
    """Put a node into the tree and add up siblings as long as both are there.

    Raises ValueError where blocks of the node are in the tree already.
    """
    while True:
        level, index = place
        for other_level, other in nodes:
            top = max(level, other_level)
            if index >> (top - level) == other >> (top - other_level):
                raise ValueError(f"block {index << level} of scenarios was counted twice")
        sibling = nodes.pop((level, index ^ 1), None)
        if sibling is None:
            nodes[place] = node
            return
        node = sibling.plus(node) if index & 1 else node.plus(sibling)
        place = (level + 1, index >> 1)


def total(nodes: Mapping[Place, Sums]) -> Sums:
    """Sums over all blocks that are in a tree of at least one node."""
    first, *others = sorted(nodes, key=lambda place: place[1] << place[0])
    whole = nodes[first]
    for place in others:
        whole = whole.plus(nodes[place])
    return whole
