"""Mehrotra's predictor-corrector interior point for N scenarios at once, in [variable][scenario] arrays.

    min q'y   s.t.   W y = h,   y + s = upper (bounded columns),   y, s >= 0
    max h'd - upper'w   s.t.   W'd + z - w = q,   z, w >= 0

With theta = 1 / (z/y + w/s) every Newton step is one system  W diag(theta) W' dd = right-hand side  per scenario, whose
pattern all scenarios share. y + s = upper holds from the starting point on.

Mehrotra, On the Implementation of a Primal-Dual Interior Point Method, SIAM J. Optim. 2 (1992), DOI 10.1137/0802028;
Wright, Primal-Dual Interior-Point Methods, SIAM 1997, chapter 10.
"""

from __future__ import annotations

import numpy as np

from ..engine import Floats, Iterates, StandardBatch, StandardForm
from .algebra import Algebra
from .dual_lift import lifted, unsafe
from .lanes import Lanes, longest_steps, theta_of
from .starting_point import central, least_squares

STEP_TO_BOUNDARY = 0.995
OBJECTIVE_FLOOR = 1e-6  # an objective below this share of max|h| max|q| is measured against that, not against itself
LANES = 256  # scenarios that are solved together; always cut at the same places
FEWEST_LANES = 8  # finished scenarios are dropped from the arrays down to this many


class InteriorPoint:
    """One standard form, analysed once."""

    def __init__(self, form: StandardForm) -> None:
        self._columns = np.argsort(~form.bounded, kind="stable")  # bounded ones first, so that they are a slice
        self._bounded = int(form.bounded.sum())
        W = form.W[:, self._columns]
        W.sort_indices()
        numbered = form.W.copy()
        numbered.data = np.arange(1.0, form.W.nnz + 1)
        numbered = numbered[:, self._columns]
        numbered.sort_indices()
        self.algebra = Algebra(W)
        self._entries = (numbered.data.astype(np.int64) - 1)[self.algebra.entries]

    def __call__(
        self, batch: StandardBatch, *, tolerance: float, max_iterations: int, primal: bool = False
    ) -> Iterates:
        """See `PreparedEngine`."""
        count = len(batch)
        m, n = self.algebra.W.shape
        result = Iterates(
            dual=np.zeros((count, m)),
            objective=np.zeros(count),
            primal_residual=np.zeros(count),
            converged=np.zeros(count, np.bool_),
            iterations=np.zeros(count, np.int32),
            primal=np.zeros((count, n)) if primal else None,
        )
        for first in range(0, count, LANES):
            lanes = np.arange(first, min(first + LANES, count))
            # duplicates fill the array up to FEWEST_LANES, below which NumPy sums in another order
            lanes = np.concatenate((lanes, np.repeat(lanes[-1:], max(0, FEWEST_LANES - len(lanes)))))
            with np.errstate(all="ignore"):  # what diverges is reported as not converged
                self._solve(self.started(batch, lanes), result, tolerance, max_iterations)
        return result

    def started(self, batch: StandardBatch, lanes: np.ndarray) -> Lanes:
        """Those scenarios of a batch in their own units, at their starting points."""
        algebra, bounded, count = self.algebra, self._bounded, len(lanes)
        h = np.ascontiguousarray(batch.h[lanes].T[algebra.order])
        q = _lanes(batch.q, lanes)[self._columns]
        upper = _lanes(batch.upper, lanes)[self._columns[:bounded]]
        open_columns = np.ones_like(q)
        open_columns[:bounded] = upper > 0.0
        values = None if batch.W_values is None else np.ascontiguousarray(batch.W_values[lanes].T[self._entries])
        empty = np.zeros((0, count))
        unit = np.ones(count)
        loaded = Lanes(lanes, h, q, upper, values, open_columns, empty, empty, empty, empty, empty, unit, unit)
        loaded.measure()
        if batch.start is None:
            least_squares(algebra, loaded)
        else:
            central(algebra, loaded, batch.start[:-1][algebra.order], batch.start[-1])
        return loaded

    def _solve(self, lanes: Lanes, result: Iterates, tolerance: float, max_iterations: int) -> None:
        algebra, b = self.algebra, self._bounded
        unit = np.empty((2, len(result.dual)))
        unit[:, lanes.index] = lanes.primal_unit, lanes.dual_unit
        for iteration in range(max_iterations + 1):
            h, q, upper, values, open_columns = lanes.h, lanes.q, lanes.upper, lanes.values, lanes.open_columns
            y, s, d, z, w = lanes.y, lanes.s, lanes.d, lanes.z, lanes.w
            open_bounded = open_columns[:b]

            r_primal = h - algebra.multiply(y, values)
            reduced_cost = q - algebra.transpose_multiply(d, values)
            r_dual = (reduced_cost - z) * open_columns
            r_dual[:b] += w
            objective = (q * y).sum(axis=0)
            complementarity = (y * z).sum(axis=0) + (s * w).sum(axis=0)
            gap = np.abs(objective - (h * d).sum(axis=0) + (upper * w).sum(axis=0))
            scale = np.abs(objective) + OBJECTIVE_FLOOR
            residual_value = np.abs(d * r_primal).sum(axis=0)  # what the residual is worth at the duals' prices
            primal_error = np.abs(r_primal).max(axis=0, initial=0.0)
            dual_error = np.abs(r_dual).max(axis=0, initial=0.0)
            converged = (
                (gap <= tolerance * scale)
                & (complementarity <= tolerance * scale)
                & (residual_value <= tolerance * scale)
                & (primal_error <= tolerance)
                & (dual_error <= tolerance)
            )
            broken = ~np.isfinite(complementarity + primal_error + dual_error)
            finished = converged | broken | (iteration == max_iterations)
            if finished.any():
                lift = converged & unsafe(reduced_cost[b:])
                if lift.any():
                    d = np.where(lift, lifted(algebra, theta_of(lanes)[0], q, d, values, b), d)
                corrected = objective + (d * r_primal).sum(axis=0)
                index = lanes.index
                result.converged[index] = converged
                result.iterations[index] = iteration
                result.objective[index] = corrected * unit[0, index] * unit[1, index]
                result.primal_residual[index] = primal_error
                result.dual[np.ix_(index, algebra.order)] = (d * unit[1, index]).T
                if result.primal is not None:
                    result.primal[np.ix_(index, self._columns)] = (y * unit[0, index]).T
                if finished.all():
                    return
                running = np.flatnonzero(~finished)
                padding = np.repeat(running[-1:], max(0, FEWEST_LANES - len(running)))
                lanes.keep(np.concatenate((running, padding)))
                keep = np.concatenate((running, padding))
                r_primal, r_dual, complementarity = r_primal[:, keep], r_dual[:, keep], complementarity[keep]
                h, q, upper, values, open_columns = lanes.h, lanes.q, lanes.upper, lanes.values, lanes.open_columns
                y, s, d, z, w = lanes.y, lanes.s, lanes.d, lanes.z, lanes.w
                open_bounded = open_columns[:b]

            theta, inverse_y, inverse_s = theta_of(lanes)
            L = algebra.factor(theta, values)

            def direction(r_yz: Floats, r_sw: Floats) -> tuple[Floats, Floats, Floats, Floats]:
                """Newton step (dy, dd, dz, dw) for residuals of y z and s w; ds = -dy."""
                g = r_dual - r_yz * inverse_y  # noqa: B023
                g[:b] += r_sw * inverse_s  # noqa: B023
                dd = algebra.cholesky.solve(L, r_primal + algebra.multiply(theta * g, values))  # noqa: B023
                dy = theta * (algebra.transpose_multiply(dd, values) - g)  # noqa: B023
                # one step of iterative refinement on  W dy = r_primal
                error = r_primal - algebra.multiply(dy, values)  # noqa: B023
                correction = algebra.cholesky.solve(L, error)  # noqa: B023
                dd += correction
                dy += theta * algebra.transpose_multiply(correction, values)  # noqa: B023
                dz = (r_yz - z * dy) * inverse_y  # noqa: B023
                dw = (r_sw + w * dy[:b]) * inverse_s  # noqa: B023
                return dy, dd, dz, dw

            # predictor: straight to complementarity zero; how far it gets says how much to centre (sigma)
            pairs = open_columns.sum(axis=0) + open_bounded.sum(axis=0)
            mu = complementarity / np.maximum(pairs, 1.0)
            dy, _, dz, dw = direction(-y * z, -s * w)
            primal_step, dual_step = longest_steps(y, s, z, w, dy, dz, dw, 1.0)
            reached = ((y + primal_step * dy) * (z + dual_step * dz)).sum(axis=0)
            reached += ((s - primal_step * dy[:b]) * (w + dual_step * dw)).sum(axis=0)
            sigma = (reached / np.maximum(complementarity, np.finfo(float).tiny)) ** 3
            # corrector: the same matrix, centred, with the second-order terms of the predictor
            target = sigma * mu
            r_yz = (target - y * z - dy * dz) * open_columns
            r_sw = (target - s * w + dy[:b] * dw) * open_bounded
            dy, dd, dz, dw = direction(r_yz, r_sw)
            primal_step, dual_step = longest_steps(y, s, z, w, dy, dz, dw, STEP_TO_BOUNDARY)
            y += primal_step * dy
            s -= primal_step * dy[:b]
            d += dual_step * dd
            z += dual_step * dz
            w += dual_step * dw


def _lanes(values: Floats, lanes: np.ndarray) -> Floats:
    """(k, N) writable copy of shared (k,) or per-scenario (count, k) values."""
    if values.ndim == 1:
        return np.repeat(values[:, None], len(lanes), axis=1)
    return np.ascontiguousarray(values[lanes].T)
