"""Studies: each run exactly once, whatever is killed in between; clear words for folders that do not fit."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from loopwise.cluster import Chunk, LostChunkError, Scheme, Serial
from loopwise.optimizer.cli.app import app
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.study import Study, StudyStore, load_study, run_study
from loopwise.optimizer.study.runner import StudyWork
from loopwise.optimizer.study.store import STUDY
from loopwise.problems.errors import CaseError
from tests.optimizer.study.commands import after_outcomes

TEXT = """kind: study
name: brewery
cases: [single-plant]
options: {scenarios: 2, evaluate: 16}
sampled: {count: COUNT, ranges: {environment.co2_price: [0, 100], fresh_water.well.price: [0.5, 3]}}
"""


def loopwise(*arguments: str):
    return CliRunner().invoke(app, ["study", *map(str, arguments)])


def file_of(tmp_path: Path, count: int) -> Path:
    file = tmp_path / "study.yaml"
    file.write_text(TEXT.replace("COUNT", str(count)), encoding="utf-8")
    return file


def begin(store: StudyStore, study: Study) -> None:
    with store.opened(study):
        pass


def run_all(study: Study, store: StudyStore, scheme: Scheme | None = None, *, retry_failed: bool = False) -> None:
    with store.opened(study):
        run_study(study, store, scheme or Serial(), QuietProgress(), retry_failed=retry_failed)


def rows_once(folder: Path, count: int) -> None:
    assert loopwise("report", folder).exit_code == 0
    rows = pq.ParquetFile(folder / "results.parquet").read().to_pylist()
    assert sorted(row["index"] for row in rows) == list(range(count))
    assert len({row["run"] for row in rows}) == count
    assert {row["status"] for row in rows} == {"optimal"}
    assert [entry.name for entry in (folder / "runs").iterdir() if entry.name.startswith(".")] == []


def test_from_the_file_to_the_report(tmp_path: Path) -> None:
    file, out = file_of(tmp_path, 3), tmp_path / "out"
    dry = loopwise(file, "--out", out, "--dry-run")
    assert "3 runs, 3 missing" in dry.output
    assert not out.exists()
    assert loopwise("run", file, "--out", out).exit_code == 0
    assert "3 runs, 0 missing" in loopwise("run", file, "--out", out, "--dry-run").output
    status = json.loads(loopwise("status", out, "--json").stdout)
    assert (status["done"], status["failed"], status["missing"], status["running"]) == (3, 0, 0, False)
    rows_once(out, 3)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "What moves the cost" in page
    assert "http" not in page.split("<script>")[0]
    before = {run: (out / "runs" / run).stat().st_mtime_ns for run in os.listdir(out / "runs")}  # noqa: PTH208
    assert loopwise("run", file, "--out", out).exit_code == 0
    assert before == {run: (out / "runs" / run).stat().st_mtime_ns for run in before}, "nothing is computed again"


class Deadly(Serial):
    """Workers die of the second run, as often as it is tried."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds = 0

    def run(self, work: Any, arguments: Any, chunks: Iterable[Chunk]) -> Any:
        self.rounds += 1
        for chunk in chunks:
            if chunk.first == 1:
                raise LostChunkError("4 workers died one after the other", chunk)
            yield from super().run(work, arguments, [chunk])


def test_a_run_that_workers_die_of_has_failed(tmp_path: Path) -> None:
    study, store, scheme = load_study(file_of(tmp_path, 4)), StudyStore(tmp_path / "out"), Deadly()
    run_all(study, store, scheme)
    assert (store.status().done, store.status().failed, scheme.rounds) == (3, 1, 2)
    assert store.rows()["message"].to_pylist()[1] == "4 workers died one after the other"
    run_all(study, store, retry_failed=True)
    assert (store.status().done, store.status().failed) == (4, 0)


def test_workers_that_do_not_see_the_folder(tmp_path: Path) -> None:
    """As on a cluster without a shared file system: told before anything is computed."""
    work = StudyWork(load_study(file_of(tmp_path, 2)))
    with pytest.raises(CaseError, match=r"elsewhere: is not to be seen on .*; --out needs a file system that all"):
        list(Serial().run(work, tmp_path / "elsewhere", [Chunk(0, 1)]))


def test_a_worker_with_several_threads_takes_one_run_at_a_time(tmp_path: Path) -> None:
    """As `dask worker` starts them; solvers that a process has once refuse a second one."""
    study, store = load_study(file_of(tmp_path, 4)), StudyStore(tmp_path / "out")
    with store.opened(study), ThreadPoolExecutor(4) as threads:
        compute = StudyWork(study).prepare()
        failed = list(threads.map(lambda k: compute(store.folder, Chunk(k, k + 1)), range(4)))
    assert failed == [0, 0, 0, 0], store.rows()["message"].to_pylist()


def test_status_knows_the_rate_while_it_runs(tmp_path: Path) -> None:
    study, store = load_study(file_of(tmp_path, 3)), StudyStore(tmp_path / "out")
    with store.opened(study):
        assert (store.status().running, store.status().per_hour) == (True, None)
        started = time.time()
        run_study(study, store, Serial(), QuietProgress(), retry_failed=False)
        rate, seconds = store.status().per_hour, store.status().seconds
        assert rate is not None
        assert rate <= 1.1 * 3600 * 3 / (time.time() - started) + 3600
        assert seconds is not None
        assert seconds > 0.0
    assert (store.status().running, store.status().per_hour) == (False, None)


def test_failed_runs_are_told_and_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study, store = load_study(file_of(tmp_path, 2)), StudyStore(tmp_path / "out")

    def broken(*_: object) -> None:
        raise ArithmeticError("no such luck")

    with monkeypatch.context() as patched:
        patched.setattr("loopwise.optimizer.study.runner.run_optimize", broken)
        run_all(study, store)
    assert store.status().failed == 2
    assert store.rows()["message"].to_pylist() == ["ArithmeticError: no such luck"] * 2
    run_all(study, store)
    assert store.status().failed == 2
    dry = "run", tmp_path / "study.yaml", "--out", store.folder, "--dry-run"
    assert "2 runs, 0 missing" in loopwise(*dry).output
    assert "2 runs, 2 missing" in loopwise(*dry, "--retry", "failed").output
    run_all(study, store, retry_failed=True)
    assert (store.status().done, store.status().failed) == (2, 0)


def test_folders_that_do_not_fit(tmp_path: Path) -> None:
    study, store = load_study(file_of(tmp_path, 2)), StudyStore(tmp_path / "out")
    begin(store, study)
    with pytest.raises(CaseError, match="holds another study"):
        begin(store, load_study(file_of(tmp_path, 3)))
    there = json.loads((store.folder / STUDY).read_text())
    (store.folder / STUDY).write_text(json.dumps(there | {"loopwise_version": "0.0.1"}))
    with pytest.raises(CaseError, match=r"was begun by loopwise 0\.0\.1"):
        begin(store, study)
    with pytest.raises(CaseError, match="is not empty and holds no study"):
        begin(StudyStore(tmp_path), study)
    with pytest.raises(CaseError, match="holds no study"):
        StudyStore(tmp_path).status()
    with pytest.raises(CaseError, match="cannot be written: Not a directory"):
        begin(StudyStore(tmp_path / "study.yaml" / "out"), study)
    assert "no run has ended yet" in loopwise("report", tmp_path / "out").output


def test_one_process_at_a_time(tmp_path: Path) -> None:
    study, store = load_study(file_of(tmp_path, 2)), StudyStore(tmp_path / "out")
    begin(store, study)
    with store.opened(study):
        assert store.status().running
        with pytest.raises(CaseError, match="another process works on this study"):
            begin(StudyStore(tmp_path / "out"), study)
    assert not store.status().running


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_twice_ends_complete(tmp_path: Path, count: int) -> None:
    """Once the client is killed, once a worker: the second start finds what is done and computes the rest."""
    file, out = file_of(tmp_path, count), tmp_path / "out"

    def run(after: int, act: str) -> int:
        command = [*after_outcomes(after, act), "study", "run", str(file), "--out", str(out), "--workers", "2"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.run(command, **quiet, check=False).returncode

    assert run(count // 4, "os.kill(os.getpid(), signal.SIGKILL)") == -signal.SIGKILL
    assert count // 4 <= StudyStore(out).status().done < count
    before = {row: row.stat().st_mtime_ns for row in out.glob("runs/[!.]*/row.parquet")}
    assert run(2, "kill_a_worker()") == 0
    status = StudyStore(out).status()
    assert (status.done, status.failed, status.missing) == (count, 0, 0)
    assert {row: row.stat().st_mtime_ns for row in before} == before, "what is done is not computed again"
    rows_once(out, count)
