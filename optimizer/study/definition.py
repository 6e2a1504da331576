"""STUDY.yaml: which cases are changed how, and the list of runs that follows from it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...problems.case_errors import problems_of
from ...problems.case_file import KINDS, SUFFIXES, read_case, validate_case
from ...problems.errors import CaseError, Problem, nearest
from ...problems.uncertainty import uniforms
from ...problems.yaml_lines import Document, read_yaml
from ..options import Options
from ..result import installed
from .changes import changed, places

OPTIONS = tuple(field.name for field in fields(Options) if field.name not in ("workers", "cluster", "out"))
PREFIX = "options."  # of a path that changes an option instead of the case
_LIBRARY = files(__package__ or "") / "library"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sampled(_Part):
    """Changes drawn from a Latin hypercube over ranges."""

    count: int = Field(gt=0, description="number of points")
    seed: int = Field(default=0, ge=0)
    ranges: dict[str, tuple[float, float]] = Field(min_length=1, description="dotted path -> lowest and highest value")


class StudyFile(_Part):
    """A study: every case with every set of changes of `grid`, `runs` and `sampled` together."""

    kind: Literal["study"]
    name: str = Field(min_length=1)
    description: str = ""
    cases: tuple[str, ...] = Field(min_length=1, description="library names or .yaml files, beside the study")
    options: dict[str, Any] = Field(default_factory=dict, description="options of `loopwise optimize`")
    always: dict[str, Any] = Field(default_factory=dict, description="changes of every run: dotted path -> value")
    grid: dict[str, tuple[Any, ...]] = Field(default_factory=dict, description="all combinations: path -> values")
    runs: tuple[dict[str, Any], ...] = Field(default=(), description="a list of changes: path -> value")
    sampled: Sampled | None = None

    def changes(self) -> Iterator[dict[str, Any]]:
        """The sets of changes, in order; one without a change where none is given."""
        if self.grid:
            yield from (dict(zip(self.grid, values, strict=True)) for values in itertools.product(*self.grid.values()))
        yield from self.runs
        if self.sampled is not None:
            ranges, count = self.sampled.ranges, self.sampled.count
            points = uniforms(
                0, count, dimension=len(ranges), count=count, seed=self.sampled.seed, sampling="latin-hypercube"
            )
            low, high = (np.array(side) for side in zip(*ranges.values(), strict=True))
            for point in low + (high - low) * points:
                yield dict(zip(ranges, (float(f"{value:.9g}") for value in point), strict=True))
        if not self.grid and not self.runs and self.sampled is None:
            yield {}

    def values(self) -> dict[tuple[str, str], list[Any]]:
        """Every value that is put at a path, by (place in the study, path); of ranges the two ends."""
        found: dict[tuple[str, str], list[Any]] = {("always", path): [value] for path, value in self.always.items()}
        found |= {("grid", path): list(values) for path, values in self.grid.items()}
        for k, change in enumerate(self.runs):
            found |= {(f"runs[{k}]", path): [value] for path, value in change.items()}
        if self.sampled is not None:
            found |= {("sampled.ranges", path): list(ends) for path, ends in self.sampled.ranges.items()}
        return found


@dataclass(frozen=True)
class Run:
    """One optimization of the study; `key` is the hash of case, changes, options and version."""

    index: int
    case: str
    changes: Mapping[str, Any]
    key: str


@dataclass(frozen=True)
class Study:
    """A checked study with the data of its cases, so that other machines need no files."""

    definition: StudyFile
    cases: Mapping[str, tuple[dict[str, Any], str, Path | None]]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All runs in order; the same change twice is one run."""
        found: dict[str, Run] = {}
        for case, changes in itertools.product(self.definition.cases, self.definition.changes()):
            content = (self.cases[case][0], self.definition.always, changes, self.definition.options)
            text = json.dumps([*content, installed("loopwise")], sort_keys=True, default=str)
            key = hashlib.sha256(text.encode()).hexdigest()[:16]
            found.setdefault(key, Run(len(found), case, changes, key))
        return tuple(found.values())

    @cached_property
    def key(self) -> str:
        """Hash of all runs."""
        return hashlib.sha256("".join(run.key for run in self.runs).encode()).hexdigest()[:16]

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything that some run changes."""
        return tuple(dict.fromkeys(path for run in self.runs for path in run.changes))

    def case_of(self, run: Run) -> BaseModel:
        """The run's validated case. Raises CaseError."""
        return self._case(run.case, {**self.definition.always, **run.changes})

    def options_of(self, run: Run) -> Options:
        """The run's options. Raises CaseError."""
        return Options(**_options({**self.definition.always, **run.changes}, self.definition.options))

    def _case(self, case: str, changes: Mapping[str, Any]) -> BaseModel:
        data, file, folder = self.cases[case]
        return validate_case(Document(changed(data, _of_case(changes))), f"{file}, changed", folder)

    def problems(self) -> Iterator[Problem]:
        """Unknown paths and options, and values that no case accepts."""
        for (where, path), values in self.definition.values().items():
            if path.startswith(PREFIX):
                yield from _option_problems(path.removeprefix(PREFIX), f"{where}.{path}")
                continue
            for case in self.definition.cases:
                yield from self._path_problems(case, where, path, values)
        for name in self.definition.options:
            yield from _option_problems(name, f"options.{name}")

    def _path_problems(self, case: str, where: str, path: str, values: list[Any]) -> Iterator[Problem]:
        others = {other: value for other, value in self.definition.always.items() if other != path}
        known = {*places(changed(self.cases[case][0], _of_case(others))), *places(self._case(case, others))}
        if path not in known:
            message = f"the case {case!r} has nothing there"
            yield Problem(message, place=where, typed=path, suggestion=_nearest_path(path, known))
            return
        for value in values:
            changes = {**self.definition.always, path: value}
            try:
                self._case(case, changes)
            except KeyError:
                yield Problem(f"the case {case!r} holds a single value on the way", place=where, typed=path)
            except CaseError as error:
                yield from (replace(p, message=f"{path} = {value}: {p.message}", place=where) for p in error.problems)


def load_study(name_or_path: str | Path) -> Study:
    """The checked study of a file or of loopwise's own. Raises CaseError with every problem found."""
    path = Path(name_or_path)
    built_in = _LIBRARY / f"{name_or_path}.yaml"
    if path.suffix.lower() not in SUFFIXES and not path.exists() and built_in.is_file():
        text, file, folder = built_in.read_text(encoding="utf-8"), f"{name_or_path} (built-in study)", None
    else:
        try:
            text, file, folder = path.read_text(encoding="utf-8-sig"), str(path), path.resolve().parent
        except (OSError, UnicodeDecodeError) as error:
            names = tuple(entry.name.removesuffix(".yaml") for entry in _LIBRARY.iterdir())
            what = getattr(error, "strerror", None) or "is not UTF-8 text"
            close = nearest(str(name_or_path), names)
            raise CaseError(Problem(what, file=str(path), allowed=names, suggestion=close)) from None
    document = Document()
    try:
        document = read_yaml(text)
        data = document.data
        if isinstance(data, dict) and cast("dict[str, Any]", data).get("kind") in KINDS:
            raise CaseError(Problem("is a case, not a study; a study has `kind: study` and `cases: [..]`"))
        try:
            definition = StudyFile.model_validate(data)
        except ValidationError as error:
            raise CaseError(problems_of(error, StudyFile, cast("dict[str, Any]", data))) from None
        empty = [path for path, values in definition.grid.items() if not values]
        if empty:
            raise CaseError(Problem("has no value", place=f"grid.{path}") for path in empty)
        study = Study(definition, {case: _data_of(case, folder) for case in definition.cases})
        problems = tuple(study.problems())
        if problems:
            raise CaseError(problems)
        for run in study.runs[:1]:
            study.options_of(run)
    except CaseError as error:
        raise error.located(file, document.lines) from None
    return study


def _data_of(case: str, folder: Path | None) -> tuple[dict[str, Any], str, Path | None]:
    beside = folder / case if folder is not None else Path(case)
    document, file, place = read_case(beside if beside.is_file() else case)
    validate_case(document, file, place)
    return cast("dict[str, Any]", document.data), file, place


def _of_case(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {path: value for path, value in changes.items() if not path.startswith(PREFIX)}


def _options(changes: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    own = {path.removeprefix(PREFIX): value for path, value in changes.items() if path.startswith(PREFIX)}
    return {**options, **own}


def _option_problems(name: str, place: str) -> Iterator[Problem]:
    if name not in OPTIONS:
        yield Problem("unknown option", place=place, typed=name, allowed=OPTIONS, suggestion=nearest(name, OPTIONS))


def _nearest_path(path: str, known: set[str]) -> str | None:
    """The known path that is closest, compared with those of as many parts first."""
    alike = [place for place in known if place.count(".") == path.count(".")]
    return nearest(path, alike) or nearest(path, known)
