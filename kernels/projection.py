"""Primal solutions moved onto their rows, so that balances close in their own units.

Engines converge relative to the largest right-hand side of a scenario, which is too little where a row of kilograms
stands beside one of tonnes. What is left of W y = h is closed by the smallest step relative to the room of each column:

    min  sum_j (dy_j / r_j)^2   s.t.   W dy = h - W y,     r_j = distance of y_j to its nearer bound

that is dy = R^2 W'(W R^2 W')^-1 (h - W y). It stays inside the bounds wherever its norm is below 1 (Dikin's ellipsoid;
Dikin, Iterative solution of problems of linear and quadratic programming, Soviet Math. Doklady 8 (1967) 674-675).

The compiled module does so for a lane of scenarios at once (`cpp/projection.hpp`); without it one follows the other
here. Programs that few rows couple are closed part by part, and what these rows' slacks take closes them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from . import cpu
from .batch import Status
from .engine import Booleans, Floats, Sparse
from .exact import ExactSolver
from .recourse import RecourseLP

ROUNDS = 3  # a step is exact but for rounding, which the next one takes away
ROUNDING = 1e-13  # of the terms of a row, below which its residual means nothing
REGULARIZATION = 1e-14  # of a row's own size: rows may depend on each other
FREE = 1.0  # room of a column without bounds, beside its own size


Closer = Callable[[Floats, Floats, Floats, Floats, Floats | None, Floats], Booleans]
"""Changes primal (N, n) in place for h (N, m), lower (n,), upper (n,) or (N, n), W_values (N, nnz) or None, and what
each row may miss (m,); returns (N,) whether that is kept."""


class Projection:
    """Prepared for one LP; not picklable once HiGHS had to help."""

    def __init__(self, program: RecourseLP, units: Floats | None = None) -> None:
        """`units` (m,): what the residual of each row is measured in; None: 1, the row's own unit."""
        self._program = program
        self._units = np.ones(program.W.shape[0]) if units is None else units
        self._exact: ExactSolver | None = None

    def onto_rows(
        self, primal: Floats, h: Floats, q: Floats, upper: Floats, W_values: Floats | None, *, allowed: float
    ) -> Floats:
        """`primal` (N, n) with every |W y - h| <= `allowed` x the row's unit.

        `h` (N, m), `q` and `upper` (n,) or (N, n), `W_values` (N, nnz) or None as in `RecourseLP.solve`. Scenarios
        that are closed already are left as they are; one that no step closes is solved again by HiGHS. NaN stays NaN.
        """
        primal, left = np.array(primal), np.arange(len(primal))
        if self._parts:
            primal, closed = self._close_parts(primal, h, upper, W_values, allowed)
            left = left[~closed]
        if len(left):
            own = primal[left], h[left], _of(upper, left), None if W_values is None else W_values[left]
            closed = self._whole(own[0], own[1], self._program.lower, own[2], own[3], allowed * self._units)
            primal[left] = own[0]
            for k in left[~closed]:
                values = None if W_values is None else W_values[k]
                primal[k] = self._solved(h[k], _of(q, k), _of(upper, k), values, primal[k])
        return primal

    @cached_property
    def _whole(self) -> Closer:
        return closer(self._program.W)

    @cached_property
    def _parts(self) -> tuple[Closer, ...]:
        apart = self._program.apart
        return () if apart is None else tuple(closer(program.W) for program in apart[1])

    def _close_parts(
        self, primal: Floats, h: Floats, upper: Floats, W_values: Floats | None, allowed: float
    ) -> tuple[Floats, Booleans]:
        """Every part closed, and what is then left of the rows that couple them taken into their slacks; (N,) where."""
        assert self._program.apart is not None
        separated, programs = self._program.apart
        closed, moved = np.ones(len(primal), np.bool_), list[Floats]()
        units = np.broadcast_to(self._units, h.shape[1:])
        for k, (close, program) in enumerate(zip(self._parts, programs, strict=True)):
            own_h, y, own_upper, values = separated.lanes(np, k, h, (primal, upper), W_values)
            own_units = separated.lanes(np, k, units[None], (), None)[0].min(axis=0)
            closed &= (
                close(y, own_h, program.lower, own_upper, values, allowed * own_units).reshape(len(h), -1).all(axis=1)
            )
            moved.append(y)
        whole, fits = separated.assembled(moved, primal, h, upper, W_values)
        return whole, closed & fits

    def _solved(self, h: Floats, q: Floats, upper: Floats, values: Floats | None, instead: Floats) -> Floats:
        """An optimal vertex by HiGHS, whose rows hold to 1e-9; `instead` where it finds none."""
        program = self._program
        if self._exact is None:
            self._exact = ExactSolver(program.W, program.q, program.lower, program.upper)
        solution = self._exact.solve(h, q, upper, values)
        return instead if solution.status is not Status.OPTIMAL or solution.primal is None else solution.primal


def _of(values: Floats, rows: Any) -> Floats:
    """Those scenarios' own values, or what all share."""
    return values if values.ndim == 1 else values[rows]


def closer(W: Sparse) -> Closer:
    """The compiled one, or one scenario after the other where nothing was compiled."""
    return Stepwise(W) if cpu.unavailable() else cpu.Closer(W)


class Stepwise:
    """A `Closer` in SciPy: the specification."""

    def __init__(self, W: Sparse) -> None:
        self._W = W
        self._column_of_entry = np.repeat(np.arange(W.shape[1]), np.diff(W.indptr))
        self._sum_rows = sp.csr_array((np.ones(W.nnz), (W.indices, np.arange(W.nnz))), shape=(W.shape[0], W.nnz))

    def __call__(
        self, primal: Floats, h: Floats, lower: Floats, upper: Floats, W_values: Floats | None, allowed: Floats
    ) -> Booleans:
        """See `Closer`."""
        terms = (self._W.data if W_values is None else W_values) * primal[:, self._column_of_entry]
        residual = h - (self._sum_rows @ terms.T).T
        limit = np.maximum(allowed, ROUNDING * ((self._sum_rows @ np.abs(terms).T).T + np.abs(h)))
        closed = ~(np.abs(residual) > limit).any(axis=1)
        for k in np.flatnonzero(~closed):
            y = self._stepped(
                primal[k], h[k], lower, _of(upper, k), None if W_values is None else W_values[k], limit[k]
            )
            if y is not None:
                primal[k], closed[k] = y, True
        return closed

    def _stepped(
        self, y: Floats, h: Floats, lower: Floats, upper: Floats, values: Floats | None, limit: Floats
    ) -> Floats | None:
        """One scenario moved onto its rows; None where that is not possible inside its bounds."""
        W = self._W if values is None else sp.csc_array((values, self._W.indices, self._W.indptr), shape=self._W.shape)
        room = np.minimum(y - lower, upper - y)
        room = np.maximum(np.where(np.isfinite(room), room, FREE + np.abs(y)), 0.0)
        weighted = W * room  # W R
        normal = sp.csc_array(weighted @ weighted.T)
        size = np.sqrt(normal.diagonal())
        size[size == 0.0] = 1.0
        unit = sp.diags_array(1.0 / size)
        factor = splu(sp.csc_array(unit @ normal @ unit + REGULARIZATION * sp.eye_array(len(size))))
        for _ in range(ROUNDS):
            step = room * (weighted.T @ (factor.solve((h - W @ y) / size) / size))
            y = np.clip(y + step, lower, upper)
            if (np.abs(h - W @ y) <= limit).all():
                return y
        return None
