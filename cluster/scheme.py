"""How chunks are carried out: the interface, and the plainest scheme behind it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Protocol

from .plan import Chunk
from .work import PreparedWorks, Work, run_chunk

Results = Generator[tuple[Chunk, Any]]


class Scheme(Protocol):
    """Carries out chunks somewhere and hands back each one's result exactly once, in whatever order they come."""

    @property
    def workers(self) -> int:
        """Chunks that can be computed at the same time."""
        ...

    def run(self, work: Work, arguments: Any, chunks: Iterable[Chunk]) -> Results:
        """Results as they come; closing the generator drops what is not done."""
        ...


class Serial:
    """In this process, one chunk after the other in the order given."""

    workers = 1

    def __init__(self) -> None:
        self._prepared = PreparedWorks()

    def run(self, work: Work, arguments: Any, chunks: Iterable[Chunk]) -> Results:
        """See `Scheme.run`."""
        for chunk in chunks:
            yield chunk, run_chunk(self._prepared, work, arguments, chunk)
