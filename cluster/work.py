"""What a worker does with a chunk: prepare the work once per process, try again where that can help."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from .plan import Chunk

Compute = Callable[[Any, Chunk], Any]
"""Called with the arguments and a chunk; what it returns is opaque to this room."""

ATTEMPTS = 4  # at a chunk that fails for a reason that may pass
TRANSIENT = (OSError, MemoryError)  # a file system or a memory that others use too; anything else fails again
KEPT = 4  # prepared works that are kept


class Work(Protocol):
    """Something that can be computed for any chunk of indices, by any process; picklable."""

    @property
    def key(self) -> str:
        """The same for works whose results are the same: a hash of the content."""
        ...

    def prepare(self) -> Compute:
        """What is done once per process."""
        ...


def content_key(*content: Any) -> str:
    """SHA-256 of picklable content: a work's `key` from everything that decides its results."""
    return hashlib.sha256(pickle.dumps(content, protocol=5)).hexdigest()


class PreparedWorks:
    """The works that are in use, each prepared once; the one that was used longest ago is let go first."""

    def __init__(self) -> None:
        self._prepared: OrderedDict[str, Compute] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._prepared)

    def of(self, work: Work) -> Compute:
        """What `work.prepare()` returned, now or earlier."""
        with self._lock:
            if work.key not in self._prepared:
                self._prepared[work.key] = work.prepare()
                while len(self._prepared) > KEPT:
                    self._prepared.popitem(last=False)
            self._prepared.move_to_end(work.key)
            return self._prepared[work.key]


def run_chunk(prepared: PreparedWorks, work: Work, arguments: Any, chunk: Chunk) -> Any:
    """The result of one chunk of the work, which is taken from `prepared`.

    A full disk, a lost file system or a lack of memory is tried again with growing waits; what the work raises
    otherwise would be raised again and goes through at once.
    """
    tries = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, TRANSIENT) or isinstance(error.__cause__, TRANSIENT)),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.2, max=5.0),
        reraise=True,
    )
    return tries(prepared.of(work), arguments, chunk)
