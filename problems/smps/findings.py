"""What a reader found: mistakes that stop it, all at once, and peculiarities that it only mentions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

SHOWN = 20  # mistakes printed; a wrong file can have as many as it has lines


class SmpsError(ValueError):
    """An SMPS file or design that cannot be used; `problems` names file, line, what stands there and what may."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        more = f"\n... and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        super().__init__("\n".join(problems[:SHOWN]) + more)
        self.problems = problems

    def __reduce__(self) -> tuple[type[SmpsError], tuple[tuple[str, ...]]]:
        return SmpsError, (self.problems,)


@dataclass
class Findings:
    """Collects mistakes and remarks while the files are read."""

    errors: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def error(self, file: Path, line: int, text: str) -> None:
        """A mistake at `line` (counted from 1; 0 where the whole file is meant)."""
        self.errors.append(f"{file.name}:{line}: {text}" if line else f"{file.name}: {text}")

    def unknown(self, file: Path, line: int, what: str, typed: str, allowed: Iterable[str]) -> None:
        """A name that is not one of `allowed`, with the nearest one."""
        close = get_close_matches(typed, list(allowed), n=1)
        self.error(file, line, f"{what} '{typed}' is not known" + (f"; did you mean '{close[0]}'?" if close else ""))

    def note(self, text: str) -> None:
        """Something odd but readable, said once."""
        if text not in self.notes:
            self.notes.append(text)

    def raise_errors(self) -> None:
        """Raise SmpsError where there is a mistake."""
        if self.errors:
            raise SmpsError(tuple(self.errors))
