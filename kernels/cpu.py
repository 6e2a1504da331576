"""The CPU engine: the reference algorithm in C++, one scenario per vector lane, blocks of lanes shared among threads.

Built at installation where a C++ compiler is found. `LOOPWISE_THREADS` limits the threads, default all cores that the
process may use; results do not depend on it. AVX-512, AVX2 or the machine's baseline is chosen at run time.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from .engine import Booleans, Floats, Iterates, PreparedEngine, Sparse, StandardBatch, StandardForm
from .symbolic import plan


@cache
def _module() -> tuple[Any, str | None]:
    """The compiled module, or None and why it cannot be loaded."""
    try:
        return import_module("._cpu", __package__), None
    except ModuleNotFoundError:
        return None, "it was not compiled; install GCC or Clang and install loopwise again"
    except ImportError as error:
        return None, f"its compiled module cannot be loaded: {error}"


def unavailable() -> str | None:
    """Why the engine cannot serve here; None where it can."""
    return _module()[1]


def instruction_sets() -> tuple[str, ...]:
    """Those that were compiled and that this machine can run, fastest first."""
    return tuple(_module()[0].instruction_sets())


def threads() -> int:
    """Threads that a batch is shared among; raises ValueError where `LOOPWISE_THREADS` is no positive integer."""
    typed = os.environ.get("LOOPWISE_THREADS", "").strip()
    if not typed:
        available = getattr(os, "sched_getaffinity", None)  # not on macOS
        return len(available(0)) if available else os.cpu_count() or 1
    if not typed.isascii() or not typed.isdigit() or int(typed) < 1:
        raise ValueError(f"LOOPWISE_THREADS = {typed!r} must be a positive integer, such as 2")
    return min(int(typed), 1024)


def prepare(form: StandardForm, *, instructions: str | None = None) -> PreparedEngine:
    """Order, analyse and hold one standard form; `instructions`: one of `instruction_sets()`, default the fastest."""
    return _Prepared(form, instructions or instruction_sets()[0])


def certify(
    W: Sparse, lower: Floats, dual: Floats, h: Floats, q: Floats, upper: Floats, W_values: Floats | None
) -> tuple[Floats, Floats, Booleans]:
    """Reduced costs (N, n), lower bounds (N,) without those that point to infinite bounds, and where there are any."""
    count, n = len(h), W.shape[1]
    reduced_cost, lower_bound, spoiled = np.empty((count, n)), np.empty(count), np.empty(count, np.bool_)
    starts, rows = W.indptr.astype(np.int32), W.indices.astype(np.int32)
    given = (np.ascontiguousarray(a) for a in (h, q, upper))
    _module()[0].certify(
        threads(), starts, rows, W.data, lower, *given, W_values, dual, reduced_cost, lower_bound, spoiled
    )
    return reduced_cost, lower_bound, spoiled


class _Prepared:
    def __init__(self, form: StandardForm, instructions: str) -> None:
        self._shape = form.W.shape
        self._instructions = instructions
        self._native = _module()[0].Prepared(plan(form))

    def __call__(
        self, batch: StandardBatch, *, tolerance: float, max_iterations: int, primal: bool = False
    ) -> Iterates:
        """See `PreparedEngine`."""
        count, (m, n) = len(batch), self._shape
        result = Iterates(
            dual=np.empty((count, m)),
            objective=np.empty(count),
            primal_residual=np.empty(count),
            converged=np.zeros(count, np.bool_),
            iterations=np.zeros(count, np.int32),
            primal=np.empty((count, n)) if primal else None,
        )
        if count:
            self._native.solve(
                self._instructions, threads(), batch.h, batch.q, batch.upper, batch.W_values, tolerance,
                max_iterations, result.dual, result.objective, result.primal_residual, result.converged,
                result.iterations, result.primal,
            )  # fmt: skip
        return result


class Closer:
    """Moves activities onto their rows; prepared for one `W` (m, n) with entries, see `projection.py`."""

    def __init__(self, W: Sparse) -> None:
        self._instructions = instruction_sets()[0]
        self._native = _module()[0].Prepared(plan(StandardForm(W, np.zeros(W.shape[1], np.bool_))))

    def __call__(
        self, primal: Floats, h: Floats, lower: Floats, upper: Floats, W_values: Floats | None, allowed: Floats
    ) -> Booleans:
        """(N,) whether every row of `primal` (N, n), changed in place, is missed by no more than `allowed` (m,)."""
        closed = np.zeros(len(h), np.bool_)
        given = (np.ascontiguousarray(a) for a in (h, lower, upper))
        self._native.close(self._instructions, threads(), *given, W_values, allowed, primal, closed)
        return closed
