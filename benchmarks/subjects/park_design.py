"""The design problem of the synthetic park: what to build and how big, before the demands are known."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from loopwise.problems.two_stage import FirstStage, RandomTerm, Recourse, Sense, TwoStageProblem
from loopwise.problems.uncertainty import Correlation, Lognormal, Uncertainty

from .park import park_lp


def park_design(plants: int, *, correlation: float = 0.4, seed: int = 0) -> TwoStageProblem:
    """min fixed'build + unit'size + E[operation]; size <= largest build, activity <= size, lognormal demands.

    Two plants have 62 build binaries; every optional activity of `park_lp` has one.
    """
    lp = park_lp(plants, seed=seed)
    m, n = lp.W.shape
    k = len(lp.optional)
    largest = lp.upper[lp.optional]
    names = (*(f"size{j}" for j in range(k)), *(f"build{j}" for j in range(k)))
    first = FirstStage(
        names,
        np.concatenate([lp.investment[:, 1], lp.investment[:, 0]]),
        np.zeros(2 * k),
        np.concatenate([largest, np.ones(k)]),
        np.arange(2 * k) >= k,
        sp.csr_array(sp.hstack([sp.eye_array(k), -sp.diags_array(largest)])),
        np.full(k, -np.inf),
        np.zeros(k),
        tuple(f"largest{j}" for j in range(k)),
    )
    capacity = sp.csc_array((np.ones(k), (np.arange(k), lp.optional)), shape=(k, n))
    technology = sp.csc_array((-np.ones(k), (m + np.arange(k), np.arange(k))), shape=(m + k, 2 * k))
    recourse = Recourse(
        tuple(f"activity{j}" for j in range(n)),
        lp.cost,
        np.zeros(n),
        np.full(n, np.inf),
        sp.csc_array(sp.vstack([lp.W, capacity])),
        technology,
        np.concatenate([lp.mean, np.full(k, -np.inf)]),
        np.concatenate([lp.mean, np.zeros(k)]),
        (*(f"balance{i}" for i in range(m)), *(f"capacity{j}" for j in range(k))),
    )
    demands = {
        f"demand{i}": Lognormal(mean=float(lp.mean[i]), standard_deviation=float(lp.mean[i] * lp.spread[i]))
        for i in range(m)
    }
    balance = RandomTerm(np.arange(m), np.zeros(m), sp.eye_array(m, format="csr"))
    return TwoStageProblem(
        f"park of {plants} plants",
        Sense.MINIMIZE,
        first,
        recourse,
        Uncertainty(demands, [Correlation(between=tuple(demands), correlation=correlation)]),
        np.eye(m, dtype=np.int64),
        {"row_lower": balance, "row_upper": balance},
    )
