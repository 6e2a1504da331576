"""Columns of recorded numbers in CSV and Parquet files, and how far apart in time they were recorded."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..two_stage.problem import Floats


@dataclass(frozen=True)
class Records:
    """`numbers` (N,) in the file's order; `spacing`: hours between two of them, where the file has a time column."""

    numbers: Floats
    spacing: float | None


def read_records(file: Path, column: str) -> Records:
    """Numbers of one column; ValueError names the file, the column and the row of what is not a finite number."""
    import pyarrow as pa  # half a second that cases without records need not wait
    import pyarrow.compute as pc
    from pyarrow import csv, parquet

    if not file.is_file():
        raise ValueError(f"there is no file {file}")
    try:
        table: Any = parquet.read_table(file) if file.suffix.lower() == ".parquet" else csv.read_csv(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{file} cannot be read: {error}") from None
    if column not in table.column_names:
        near = difflib.get_close_matches(column, table.column_names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(map(repr, table.column_names))}"
        raise ValueError(f"{file} has no column {column!r}{hint}")
    try:
        numbers = pc.cast(table[column], pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{file}, column {column!r}: {error}") from None
    if not len(numbers):
        raise ValueError(f"{file}, column {column!r} is empty")
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise ValueError(f"{file}, column {column!r}: number {row + 1} is missing or not finite")
    times = [
        name for name, kind in zip(table.column_names, table.schema.types, strict=True) if pa.types.is_temporal(kind)
    ]
    return Records(np.asarray(numbers, dtype=np.float64), _spacing(table[times[0]]) if times else None)


def _spacing(times: Any) -> float | None:
    """Median distance [h] of neighbouring times; None where they do not tell one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_timestamp(times.type) or pa.types.is_date(times.type)):
        return None
    seconds = np.sort(pc.cast(times.drop_null(), pa.timestamp("s"), safe=False).to_numpy().astype(np.int64))
    return float(np.median(np.diff(seconds))) / 3600.0 if len(seconds) > 1 else None
