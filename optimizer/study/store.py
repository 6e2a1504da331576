"""The study's folder: `study.json`, and below `runs/` one folder a run that is there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...problems.errors import CaseError, Problem
from ..output import write_text
from ..result import installed
from .definition import Study

ROW, STUDY, LOCK = "row.parquet", "study.json", ".lock"
FAILED = "failed"  # file beside the row of a run that ended without a result


@dataclass(frozen=True)
class StudyStatus:
    """How far a study is: `seconds` is the mean time of a run, `per_hour` the rate at which runs came, if known."""

    name: str
    total: int
    done: int
    failed: int
    running: bool
    seconds: float | None
    per_hour: float | None

    @property
    def missing(self) -> int:
        """Runs that are neither done nor failed."""
        return self.total - self.done - self.failed


class StudyStore:
    """The folder of one study. Raises CaseError from every method where the folder is not what it should be."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, folder / "runs"

    def create(self, study: Study) -> None:
        """Make the folder, or make sure that it is this study's and was written by this version."""
        here = {
            "name": study.definition.name,
            "key": study.key,
            "loopwise_version": installed("loopwise"),
            "paths": list(study.paths),
            "runs": [run.key for run in study.runs],
        }
        if (self.folder / STUDY).exists():
            there = self.read()
            if there["loopwise_version"] != here["loopwise_version"]:
                raise self.problem(
                    f"was begun by loopwise {there['loopwise_version']}, this is {here['loopwise_version']}; "
                    "results of two versions do not mix: choose another --out"
                )
            if there["key"] != here["key"]:
                raise self.problem(
                    f"holds another study ({there['name']!r}, or an earlier text of this one); choose another --out"
                )
            return
        if self.folder.is_dir() and any(self.folder.iterdir()):
            raise self.problem("is not empty and holds no study; choose another --out")
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self.problem(f"cannot be written: {error.strerror}") from None
        write_text(self.folder / STUDY, json.dumps(here, indent=1) + "\n")

    def read(self) -> dict[str, Any]:
        """What `study.json` says."""
        try:
            return json.loads((self.folder / STUDY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise self.problem("holds no study; `loopwise study run STUDY.yaml --out DIR` makes one") from None

    @contextmanager
    def locked(self) -> Generator[None]:
        """Only one process works on a study; the lock is gone with the process, however it ends."""
        import fcntl  # not on Windows, where two starts are not kept apart

        try:
            with (self.folder / LOCK).open("a+") as stream:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise self.problem("another process works on this study; see `loopwise study status`") from None
                self._clean()
                try:
                    yield
                finally:
                    self._clean()
        except PermissionError as error:
            raise self.problem(f"cannot be written: {error.strerror}") from None

    def finished(self) -> dict[str, bool]:
        """Key of every run that ended -> whether it failed."""
        known = set(self.read()["runs"])
        return {
            entry.name: (entry / FAILED).exists()
            for entry in self.runs.iterdir()
            if entry.name in known and (entry / ROW).exists()
        }

    def forget(self, keys: Iterable[str]) -> None:
        """Remove runs, to compute them again."""
        for key in keys:
            shutil.rmtree(self.runs / key)

    def rows(self) -> pa.Table:
        """One row for every run that ended, in the order of the study."""
        found = self.finished()
        files = [self.runs / key / ROW for key in self.read()["runs"] if key in found]
        tables: list[pa.Table] = [pq.ParquetFile(file).read() for file in files]
        return pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})

    @contextmanager
    def new_run(self, key: str) -> Generator[Path]:
        """A folder to fill that becomes the run's when everything is in it; whoever comes second is dropped."""
        temporary = self.runs / f".{key}.{os.getpid()}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        try:
            yield temporary
            if not (self.runs / key).exists():
                temporary.rename(self.runs / key)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def status(self) -> StudyStatus:
        """How far the study is, from any process and after any end."""
        there, found = self.read(), self.finished()
        failed = sum(found.values())
        times = sorted((self.runs / key / ROW).stat().st_mtime for key in found)
        rate = 3600.0 * (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else None
        seconds = [pq.ParquetFile(self.runs / key / ROW).read(["seconds"])["seconds"][0].as_py() for key in found]
        mean = sum(seconds) / len(seconds) if seconds else None
        return StudyStatus(
            there["name"], len(there["runs"]), len(found) - failed, failed, self._is_running(), mean, rate
        )

    def _is_running(self) -> bool:
        import fcntl

        try:
            with (self.folder / LOCK).open("r") as stream:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _clean(self) -> None:
        """Remove what processes that were killed left half done."""
        for entry in self.runs.glob(".*"):
            shutil.rmtree(entry, ignore_errors=True)

    def problem(self, message: str) -> CaseError:
        """An error that names the folder."""
        return CaseError(Problem(message, file=str(self.folder)))
