"""--workers and --cluster: the same result to 1e-12 wherever it is computed, and a clear word where it cannot be."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from loopwise.cluster import Chunk, ClusterError, Serial, plan
from loopwise.cluster.dask_scheme import DaskScheme
from loopwise.cluster.versions import refuse_mismatch
from loopwise.kernels import BLOCK
from loopwise.kernels.cpu import threads
from loopwise.optimizer.distribution import Distribution
from loopwise.optimizer.evaluation import EvaluationArguments
from loopwise.optimizer.execution import open_scheme, run_versions
from loopwise.optimizer.options import Method, Options
from loopwise.optimizer.park_operation import evaluation_work
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.run import run_optimize
from loopwise.optimizer.sample import Sample
from loopwise.optimizer.scenario_rows import ScenarioRows
from loopwise.optimizer.two_stage_run import evaluate_design
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.park.problem import park_problem


@pytest.mark.parametrize("workers", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_workers_do_not_change_the_result(workers: int, tmp_path: Path) -> None:
    park = park_problem(load_case("single-plant"))
    work, sample = evaluation_work(park, "auto"), Sample.evaluation(5 * BLOCK + 7, 3, "sobol")
    x = np.minimum(park.problem.first_stage.upper, 1.0)
    serial = evaluate_design(work, x, sample, Serial(), QuietProgress(), out=_folder(tmp_path / "serial"))
    with open_scheme(Options(workers=workers)) as scheme:
        assert scheme.workers == workers
        assert isinstance(scheme, DaskScheme)
        share = set(scheme.run_everywhere(threads).values())
        assert share == {max(1, threads() // workers)}, "the kernel's threads are divided"
        spread = evaluate_design(work, x, sample, scheme, QuietProgress(), out=_folder(tmp_path / "spread"))
        chunks = plan(sample.count, block=BLOCK, blocks_per_chunk=3)
        other = Distribution()
        for _, part in scheme.run(work, EvaluationArguments(x, sample), chunks):
            other = other.merge(part)
    for found in (spread.distribution, other):
        assert found.scenarios == sample.count
        for statistic in ("mean", "standard_error", "resolved_exactly", "failed"):
            expected = getattr(serial.distribution, statistic)
            assert getattr(found, statistic) == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(found.report_means, serial.distribution.report_means, rtol=1e-12, atol=1e-12)
        assert found.cvar(0.95) == pytest.approx(serial.distribution.cvar(0.95), rel=1e-12)
    assert _table(spread.rows).equals(_table(serial.rows))


@pytest.mark.slow
def test_workers_do_not_change_a_design_by_decomposition() -> None:
    """Design, replications and evaluation of the same command."""
    asked: dict[str, Any] = {"scenarios": 60, "evaluate": 100, "method": "benders", "gap": 1e-3, "replications": 2}
    results = [
        run_optimize(load_case("single-plant"), Options(**asked, workers=workers), QuietProgress()).result
        for workers in (1, 2)
    ]
    for name in ("design", "objective", "evaluation", "statistics", "indicators"):
        assert getattr(results[0], name) == getattr(results[1], name), name


def _folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _table(rows: ScenarioRows | None) -> pa.Table:
    assert rows is not None
    return pa.Table.from_batches(rows)


class Failing(Serial):
    """A cluster that is lost after `results` chunks."""

    def __init__(self, results: int) -> None:
        super().__init__()
        self.results = results

    def __enter__(self) -> "Failing":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, work: Any, arguments: Any, chunks: Iterable[Chunk]) -> Any:
        for found in super().run(work, arguments, chunks):
            if not self.results:
                raise ClusterError("the scheduler is gone")
            self.results -= 1
            yield found


@pytest.mark.parametrize(
    ("method", "results", "message"),
    [
        ("extensive", 0, "the scheduler is gone; evaluated 0 of 2,000 scenarios"),
        ("extensive", 1, "the scheduler is gone; evaluated 1,024 of 2,000 scenarios"),
        ("benders", 7, "the scheduler is gone; evaluated 0 of 2,000 scenarios"),
    ],
)
def test_a_lost_cluster_keeps_the_design(
    method: Method, results: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loopwise.optimizer.execution._cluster", lambda _: Failing(results))
    options = Options(scenarios=20, evaluate=2000, out=tmp_path, workers=2, method=method)
    outcome = run_optimize(load_case("single-plant"), options, QuietProgress())
    assert outcome.message == message
    assert outcome.result.status == "interrupted"
    assert outcome.result.design


def test_a_cluster_lost_before_there_is_a_design(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loopwise.optimizer.execution._cluster", lambda _: Failing(0))
    with pytest.raises(CaseError, match=r"--workers: the scheduler is gone"):
        run_optimize(load_case("single-plant"), Options(scenarios=20, workers=2, method="benders"), QuietProgress())


@pytest.mark.parametrize(
    ("case", "asked", "words"),
    [
        ("single-plant", {"workers": 2, "cluster": "tcp://a:1"}, "leave out one of --workers and --cluster"),
        ("single-plant", {"cluster": "nonsense://x"}, "--cluster: 'nonsense://x' is no address of a Dask scheduler"),
        ("single-plant", {"cluster": "cuda"}, "pip install dask-cuda"),
        ("four-streams", {"workers": 2}, "a case of kind 'heat' runs in one process"),
        ("haverly1", {"cluster": "tcp://a:1"}, "--cluster: a case of kind 'pooling'"),
    ],
)
def test_what_cannot_be_had_is_refused(case: str, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(CaseError) as caught:
        run_optimize(load_case(case), Options(**asked), QuietProgress())
    assert words in str(caught.value)


def test_without_dask_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: Options) -> Callable[[], None]:
        raise ModuleNotFoundError(name="distributed")

    monkeypatch.setattr("loopwise.optimizer.execution._cluster", absent)
    with pytest.raises(CaseError, match=r"pip install 'loopwise\[cluster\]'"), open_scheme(Options(workers=2)):
        pass


def test_versions_name_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sources, and whether it is compiled: who lacks that would compute other last digits, and slowly."""
    ours = run_versions()
    assert ours == run_versions()
    assert {"python", "distributed", "numpy", "scipy", "highs", "loopwise", "kernel"} <= set(ours)
    monkeypatch.setattr("loopwise.optimizer.execution.unavailable", lambda _: "it was not compiled")
    with pytest.raises(ClusterError, match=r"worker tcp://a has compiled kernel absent, this process there"):
        refuse_mismatch(ours | {"compiled kernel": "there"}, {"tcp://a": run_versions()})


def test_a_search_reads_workers_as_threads() -> None:
    assert run_optimize(
        load_case("haverly1"), Options(workers=2), QuietProgress()
    ).result.objective.value == pytest.approx(-400.0)
