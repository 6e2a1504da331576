"""Threads that share each round of the search; HiGHS leaves Python's lock while it solves.

A task sees only what the round began with, and the answers are taken in the order of the tasks: the search does not
depend on which thread was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import local
from types import TracebackType
from typing import Any, TypeVar

from .box_solver import BoxSolver
from .clock import Clock
from .local_search import LocalSearch
from .relaxation import Relaxation

Answer = TypeVar("Answer")


class Engine:
    """What one thread computes with."""

    def __init__(self, relaxation: Relaxation, clock: Clock) -> None:
        self.relaxation, self.clock = relaxation, clock
        self.boxes = BoxSolver(relaxation, clock)
        self.search = LocalSearch(relaxation.program, clock)


class Workers:
    """`threads` engines; with one thread everything happens in the caller's."""

    def __init__(self, relaxation: Relaxation, threads: int, clock: Clock) -> None:
        self.relaxation, self.clock, self.threads = relaxation, clock, threads
        self.engines: list[Engine] = []
        self.mine = local()
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def engine(self) -> Engine:
        """The calling thread's engine."""
        if getattr(self.mine, "engine", None) is None or self.mine.engine.relaxation is not self.relaxation:
            self.mine.engine = Engine(self.relaxation, self.clock)
            self.engines.append(self.mine.engine)
        return self.mine.engine

    def adopt(self, relaxation: Relaxation) -> None:
        """Compute with another relaxation from now on; nothing may be under way."""
        self.relaxation = relaxation

    def map(self, tasks: Sequence[Callable[[Engine], Answer]]) -> list[Answer]:
        """The answers of `tasks`, in their order. Raises what the first failing task raised."""
        if self.pool is None or len(tasks) == 1:
            return [task(self.engine()) for task in tasks]

        def run(task: Callable[[Engine], Answer]) -> Answer:
            return task(self.engine())

        futures = [self.pool.submit(run, task) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BaseException:  # Ctrl-C or the time limit: nobody computes on for an answer that nobody takes
            self.clock.stop()
            for future in futures:
                future.cancel()
            raise

    @property
    def linear_programs(self) -> int:
        """Relaxations solved so far."""
        return sum(engine.boxes.solved for engine in self.engines)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        self.clock.stop()
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
