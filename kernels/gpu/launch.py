"""Launches: arguments by name, checked against the kernel's declaration, and grids that fill the device once.

A raw kernel believes whatever it is given: strides are ignored, a float64 array read as int32, a Python int passed in
eight bytes. So nothing is launched before type, contiguity and place of every argument were checked.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from .source import Parameter, compiled, parameters

THREADS = 128  # of a block, as `__launch_bounds__` promises
WARP = 32


def current_device() -> int:
    """Number of the device that CuPy works on now."""
    cupy: Any = import_module("cupy")
    return int(cupy.cuda.Device().id)


def launch(file: str, kernel: str, threads: int, **values: Any) -> None:
    """Run a kernel with at least `threads` threads, but not more than the device holds at once.

    Raises TypeError naming every argument that is missing, unknown, on the host, of another type or not contiguous.
    """
    declared = parameters(file, kernel)
    problems = [f"{name} is no parameter" for name in values.keys() - {p.name for p in declared}]
    problems += [f"{p.name} is missing" for p in declared if p.name not in values]
    device = current_device()
    if not problems:
        problems = [text for p in declared if (text := _wrong(p, values[p.name], device)) is not None]
    if problems:
        raise TypeError(f"{kernel} of {file} cannot be launched: " + "; ".join(problems))
    blocks = min(-(-threads // THREADS), resident_threads(file, kernel, device) // THREADS)
    arguments = tuple(_passed(p, values[p.name]) for p in declared)
    compiled(file, kernel, device)((max(1, blocks),), (THREADS,), arguments)


def _passed(parameter: Parameter, value: Any) -> Any:
    if parameter.pointer:
        return np.uintp(0) if value is None else value  # CuPy hands None on as no argument at all
    return parameter.dtype.type(value)


def _wrong(parameter: Parameter, value: Any, device: int) -> str | None:
    if not parameter.pointer:
        plain = isinstance(value, (bool, int, float, np.generic))
        return None if plain else f"{parameter.name} must be a number, not {type(value).__name__}"
    if value is None and parameter.name in _OPTIONAL:
        return None
    array: Any = value
    if type(value).__module__.split(".")[0] != "cupy":
        return f"{parameter.name} must be a CuPy array, not {type(value).__module__}.{type(value).__name__}"
    if array.dtype != parameter.dtype:
        return f"{parameter.name} is {array.dtype}, expected {parameter.dtype}"
    if not array.flags.c_contiguous:
        return f"{parameter.name} is not C-contiguous"
    if int(array.device.id) != device:
        return f"{parameter.name} is on device {int(array.device.id)}, not on the current device {device}"
    return None


_OPTIONAL = frozenset({"values", "primal", "start"})  # null where a batch has none


@cache
def resident_threads(file: str, kernel: str, device: int) -> int:
    """Threads of a kernel that the device runs at the same time, by its registers: a multiple of THREADS."""
    cupy: Any = import_module("cupy")
    function = compiled(file, kernel, device).kernel.ptr
    per_processor = cupy.cuda.driver.occupancyMaxActiveBlocksPerMultiprocessor(function, THREADS, 0)
    processors = cupy.cuda.Device(device).attributes["MultiProcessorCount"]
    return int(max(1, per_processor)) * int(processors) * THREADS


def free_bytes(device: int) -> int:
    """Memory of the device that this process can have: what the driver has left and what CuPy's pool holds unused."""
    cupy: Any = import_module("cupy")
    return int(cupy.cuda.Device(device).mem_info[0]) + int(cupy.get_default_memory_pool().free_bytes())
