"""The GPU engine: the CPU engine's source, compiled by CuPy for the device at hand, one scenario per CUDA thread.

Importing this needs no CuPy. CuPy arrays are solved where they are; NumPy arrays travel, on request
(`engine="gpu"`), in chunks through pinned memory while the chunk before them is solved (`staging.py`).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from .engine import prepare

__all__ = ["prepare", "unavailable"]


@cache
def unavailable() -> str | None:
    """Why the engine cannot serve here; None where it can."""
    try:
        cupy: Any = import_module("cupy")
    except ModuleNotFoundError:
        return "CuPy is not installed; install loopwise[gpu] (CUDA 13) or loopwise[gpu12]"
    except ImportError as error:
        return f"CuPy cannot be loaded: {error}"
    return None if cupy.cuda.is_available() else "CuPy finds no CUDA device and driver"
