"""What can go wrong with a cluster, in one sentence each."""

from __future__ import annotations

from .plan import Chunk


class ClusterError(Exception):
    """The cluster cannot do the work; the message names the address or the chunk, and what to do."""


class LostChunkError(ClusterError):
    """Whoever computes `chunk` dies of it or lacks the memory; the cluster itself goes on working."""

    def __init__(self, message: str, chunk: Chunk) -> None:
        super().__init__(message)
        self.chunk = chunk
