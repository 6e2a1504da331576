"""STUDY.yaml: which cases are changed how, and the list of runs that follows from it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ...problems.case_file import validate_case
from ...problems.uncertainty import uniforms
from ...problems.yaml_lines import Document
from ..options import Options
from ..result import installed
from .changes import changed
from .run_options import PREFIX, WHOLE, checked_options


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sampled(_Part):
    """Changes drawn from a Latin hypercube over ranges."""

    count: int = Field(gt=0, description="number of points")
    seed: int = Field(default=0, ge=0)
    ranges: dict[str, tuple[float, float]] = Field(min_length=1, description="dotted path -> lowest and highest value")

    def changes(self) -> Iterator[dict[str, float]]:
        """The points as sets of changes, in the order in which they are drawn."""
        points = uniforms(
            0, self.count, dimension=len(self.ranges), count=self.count, seed=self.seed, sampling="latin-hypercube"
        )
        low, high = (np.array(side) for side in zip(*self.ranges.values(), strict=True))
        for point in low + (high - low) * points:
            pairs = zip(self.ranges, point, strict=True)
            yield {path: round(value) if path in WHOLE else float(f"{value:.9g}") for path, value in pairs}


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
            yield from self.sampled.changes()
        if not self.grid and not self.runs and self.sampled is None:
            yield {}

    def values(self) -> dict[str, list[tuple[str, Any]]]:
        """Path -> every value that is put there, once, with its place; of ranges the ends and a point within."""
        given = [("always", path, value) for path, value in self.always.items()]
        given += [("grid", path, value) for path, values in self.grid.items() for value in values]
        given += [(f"runs[{k}]", path, value) for k, run in enumerate(self.runs) for path, value in run.items()]
        if self.sampled is not None:
            first = next(self.sampled.changes())
            given += [
                ("sampled.ranges", path, value)
                for path, ends in self.sampled.ranges.items()
                for value in (*(round(end) if path in WHOLE else end for end in ends), first[path])
            ]
        found: dict[str, dict[str, tuple[str, Any]]] = {}
        for where, path, value in given:
            found.setdefault(path, {}).setdefault(repr(value), (where, value))
        return {path: list(values.values()) for path, values in found.items()}


@dataclass(frozen=True)
class Run:
    """One optimization of the study; `key` is the hash of case, its data files, changes, options and version."""

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
        found, hash_of = dict[str, Run](), cache(_hash_of)
        for case in self.definition.cases:
            data, _, folder = self.cases[case]
            common = (data, self.definition.always, self.definition.options, installed("loopwise"))
            start = hashlib.sha256(_text(common) + b"".join(_data_files(common, folder, hash_of)))
            for changes in self.definition.changes():
                content = start.copy()
                content.update(_text(changes) + b"".join(_data_files(changes, folder, hash_of)))
                key = content.hexdigest()[:16]
                found.setdefault(key, Run(len(found), case, changes, key))
        return tuple(found.values())

    @cached_property
    def key(self) -> str:
        """Hash of all runs."""
        return hashlib.sha256("".join(run.key for run in self.runs).encode()).hexdigest()[:16]

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Everything that some run changes."""
        return tuple(dict.fromkeys(path for run in self.runs for path in run.changes))

    def case_of(self, run: Run) -> BaseModel:
        """The run's validated case. Raises CaseError."""
        return self.changed_case(run.case, {**self.definition.always, **run.changes})

    def options_of(self, run: Run) -> Options:
        """The run's options. Raises CaseError."""
        return self.options_with({**self.definition.always, **run.changes})

    def options_with(self, changes: Mapping[str, Any]) -> Options:
        """The study's options with those among `changes`. Raises CaseError whose places are names of options."""
        own = {path.removeprefix(PREFIX): value for path, value in changes.items() if path.startswith(PREFIX)}
        return checked_options({**self.definition.options, **own})

    def changed_data(self, case: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """A case's plain data with changes, of which those of options do not count. Raises KeyError."""
        own = {path: value for path, value in changes.items() if not path.startswith(PREFIX)}
        return changed(self.cases[case][0], own)

    def changed_case(self, case: str, changes: Mapping[str, Any]) -> BaseModel:
        """The validated case with changes. Raises CaseError, KeyError where a path leads through a single value."""
        _, file, folder = self.cases[case]
        return validate_case(Document(self.changed_data(case, changes)), f"{file}, changed", folder)


def _text(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, default=str).encode()


def _data_files(part: object, folder: Path | None, hash_of: Callable[[Path], bytes], key: str = "") -> Iterator[bytes]:
    """Hash of every data file that is named in `part` under a key or a path that ends with `file`."""
    if isinstance(part, str) and key.rpartition(".")[2] == "file":
        with suppress(OSError):  # what cannot be read is told when the case is validated
            yield hash_of(Path(folder or ".") / part)
    elif isinstance(part, Mapping):
        for name, value in cast("Mapping[object, object]", part).items():
            yield from _data_files(value, folder, hash_of, str(name))
    elif isinstance(part, (list, tuple)):
        for value in cast("Sequence[object]", part):
            yield from _data_files(value, folder, hash_of, key)


def _hash_of(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
