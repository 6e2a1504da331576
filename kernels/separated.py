"""Scenarios solved part by part wherever the rows that hold the parts together do not bind (`parts.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from .arrays import Placed, PlacedMatrix
from .batch import RecourseBatch, Status
from .engine import Booleans, Floats, Sparse
from .parts import Indices, Links, Part

ROUNDING = 1e-12  # of the terms of a link, by which it may seem to be broken

SolvePart = Callable[[int, Any, Any, Any, Any], RecourseBatch]
"""Solves part k with its primal: h (L, m), q and upper (n,) or (L, n), W_values (L, nnz) or None."""


class Separated:
    """Prepared for one LP with `W` (m, n)."""

    def __init__(self, W: Sparse, links: Links, parts: Sequence[Part]) -> None:
        names = ("rows", "columns", "entries")
        self._parts = [{name: Placed(getattr(part, name).ravel()) for name in names} for part in parts]
        self._components = [len(part.rows) for part in parts]
        self._links = {name: Placed(values) for name, values in vars(links).items()}
        # what the parts' rows and columns in a row, and then those of the links, are to be taken as
        self._row_place = Placed(np.argsort(np.concatenate([*(part.rows.ravel() for part in parts), links.rows])))
        self._column_place = Placed(np.argsort(np.concatenate([*(part.columns.ravel() for part in parts), links.own])))
        slack_entry = W.indptr[links.slack].astype(np.int64)
        self._slack_entry, self._slack_value = Placed(slack_entry), Placed(W.data[slack_entry])
        self._value = Placed(W.data[links.entry])
        place, shape = (np.arange(len(links.row)), links.row), (len(links.row), len(links.rows))
        self._sum = PlacedMatrix(sp.csr_array((np.ones(len(links.row)), place), shape=shape))
        self._link_entries = np.flatnonzero(np.isin(W.indices, links.rows))
        self._link_columns = np.searchsorted(W.indptr, self._link_entries, side="right") - 1
        numbers, at_row = np.arange(len(self._link_entries)), np.searchsorted(links.rows, W.indices[self._link_entries])
        self._link_sum = sp.csr_array((np.ones(len(numbers)), (at_row, numbers)), shape=(len(links.rows), len(numbers)))
        self._link_value = W.data[self._link_entries]

    def lanes(self, xp: Any, k: int, h: Any, by_column: Sequence[Any], W_values: Any) -> list[Any]:
        """What part k has of `h` (N, m), of arrays (N, n) or (n,), and of `W_values`: one row a lane."""
        rows, columns, entries = (placed.on(xp) for placed in self._parts[k].values())
        own = ((h, rows), *((array, columns) for array in by_column), (W_values, entries))
        return [_lanes(xp, array, chosen, len(h), self._components[k]) for array, chosen in own]

    def solve(
        self, xp: Any, solve: SolvePart, h: Any, q: Any, upper: Any, W_values: Any, *, primal: bool
    ) -> tuple[RecourseBatch, Any]:
        """Scenarios as in `RecourseLP`, and which (N,) are decided by it: all others need the whole program."""
        count = len(h)
        batches = [solve(k, *self.lanes(xp, k, h, (q, upper), W_values)) for k in range(len(self._parts))]

        def of_parts(name: str, *of_links: Any) -> Any:
            """(N, ..) values of all parts in a row."""
            return xp.concatenate([*(getattr(b, name).reshape(count, -1) for b in batches), *of_links], axis=1)

        links = {name: placed.on(xp) for name, placed in self._links.items()}
        row_place, column_place = self._row_place.on(xp), self._column_place.on(xp)
        own_cost = xp.broadcast_to(q[..., links["own"]], (count, len(links["own"])))
        activity = of_parts("primal", xp.zeros(own_cost.shape))
        linking = xp.take(activity, column_place[links["column"]], axis=1)
        slack, decided = self._slack(xp, links, linking, h, q, upper, W_values)
        if primal:
            activity = xp.take(activity, column_place, axis=1)
            activity[:, links["slack"]] = slack
        decided &= (of_parts("status") == Status.OPTIMAL).all(axis=1)
        return RecourseBatch(
            objective=of_parts("objective").sum(axis=1),
            lower_bound=of_parts("lower_bound").sum(axis=1),
            dual=xp.take(of_parts("dual", xp.zeros((count, len(links["rows"])))), row_place, axis=1),
            reduced_cost=xp.take(of_parts("reduced_cost", own_cost), column_place, axis=1),
            status=xp.full(count, Status.OPTIMAL, dtype=np.int8),
            resolved_exactly=of_parts("resolved_exactly").any(axis=1),
            iterations=of_parts("iterations").max(axis=1),
            primal_residual=of_parts("primal_residual").max(axis=1),
            primal=activity if primal else None,
        ), decided

    def assembled(
        self, parts: Sequence[Floats], primal: Floats, h: Floats, upper: Floats, W_values: Floats | None
    ) -> tuple[Floats, Booleans]:
        """(N, n) activities of the `parts` (L, n) with those that `primal` has of the links' own columns, on the host.

        The links' slacks take what is then left of them; (N,) where they can.
        """
        count, links = len(primal), {name: placed.host for name, placed in self._links.items()}
        in_a_row = np.concatenate([*(part.reshape(count, -1) for part in parts), primal[:, links["own"]]], axis=1)
        whole = np.take(in_a_row, self._column_place.host, axis=1)
        value = self._link_value if W_values is None else W_values[:, self._link_entries]
        of_slack = self._slack_value.host if W_values is None else W_values[:, self._slack_entry.host]
        left = h[:, links["rows"]] - (self._link_sum @ (value * whole[:, self._link_columns]).T).T
        slack = whole[:, links["slack"]] + left / np.where(of_slack == 0.0, 1.0, of_slack)
        fits = ~((of_slack == 0.0) | (slack < 0.0) | (slack > upper[..., links["slack"]])).any(axis=1)  # NaN stays
        whole[:, links["slack"]] = np.where(fits[:, None], slack, whole[:, links["slack"]])
        return whole, fits

    def _slack(
        self, xp: Any, links: dict[str, Any], linking: Any, h: Any, q: Any, upper: Any, W_values: Any
    ) -> tuple[Any, Any]:
        """(N, l) what is left of every link, and whether (N,) all of them hold at no cost.

        `linking` (N, e): activity of the column of each of the links' entries.
        """
        value, of_slack = self._value.on(xp), self._slack_value.on(xp)
        if W_values is not None:
            value, of_slack = W_values[:, links["entry"]], W_values[:, self._slack_entry.on(xp)]
        terms, right = value * linking, h[:, links["rows"]]
        entry = xp.where(of_slack == 0.0, 1.0, of_slack)  # a slack without an entry takes nothing up
        slack = (right - self._sum.after(xp, terms)) / entry
        rounding = ROUNDING * (self._sum.after(xp, xp.abs(terms)) + xp.abs(right)) / xp.abs(entry)
        room = upper[..., links["slack"]]
        holds = ((of_slack != 0.0) & (slack >= -rounding) & (slack <= room + rounding)).all(axis=1)
        holds &= (q[..., links["own"]] >= 0.0).all(axis=-1) & (upper[..., links["own"]] >= 0.0).all(axis=-1)
        holds &= (q[..., links["slack"]] == 0.0).all(axis=-1)
        return xp.minimum(xp.maximum(slack, 0.0), room), holds


def _lanes(xp: Any, array: Any, chosen: Indices, count: int, components: int) -> Any:
    """Those entries of each scenario, one row a lane; (width,) where all lanes have the same."""
    if array is None:
        return None
    if array.ndim == 2:
        return xp.take(array, chosen, axis=1).reshape(count * components, -1)
    own = array[chosen].reshape(components, -1)
    return own[0] if bool((own == own[:1]).all()) else xp.tile(own, (count, 1))
