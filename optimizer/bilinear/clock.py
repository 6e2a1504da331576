"""How long the search may still go on; shared by all its threads."""

from __future__ import annotations

import time
from threading import Event


class TimeUpError(Exception):
    """The time limit passed, or the search was told to stop."""


class Clock:
    """Wall time since the search began, against its limit in s; `stop` ends it early (Ctrl-C)."""

    def __init__(self, limit: float) -> None:
        self.started = time.perf_counter()
        self.limit = limit
        self.stopped = Event()

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def remaining(self) -> float:
        """Seconds left, at least 0."""
        return 0.0 if self.stopped.is_set() else max(0.0, self.limit - self.elapsed())

    def expired(self) -> bool:
        """Whether work shall end."""
        return self.remaining() <= 0.0

    def stop(self) -> None:
        """Let the time be up now."""
        self.stopped.set()

    def check(self) -> None:
        """Raise TimeUpError where work shall end."""
        if self.expired():
            raise TimeUpError
