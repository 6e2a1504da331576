"""Real worker processes: killed, suspended, refused; every chunk counts once and nothing done is done again."""

import os
import sys
import time
from collections.abc import Generator
from pathlib import Path
from types import ModuleType

import pytest

from loopwise.cluster import ClusterError, plan
from loopwise.cluster import dask_clusters as clusters
from loopwise.cluster.dask_clusters import open_address, open_cuda, open_local
from loopwise.cluster.dask_scheme import DaskScheme
from tests.cluster.machines import ENVIRONMENT, Machines
from tests.cluster.works import Flaky, Killing, Squares, Suspended, lines, versions_of_the_environment

CHUNKS = plan(24, blocks_per_chunk=2)
SUM = sum(k * k for k in range(24))


@pytest.fixture(scope="module")
def scheme() -> Generator[DaskScheme]:
    with open_local(2, environment=ENVIRONMENT) as scheme:
        yield scheme


def test_every_chunk_once_and_prepared_once_a_process(scheme: DaskScheme, tmp_path: Path) -> None:
    results = dict(scheme.run(Squares(tmp_path, pause=0.02), 1, CHUNKS))
    again = dict(scheme.run(Squares(tmp_path, pause=0.02), 3, CHUNKS))
    assert sorted(results) == list(CHUNKS)
    assert (sum(results.values()), sum(again.values())) == (SUM, 3 * SUM)
    prepared = lines(tmp_path / "prepared")
    assert len(prepared) == len(set(prepared)) == 2
    assert str(os.getpid()) not in prepared


def test_a_killed_worker_costs_only_its_own_chunks(scheme: DaskScheme, tmp_path: Path) -> None:
    found = [(chunk, result) for chunk, result in scheme.run(Killing(tmp_path, pause=0.05), 1, CHUNKS)]
    assert sorted(chunk for chunk, _ in found) == list(CHUNKS)
    assert sum(result for _, result in found) == SUM
    assert len(lines(tmp_path / "attempts 2")) == 2
    done = lines(tmp_path / "done")
    assert len(done) - len(set(done)) <= 2, "only what the dead worker had not handed over may be done again"


@pytest.mark.slow  # Dask restarts four workers in a row, which a busy machine may not manage in time
def test_a_chunk_that_kills_every_worker_is_one_clear_error(scheme: DaskScheme, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"4 workers died one after the other with .* memory"):
        dict(scheme.run(Killing(tmp_path, deaths=99), 1, CHUNKS))
    assert sum(dict(scheme.run(Squares(tmp_path), 1, CHUNKS)).values()) == SUM, "the cluster still works"


def test_a_chunk_that_raises(scheme: DaskScheme, tmp_path: Path) -> None:
    results = dict(scheme.run(Flaky(tmp_path, failures=1), 1, CHUNKS))
    assert sum(results.values()) == SUM
    assert len(lines(tmp_path / "attempts 2")) == 2
    with pytest.raises(ValueError, match="trouble number 1") as caught:
        dict(scheme.run(Flaky(tmp_path / "..", error=ValueError, failures=99), 1, CHUNKS))
    assert "raised by a worker for the indices" in caught.value.__notes__[0]


def test_leaving_early_drops_the_rest(scheme: DaskScheme, tmp_path: Path) -> None:
    results = scheme.run(Squares(tmp_path, pause=0.05), 1, plan(400, blocks_per_chunk=1))
    next(results)
    results.close()
    time.sleep(0.5)
    assert len(lines(tmp_path / "done")) < 20


@pytest.mark.slow  # Dask looks for silent workers every few seconds only
def test_a_suspended_worker_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "TIME_TO_LIVE", "2s")
    with open_local(2, environment=ENVIRONMENT) as scheme:
        found = list(scheme.run(Suspended(tmp_path, pause=0.02), 1, CHUNKS))
    assert sorted(chunk for chunk, _ in found) == list(CHUNKS)
    assert sum(result for _, result in found) == SUM


def test_other_versions_are_refused_by_name(machines: Machines) -> None:
    machines.scheduler(), machines.worker(KERNEL_FOR_TESTS="2")
    with (
        pytest.raises(ClusterError, match=r"worker tcp://.* has kernel 2, this process 1"),
        open_address(machines.address, versions=versions_of_the_environment),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "words"),
    [("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"), ("nonsense://x", "is no address")],
)
def test_nobody_answers(address: str, words: str) -> None:
    with pytest.raises(ClusterError, match=words), open_address(address, seek=1.0):
        pass


def test_one_worker_per_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """dask-cuda's own cluster class is replaced: no machine of the tests has a GPU."""
    from distributed import LocalCluster

    def cluster(**arguments: object) -> LocalCluster:
        return LocalCluster(n_workers=1, processes=True, **arguments)

    stand_in = ModuleType("dask_cuda")
    stand_in.LocalCUDACluster = cluster  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dask_cuda", stand_in)
    with open_cuda(environment=ENVIRONMENT) as scheme:
        assert sum(dict(scheme.run(Squares(tmp_path), 1, CHUNKS)).values()) == SUM
    monkeypatch.setitem(sys.modules, "dask_cuda", None)
    with pytest.raises(ClusterError, match="pip install dask-cuda"), open_cuda():
        pass
