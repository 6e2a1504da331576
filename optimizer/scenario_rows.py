"""Rows of scenarios go to disk where they are computed: a Parquet file a chunk, read again in order, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..cluster import Chunk
from ..problems.errors import CaseError
from .whole_file import whole_file

PARTS = ".scenarios"
"""Folder inside the output folder that holds the parts until they are one file."""


def part_file(folder: Path, chunk: Chunk) -> Path:
    """Where the rows of a chunk are; a chunk that is computed again replaces its own file."""
    return folder / f"{chunk.first:015d}-{chunk.last:015d}.parquet"


def write_part(file: Path, blocks: Iterable[tuple[pa.RecordBatch, Any]]) -> list[Any]:
    """Write the rows of each block as it comes, the file whole or not at all; returns what came with the rows.

    Raises CaseError where the file cannot be written.
    """
    others: list[Any] = []
    with whole_file(file) as temporary:
        writer: Any = None
        try:
            for rows, other in blocks:
                if writer is None:
                    writer = pq.ParquetWriter(temporary, rows.schema, compression="zstd")
                writer.write_batch(rows)
                others.append(other)
        finally:
            if writer is not None:
                writer.close()
    return others


@dataclass(frozen=True)
class ScenarioRows:
    """Rows of the `chunks` whose parts are in `folder`, in order of the scenarios, one block in memory at a time."""

    folder: Path
    chunks: Sequence[Chunk]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for chunk in sorted(self.chunks):
            file: Any = pq.ParquetFile(part_file(self.folder, chunk))
            with file:
                for group in range(file.num_row_groups):
                    yield from file.read_row_group(group).combine_chunks().to_batches()


@dataclass(frozen=True)
class UnwrittenRows:
    """Rows that the disk did not take: the results are whole without them, and whoever wants them hears why."""

    error: CaseError

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        raise self.error
