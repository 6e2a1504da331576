"""Sums that are formed on the device: products with sparse matrices, and what `Expectation` keeps of a chunk."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import PlacedMatrix
from .launch import launch

SOURCE = "sums.cu"


def multiply(xp: Any, dense: Any, matrix: PlacedMatrix) -> Any:
    """dense @ matrix for dense (rows,) or (N, rows) on the device."""
    rows, columns = matrix.host.shape
    given = xp.ascontiguousarray(dense if dense.ndim == 2 else dense[None])
    result = xp.empty((len(given), columns))
    if result.size:
        launch(
            SOURCE, "multiply", result.size, count=len(given), rows=rows, columns=columns, start=matrix.start.on(xp),
            row=matrix.row.on(xp), value=matrix.value.on(xp), dense=given, result=result,
        )  # fmt: skip
    return result if dense.ndim == 2 else result[0]


def chunk_sums(
    xp: Any, batch: Any, weights: Any, groups: Any, group_count: int, block: int, *, technology: Any, upper_slope: Any,
    width: int, threshold: float | None,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Sums of every block of `block` scenarios, on the device.

    `weights` (N,), `groups` (N,) int64; `technology` and `upper_slope` ScenarioMatrix or None with `width` columns.
    Returns sums (blocks, group_count, 4 + 2 width), moments (blocks, 4) and counts (blocks, 7), as sums.cu has them.
    """
    count = len(batch)
    blocks = max(1, -(-count // block))
    cell = xp.arange(count) // block * group_count + groups
    order = xp.argsort(cell, kind="stable")
    start = xp.searchsorted(cell[order], xp.arange(blocks * group_count + 1))
    cut = (batch.status == 0) | ((batch.status == 3) & xp.isfinite(batch.lower_bound))
    sums = xp.empty((blocks, group_count, 4 + 2 * width))
    launch(
        SOURCE, "cell_sums", blocks * group_count * (2 + width), cells=blocks * group_count, width=width,
        rows=batch.dual.shape[1], columns=batch.reduced_cost.shape[1], start=start, order=order, weight=weights,
        bound=batch.lower_bound, cut=cut, dual=batch.dual, reduced_cost=xp.ascontiguousarray(batch.reduced_cost),
        has_tail=threshold is not None, threshold=threshold or 0.0, **_by_column(xp, "t", technology, width),
        **_by_column(xp, "u", upper_slope, width), sums=sums,
    )  # fmt: skip
    moments, counts = xp.empty((blocks, 4)), xp.empty((blocks, 7), np.int64)
    launch(
        SOURCE, "block_moments", blocks, count=count, size=block, weight=weights, objective=batch.objective,
        bound=batch.lower_bound, status=batch.status, resolved=batch.resolved_exactly, iterations=batch.iterations,
        moments=moments, counts=counts,
    )  # fmt: skip
    return sums, moments, counts


def folded(first: int, sums: Any) -> dict[tuple[int, int], Any]:
    """Sums of consecutive blocks from `first` on, added in pairs along the tree of `block_tree.py`, where they are."""
    nodes: dict[tuple[int, int], Any] = {}
    level = 0
    while len(sums):
        if first & 1:
            nodes[level, first] = sums[0]
            first, sums = first + 1, sums[1:]
        if len(sums) & 1:
            nodes[level, first + len(sums) - 1] = sums[-1]
            sums = sums[:-1]
        level, first, sums = level + 1, first >> 1, sums[0::2] + sums[1::2]
    return nodes


def _by_column(xp: Any, letter: str, given: Any, width: int) -> dict[str, Any]:
    """The arguments of one ScenarioMatrix; without one, a matrix of no entries."""
    if given is None:
        nothing = xp.zeros(1, np.int64)
        parts = (xp.zeros(width + 1, np.int64), nothing, xp.zeros(1), nothing, xp.zeros(1), 0)
    else:
        start, row, value, own = (placed.on(xp) for placed in given.placed)
        values = given.values if len(given.index) else xp.zeros(1)
        parts = (start, row, value, own, xp.ascontiguousarray(values), len(given.index))
    names = ("start", "row", "value", "own", "own_values", "own_count")
    return {f"{letter}_{name}": part for name, part in zip(names, parts, strict=True)}
