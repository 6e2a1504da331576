"""`read_smps`: three files into a two-stage problem, with what the reader found odd about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np

from ..errors import CaseError, Problem, nearest
from ..two_stage.problem import TwoStageProblem
from .assemble import assemble
from .cards import Section, read_lines, read_sections
from .core import parse_core
from .distributions import Discrete
from .findings import Findings
from .periods import parse_periods
from .places import Stochastics
from .stochastics import parse_stochastics

CORE_SUFFIXES = (".cor", ".core")
TIME_SUFFIXES = (".tim", ".time")
STOCHASTIC_SUFFIXES = (".sto", ".stoch")
PROBABILITY_TOLERANCE = 1e-9
Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class SmpsCase:
    """A problem, the three files it was read from and remarks for the user."""

    problem: TwoStageProblem
    files: tuple[Path, Path, Path]
    notes: tuple[str, ...]
    normalized: bool = False
    kind: ClassVar[str] = "smps"

    @property
    def name(self) -> str:
        """The core file's stem, which output folders and reports go by."""
        return self.files[0].stem


def read_smps(
    core: Path | str, time: Path | str | None = None, stoch: Path | str | None = None, *, normalize: bool = False
) -> SmpsCase:
    """The two-stage problem in `core`, with the time and stochastic files of the same stem unless they are named.

    Probabilities are taken as they are in enumerations, with a remark where they do not sum to 1; `normalize` divides
    them by their sum (samples are always drawn in proportion). Raises CaseError with every mistake found.
    """
    if not Path(core).is_file():  # what belongs to it is not missed then
        raise CaseError(_no_core(Path(core)))
    files = (Path(core), _companion(core, time, TIME_SUFFIXES), _companion(core, stoch, STOCHASTIC_SUFFIXES))
    missing = [Problem("no such file", file=str(file)) for file in files if not file.is_file()]
    if missing:
        raise CaseError(missing)
    found = Findings()
    nominal = _parse(files[0], found, lambda sections, findings: parse_core(files[0], sections, findings))
    found.raise_errors()
    periods = _parse(files[1], found, lambda sections, findings: parse_periods(files[1], sections, nominal, findings))
    found.raise_errors()
    assert periods is not None
    stochastics = _parse(
        files[2], found, lambda sections, findings: parse_stochastics(files[2], sections, nominal, periods, findings)
    )
    _check_probabilities(files[2], stochastics, normalize, found)
    found.raise_errors()
    problem = assemble(nominal, periods, stochastics, found)
    found.raise_errors()
    return SmpsCase(problem, files, tuple(found.notes), normalize)


def _no_core(core: Path) -> Problem:
    """A folder, or no file at all, with the nearest core file beside it."""
    if core.is_dir():
        return Problem("is a folder; expected an SMPS core file", file=str(core))
    beside = core.parent.iterdir() if core.parent.is_dir() else ()
    close = nearest(core.name, (file.name for file in beside if file.suffix.lower() in CORE_SUFFIXES))
    return Problem("no such file", file=str(core), suggestion=close)


def _parse(file: Path, found: Findings, parse: Callable[[list[Section], Findings], Parsed]) -> Parsed:
    """What `parse` makes of a file in free format; of fixed format (names with blanks) where that explains more of it.

    What was found in the format taken is added to `found`.
    """
    lines = read_lines(file, found)
    found.raise_errors()
    chosen = Findings()
    result = parse(read_sections(file, lines, chosen), chosen)
    if chosen.errors:
        fixed = Findings()
        other = parse(read_sections(file, lines, fixed, fixed=True), fixed)
        if len(fixed.errors) < len(chosen.errors):
            result, chosen = other, fixed
    found.errors += chosen.errors
    found.notes += chosen.notes
    return result


def _companion(core: Path | str, named: Path | str | None, suffixes: tuple[str, ...]) -> Path:
    """The file named, or the one beside the core with its stem, or the only one of its kind in the folder."""
    if named is not None:
        return Path(named)
    core = Path(core)
    beside = [core.with_suffix(suffix) for suffix in suffixes]
    exact = [file for file in beside if file.is_file()]
    if exact:
        return exact[0]
    folder = core.parent
    candidates = sorted(f for f in folder.iterdir() if f.suffix.lower() in suffixes) if folder.is_dir() else []
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        return beside[0]
    listed = ", ".join(f.name for f in candidates)
    option = "--time" if suffixes is TIME_SUFFIXES else "--stoch"
    text = f"several {suffixes[0]} files could belong to it: {listed}; name one with {option}"
    raise CaseError(Problem(text, file=core.name))


def _check_probabilities(file: Path, stochastics: Stochastics, normalize: bool, found: Findings) -> None:
    """Say which probabilities do not sum to 1 and divide by their sum where that was asked for."""
    place = 0
    for g, group in enumerate(stochastics.groups):
        width = group.values.shape[1] if isinstance(group, Discrete) else 1
        name = str(stochastics.elements[place].place) if width else "no element"
        place += width
        if not isinstance(group, Discrete):
            continue
        total = float(np.sum(group.probability))
        joint = " and what moves with it" if width > 1 else ""
        what = f"the probabilities of {name}{joint} sum to {total:.6g}"
        if total <= 0:
            found.error(file, 0, f"{what}: nothing can happen")
        elif abs(total - 1) > PROBABILITY_TOLERANCE and normalize:
            stochastics.groups[g] = replace(group, probability=group.probability / total)
            found.note(f"{file.name}: {what}; divided by their sum")
        elif abs(total - 1) > PROBABILITY_TOLERANCE:
            found.note(f"{file.name}: {what}; taken as they are in `all` scenarios, in proportion in samples")
