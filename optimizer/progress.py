"""Progress of long work: one line on a terminal, nothing where the output is piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Step(Protocol):
    """A running step."""

    def advance(self, done: float, note: str = "") -> None:
        """`done` of the step's total so far, with a short note such as the gap."""
        ...


class Progress(Protocol):
    """Where long work says how far it is."""

    def step(self, title: str, total: float | None = None) -> AbstractContextManager[Step]:
        """Context manager around a step; `total` None means that its length is unknown."""
        ...


class _Quiet:
    def advance(self, done: float, note: str = "") -> None:
        pass


class QuietProgress:
    """Says nothing."""

    silent: Step = _Quiet()

    @contextmanager
    def step(self, title: str, total: float | None = None) -> Generator[Step]:
        """A step that nobody sees."""
        yield _Quiet()


class _Bar:
    def __init__(self, bars: Bars, title: str, total: float | None) -> None:
        self.bars, self.task, self.last = bars, bars.add_task(title, total=total, note=""), 0.0

    def advance(self, done: float, note: str = "") -> None:
        if time.monotonic() - self.last > 0.1:
            self.last = time.monotonic()
            self.bars.update(self.task, completed=done, note=note)


class TerminalProgress:
    """Bars on a terminal's standard error."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, title: str, total: float | None = None) -> Generator[Step]:
        """A bar that is removed when the step is over."""
        bar = [BarColumn(), MofNCompleteColumn()] if total is not None else []
        note = TextColumn("{task.fields[note]}")
        columns = [SpinnerColumn(), TextColumn("{task.description}"), *bar, note, TimeElapsedColumn()]
        with Bars(*columns, console=self.console, transient=True) as bars:
            yield _Bar(bars, title, total)


def progress_for(*, quiet: bool = False) -> QuietProgress | TerminalProgress:
    """Bars where a person looks at standard error, silence otherwise."""
    return QuietProgress() if quiet or not sys.stderr.isatty() else TerminalProgress(Console(stderr=True))
