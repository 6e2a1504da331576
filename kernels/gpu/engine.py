"""One standard form on the GPU: the plan goes to a device once, batches that are there are solved there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Placed
from ..engine import Iterates, PreparedEngine, StandardBatch, StandardForm
from ..symbolic import plan
from .launch import THREADS, WARP, current_device, free_bytes, launch, resident_threads

SOURCE = "recourse.cu"
MEMORY_SHARE = 0.5  # of the free memory that the states of the running programs may take


def prepare(form: StandardForm) -> PreparedEngine:
    """Order, analyse and hold one standard form; nothing touches a device before the first batch."""
    return _Prepared(form)


class _Prepared:
    def __init__(self, form: StandardForm) -> None:
        self._shape = form.W.shape
        analysed = plan(form)
        self._arrays = {name: Placed(a) for name, a in analysed.items() if isinstance(a, np.ndarray)}
        self._numbers = {
            "rows": form.W.shape[0],
            "columns": form.W.shape[1],
            "entries": len(analysed["value"]),
        } | {name: n for name, n in analysed.items() if not isinstance(n, np.ndarray)}
        self._thread_memory: dict[bool, int] = {}

    def __call__(
        self, batch: StandardBatch, *, tolerance: float, max_iterations: int, primal: bool = False
    ) -> Iterates:
        """See `PreparedEngine`; CuPy arrays only, and nothing leaves the device."""
        from cupy import empty  # what calls this has CuPy arrays

        count, (m, n) = len(batch), self._shape
        result = Iterates(
            dual=empty((count, m)),
            objective=empty(count),
            primal_residual=empty(count),
            converged=empty(count, np.bool_),
            iterations=empty(count, np.int32),
            primal=empty((count, n)) if primal else None,
        )
        if not count:
            return result
        kernel = f"solve<{str(batch.W_values is not None).lower()}>"
        thread_memory = self._memory_of_a_thread(batch.W_values is not None)
        threads = self._threads(kernel, count, thread_memory)
        launch(
            SOURCE, kernel, threads, **self._plan(), count=count, h=batch.h, q=batch.q, upper=batch.upper,
            values=batch.W_values, q_stride=_stride(batch.q), upper_stride=_stride(batch.upper), tolerance=tolerance,
            max_iterations=max_iterations, dual=result.dual, objective=result.objective,
            primal_residual=result.primal_residual, converged=result.converged, iterations=result.iterations,
            primal=result.primal, start=batch.start, memory=empty(threads * thread_memory), thread_memory=thread_memory,
        )  # fmt: skip
        return result

    def _plan(self) -> dict[str, Any]:
        import cupy

        return self._numbers | {name: placed.on(cupy) for name, placed in self._arrays.items()}

    def _memory_of_a_thread(self, own_values: bool) -> int:
        """Doubles; the kernel knows, since it lays them out."""
        if own_values not in self._thread_memory:
            from cupy import empty

            size = empty(1, np.int64)
            names = ("rows", "columns", "bounded", "entries", "panels", "panel_entry")
            everything = self._plan()
            kernel = f"memory_size<{str(own_values).lower()}>"
            launch(SOURCE, kernel, 1, **{name: everything[name] for name in names}, size=size)
            self._thread_memory[own_values] = int(size.get()[0])
        return self._thread_memory[own_values]

    @staticmethod
    def _threads(kernel: str, count: int, thread_memory: int) -> int:
        """As many as the device runs at once, the batch fills and the free memory holds; whole blocks."""
        device = current_device()
        blocks = min(resident_threads(SOURCE, kernel, device) // THREADS, -(-count // THREADS))
        held = int(MEMORY_SHARE * free_bytes(device)) // (8 * thread_memory * THREADS)
        return THREADS * max(1, min(blocks, held))


def _stride(values: Any) -> int:
    """Numbers from one scenario's to the next one's; 0 where all share them."""
    return values.shape[1] if values.ndim == 2 else 0


assert THREADS % WARP == 0
