"""Duals that prove a bound although they are rounded.

A reduced cost of an unbounded column that is below zero, however little, proves nothing, and the repair in
`certificates.py` moves the dual much further than rounding did: prices of 1 and 1e7 in one LP cost a gap of 1e-7.
"""

from __future__ import annotations

import numpy as np

from ..engine import Booleans, Floats
from .algebra import Algebra

MARGIN = 1e-14  # share of the terms of a reduced cost that it should be at least: above rounding, far below a tolerance
ROUNDS = 3
UNSAFE = 2e-15  # in units of max|q|: a reduced cost below this may be below zero in the caller's units


def unsafe(reduced_cost: Floats) -> Booleans:
    """(N,): the duals with reduced costs (unbounded columns, N) may prove nothing for rounding."""
    return np.asarray(reduced_cost.min(axis=0, initial=1.0) < UNSAFE)


def lifted(algebra: Algebra, theta: Floats, q: Floats, d: Floats, values: Floats | None, bounded: int) -> Floats:
    """d (m, N) moved as little as lifts the reduced costs of all but the first `bounded` columns to their margin.

    Least squares weighted with theta (n, N), so that columns at zero hardly count. Where columns at work depend on one
    another, one goes down as another goes up: what is still below zero is lifted with a surplus.
    """
    L = algebra.factor(theta, values)
    surplus = np.zeros(d.shape[1])
    wanted = np.ones(d.shape[1], dtype=np.bool_)
    for _ in range(ROUNDS):
        margin = MARGIN * (np.abs(q) + algebra.absolute_transpose_multiply(np.abs(d), values))
        missing = np.minimum(q - algebra.transpose_multiply(d, values) - margin - surplus, 0.0)
        missing[:bounded] = 0.0
        d = d + np.where(wanted, algebra.cholesky.solve(L, algebra.multiply(theta * missing, values)), 0.0)
        smallest = (q - algebra.transpose_multiply(d, values))[bounded:].min(axis=0, initial=0.0)
        wanted = wanted & (smallest < 0.0)
        surplus = -2.0 * smallest
        if not wanted.any():
            break
    return d
