"""Where the interior point starts.

Without more knowledge at Mehrotra's point. Programs that are given a point of the central path of a program like them,
W'd + z - w = q, y z = s w = mu, y + s = upper, start from its duals d and its mu: y, s, z and w follow from the reduced
costs r = q - W'd alone, z - w = r. With r and upper of its own, a scenario so starts centred and without a dual
residual, and with a primal residual as large as its right-hand side differs.

Mehrotra, SIAM J. Optim. 2 (1992), DOI 10.1137/0802028; Yildirim, Wright, Warm-Start Strategies in
Interior-Point Methods for Linear Programming, SIAM J. Optim. 12 (2002), DOI 10.1137/S1052623400369235.
"""

from __future__ import annotations

import numpy as np

from ..engine import Floats
from .algebra import Algebra
from .lanes import Lanes

LARGEST = 100.0  # in units of max|h|: what a column without an upper bound starts from at most


def least_squares(algebra: Algebra, lanes: Lanes) -> None:
    """Mehrotra's starting point: least-squares solutions, moved into the interior of their bounds."""
    b = len(lanes.upper)
    upper, open_columns, values = lanes.upper, lanes.open_columns, lanes.values
    theta = open_columns.copy()
    theta[:b] *= 0.5  # a bounded column is shared by y and s
    L = algebra.factor(theta, values)
    middle = np.zeros_like(lanes.q)
    middle[:b] = 0.5 * upper
    lagrange = algebra.cholesky.solve(L, lanes.h - algebra.multiply(middle, values))
    y = (middle + theta * algebra.transpose_multiply(lagrange, values)) * open_columns
    d = algebra.cholesky.solve(L, algebra.multiply(theta * lanes.q, values))
    reduced = (lanes.q - algebra.transpose_multiply(d, values)) * open_columns
    z, w = reduced.copy(), -0.5 * reduced[:b]
    z[:b] *= 0.5
    inside = lambda a, ceiling: np.clip(a, 0.0, ceiling)  # noqa: E731
    # bounded columns keep y + s = upper; unbounded ones and the bound duals are shifted until positive
    y[:b] = inside(y[:b], upper)
    shift = np.maximum(-1.5 * y[b:].min(axis=0, initial=0.0), 0.0)
    dual_shift = np.maximum(-1.5 * np.minimum(z.min(axis=0, initial=0.0), w.min(axis=0, initial=0.0)), 0.0)
    y[b:] += shift
    z, w = z + dual_shift, w + dual_shift
    s = upper - y[:b]
    product = (y * z * open_columns).sum(axis=0) + (s * w).sum(axis=0)
    total_dual = (z * open_columns).sum(axis=0) + (w * open_columns[:b]).sum(axis=0)
    total_primal = y.sum(axis=0) + s.sum(axis=0)
    primal_shift = 0.5 * product / np.maximum(total_dual, 1e-12) + 1e-3
    dual_shift = 0.5 * product / np.maximum(total_primal, 1e-12) + 1e-3
    y[b:] += primal_shift
    room = np.minimum(primal_shift, 0.25 * upper)
    y[:b] = np.clip(y[:b], room, upper - room)
    lanes.y = y * open_columns
    lanes.s = (upper - y[:b]) * open_columns[:b]
    lanes.d = d
    lanes.z = (z + dual_shift) * open_columns
    lanes.w = (w + dual_shift) * open_columns[:b]


def central(algebra: Algebra, lanes: Lanes, dual: Floats, barrier: float) -> None:
    """What belongs to the duals (m,), in elimination order, at mu = `barrier`, both in the batch's units."""
    b, upper, mu = len(lanes.upper), np.maximum(lanes.upper, 0.0), barrier / (lanes.primal_unit * lanes.dual_unit)
    lanes.d = dual[:, None] / lanes.dual_unit
    reduced = lanes.q - algebra.transpose_multiply(lanes.d, lanes.values)
    # the smaller of y and s from a quadratic equation without cancellation, the other one from upper
    pull = np.abs(reduced[:b]) * upper
    small = 2.0 * mu * upper / (pull + 2.0 * mu + np.sqrt(pull**2 + 4.0 * mu**2))
    positive = reduced[:b] > 0.0
    lanes.s = np.where(positive, upper - small, small)
    lanes.z = np.maximum(reduced, mu / LARGEST)
    lanes.y = mu / lanes.z
    lanes.y[:b] = np.where(positive, small, upper - small)
    is_open = lanes.open_columns[:b] > 0.0
    lanes.z[:b] = np.where(is_open, mu / np.where(is_open, lanes.y[:b], 1.0), 0.0)
    lanes.w = np.where(is_open, mu / np.where(is_open, lanes.s, 1.0), 0.0)
