"""The recourse of a scenario set at a design, one round of chunks of a `Scheme` for every evaluation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...cluster import Scheme, Serial
from ...cluster.work import Compute
from ...kernels import Engine
from ...kernels.block_tree import Place, insert, total
from ...problems.two_stage import TwoStageProblem
from ...problems.two_stage.problem import Floats
from .chunk_recourse import ChunkRecourse, GroupCuts, RecourseArguments, RecourseSums
from .feasibility import FeasibilityCut
from .scenario_set import ScenarioSet


@dataclass(frozen=True)
class RecourseEvaluation:
    """The recourse at the design `x`: `values` (M,), +inf where infeasible, and their `probability` (M,).

    M is the number of scenarios where their distribution is wanted, else 1: their mean with weight 1. `expected`,
    `tail`, `feasibility`: see `RecourseSums`.
    """

    x: Floats
    values: Floats
    probability: Floats
    expected: GroupCuts | None
    tail: GroupCuts | None
    threshold: float | None
    feasibility: tuple[FeasibilityCut, ...] = ()
    resolved_exactly: int = 0


@dataclass(frozen=True)
class RecourseWork:
    """Evaluations of one scenario set, of which every process prepares its own copy."""

    scenarios: ScenarioSet
    engine: Engine | str
    key: str = field(default_factory=lambda: f"recourse {uuid.uuid4().hex}")

    def prepare(self) -> Compute:
        """The function from `RecourseArguments` and a chunk to its `RecourseSums`."""
        return ChunkRecourse(self.scenarios, self.engine)


class ExpectedRecourse:
    """Evaluates the recourse of a scenario set; scenario k belongs to group k mod `groups`.

    `pointwise`: evaluations have every scenario's value, which a CVaR needs.
    """

    def __init__(
        self,
        scenarios: ScenarioSet,
        *,
        groups: int = 1,
        engine: Engine | str = Engine.AUTO,
        tolerance: float = 1e-8,
        pointwise: bool = False,
        scheme: Scheme | None = None,
    ) -> None:
        self.scenarios, self.groups, self.tolerance, self.pointwise = scenarios, groups, tolerance, pointwise
        self.evaluations = 0
        self._work, self._scheme = RecourseWork(scenarios, engine), scheme or Serial()
        self._scale = 0.0  # of the expected recourse: what is tiny beside it need not be exact

    def over(self, scenarios: ScenarioSet) -> ExpectedRecourse:
        """The same of other scenarios."""
        return ExpectedRecourse(
            scenarios, groups=self.groups, engine=self._work.engine, tolerance=self.tolerance,
            pointwise=self.pointwise, scheme=self._scheme,
        )  # fmt: skip

    @property
    def problem(self) -> TwoStageProblem:
        """Whose recourse it is."""
        return self.scenarios.problem

    def __call__(
        self, x: Floats, *, threshold: float | None = None, tolerance: float | None = None
    ) -> RecourseEvaluation:
        """The recourse at `x` (n1,). Raises RecourseError naming a scenario that is unbounded or undecided.

        The sums of chunks are added along one fixed tree, whatever the order they come in. The master waits for all of
        them: a cut is a sum over all scenarios, and a master solved with fewer would depend on who was slow.
        """
        self.evaluations += 1
        tolerance = self.tolerance if tolerance is None else tolerance
        arguments = RecourseArguments(x, threshold, tolerance, tolerance * self._scale, self.groups, self.pointwise)
        position = {chunk: k for k, chunk in enumerate(self.scenarios.chunks)}
        nodes: dict[Place, RecourseSums] = {}
        for chunk, sums in self._scheme.run(self._work, arguments, self.scenarios.chunks):
            insert(nodes, (0, position[chunk]), sums)
        whole = total(nodes)
        if whole.expected is not None:
            self._scale = whole.magnitude
        values, probability = np.array([whole.cost]), np.ones(1)
        if self.pointwise:
            values, probability = (np.concatenate(part) for part in zip(*whole.points, strict=True))
        return RecourseEvaluation(
            x,
            values,
            probability,
            whole.expected,
            whole.tail,
            threshold,
            whole.feasibility,
            whole.resolved_exactly,
        )


class SummedRecourse:
    """The sum of several expected recourses of one first stage, each with groups of its own."""

    def __init__(self, parts: Sequence[ExpectedRecourse]) -> None:
        self._parts = tuple(parts)
        self.groups = sum(part.groups for part in parts)
        self.tolerance = min(part.tolerance for part in parts)
        self.evaluations = 0

    @property
    def problem(self) -> TwoStageProblem:
        """One with the first stage that all parts have."""
        return self._parts[0].problem

    def __call__(
        self, x: Floats, *, threshold: float | None = None, tolerance: float | None = None
    ) -> RecourseEvaluation:
        """The sum at `x` (n1,); there is none of values above a `threshold`. Raises RecourseError."""
        assert threshold is None
        self.evaluations += 1
        found = [part(x, tolerance=tolerance) for part in self._parts]
        cuts = [part.expected for part in found if part.expected is not None]
        expected = None
        if len(cuts) == len(found):
            value, slope, weight = (
                np.concatenate([getattr(c, name) for c in cuts]) for name in ("value", "slope", "weight")
            )
            expected = GroupCuts(value, slope, weight)
        return RecourseEvaluation(
            x,
            np.sum([part.values for part in found], axis=0),
            np.ones(1),
            expected,
            None,
            None,
            tuple(cut for part in found for cut in part.feasibility),
            sum(part.resolved_exactly for part in found),
        )
