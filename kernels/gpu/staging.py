"""Host arrays on their way through the device: chunk by chunk, the next one travelling while this one is solved.

Two slots take turns. A slot is pinned memory, its copy on the device, and two events: `ready`, recorded on the
transfer stream after the copy, for which the computing stream waits; `free`, recorded on the computing stream after the
last use, for which the next copy into the slot waits. Filling pinned memory and queuing the copy is done by a
thread of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import numpy as np

from .launch import current_device, free_bytes

ALIGNMENT = 1024  # scenarios: chunks end where blocks of sums end
MOST = 1 << 20  # scenarios of a chunk
CHUNK_SHARE = 0.25  # of the free memory that one chunk may take; the kernel's states take half


def chunk_size(bytes_per_scenario: int) -> int:
    """Scenarios to solve at once on the current device, a multiple of ALIGNMENT, by the memory that is free there."""
    fitting = int(CHUNK_SHARE * free_bytes(current_device())) // max(1, bytes_per_scenario)
    return ALIGNMENT * max(1, min(fitting, MOST) // ALIGNMENT)


def staged(parts: Sequence[slice], arrays: Sequence[Any]) -> Iterator[tuple[slice, Any, tuple[Any, ...]]]:
    """(scenarios, cupy, device arrays of them) for each part of the host arrays; valid until the next one is asked for.

    Arrays (N, width) travel by parts, arrays (width,) once, None stays None.
    """
    cupy: Any = import_module("cupy")
    size = max(part.stop - part.start for part in parts)
    with cupy.cuda.Device(current_device()):
        travelling = [a for a in arrays if a is not None and a.ndim == 2]
        shared = [None if a is None or a.ndim == 2 else cupy.asarray(a) for a in arrays]
        stream = cupy.cuda.Stream(non_blocking=True)
        slots = [_Slot(cupy, size, travelling) for _ in range(min(2, len(parts)))]
        with ThreadPoolExecutor(1, thread_name_prefix="loopwise-upload") as worker:
            coming = worker.submit(slots[0].fill, stream, parts[0], travelling)
            for number, part in enumerate(parts):
                coming.result()
                slot, computing = slots[number % 2], cupy.cuda.get_current_stream()
                if number + 1 < len(parts):  # the other slot: its `free` was recorded when its chunk was done
                    coming = worker.submit(slots[(number + 1) % 2].fill, stream, parts[number + 1], travelling)
                computing.wait_event(slot.ready)
                rows = iter([device[: part.stop - part.start] for device in slot.device])
                given = tuple(
                    next(rows) if a is not None and a.ndim == 2 else s for a, s in zip(arrays, shared, strict=True)
                )
                yield part, cupy, given
                slot.free.record(computing)
        stream.synchronize()


class _Slot:
    def __init__(self, cupy: Any, size: int, arrays: Sequence[Any]) -> None:
        self._device_number = current_device()
        self._cupy = cupy
        self.pinned = [_pinned(cupy, (size, a.shape[1]), a.dtype) for a in arrays]
        self.device = [cupy.empty(pinned.shape, pinned.dtype) for pinned in self.pinned]
        self.ready, self.free = cupy.cuda.Event(), cupy.cuda.Event()
        self.free.record(cupy.cuda.get_current_stream())  # behind whatever had this memory before

    def fill(self, stream: Any, part: slice, arrays: Sequence[Any]) -> None:
        """Bring rows of the host arrays to the device; returns when the copies are queued, not when they are done."""
        with self._cupy.cuda.Device(self._device_number):  # the current device belongs to a thread
            self.ready.synchronize()  # the copy before from this pinned memory is done
            stream.wait_event(self.free)
            count = part.stop - part.start
            for pinned, device, array in zip(self.pinned, self.device, arrays, strict=True):
                np.copyto(pinned[:count], array[part])
                device[:count].set(pinned[:count], stream=stream)
            self.ready.record(stream)


def _pinned(cupy: Any, shape: tuple[int, int], dtype: Any) -> Any:
    count = shape[0] * shape[1]
    memory = cupy.cuda.alloc_pinned_memory(max(1, dtype.itemsize * count))
    return np.frombuffer(memory, dtype, count).reshape(shape)
