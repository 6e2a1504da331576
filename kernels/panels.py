"""Panels of the Cholesky factor: neighbouring columns that share their rows, and the products that fill them.

A panel of w <= 4 columns holds its own w rows and the rows below them, each row side by side, filled up to whole tiles
of 4 rows. Where a panel takes part in many products of a tile, they are done as one block; others are listed singly.

Ng, Peyton, Block Sparse Cholesky Algorithms on Advanced Uniprocessor Computers, SIAM J. Sci. Comput. 14 (1993),
DOI 10.1137/0914063.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

TILE = 4  # rows of a tile, and the most columns of a panel: as `TILE` in cuda/cholesky.cuh
BLOCK = 5  # least products, per column of the other panel, that are worth a block


@dataclass(frozen=True)
class Panels:
    """Where the entries of L stand: `start` (P + 1) first columns, `entry` (P + 1) first entries, `below` rows."""

    start: Indices
    entry: Indices
    below: list[Indices]

    def place(self, rows: Indices, columns: Indices) -> Indices:
        """Where the entries (rows, columns), rows >= columns, stand."""
        of_row = np.repeat(np.arange(len(self.below)), np.diff(self.start))  # column -> panel
        panel = of_row[columns]
        width = self.start[panel + 1] - self.start[panel]
        m = int(self.start[-1])
        lengths = np.array([len(rows) for rows in self.below], np.int64)
        first = np.concatenate(([0], np.cumsum(lengths)))
        key = np.repeat(np.arange(len(self.below)), lengths) * m + np.concatenate([*self.below, np.zeros(0, np.int64)])
        under = width + np.searchsorted(key, panel * m + rows) - first[panel]
        local = np.where(of_row[rows] == panel, rows - self.start[panel], under)
        return self.entry[panel] + local * width + columns - self.start[panel]


def panels(below: list[Indices]) -> Panels:
    """Columns of L, given by their rows below the diagonal in a postorder, gathered where they are alike."""
    start, kept = [0], list[Indices]()
    while (column := start[-1]) < len(below):
        width = 1
        while width < TILE and _alike(below, column + width - 1):
            width += 1
        start.append(column + width)
        kept.append(below[column + width - 1])
    widths = np.diff(start)
    rows = np.array([len(r) for r in kept], np.int64)
    filled = np.where(widths == 1, rows, -(-rows // TILE) * TILE)
    return Panels(np.array(start), np.concatenate(([0], np.cumsum(widths * (widths + filled)))), kept)


def _alike(below: list[Indices], column: int) -> bool:
    """Whether the next column has the rows of this one, but for its own."""
    rows = below[column]
    return len(rows) > 0 and rows[0] == column + 1 and np.array_equal(rows[1:], below[column + 1])


@dataclass(frozen=True)
class Products:
    """What is taken off the entries of L, as `Plan` in cuda/plan.cuh has it."""

    tape_panel: Indices
    tape_entry: Indices
    tape_start: Indices
    tape_left: Indices
    tape_right: Indices
    tile_start: Indices
    block_start: Indices
    block_width: Indices
    block_place: Indices


def products(of: Panels) -> Products:
    """Every product L[left] L[right] of an earlier panel, singly or in blocks."""
    count, size = len(of.below), int(of.entry[-1])
    width = np.diff(of.start)
    owner = np.repeat(np.arange(count), width)
    tiles = np.where(width == 1, 0, 1 + (np.diff(of.entry) // width - width) // TILE)
    tile_start = np.concatenate(([0], np.cumsum(tiles)))
    single: list[tuple[Indices, Indices, Indices]] = []
    blocks: list[tuple[int, int, Indices]] = []  # tile, width, places
    for panel, rows in enumerate(of.below):
        w, place = int(width[panel]), of.entry[panel] + (width[panel] + np.arange(len(rows))) * width[panel]
        target = owner[rows]
        for first in np.flatnonzero(np.diff(target, prepend=-1)):
            other = int(target[first])
            own = rows[first:][target[first:] == other] - of.start[other]
            under = width[other] + np.searchsorted(of.below[other], rows[first + len(own) :])
            local, left, right = np.concatenate((own, under)), place[first:], place[first : first + len(own)]
            alone = np.ones(len(local), np.bool_)  # rows whose products are listed singly
            if width[other] > 1:
                tile = np.where(local < width[other], 0, 1 + (local - width[other]) // TILE)
                edges = np.flatnonzero(np.diff(tile, prepend=-1, append=-1))
                for a, b in pairwise(edges):
                    if (b - a) * len(own) < BLOCK:
                        continue
                    places = np.full(2 * TILE, size)
                    places[local[a:b] if tile[a] == 0 else (local[a:b] - width[other]) % TILE] = left[a:b]
                    places[TILE + own] = right
                    blocks.append((int(tile_start[other] + tile[a]), w, places))
                    alone[a:b] = False
            i, j = np.nonzero(alone[:, None] & (local[:, None] >= own))
            entry = of.entry[other] + local[i] * width[other] + own[j]
            for c in range(w):
                single.append((entry, left[i] + c, right[j] + c))
    none = np.zeros(0, np.int64)
    destination, left, right = (np.concatenate([none, *(products[k] for products in single)]) for k in range(3))
    of_entry = np.repeat(np.arange(count), np.diff(of.entry))
    entry, start, order = gathered(destination, of_entry, empty=False)
    blocks.sort(key=lambda block: block[0])  # stable
    return Products(
        tape_panel=np.searchsorted(of_entry[entry], np.arange(count + 1)),
        tape_entry=entry,
        tape_start=start,
        tape_left=left[order],
        tape_right=right[order],
        tile_start=tile_start,
        block_start=np.searchsorted([tile for tile, _, _ in blocks], np.arange(tile_start[-1] + 1)),
        block_width=np.array([w for _, w, _ in blocks], np.int64),
        block_place=np.concatenate([places for _, _, places in blocks]) if blocks else np.zeros(0, np.int64),
    )


def gathered(destination: Indices, group: Indices, *, empty: bool) -> tuple[Indices, Indices, Indices]:
    """(entries, start of each one's terms (entries + 1), order of the terms) of sums over terms of known destination.

    Entries come by `group` (of every entry), and within it by the number of terms: a loop over as many terms as that of
    the entry before costs no mispredicted branch, which would take longer than the terms do. `empty`: also those
    without any.
    """
    terms = np.bincount(destination, minlength=len(group))
    entry = np.lexsort((terms, group))
    if not empty:
        entry = entry[terms[entry] > 0]
    rank = np.zeros(len(group), np.int64)
    rank[entry] = np.arange(len(entry))
    return entry, np.concatenate(([0], np.cumsum(terms[entry]))), np.argsort(rank[destination], kind="stable")
