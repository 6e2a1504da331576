"""Somebody presses Ctrl-C while a step runs."""

from typing import Any

from loopwise.optimizer.progress import QuietProgress


class Stopping(QuietProgress):
    """Ctrl-C at the `advances`-th sign of life of the step whose title begins with `title`; 0: as it begins."""

    def __init__(self, advances: int, title: str = "") -> None:
        self.left, self.title, self.inside = advances, title, False

    def step(self, title: str, total: float | None = None) -> Any:
        self.inside = title.startswith(self.title)
        if self.inside and self.left == 0:
            raise KeyboardInterrupt
        return self

    def __enter__(self) -> "Stopping":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def advance(self, done: float, note: str = "") -> None:
        self.left -= self.inside
        if self.inside and self.left == 0:
            raise KeyboardInterrupt
