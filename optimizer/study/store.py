"""The study's folder: `study.json`, and below `runs/` one folder a run that is there whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
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
from .lock import LockedError, locked, locked_since

ROW, STUDY, LOCK = "row.parquet", "study.json", ".lock"
TIMED = 100  # runs whose time is looked at for the mean
FAILED = "failed"  # file beside the row of a run that ended without a result


@dataclass(frozen=True)
class StudyStatus:
    """How far a study is: `seconds` a run takes on average, `per_hour` runs that end now; None where not known."""

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

    @contextmanager
    def opened(self, study: Study) -> Generator[None]:
        """Work on the study: the folder is made, or found to be this study's and this version's, and is ours alone."""
        if not (self.folder / STUDY).exists() and self._has_files():
            raise self.problem("is not empty and holds no study; choose another --out")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / LOCK):
                if (self.folder / STUDY).exists():
                    self.refuse_other(study)
                else:
                    self._begin(study)
                self.runs.mkdir(exist_ok=True)
                self._clean()
                try:
                    yield
                finally:
                    self._clean()
        except LockedError:
            raise self.problem("another process works on this study; see `loopwise study status`") from None
        except OSError as error:
            if error.filename is None or not Path(error.filename).resolve().is_relative_to(self.folder.resolve()):
                raise
            raise self.problem(f"cannot be written: {error.strerror}") from None

    def refuse_other(self, study: Study) -> None:
        """Raises CaseError where the folder is another study's or was written by another version."""
        there, ours = self.read(), installed("loopwise")
        if there["loopwise_version"] != ours:
            raise self.problem(
                f"was begun by loopwise {there['loopwise_version']}, this is {ours}; "
                "results of two versions do not mix: choose another --out"
            )
        if there["key"] != study.key:
            raise self.problem(
                f"holds another study ({there['name']!r}, or an earlier text of this one); choose another --out"
            )

    def _begin(self, study: Study) -> None:
        content = {
            "name": study.definition.name,
            "key": study.key,
            "loopwise_version": installed("loopwise"),
            "paths": list(study.paths),
            "runs": [run.key for run in study.runs],
        }
        write_text(self.folder / STUDY, json.dumps(content, indent=1) + "\n")

    def read(self) -> dict[str, Any]:
        """What `study.json` says."""
        try:
            return json.loads((self.folder / STUDY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise self.problem("holds no study; `loopwise study run STUDY.yaml --out DIR` makes one") from None

    def finished(self) -> dict[str, bool]:
        """Key of every run that ended -> whether it failed."""
        known = set(self.read()["runs"])
        there = self.runs.iterdir() if self.runs.is_dir() else ()
        return {run.name: (run / FAILED).exists() for run in there if run.name in known and (run / ROW).exists()}

    def forget(self, keys: Iterable[str]) -> None:
        """Remove runs, to compute them again."""
        for key in keys:
            shutil.rmtree(self.runs / key)

    def rows(self) -> pa.Table:
        """One row for every run that ended, in the order of the study."""
        found = self.finished()
        files = [self.runs / key / ROW for key in self.read()["runs"] if key in found]
        tables: list[pa.Table] = [pq.ParquetFile(file).read() for file in files]
        return pa.concat_tables(tables, promote_options="permissive").combine_chunks() if tables else pa.table({})

    @contextmanager
    def new_run(self, key: str) -> Generator[Path]:
        """A folder to fill that becomes the run's when everything is in it; whoever comes second is dropped."""
        temporary = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=self.runs))
        try:
            yield temporary
            try:
                temporary.rename(self.runs / key)
            except OSError:
                if not (self.runs / key).exists():
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def status(self) -> StudyStatus:
        """How far the study is, from any process and after any end."""
        there, found = self.read(), self.finished()
        since, total, failed = locked_since(self.folder / LOCK), len(there["runs"]), sum(found.values())
        rate = None
        if since is not None:
            now = time.time()
            recent = sum((self.runs / key / ROW).stat().st_mtime >= since for key in found)
            rate = 3600.0 * recent / (now - since) if recent and now > since else None
        return StudyStatus(
            there["name"], total, len(found) - failed, failed, since is not None, self._mean_seconds([*found]), rate
        )

    def _mean_seconds(self, keys: Sequence[str]) -> float | None:
        """Mean time of a run, of at most `TIMED` of the given ones."""
        timed = keys[:: max(1, len(keys) // TIMED)]
        seconds = [pq.ParquetFile(self.runs / key / ROW).read(["seconds"])["seconds"][0].as_py() for key in timed]
        return sum(seconds) / len(seconds) if seconds else None

    def _has_files(self) -> bool:
        """Whether anything is there that a killed start of a study did not leave behind."""
        return self.folder.is_dir() and any(not entry.name.startswith(".") for entry in self.folder.iterdir())

    def _clean(self) -> None:
        """Remove what processes that were killed left half done."""
        for entry in self.runs.glob(".*"):
            shutil.rmtree(entry, ignore_errors=True)

    def problem(self, message: str) -> CaseError:
        """An error that names the folder."""
        return CaseError(Problem(message, file=str(self.folder)))
