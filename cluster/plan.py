"""How work over the indices 0..count-1 is cut into chunks; pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CHUNKS_PER_WORKER = 8  # enough that the slowest chunk at the end costs little
LARGEST = 64  # blocks in a chunk: what a lost worker has to compute again


@dataclass(frozen=True, order=True)
class Chunk:
    """The indices first..last-1."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    def blocks(self, block: int) -> Iterator[Chunk]:
        """The chunk's blocks of at most `block` indices, cut at multiples of `block`."""
        for first in range(self.first, self.last, block):
            yield Chunk(first, min(first + block, self.last))


def plan(count: int, *, block: int = 1, workers: int = 1, blocks_per_chunk: int | None = None) -> tuple[Chunk, ...]:
    """Chunks that cover 0..count-1, each of whole blocks of `block` indices (the last block may be shorter).

    `blocks_per_chunk` None: so many that each of the `workers` gets about `CHUNKS_PER_WORKER` chunks, at most `LARGEST`
    blocks each. Raises ValueError for a negative count or sizes below 1.
    """
    if count < 0 or block < 1 or workers < 1 or (blocks_per_chunk is not None and blocks_per_chunk < 1):
        raise ValueError(f"{count} indices cannot be cut into chunks of {blocks_per_chunk} x {block} for {workers}")
    if blocks_per_chunk is None:
        blocks = -(-count // block)
        blocks_per_chunk = min(LARGEST, max(1, blocks // (workers * CHUNKS_PER_WORKER)))
    size = block * blocks_per_chunk
    return tuple(Chunk(first, min(first + size, count)) for first in range(0, count, size))
