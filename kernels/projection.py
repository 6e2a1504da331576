"""Primal solutions moved onto their rows, so that balances close in their own units.

Engines converge relative to the largest right-hand side of a scenario, which is too little where a row of kilograms
stands beside one of tonnes. What is left of W y = h is closed by the smallest step relative to the room of each column:

    min  sum_j (dy_j / r_j)^2   s.t.   W dy = h - W y,     r_j = distance of y_j to its nearer bound

that is dy = R^2 W'(W R^2 W')^-1 (h - W y). It stays inside the bounds wherever its norm is below 1 (Dikin's ellipsoid;
Dikin, Iterative solution of problems of linear and quadratic programming, Soviet Math. Doklady 8 (1967) 674-675).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from .batch import Status
from .engine import Floats
from .exact import ExactSolver
from .recourse import RecourseLP

ROUNDS = 3  # a step is exact but for rounding, which the next one takes away
ROUNDING = 1e-13  # of the terms of a row, below which its residual means nothing
REGULARIZATION = 1e-14  # of a row's own size: rows may depend on each other
FREE = 1.0  # room of a column without bounds, beside its own size


class Projection:
    """Prepared for one LP; not picklable once HiGHS had to help."""

    def __init__(self, program: RecourseLP, units: Floats | None = None) -> None:
        """`units` (m,): what the residual of each row is measured in; None: 1, the row's own unit."""
        self._program = program
        self._units = np.ones(program.W.shape[0]) if units is None else units
        self._exact: ExactSolver | None = None
        W = program.W
        self._column_of_entry = np.repeat(np.arange(W.shape[1]), np.diff(W.indptr))
        self._sum_rows = sp.csr_array((np.ones(W.nnz), (W.indices, np.arange(W.nnz))), shape=(W.shape[0], W.nnz))

    def onto_rows(
        self, primal: Floats, h: Floats, q: Floats, upper: Floats, W_values: Floats | None, *, allowed: float
    ) -> Floats:
        """`primal` (N, n) with every |W y - h| <= `allowed` x the row's unit.

        `h` (N, m), `q` and `upper` (n,) or (N, n), `W_values` (N, nnz) or None as in `RecourseLP.solve`. Scenarios
        that are closed already are left as they are; one that no step closes is solved again by HiGHS. NaN stays NaN.
        """
        residual, floor = self._residual(primal, h, W_values)
        limit = np.maximum(allowed * self._units, floor)  # (N, m)
        open_ = np.flatnonzero((np.abs(residual) > limit).any(axis=1))
        if len(open_):
            primal = primal.copy()
            for k in open_:
                own = None if W_values is None else W_values[k]
                u = upper if upper.ndim == 1 else upper[k]
                y = self._stepped(primal[k], h[k], u, own, limit[k])
                primal[k] = y if y is not None else self._solved(h[k], q if q.ndim == 1 else q[k], u, own, primal[k])
        return primal

    def _residual(self, primal: Floats, h: Floats, W_values: Floats | None) -> tuple[Floats, Floats]:
        """(N, m) h - W y, and what of it is rounding."""
        W = self._program.W
        terms = (W.data if W_values is None else W_values) * primal[:, self._column_of_entry]
        return h - (self._sum_rows @ terms.T).T, ROUNDING * ((self._sum_rows @ np.abs(terms).T).T + np.abs(h))

    def _matrix(self, values: Floats | None) -> Any:
        W = self._program.W
        return W if values is None else sp.csc_array((values, W.indices, W.indptr), shape=W.shape)

    def _stepped(self, y: Floats, h: Floats, upper: Floats, values: Floats | None, limit: Floats) -> Floats | None:
        """One scenario moved onto its rows; None where that is not possible inside its bounds."""
        W, lower = self._matrix(values), self._program.lower
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

    def _solved(self, h: Floats, q: Floats, upper: Floats, values: Floats | None, instead: Floats) -> Floats:
        """An optimal vertex by HiGHS, whose rows hold to 1e-9; `instead` where it finds none."""
        program = self._program
        if self._exact is None:
            self._exact = ExactSolver(program.W, program.q, program.lower, program.upper)
        solution = self._exact.solve(h, q, upper, values)
        return instead if solution.status is not Status.OPTIMAL or solution.primal is None else solution.primal
