"""Other solvers on the same scenarios: each takes a `RecourseCase` and returns the objectives (N,).

Preparation (models, symbolic work, compilation) happens in the constructor or at the first call of `solve` with a
count, which is not timed; later calls are.
"""

from __future__ import annotations

from typing import Any, Protocol

import highspy
import numpy as np
import scipy.sparse as sp

from loopwise.kernels.highs import quiet_highs

from .subjects.two_stage import Floats, RecourseCase


class Peer(Protocol):
    """A solver prepared for one case."""

    def solve(self, count: int) -> Floats:
        """Objectives of the first `count` scenarios."""
        ...


def bounds(case: RecourseCase, count: int) -> tuple[Floats, Floats, Floats]:
    """q, lower, upper of the first scenarios, (count, n) each."""
    shape = (count, len(case.lp.q))

    def rows(own: Floats | None, shared: Floats) -> Floats:
        return np.broadcast_to(shared if own is None else own[:count] if own.ndim == 2 else own, shape)

    return rows(case.q, case.lp.q), rows(None, case.lp.lower), rows(case.upper, case.lp.upper)


class HighsWarm:
    """One HiGHS model, one scenario after the other, each from the basis of the one before."""

    def __init__(self, case: RecourseCase) -> None:
        if case.W_values is not None:
            raise ValueError("a warm-started loop needs the same W in every scenario")
        self._case, W = case, case.lp.W
        self._highs = quiet_highs()
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = W.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = case.lp.q, case.lp.lower, case.lp.upper
        lp.row_lower_ = lp.row_upper_ = case.h[0]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = W.indptr, W.indices, W.data
        self._highs.passModel(lp)
        self._highs.run()

    def solve(self, count: int) -> Floats:
        """See `Peer`."""
        case, highs, (m, n) = self._case, self._highs, self._case.lp.W.shape
        rows, columns = np.arange(m, dtype=np.int32), np.arange(n, dtype=np.int32)
        q, lower, upper = bounds(case, count)
        objective = np.empty(count)
        for k in range(count):
            highs.changeRowsBounds(m, rows, case.h[k], case.h[k])
            if case.q is not None and case.q.ndim == 2:
                highs.changeColsCost(n, columns, q[k])
            if case.upper is not None and case.upper.ndim == 2 and (k == 0 or (upper[k] != upper[k - 1]).any()):
                highs.changeColsBounds(n, columns, lower[k], upper[k])
            highs.run()
            if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                raise RuntimeError(f"HiGHS ended scenario {k} as {highs.getModelStatus()}")
            objective[k] = highs.getInfo().objective_function_value
        return objective


class Moreau:
    """Moreau on the CPU: one compiled pattern, all scenarios in one batch."""

    def __init__(self, case: RecourseCase) -> None:
        self._moreau: Any = __import__("moreau")
        self._case = case
        self._solvers: dict[int, Any] = {}
        n = case.lp.W.shape[1]
        self._above = np.flatnonzero(np.isfinite(case.lp.upper))
        self._below = np.flatnonzero(np.isfinite(case.lp.lower))
        unit = sp.eye_array(n, format="csr")
        self._A = sp.csr_array(sp.vstack([case.lp.W, unit[self._above], -unit[self._below]]))
        self._A.sort_indices()

    def _solver(self, count: int) -> Any:
        if count not in self._solvers:
            m, n = self._case.lp.W.shape
            settings = self._moreau.Settings(device="cpu", batch_size=count, solver="ipm")
            cones = self._moreau.Cones(num_zero_cones=m, num_nonneg_cones=len(self._above) + len(self._below))
            A = self._A
            solver = self._moreau.CompiledSolver(
                n, A.shape[0], np.zeros(n + 1, np.int64), np.zeros(0, np.int64), A.indptr, A.indices, cones, settings
            )
            solver.setup(np.zeros(0), A.data)
            self._solvers[count] = solver
        return self._solvers[count]

    def solve(self, count: int) -> Floats:
        """See `Peer`."""
        q, lower, upper = bounds(self._case, count)
        b = np.hstack((self._case.h[:count], upper[:, self._above], -lower[:, self._below]))
        solver = self._solver(count)
        solver.solve(np.ascontiguousarray(q), np.ascontiguousarray(b))
        return np.asarray(solver.info.obj_val)


class Mpax:
    """MPAX (restarted Halpern PDHG) on the CPU in float64, all scenarios in one batch."""

    def __init__(self, case: RecourseCase) -> None:
        jax: Any = __import__("jax")
        jax.config.update("jax_enable_x64", True)
        mpax: Any = __import__("mpax")
        jnp: Any = jax.numpy
        self._case, self._jnp = case, jnp
        W = jnp.asarray(case.lp.W.toarray())
        none = jnp.zeros((0, W.shape[1]))
        solver = mpax.r2HPDHG(eps_abs=1e-8, eps_rel=1e-8, iteration_limit=100_000)

        def one(q: Any, h: Any, low: Any, high: Any) -> Any:
            program = mpax.create_lp(q, W, h, none, jnp.zeros(0), low, high, use_sparse_matrix=False)
            return q @ solver.optimize(program).primal_solution

        self._batch = jax.jit(jax.vmap(one))
        self._compiled: dict[int, Any] = {}

    def solve(self, count: int) -> Floats:
        """See `Peer`."""
        q, lower, upper = bounds(self._case, count)
        data = [self._jnp.asarray(a) for a in (q, self._case.h[:count], lower, upper)]
        if count not in self._compiled:
            self._compiled[count] = self._batch.lower(*data).compile()
        return np.asarray(self._compiled[count](*data))


# the class and how many scenarios it is given
PEERS: dict[str, tuple[Any, int]] = {"highs": (HighsWarm, 400), "moreau": (Moreau, 64), "mpax": (Mpax, 4)}
LARGEST: dict[str, int] = {"mpax": 250}  # columns beyond which a peer needs hours
