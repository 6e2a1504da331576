"""Carry out what is missing of a study, here or on a cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...cluster import Chunk, LostChunkError, Scheme
from ...cluster.work import Compute
from ...problems.errors import CaseError
from ..outcome import Outcome
from ..output import design_csv, write_text
from ..progress import Progress, QuietProgress
from ..result import DesignItem, Result, RunStatus
from ..run import run_optimize
from ..whole_file import whole_file
from .changes import value_at
from .definition import Run, Study
from .store import FAILED, ROW, StudyStore

_ONE_RUN = threading.Lock()
"""Pyomo and highspy keep state that a process has once: a worker's threads, where it has several, take turns."""

DONE_STATUS = (RunStatus.OPTIMAL, RunStatus.LIMIT)


@dataclass(frozen=True)
class Ended:
    """How a run ended after `seconds`; `outcome` is None where it raised or was lost, and `message` says why."""

    outcome: Outcome | None
    message: str
    seconds: float


@dataclass(frozen=True)
class StudyWork:
    """The study's runs as chunks of one index each; a worker gets the cases' data once."""

    study: Study

    @property
    def key(self) -> str:
        """The study's."""
        return f"study {self.study.key}"

    def prepare(self) -> Compute:
        """The function from the study's folder and a chunk to how many of its runs failed."""
        return self._compute

    def _compute(self, folder: Path, chunk: Chunk) -> int:
        store = StudyStore(folder)
        if not store.runs.is_dir():  # told before hours of computing
            raise store.problem(
                f"is not to be seen on {gethostname()}; --out needs a file system that all workers share"
            )
        with _ONE_RUN:
            return sum(carry_out(self.study, self.study.runs[k], store) for k in range(chunk.first, chunk.last))


def run_study(study: Study, store: StudyStore, scheme: Scheme, progress: Progress, *, retry_failed: bool) -> None:
    """Compute the runs that are missing, each exactly once; with `retry_failed` those that failed, too.

    The store is open (`StudyStore.opened`). A run that workers die of has failed. Raises CaseError where the folder
    cannot be written, ClusterError where the cluster fails; what is done stays.
    """
    finished = store.finished()
    if retry_failed:
        store.forget(key for key, wrong in finished.items() if wrong)
        finished = {key: wrong for key, wrong in finished.items() if not wrong}
    missing = [Chunk(run.index, run.index + 1) for run in study.runs if run.key not in finished]
    started, failures = time.monotonic(), sum(finished.values())
    with progress.step(f"study {study.definition.name}", len(study.runs)) as step:
        step.advance(len(finished))
        for done, failed in enumerate(_outcomes(study, store, scheme, missing), 1):
            failures += failed
            rate = done / (time.monotonic() - started)
            left = (len(missing) - done) / rate
            step.advance(len(finished) + done, f"{60 * rate:.3g}/min, {duration(left)} left, {failures} failed")


def _outcomes(study: Study, store: StudyStore, scheme: Scheme, missing: Iterable[Chunk]) -> Iterator[bool]:
    """Whether each of the missing runs failed, as they end."""
    left = dict.fromkeys(missing)
    while left:
        try:
            for chunk, failed in scheme.run(StudyWork(study), store.folder.resolve(), tuple(left)):
                del left[chunk]
                yield failed
        except LostChunkError as error:
            del left[error.chunk]
            yield record(study, study.runs[error.chunk.first], store, Ended(None, str(error), 0.0))


def duration(seconds: float) -> str:
    """`3 h 20 min`, `4 min 10 s` or `12 s`."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def carry_out(study: Study, run: Run, store: StudyStore) -> bool:
    """Compute one run and put it into the store; True where it failed."""
    if (store.runs / run.key / ROW).exists():
        return (store.runs / run.key / FAILED).exists()
    outcome, message, started = None, "", time.perf_counter()
    try:
        outcome = run_optimize(study.case_of(run), study.options_of(run), QuietProgress())
        message = outcome.message
        if outcome.result.status is RunStatus.INTERRUPTED:
            raise KeyboardInterrupt
    except Exception as error:
        if isinstance(error, (OSError, MemoryError)) or isinstance(error.__cause__, OSError):
            raise  # says something about this machine, not about the run
        message = str(error) if isinstance(error, CaseError) else f"{type(error).__name__}: {error}"
    return record(study, run, store, Ended(outcome, message, time.perf_counter() - started))


def record(study: Study, run: Run, store: StudyStore, ended: Ended) -> bool:
    """Put a run that ended into the store, whole or not at all; True where it failed."""
    result = ended.outcome.result if ended.outcome is not None else None
    failed = result is None or result.status not in DONE_STATUS
    with store.new_run(run.key) as folder:
        if result is not None:
            write_text(folder / "result.json", result.to_json())
        if ended.outcome is not None and ended.outcome.result.design:
            write_text(folder / "design.csv", design_csv(ended.outcome))
        if failed:
            write_text(folder / FAILED, ended.message + "\n")
        row = _changes(study, run) | _results(result, ended)
        with whole_file(folder / ROW) as temporary:
            pq.write_table(pa.Table.from_pylist([row]), temporary)
    return failed


def _changes(study: Study, run: Run) -> dict[str, Any]:
    """The run and what it changes: numbers in the units of the case file, whatever unit was typed."""
    case = None
    with suppress(CaseError, KeyError):  # which is why it failed
        case = study.case_of(run)
    row: dict[str, Any] = {"run": run.key, "index": run.index, "case": run.case}
    for path in study.paths:
        if path in run.changes:
            found = value_at(case, path)
            row[path] = _cell(found if isinstance(found, (int, float)) else run.changes[path])
    return row


def _results(result: Result | None, ended: Ended) -> dict[str, Any]:
    row: dict[str, Any] = {"status": FAILED if result is None else str(result.status)}
    row |= {"message": ended.message, "seconds": ended.seconds}
    if result is None:
        return row
    objective, evaluation = result.objective, result.evaluation
    row |= {"objective": objective.name, "unit": objective.unit, "value": objective.value, "gap": objective.gap}
    row |= {"lower_bound": objective.lower_bound, "upper_bound": objective.upper_bound}
    if evaluation is not None:
        row |= {"mean": evaluation.mean, "standard_error": evaluation.standard_error}
        row |= {f"cvar {level}": value for level, value in evaluation.cvar.items()}
    row |= dict(result.indicators)
    if result.baseline is not None:
        row["baseline B0"] = result.baseline.B0
    for item in result.design:
        if isinstance(item, DesignItem):
            row[f"size {item.plant}.{item.name}"] = item.size
    return {name: float(value) if isinstance(value, int) else value for name, value in row.items()}


def _cell(value: Any) -> Any:
    """Numbers stay numbers, also where they have a unit (the first word); anything else becomes text."""
    if value is None:
        return "taken away"
    if isinstance(value, (Mapping, list, tuple)):
        return str(value)
    if isinstance(value, str):
        with suppress(ValueError, IndexError):
            return float(value.split()[0])
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
