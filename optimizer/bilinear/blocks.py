"""Where a program falls apart: blocks of products that share nothing but the variables which link them.

In a water network each contaminant is a block: its concentrations and masses meet those of another contaminant only
through the flows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from .program import BilinearProgram, Booleans, Box, Floats, Integers


@dataclass(frozen=True)
class Block:
    """`columns` of one block's products and factors, and the rows (m,) bool that any of them stands in."""

    columns: Integers
    rows: Booleans


def blocks_of(program: BilinearProgram) -> tuple[Block, ...]:
    """The blocks that are left where the linking variables are taken out; fewer than two where nothing falls apart.

    Linking are the variables outside the branching cover and outside products, and what stands under a power.
    A program whose blocks have costs of their own is not split: cuts speak of linking variables only.
    """
    inside = np.zeros(program.columns, dtype=bool)
    inside[program.branching_cover()] = True
    inside[program.base] = False
    inside[program.integer] = False
    both = inside[program.left] & inside[program.right]
    linked = ~inside[program.left] & ~inside[program.right]
    if both.any() or linked.any():
        return ()
    inside[program.product] = True
    if program.cost[inside].any():
        return ()
    entry = inside[program.column_of_entry]
    factor = np.where(inside[program.left], program.left, program.right)
    first = np.concatenate([program.column_of_entry[entry], program.product])
    second = np.concatenate([program.columns + program.row_of_entry[entry], factor])
    size = program.columns + program.rows
    graph = sp.coo_array((np.ones(len(first)), (first, second)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    column_label, row_label = label[: program.columns], label[program.columns :]
    return tuple(
        Block(np.flatnonzero(inside & (column_label == number)), row_label == number)
        for number in np.unique(column_label[inside])
    )


def linking_columns(program: BilinearProgram, blocks: tuple[Block, ...]) -> Integers:
    """Columns in no block, ascending."""
    return np.setdiff1d(np.arange(program.columns), np.concatenate([block.columns for block in blocks]))


def block_program(
    program: BilinearProgram, block: Block, linking: Integers, box: Box, cutoff: float, direction: Floats
) -> BilinearProgram:
    """min direction'x over one block and the linking variables within `box`, all other blocks left out.

    A relaxation of `program` with objective at most `cutoff`, in fewer dimensions. `direction` (n,) is zero in blocks.
    """
    kept = np.union1d(block.columns, linking)
    keeps = np.zeros(program.columns, dtype=bool)
    keeps[kept] = True
    place = np.full(program.columns, -1)
    place[kept] = np.arange(len(kept))
    foreign = np.bincount(program.row_of_entry, ~keeps[program.column_of_entry], minlength=program.rows) > 0
    rows = np.flatnonzero(~foreign)
    below = int(np.isfinite(cutoff))
    matrix = program.A[rows][:, kept]
    if below:
        matrix = sp.vstack([matrix, sp.csr_array(program.cost[kept][None, :])])
    mine = keeps[program.product]
    return replace(
        program,
        names=tuple(program.names[j] for j in kept),
        cost=direction[kept],
        constant=0.0,
        lower=box[0][kept],
        upper=box[1][kept],
        integer=program.integer[kept],
        A=sp.csr_array(matrix),
        row_lower=np.append(program.row_lower[rows], [-np.inf] * below),
        row_upper=np.append(program.row_upper[rows], [cutoff - program.constant] * below),
        product=place[program.product[mine]],
        left=place[program.left[mine]],
        right=place[program.right[mine]],
        power=place[program.power],
        base=place[program.base],
        concave=None,
        branch_on=None,
    )
