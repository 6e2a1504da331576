"""Points near the central path of one program, from which programs like it may start (`starting_point.py`).

Newton steps towards y z = s w = mu for a mu that shrinks by a fixed share every few steps, from Mehrotra's starting
point. Points far from feasible are of use as well: what a start is worth, iterations show.
Wright, Primal-Dual Interior-Point Methods, SIAM 1997, chapter 5.
"""

from __future__ import annotations

import numpy as np

from ..engine import Floats, StandardBatch
from .interior_point import InteriorPoint
from .lanes import longest_steps, theta_of

SHRINK = 0.4  # from one mu to the next
STEPS = 2  # for each mu; more end at the boundary where a program has no interior
MOST = 14  # mu
SMALLEST_GAP = 0.1  # relative to the objective: what differs from the program could not start from nearer


def central_points(engine: InteriorPoint, program: StandardBatch) -> list[Floats]:
    """Duals and mu (m + 1,) of points for a batch of one program, the largest mu first, in the batch's units."""
    algebra = engine.algebra
    with np.errstate(all="ignore"):  # a program without a central path ends with few points
        lanes = engine.started(program, np.zeros(1, np.int64))
        b, values, open_columns = len(lanes.upper), lanes.values, lanes.open_columns
        pairs = open_columns.sum() + open_columns[:b].sum()
        mu = ((lanes.y * lanes.z).sum() + (lanes.s * lanes.w).sum()) / max(pairs, 1.0)
        points: list[Floats] = []
        for step in range(1, STEPS * MOST + 1):
            y, s, z, w = lanes.y, lanes.s, lanes.z, lanes.w
            theta, inverse_y, inverse_s = theta_of(lanes)
            r_primal = lanes.h - algebra.multiply(y, values)
            aim_z, aim_w = mu * inverse_y - z, mu * inverse_s - w  # what makes y z and s w equal to mu
            g = (lanes.q - algebra.transpose_multiply(lanes.d, values) - z) * open_columns - aim_z
            g[:b] += w + aim_w
            L = algebra.factor(theta, values)
            dd = algebra.cholesky.solve(L, r_primal + algebra.multiply(theta * g, values))
            dy = theta * (algebra.transpose_multiply(dd, values) - g)
            dz, dw = aim_z - z * dy * inverse_y, aim_w + w * dy[:b] * inverse_s
            primal, dual = longest_steps(y, s, z, w, dy, dz, dw, 0.9)
            lanes.y, lanes.s = y + primal * dy, s - primal * dy[:b]
            lanes.d, lanes.z, lanes.w = lanes.d + dual * dd, z + dual * dz, w + dual * dw
            if not np.isfinite(lanes.d).all():
                break
            if step % STEPS == 0:
                point = np.empty(len(lanes.d) + 1)
                point[algebra.order] = lanes.d[:, 0] * lanes.dual_unit
                point[-1] = mu * lanes.primal_unit[0] * lanes.dual_unit[0]
                points.append(point)
                if mu * pairs <= SMALLEST_GAP * abs(float((lanes.q * lanes.y).sum())):
                    break
                mu *= SHRINK
    return points
