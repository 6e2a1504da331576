"""One process at a time works on a folder; its lock is gone with the process, however that ends."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

fcntl: Any
try:
    import fcntl
except ModuleNotFoundError:  # Windows, where two starts are not kept apart
    fcntl = None

PATIENCE = 1.0  # seconds in which somebody who only looks, and holds the lock for that, is gone


class LockedError(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(file: Path) -> Generator[None]:
    """Hold the lock. Raises LockedError, or OSError where the file cannot be written."""
    with file.open("a+") as stream:
        deadline = time.monotonic() + PATIENCE
        while not _taken(stream, "LOCK_EX"):
            if time.monotonic() > deadline:
                raise LockedError
            time.sleep(0.05)
        stream.truncate(0)
        stream.write(f"{time.time()}\n")
        stream.flush()
        yield


def locked_since(file: Path) -> float | None:
    """Since when (seconds since 1970) another process holds the lock; None where nobody does."""
    try:
        with file.open() as stream:
            if _taken(stream, "LOCK_SH"):
                return None
            return float(stream.read() or time.time())
    except OSError:
        return None


def _taken(stream: IO[str], kind: str) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(stream, getattr(fcntl, kind) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
