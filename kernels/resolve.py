"""What HiGHS says of scenarios that an engine left undecided, in the terms of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import own_rows, to_host
from .batch import RecourseBatch, Status
from .certificates import Certifier
from .engine import Floats
from .exact import ExactSolution, ExactSolver


def resolve(
    exact: ExactSolver, xp: Any, certifier: Certifier, batch: RecourseBatch, rows: Any,
    h: Any, q: Any, upper: Any, W_values: Any,
) -> None:  # fmt: skip
    """Let HiGHS decide the scenarios `rows`; of a batch on a device, only they come to the host and go back."""
    h_, q_, upper_, values_ = (None if a is None else to_host(a) for a in own_rows(rows, h, q, upper, W_values))
    decided: list[tuple[Any, ...]] = []
    for k in range(len(rows)):
        one = own_rows(k, h_, q_, upper_, values_)
        decided.append(_decided(exact.solve(*one), certifier, exact.lower, *one))
    names = ("objective", "lower_bound", "dual", "reduced_cost", "status", "primal_residual", "primal")
    for name, values in zip(names, zip(*decided, strict=True), strict=True):
        array = getattr(batch, name)
        if array is not None:
            array[rows] = xp.asarray(np.array(values, dtype=array.dtype))


def _decided(
    solution: ExactSolution, certifier: Certifier, lower: Floats,
    h: Floats, q: Floats, upper: Floats, values: Floats | None,
) -> tuple[Any, ...]:  # fmt: skip
    """(objective, lower_bound, dual, reduced_cost, status, primal_residual, primal) of one scenario by HiGHS."""
    status = solution.status
    dual = np.full((1, len(h)), np.nan) if solution.dual is None else solution.dual[None]
    cost = np.zeros_like(q) if status is Status.INFEASIBLE else q
    reduced_cost = certifier.reduced_cost(np, dual, cost, None if values is None else values[None])
    lower_bound = solution.objective
    if status is Status.OPTIMAL:
        assert solution.primal is not None
        # a reduced cost that points to an infinite bound by HiGHS's tolerance counts with the optimal activity
        infinite = ~np.isfinite(np.where(reduced_cost < 0.0, upper, lower))
        rest = np.where(infinite, reduced_cost * solution.primal, 0.0).sum()
        bound = certifier.bound(np, dual, reduced_cost, h[None], upper)[0] + rest
        lower_bound = min(float(bound), solution.objective)
    elif status is Status.FAILED:
        lower_bound = -np.inf
    primal = np.full(len(q), np.nan) if solution.primal is None else solution.primal
    residual = 0.0 if status is Status.OPTIMAL else np.nan
    return solution.objective, lower_bound, dual[0], reduced_cost[0], status, residual, primal
