"""The output folder: result.json, scenarios.parquet, design.csv, report.html; whole files or none."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..problems.errors import CaseError, Problem
from .outcome import Outcome
from .report import render_report
from .scenario_rows import PARTS
from .whole_file import whole_file

FILES = ("result.json", "scenarios.parquet", "design.csv", "report.html")


def prepare_folder(folder: Path, *, overwrite: bool) -> None:
    """Create the folder before hours of computing. Raises CaseError where it is used or cannot be written."""
    try:
        if folder.exists() and not folder.is_dir():
            raise CaseError(Problem("is a file; --out needs a folder", file=str(folder)))
        if folder.is_dir() and any(folder.iterdir()) and not overwrite:
            raise CaseError(
                Problem("the folder is not empty; choose another --out or add --overwrite", file=str(folder))
            )
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        raise CaseError(Problem(f"cannot be written: {error.strerror}", file=str(folder))) from None


@contextmanager
def output_folder(folder: Path, *, overwrite: bool) -> Generator[Path]:
    """The prepared folder; one that this makes and an error leaves empty is taken away again."""
    made = not folder.exists()
    prepare_folder(folder, overwrite=overwrite)
    try:
        yield folder
    except BaseException:
        if made:
            with suppress(OSError):  # something is in it
                folder.rmdir()
        raise


def write_outcome(folder: Path, outcome: Outcome) -> list[Path]:
    """Write everything the outcome has; result.json first, so that a full disk cannot take it.

    Files of an earlier run that this one does not write are removed: they would tell of another design.
    """
    written = [write_text(folder / "result.json", outcome.result.to_json())]
    for name in FILES[1:]:
        (folder / name).unlink(missing_ok=True)
    if outcome.result.design:
        written.append(write_text(folder / "design.csv", design_csv(outcome)))
    steps = [lambda: write_text(folder / "report.html", render_report(outcome.result, outcome.report))]
    if (rows := outcome.scenarios) is not None:
        steps.insert(0, lambda: write_scenarios(folder / "scenarios.parquet", rows))
    problems: list[Problem] = []
    try:
        for step in steps:  # what one file cannot have may still do for the next
            try:
                written.append(step())
            except CaseError as error:
                problems += error.problems
    finally:
        shutil.rmtree(folder / PARTS, ignore_errors=True)
    if problems:
        raise CaseError(problems)
    return written


def design_csv(outcome: Outcome) -> str:
    """The design as a table with a header; `on` lists the periods in which a unit runs."""
    text = io.StringIO()
    rows = [item.model_dump() for item in outcome.result.design]
    for row in rows:
        if row.get("on") is not None:
            row["on"] = "; ".join(period for period, runs in row["on"].items() if runs)
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_scenarios(file: Path, blocks: Iterable[pa.RecordBatch]) -> Path:
    """One row per scenario, block by block: a million scenarios never stand in memory together."""
    with whole_file(file) as temporary:
        writer: Any = None
        try:
            for block in blocks:
                if writer is None:
                    writer = pq.ParquetWriter(temporary, block.schema, compression="zstd")
                writer.write_batch(block)
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            pq.write_table(pa.table({}), temporary)
    return file


def write_text(file: Path, text: str) -> Path:
    """Write UTF-8 text as a whole."""
    with whole_file(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return file
