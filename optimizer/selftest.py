"""What this installation can do: every engine against an independent HiGHS, on LPs made up on the spot."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse as sp

from ..kernels import Engine, RecourseLP
from ..kernels.engine import unavailable

TOLERANCE = 1e-8  # relative, of objectives
SCENARIOS = 33  # one more than a warp, and no multiple of a vector


@dataclass(frozen=True)
class Check:
    """One engine: why it is `missing` here, or its largest relative `deviation` from HiGHS and what it left to it."""

    engine: Engine
    missing: str | None
    deviation: float = 0.0
    resolved_exactly: int = 0

    @property
    def passed(self) -> bool:
        """Present and right."""
        return self.missing is None and self.deviation <= TOLERANCE


@cache
def _problem() -> tuple[Any, ...]:
    """W, cost, upper, h (SCENARIOS, m) and the optima by SciPy's HiGHS, one LP at a time."""
    random = np.random.default_rng(1)
    W = sp.csc_array(sp.random_array((12, 40), density=0.2, rng=random) + sp.eye_array(12, 40))
    upper = np.where(random.random(40) < 0.4, random.uniform(0.5, 2.0, 40), np.inf)
    upper[::7] = 0.0  # options that were not built
    cost = random.uniform(1.0, 2.0, 40)
    h = np.minimum(random.random((SCENARIOS, 40)), upper) @ W.T
    bounds = np.column_stack((np.zeros(40), upper))
    solve: Any = scipy.optimize.linprog
    optima = [solve(cost, A_eq=W, b_eq=row, bounds=bounds, method="highs").fun for row in h]
    return W, cost, upper, h, np.array(optima)


def check(engine: Engine) -> Check:
    """Solve the made-up LPs on one engine."""
    reason = unavailable(engine)
    if reason is not None:
        return Check(engine, reason)
    W, cost, upper, h, optima = _problem()
    batch = RecourseLP(W, cost, upper).solve(h, engine=engine)
    deviation = np.abs(batch.objective - optima).max() / np.abs(optima).max()
    return Check(engine, None, float(np.nan_to_num(deviation, nan=np.inf)), int(batch.resolved_exactly.sum()))


def checks() -> list[Check]:
    """All engines, fastest first."""
    return [check(engine) for engine in (Engine.GPU, Engine.CPU, Engine.REFERENCE)]


def cpu_details() -> str:
    """Instruction sets and threads of the CPU engine."""
    cpu: Any = importlib.import_module("loopwise.kernels.cpu")
    return f"{', '.join(cpu.instruction_sets())}; {cpu.threads()} threads"
