"""The scenarios that a problem is solved for, in the standard form and in chunks that fit the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...problems.two_stage import Scenarios, TwoStageProblem
from ...problems.two_stage.problem import Floats, RandomPart
from ...problems.two_stage.recourse_data import RecourseData, recourse_data
from ...problems.two_stage.standard_form import standard_recourse

CHUNK_NUMBERS = 10_000_000  # float64 numbers that the right-hand sides, bounds and duals of one chunk may take
KEPT_NUMBERS = 60_000_000  # float64 numbers kept from evaluation to evaluation; beyond, chunks are drawn again


class ScenarioSet:
    """Scenarios 0 .. count - 1, which `draw(first, last)` gives again and again; small sets stay in memory."""

    def __init__(self, problem: TwoStageProblem, draw: Callable[[int, int], Scenarios], count: int) -> None:
        self.problem, self.count = problem, count
        self.form = standard_recourse(problem)
        self._draw = draw
        numbers = sum(self.form.W.shape) * 3 + self.form.W.nnz * ("recourse" in problem.random)
        self._chunk = max(1, min(count, CHUNK_NUMBERS // max(numbers, 1)))
        self._keep = count * numbers <= KEPT_NUMBERS
        self._kept: dict[int, RecourseData] = {}

    @classmethod
    def of(cls, problem: TwoStageProblem, scenarios: Scenarios) -> ScenarioSet:
        """The given scenarios, all of them."""

        def draw(first: int, last: int) -> Scenarios:
            part = slice(first, last)
            parts: dict[RandomPart, Floats] = {name: values[part] for name, values in scenarios.parts.items()}
            return Scenarios(scenarios.first + first, scenarios.xi[part], scenarios.probability[part], parts)

        return cls(problem, draw, len(scenarios))

    def chunks(self) -> Iterator[tuple[int, RecourseData]]:
        """(index of the first scenario, data) of each chunk in order."""
        for first in range(0, self.count, self._chunk):
            data = self._kept.get(first)
            if data is None:
                data = recourse_data(self.form, self._draw(first, min(first + self._chunk, self.count)))
                if self._keep:
                    self._kept[first] = data
            yield first, data
