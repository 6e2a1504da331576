"""The serial scheme, and what a worker does with a chunk."""

from pathlib import Path

import pytest

from loopwise.cluster import Serial, plan
from loopwise.cluster import work as work_module
from tests.cluster.works import Flaky, Squares


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)


def test_every_chunk_once_and_prepared_once(tmp_path: Path) -> None:
    scheme = Serial()
    results = dict(scheme.run(Squares(tmp_path), 1, plan(10, blocks_per_chunk=3)))
    again = dict(scheme.run(Squares(tmp_path), 2, plan(10, blocks_per_chunk=3)))
    assert sum(results.values()) == sum(k * k for k in range(10))
    assert sum(again.values()) == 2 * sum(results.values())
    assert len((tmp_path / "prepared").read_text().split()) == 1


def test_prepared_works_are_not_kept_for_ever(tmp_path: Path) -> None:
    works = [Squares(tmp_path, scale) for scale in range(3 * work_module.KEPT)]
    prepared = work_module.PreparedWorks()
    for work in [*works, works[-1]]:
        prepared.of(work)
    assert len(prepared) == work_module.KEPT
    assert len((tmp_path / "prepared").read_text().split()) == len(works)


def test_what_may_pass_is_tried_again(tmp_path: Path) -> None:
    results = dict(Serial().run(Flaky(tmp_path), 1, plan(4, blocks_per_chunk=2)))
    assert sum(results.values()) == 14
    assert len((tmp_path / "attempts 2").read_text().split()) == 3


@pytest.mark.parametrize(("error", "attempts"), [(OSError, work_module.ATTEMPTS), (ValueError, 1)])
def test_what_stays_wrong_is_raised(tmp_path: Path, error: type[Exception], attempts: int) -> None:
    with pytest.raises(error, match="trouble number"):
        list(Serial().run(Flaky(tmp_path, error=error, failures=99), 1, plan(4, blocks_per_chunk=2)))
    assert len((tmp_path / "attempts 2").read_text().split()) == attempts
