"""The algorithms and the user's front."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .options import Options
    from .result import Result, RunStatus
    from .run import optimize

__all__ = ["Options", "Result", "RunStatus", "optimize"]

_HOMES = {"Options": "options", "Result": "result", "RunStatus": "result", "optimize": "run"}


def __getattr__(name: str) -> Any:
    """Loaded where it is asked for: the command line answers Ctrl-C while what takes its time is still loading."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
