"""What is wrong with a user's input: every problem at once, each with its place and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

SHOWN = 20  # problems printed; a wrong file can have as many as it has lines


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands, what was typed, what is allowed.

    `place` is the dotted path in the case file (`plants[0].water.inlet`), `line` counts from 1.
    """

    message: str
    file: str | None = None
    line: int | None = None
    place: str | None = None
    typed: str | None = None
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        head = ": ".join(part for part in (where, self.place) if part)
        text = f"{head}: {self.message}" if head else self.message
        if self.typed is not None and not self._says_what_was_typed():
            text += f" (typed: {self.typed})"
        if self.suggestion is not None:
            text += f"; did you mean {self.suggestion!r}?"
        if self.allowed:
            text += f"{'' if text.endswith('?') else '.'} Allowed: {', '.join(self.allowed)}."
        return text

    def _says_what_was_typed(self) -> bool:
        """Whether the message has it; a short word such as 0 may stand there for something else."""
        typed = self.typed or ""
        return repr(typed) in self.message or (len(typed) > 3 and typed in self.message)


class CaseError(Exception):
    """Input that cannot be worked with; carries all problems found, not only the first."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)  # what pickle hands to __init__ again

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        shown = [f"  - {problem}" for problem in self.problems[:SHOWN]]
        more = len(self.problems) - len(shown)
        return "\n".join([f"{len(self.problems)} problems:", *shown, *([f"  ... and {more} more"] if more else [])])

    def located(self, file: str, lines: dict[str, int]) -> CaseError:
        """The same problems in the file's order, with `file` and the line of each place (or of what encloses it)."""
        found = [
            replace(problem, file=problem.file or file, line=problem.line or nearest_line(lines, problem.place))
            for problem in self.problems
        ]
        return CaseError(in_file_order(found))


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems as somebody meets them who reads the file; those without a place first."""
    return sorted(problems, key=lambda problem: (problem.file or "", problem.line or 0))


def nearest_line(lines: dict[str, int], place: str | None) -> int | None:
    """Line of `place`, or of the innermost enclosing place that is in `lines`."""
    while place:
        if place in lines:
            return lines[place]
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return lines.get("")


def dotted(path: Sequence[str | int]) -> str:
    """`("plants", 0, "name")` as `plants[0].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(typed: str, allowed: Iterable[str]) -> str | None:
    """The allowed spelling closest to what was typed, None where nothing is close."""
    spellings = {spelling.lower(): spelling for spelling in allowed}
    matches = get_close_matches(typed.lower(), spellings, n=1, cutoff=0.6)
    return spellings[matches[0]] if matches else None
