"""The output folder is written whole or not at all, and never over somebody's work."""

import csv
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from loopwise.optimizer.output import FILES, prepare_folder, write_outcome, write_text
from loopwise.problems.errors import CaseError
from tests.optimizer.results import example_outcome


def test_all_files(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "a" / "b", overwrite=False)
    written = write_outcome(tmp_path / "a" / "b", example_outcome())
    assert {file.name for file in written} == set(FILES) == {file.name for file in (tmp_path / "a" / "b").iterdir()}
    table = pq.read_table(tmp_path / "a" / "b" / "scenarios.parquet")
    assert table["scenario"].to_pylist() == [0, 1, 2, 3, 4, 5]
    with (tmp_path / "a" / "b" / "design.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == ["RO", "<turbine>"]
    assert float(rows[0]["size"]) == 40.0
    assert json.loads((tmp_path / "a" / "b" / "result.json").read_text(encoding="utf-8"))["status"] == "optimal"


def test_existing_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(CaseError, match="--overwrite"):
        prepare_folder(tmp_path, overwrite=False)
    prepare_folder(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    with pytest.raises(CaseError, match="is a file"):
        prepare_folder(tmp_path / "thesis.txt", overwrite=True)


def test_overwriting_leaves_nothing_of_the_old_run(tmp_path: Path) -> None:
    write_outcome(tmp_path, example_outcome())
    outcome = example_outcome()
    without = type(outcome)(outcome.result.model_copy(update={"design": ()}), outcome.report)
    write_outcome(tmp_path, without)
    assert {file.name for file in tmp_path.iterdir()} == {"result.json", "report.html"}


def test_a_failing_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(self: Path, text: str, **_: object) -> None:
        with self.open("w", encoding="utf-8") as stream:
            stream.write(text[:2])
        raise OSError(28, os.strerror(28))

    file = write_text(tmp_path / "result.json", "old")
    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(CaseError, match="No space left"):
        write_text(file, "new text")
    assert [f.name for f in tmp_path.iterdir()] == ["result.json"]
    assert file.read_text(encoding="utf-8") == "old"
