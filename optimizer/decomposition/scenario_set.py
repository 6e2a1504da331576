"""The scenarios that a problem is solved for, in the standard form and in chunks that fit the memory."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from ...cluster import Chunk, plan
from ...problems.two_stage import Scenarios, TwoStageProblem, without_closed
from ...problems.two_stage.problem import Floats
from ...problems.two_stage.recourse_data import RecourseData, recourse_data
from ...problems.two_stage.standard_form import StandardRecourse, standard_recourse

CHUNKS = 64  # of a set that is large enough
SMALLEST_NUMBERS = 200_000  # float64 numbers of right-hand sides, bounds and duals, below which a chunk is not worth it
LARGEST_NUMBERS = 10_000_000  # that a chunk may take
KEPT_NUMBERS = 60_000_000  # kept by a process from evaluation to evaluation; beyond, chunks are drawn again


class ScenarioSet:
    """Scenarios 0 .. count - 1, which `draw(first, last)` gives again and again; small sets stay in memory.

    Their `chunks` depend on the problem and the count only: sums over chunks are the same whoever computed them.
    """

    def __init__(self, problem: TwoStageProblem, draw: Callable[[int, int], Scenarios], count: int) -> None:
        self.problem, self.count, self.draw = problem, count, draw
        self.form: StandardRecourse = standard_recourse(problem)
        self._numbers = sum(self.form.W.shape) * 3 + self.form.W.nnz * ("recourse" in problem.random)
        least, most = (max(1, limit // max(self._numbers, 1)) for limit in (SMALLEST_NUMBERS, LARGEST_NUMBERS))
        self.chunks = plan(count, block=min(most, max(least, -(-count // CHUNKS))), blocks_per_chunk=1)
        self._kept: dict[Chunk, RecourseData] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kept": {}}  # every process draws its own

    def operated(self, x: Floats) -> ScenarioSet:
        """The same without what the design `x` (n1,) closes in all scenarios: its values in less time, but no cuts."""
        smaller = copy(self)
        smaller.form, smaller._kept = without_closed(self.form, x, self.draw(0, 1)), {}
        return smaller

    def data(self, chunk: Chunk) -> RecourseData:
        """The scenarios of one of the chunks."""
        data = self._kept.get(chunk)
        if data is None:
            data = recourse_data(self.form, self.draw(chunk.first, chunk.last))
            if (sum(map(len, self._kept)) + len(chunk)) * self._numbers <= KEPT_NUMBERS:
                self._kept[chunk] = data
        return data
