"""What a reader found: mistakes that stop it, all at once, and peculiarities that it only mentions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CaseError, Problem, nearest

SUGGESTIONS = 20  # mistakes with a nearest spelling; a wrong file has as many mistakes as lines


@dataclass
class Findings:
    """Collects mistakes and remarks while the files are read."""

    errors: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])

    def error(self, file: Path, line: int, text: str, *, allowed: tuple[str, ...] = ()) -> None:
        """A mistake at `line` (counted from 1; 0 where the whole file is meant)."""
        self.errors.append(Problem(text, file=file.name, line=line or None, allowed=allowed))

    def unknown(self, file: Path, line: int, what: str, typed: str, known: Collection[str]) -> None:
        """A name that is not one of `known`, with the nearest one."""
        close = nearest(typed, known) if len(self.errors) < SUGGESTIONS else None
        text = f"{what} '{typed}' is not known"
        self.errors.append(Problem(text, file=file.name, line=line or None, suggestion=close))

    def note(self, text: str) -> None:
        """Something odd but readable, said once."""
        if text not in self.notes:
            self.notes.append(text)

    def raise_errors(self) -> None:
        """Raise CaseError where there is a mistake."""
        if self.errors:
            raise CaseError(self.errors)
