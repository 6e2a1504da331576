"""Chunks on a Dask cluster: workers may die, come and go, the scheduler may be lost; every chunk counts once.

Only the content hash of the work, the arguments and two indices travel with a chunk. The work itself is a task of the
scheduler, not scattered data: a worker that joins late fetches it, and it is made again where its last holder died.
"""

from __future__ import annotations

import pickle
import queue
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError

from .errors import ClusterError, LostChunkError
from .plan import Chunk
from .scheme import Results
from .versions import Versions, base_versions, refuse_mismatch
from .work import KEPT, PreparedWorks, Work, run_chunk

IN_FLIGHT = 3  # chunks per worker that the scheduler holds: one computed, the next at hand, one on its way
WITHOUT_WORKERS = 120.0  # seconds until work that nobody is there to do is given up
ANSWER = 10.0  # seconds for the scheduler to answer a question
FETCH = 120.0  # seconds in which a result that is there has to arrive here
LISTEN = 2.0  # seconds between looks at whether anybody is still there

Connect = Callable[[], Client]
"""Opens a connection; called again where it was lost. Raises ClusterError."""


class DaskScheme:
    """See `Scheme`; `open_local`, `open_cuda` and `open_address` in `dask_clusters.py` make one.

    Raises ClusterError where no worker is there or one has other versions than this process.
    """

    def __init__(self, connect: Connect, *, versions: Versions = base_versions, reconnects: bool = False) -> None:
        self._connect, self._versions, self._reconnects = connect, versions, reconnects
        self._client = connect()
        self._works: OrderedDict[str, Future[Any]] = OrderedDict()
        self._check_versions()

    @property
    def workers(self) -> int:
        """Worker threads that are there now, at least one."""
        return max(1, sum(self.threads.values()))

    @property
    def threads(self) -> Mapping[str, int]:
        """Threads of every worker process that is there now, by address."""
        return _threads(self._client)

    @property
    def dashboard(self) -> str:
        """Address of Dask's dashboard; its pages need bokeh where the scheduler is."""
        return str(self._client.dashboard_link)

    def run_everywhere(self, function: Callable[[], Any]) -> dict[str, Any]:
        """What a picklable function returns in every worker process, by address."""
        found: Any = self._client.run(function)
        return found

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()

    def run(self, work: Work, arguments: Any, chunks: Iterable[Chunk]) -> Results:
        """See `Scheme.run`.

        A chunk whose worker dies is computed by another one; a lost scheduler is sought for a while and what is not
        done yet is handed to it again. Raises ClusterError where neither helps, and what the work itself raises.
        """
        waiting, missing = deque(chunks), dict[int, Chunk]()
        while waiting or missing:
            waiting.extendleft(sorted(missing.values(), reverse=True))  # what a lost scheduler had
            missing.clear()
            try:
                yield from _Round(self._client, self._sent(work), arguments, self._versions, waiting, missing)
            except _SchedulerLostError:
                self._reconnect(len(waiting) + len(missing))

    def _sent(self, work: Work) -> Future[Any]:
        """The work with the scheduler, which holds the last few: many rounds of one work send it once."""
        if work.key not in self._works or self._works[work.key].status in ("error", "cancelled", "lost"):
            content = pickle.dumps(work, protocol=5)
            self._works[work.key] = self._client.submit(pickle.loads, content, key=f"work-{work.key}", pure=True)
            while len(self._works) > KEPT:
                self._works.popitem(last=False)
        self._works.move_to_end(work.key)
        return self._works[work.key]

    def _reconnect(self, left: int) -> None:
        if not self._reconnects:
            raise ClusterError(f"the scheduler is gone; {left} chunks were not done")
        self._works.clear()
        self._client.close(timeout=1)
        try:
            self._client = self._connect()
        except ClusterError as error:
            raise ClusterError(f"the scheduler was lost and did not come back; {left} chunks were not done") from error
        self._check_versions()

    def _check_versions(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WITHOUT_WORKERS)
        except TimeoutError:
            raise ClusterError(f"no worker joined within {WITHOUT_WORKERS:g} s; start one (`dask worker`)") from None
        try:
            found = self.run_everywhere(self._versions)
        except (ImportError, AttributeError) as error:
            raise ClusterError(f"the workers cannot import what they shall compute: {error}") from None
        refuse_mismatch(self._versions(), found)


class _SchedulerLostError(Exception):
    pass


class _NotFetchedError(Exception):
    """A result was there, but did not arrive."""


class _Round:
    """Results of `waiting` until all are there or the scheduler is lost; `missing` is what it was given."""

    def __init__(
        self,
        client: Client,
        work: Future[Any],
        arguments: Any,
        versions: Versions,
        waiting: deque[Chunk],
        missing: dict[int, Chunk],
    ) -> None:
        self.client, self.work, self.waiting, self.missing = client, work, waiting, missing
        self.arrived: queue.SimpleQueue[tuple[Chunk, Future[Any]]] = queue.SimpleQueue()
        self.common = (arguments, versions, dict(versions()))
        self.name = uuid.uuid4().hex
        self.futures: dict[int, Future[Any]] = {}
        self.there, self.looked, self.seen = 1, -LISTEN, time.monotonic()

    def __iter__(self) -> Results:
        try:
            self._fill()
            while self.missing:
                chunk, future = self._next()
                try:
                    result = _result(chunk, future)
                except _NotFetchedError as error:
                    self._listen_again(chunk, future, error)
                    continue
                del self.missing[chunk.first], self.futures[chunk.first]
                future.release()  # or it would be computed again where the worker that holds it dies
                self._fill()
                yield chunk, result
        finally:
            if self.futures and self.client.status == "running":
                self.client.cancel(list(self.futures.values()))

    def _fill(self) -> None:
        while self.waiting and len(self.missing) < IN_FLIGHT * max(1, self._workers()):
            chunk = self.waiting.popleft()
            self.missing[chunk.first] = chunk
            key = f"chunk-{self.name}-{chunk.first}"
            future = self.client.submit(_remote, self.work, *self.common, chunk, key=key, pure=False)
            self.futures[chunk.first] = future
            self._listen(chunk, future)

    def _listen(self, chunk: Chunk, future: Future[Any]) -> None:
        future.add_done_callback(lambda done: self.arrived.put((chunk, done)))

    def _listen_again(self, chunk: Chunk, future: Future[Any], error: _NotFetchedError) -> None:
        """Wait for a result that was lost with the worker that held it, and is computed again."""
        if future.status == "finished":
            message = f"{error}; {len(self.missing) + len(self.waiting)} chunks were not done"
            raise ClusterError(message) from None
        self._listen(chunk, future)

    def _next(self) -> tuple[Chunk, Future[Any]]:
        """The next chunk that ended, one way or another; raises where nobody is left who could end one."""
        while True:
            try:
                return self.arrived.get(timeout=LISTEN)
            except queue.Empty:
                if self.client.status != "running":
                    raise _SchedulerLostError from None
                if not self._workers() and time.monotonic() - self.seen > WITHOUT_WORKERS:
                    left = len(self.missing) + len(self.waiting)
                    raise ClusterError(f"no worker for {WITHOUT_WORKERS:g} s; {left} chunks were not done") from None

    def _workers(self) -> int:
        """Worker threads that were there when last looked, at most `LISTEN` seconds ago."""
        if time.monotonic() - self.looked >= LISTEN:
            try:
                self.there = sum(_threads(self.client).values())
            except (OSError, TimeoutError):
                self.there = 0
            self.looked = time.monotonic()
            self.seen = self.looked if self.there else self.seen
        return self.there


def _threads(client: Client) -> Mapping[str, int]:
    """Threads of the workers that the scheduler knows now, by address."""
    if client.scheduler is None:  # the connection was lost
        return {}
    threads: Any = client.sync(client.scheduler.ncores, callback_timeout=ANSWER)
    return threads


def _result(chunk: Chunk, future: Future[Any]) -> Any:
    """The chunk's result.

    Raises what its work raised, saying where, or LostChunkError where workers died of it or had too little memory;
    _NotFetchedError where it cannot be had from whoever has it, _SchedulerLostError where nobody knows of it any more.
    """
    where, advice = f"the indices {chunk.first}..{chunk.last - 1}", "give each more, or start fewer on a machine"
    try:
        return future.result(timeout=FETCH)
    except FutureCancelledError:
        raise _SchedulerLostError from None
    except KilledWorker as error:
        died = f"{error.allowed_failures + 1} workers died one after the other with {where} at hand"
        raise LostChunkError(f"{died}, most often for lack of memory: {advice}", chunk) from None
    except MemoryError:
        raise LostChunkError(f"workers have too little memory for {where}: {advice}", chunk) from None
    except Exception as error:
        if future.status != "error" and isinstance(error, TimeoutError):
            raise _NotFetchedError(f"the result of {where} was computed, but does not arrive") from None
        if future.status != "error" and isinstance(error, OSError):
            raise _SchedulerLostError from None
        error.add_note(f"raised by a worker for {where}")
        raise


_PREPARED = PreparedWorks()
"""Of a worker process."""


@lru_cache(maxsize=8)
def _own_versions(versions: Versions) -> Mapping[str, str]:
    return versions()


def _remote(work: Work, arguments: Any, versions: Versions, ours: Mapping[str, str], chunk: Chunk) -> Any:
    """What a worker runs; one that joined late is asked for its versions here."""
    own = _own_versions(versions)
    if own != ours:
        refuse_mismatch(ours, {"that joined late": own})
    return run_chunk(_PREPARED, work, arguments, chunk)
