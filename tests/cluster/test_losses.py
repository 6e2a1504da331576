"""Workers, schedulers and cables that are lost: every chunk counts once, and what is done is not done again."""

import signal
import threading
import time
from collections import deque
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from dask import config
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError

from loopwise.cluster import Chunk, ClusterError, LostChunkError, plan
from loopwise.cluster import dask_scheme as scheme_module
from loopwise.cluster.dask_clusters import open_address
from tests.cluster.machines import HERE, THERE, Link, Machines, linked
from tests.cluster.works import Flaky, Hungry, Squares, lines

CHUNKS = plan(24, blocks_per_chunk=2)
SUM = sum(k * k for k in range(24))
IMPATIENT = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s", "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "4s"}


def complete(found: list[tuple[Chunk, int]]) -> None:
    assert sorted(chunk for chunk, _ in found) == list(CHUNKS)
    assert sum(result for _, result in found) == SUM


def test_a_lost_scheduler_is_sought_and_what_is_done_stays_done(machines: Machines, tmp_path: Path) -> None:
    scheduler, _ = machines.scheduler(), machines.worker()
    found = []
    with open_address(machines.address, seek=30.0) as scheme:
        for chunk, result in scheme.run(Squares(tmp_path, pause=0.05), 1, CHUNKS):
            found.append((chunk, result))
            if len(found) == 4:
                scheduler.kill()
                scheduler.wait()
                machines.scheduler(), machines.worker()
    complete(found)
    first = [str(chunk.first) for chunk, _ in found[:4]]
    assert all(lines(tmp_path / "done").count(k) == 1 for k in first)


def test_a_result_that_is_lost_before_it_was_fetched(machines: Machines, tmp_path: Path) -> None:
    """Its worker dies, another one computes it again."""
    first = (machines.scheduler(), machines.worker())[1]
    with open_address(machines.address) as scheme:
        results = scheme.run(Squares(tmp_path, pause=0.3), 1, CHUNKS[:4])
        found = [next(results)]
        while len(lines(tmp_path / "done")) < 3:
            time.sleep(0.05)
        machines.worker()
        while scheme.workers < 2:
            time.sleep(0.05)
        first.kill()
        found += results
    assert sorted(chunk for chunk, _ in found) == list(CHUNKS[:4])
    assert sum(result for _, result in found) == sum(k * k for k in range(8))
    assert lines(tmp_path / "done").count(str(found[0][0].first)) == 1, "what was handed over is not done again"


class _Unfetched:
    """A future whose result cannot be had."""

    def __init__(self, status: str, error: Exception) -> None:
        self.status, self.error = status, error

    def result(self, timeout: float) -> None:
        assert timeout
        raise self.error

    def add_done_callback(self, call: Any) -> None:
        call(self)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        ("finished", TimeoutError(), scheme_module._NotFetchedError),
        ("finished", CommClosedError(), scheme_module._SchedulerLostError),
        ("cancelled", FutureCancelledError("key", "lost"), scheme_module._SchedulerLostError),
        ("error", TimeoutError("of the work"), TimeoutError),
        ("error", MemoryError(), LostChunkError),
    ],
)
def test_what_a_missing_result_means(status: str, error: Exception, expected: type[Exception]) -> None:
    future: Any = _Unfetched(status, error)
    with pytest.raises(expected):
        scheme_module._result(Chunk(0, 2), future)


@pytest.mark.parametrize("status", ["pending", "lost", "finished"])
def test_a_result_that_is_computed_again_is_waited_for(status: str) -> None:
    """However long that takes; one that is there and does not arrive is given up."""
    chunk, nobody, future = Chunk(0, 2), Any, _Unfetched(status, TimeoutError())
    there: Any = scheme_module._Round(nobody, nobody, None, dict, deque(), {0: chunk})
    with pytest.raises(scheme_module._NotFetchedError) as caught:
        scheme_module._result(chunk, future)  # type: ignore[arg-type]
    if status == "finished":
        with pytest.raises(ClusterError, match=r"indices 0\.\.1 .* does not arrive; 1 chunks were not done"):
            there._listen_again(chunk, future, caught.value)
    else:
        there._listen_again(chunk, future, caught.value)
        assert there.arrived.get_nowait() == (chunk, future)


@pytest.mark.slow
def test_a_scheduler_that_stays_lost_is_one_clear_error(machines: Machines, tmp_path: Path) -> None:
    scheduler, _ = machines.scheduler(), machines.worker()
    with open_address(machines.address, seek=15.0) as scheme:
        results = scheme.run(Squares(tmp_path, pause=0.05), 1, CHUNKS)
        next(results)
        scheduler.kill()
        with pytest.raises(ClusterError, match=r"lost and did not come back; .* chunks were not done"):
            list(results)


@pytest.mark.slow
def test_workers_come_and_go(machines: Machines, tmp_path: Path) -> None:
    """One is there at first, another one joins, the first one leaves."""
    chunks = plan(120, blocks_per_chunk=2)
    first, found = (machines.scheduler(), machines.worker())[1], []
    with open_address(machines.address) as scheme:
        for pair in scheme.run(Squares(tmp_path, pause=0.2), 1, chunks):
            found.append(pair)
            if len(found) == 4:
                machines.worker()
            if first.poll() is None and len(lines(tmp_path / "prepared")) == 2:
                first.kill()
                first.wait()
    assert sorted(chunk for chunk, _ in found) == list(chunks)
    assert sum(result for _, result in found) == sum(k * k for k in range(120))
    assert len(lines(tmp_path / "prepared")) == 2
    done = lines(tmp_path / "done")
    assert len(done) - len(set(done)) <= scheme_module.IN_FLIGHT, "what the first one had not handed over"


@pytest.mark.slow
def test_a_suspended_scheduler_is_waited_for_and_then_given_up(
    machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler, _ = machines.scheduler(), machines.worker()
    with open_address(machines.address) as scheme:
        monkeypatch.setattr(scheme_module, "WITHOUT_WORKERS", 20.0)
        monkeypatch.setattr(scheme_module, "FETCH", 20.0)
        results = scheme.run(Squares(tmp_path, pause=0.05), 1, CHUNKS)
        found = [next(results)]
        scheduler.send_signal(signal.SIGSTOP)
        threading.Timer(4.0, scheduler.send_signal, [signal.SIGCONT]).start()
        complete(found + list(results))
        results = scheme.run(Squares(tmp_path / "..", pause=0.05), 1, CHUNKS)
        next(results)
        scheduler.send_signal(signal.SIGSTOP)
        with pytest.raises(ClusterError, match="chunks were not done"):
            list(results)
        scheduler.send_signal(signal.SIGCONT)


@pytest.mark.slow
def test_a_worker_out_of_memory(machines: Machines, tmp_path: Path) -> None:
    """Its nanny ends it; the chunk is computed again elsewhere, what was done is not."""
    machines.scheduler()
    for _ in range(2):
        machines.worker("--memory-limit", "600MiB")
    with open_address(machines.address) as scheme:
        complete(list(scheme.run(Hungry(tmp_path, pause=0.05), 1, CHUNKS)))
    assert len(lines(tmp_path / "attempts 2")) >= 2
    done = lines(tmp_path / "done")
    assert len(done) - len(set(done)) <= 2, "only what the dead worker had not handed over may be done again"


def test_too_little_memory_for_a_chunk_is_one_clear_error(machines: Machines, tmp_path: Path) -> None:
    machines.scheduler(), machines.worker()
    with open_address(machines.address) as scheme:
        with pytest.raises(LostChunkError, match=r"too little memory for the indices 2\.\.3.*give each more") as caught:
            dict(scheme.run(Flaky(tmp_path, error=MemoryError, failures=99), 1, plan(4, blocks_per_chunk=2)))
        assert caught.value.chunk == Chunk(2, 4)
        (tmp_path / "next").mkdir()
        complete(list(scheme.run(Squares(tmp_path / "next"), 1, CHUNKS)))


@pytest.fixture
def link() -> Generator[Link]:
    try:
        opened = linked()
        found = opened.__enter__()
    except OSError as error:
        pytest.skip(f"no network namespaces here: {error}")
    with config.set({"distributed.comm.timeouts.tcp": "12s"}):
        yield found
    opened.__exit__(None, None, None)


@pytest.mark.slow
def test_a_worker_behind_a_cut_cable(link: Link, tmp_path: Path) -> None:
    """The near worker takes over; when the cable is mended the far one works again."""
    machines = Machines(HERE)
    try:
        machines.scheduler("0.0.0.0", **IMPATIENT)
        machines.worker(**IMPATIENT)
        machines.worker("--no-nanny", "--host", THERE, "--name", "far", before=link.inside, **IMPATIENT)
        with open_address(machines.address) as scheme:
            while scheme.workers < 2:
                time.sleep(0.1)
            results = scheme.run(Squares(tmp_path, pause=0.3), 1, CHUNKS)
            found = [next(results) for _ in range(4)]
            link.cut()
            complete(found + list(results))
            done = lines(tmp_path / "done")
            assert all(done.count(str(chunk.first)) == 1 for chunk, _ in found), (
                "what was handed over is not done again"
            )
            link.mend()
            (tmp_path / "next").mkdir()
            complete(list(scheme.run(Squares(tmp_path / "next"), 1, CHUNKS)))
    finally:
        machines.close()


@pytest.mark.slow
def test_a_client_behind_a_cut_cable(link: Link, tmp_path: Path) -> None:
    """The scheduler and its worker are far; the cable is mended after the connection was given up."""
    machines = Machines(THERE)
    try:
        machines.scheduler(THERE, before=link.inside, **IMPATIENT)
        machines.worker("--no-nanny", before=link.inside, **IMPATIENT)
        with open_address(machines.address, seek=60.0) as scheme:
            results = scheme.run(Squares(tmp_path, pause=0.3), 1, CHUNKS)
            found = [next(results) for _ in range(4)]
            link.cut()
            threading.Timer(20.0, link.mend).start()
            complete(found + list(results))
        done = lines(tmp_path / "done")
        assert all(done.count(str(chunk.first)) == 1 for chunk, _ in found)
    finally:
        link.mend()
        machines.close()
