"""Small picklable works for tests of the schemes."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loopwise.cluster import Chunk


@dataclass(frozen=True)
class Squares:
    """Sums `scale` k^2 over a chunk; every preparation and every computed chunk leaves a line in `log`.

    `trouble(attempt, chunk)` in a subclass may do anything before the result is there.
    """

    log: Path
    scale: int = 1
    pause: float = 0.0

    @property
    def key(self) -> str:
        return f"{type(self).__name__} {self.log} {self.scale}"

    def prepare(self):
        _note(self.log / "prepared", str(os.getpid()))
        return self.compute

    def compute(self, arguments: Any, chunk: Chunk) -> int:
        attempts = self.log / f"attempts {chunk.first}"
        _note(attempts, str(os.getpid()))
        self.trouble(len(attempts.read_text().split()), chunk)
        time.sleep(self.pause)
        _note(self.log / "done", str(chunk.first))
        return sum(self.scale * arguments * k * k for k in range(chunk.first, chunk.last))

    def trouble(self, attempt: int, chunk: Chunk) -> None:
        """Nothing goes wrong here."""


@dataclass(frozen=True)
class Flaky(Squares):
    """The second chunk fails with `error` the first `failures` times."""

    error: type[Exception] = OSError
    failures: int = 2

    def trouble(self, attempt: int, chunk: Chunk) -> None:
        if chunk.first and attempt <= self.failures:
            raise self.error(f"trouble number {attempt}")


def _note(file: Path, line: str) -> None:
    with file.open("a") as stream:
        stream.write(line + "\n")


@dataclass(frozen=True)
class Killing(Squares):
    """The process that computes the chunk from 2 on is killed the first `deaths` times."""

    deaths: int = 1

    def trouble(self, attempt: int, chunk: Chunk) -> None:
        if chunk.first == 2 and attempt <= self.deaths:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Suspended(Squares):
    """The process that computes the chunk from 2 on stands still the first time."""

    def trouble(self, attempt: int, chunk: Chunk) -> None:
        if chunk.first == 2 and attempt == 1:
            os.kill(os.getpid(), signal.SIGSTOP)


@dataclass(frozen=True)
class Hungry(Squares):
    """The process that computes the chunk from 2 on takes 2 GB the first time, and is slow about it."""

    def trouble(self, attempt: int, chunk: Chunk) -> None:
        if chunk.first == 2 and attempt == 1:
            taken = [np.ones(12_500_000) for _ in range(20) if time.sleep(0.1) is None]
            time.sleep(60.0 * bool(taken))


def lines(file: Path) -> list[str]:
    """What works wrote into one of their files."""
    return file.read_text().split() if file.exists() else []


def versions_of_the_environment() -> dict[str, str]:
    """A version that a process's environment can change."""
    return {"kernel": os.environ.get("KERNEL_FOR_TESTS", "1")}
