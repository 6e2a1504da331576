"""Which scenarios a problem is averaged over: an enumeration, one sample, or several independent ones together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..problems.two_stage import Scenarios, ScenarioSource, TwoStageProblem
from ..problems.two_stage.problem import Floats, Sampling

RANDOMIZATIONS = 16
"""Independent Latin hypercubes or Sobol scramblings of an evaluation: with 15 degrees of freedom a standard error is
itself known to about 18 %, and 95 % confidence takes 2.13 of them instead of 1.96."""


class Futures(Protocol):
    """What scenarios are drawn from: a `TwoStageProblem`, or whatever else has a distribution."""

    @property
    def source(self) -> ScenarioSource:
        """The distribution of the random elements."""
        ...

    def realize(self, xi: Floats, probability: Floats, first: int = 0) -> Scenarios:
        """Scenarios of given outcomes `xi` (N, K) with `probability` (N,)."""
        ...

    def all_scenarios(self, first: int = 0, last: int | None = None) -> Scenarios:
        """Outcomes first..last-1 of a finite distribution."""
        ...


class DesignSample(Protocol):
    """Scenarios 0..count-1 that a design is found on; picklable."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def draw(self, problem: TwoStageProblem, first: int, last: int) -> Scenarios:
        """Data of scenarios first..last-1, with what each weighs in all of them."""
        ...


@dataclass(frozen=True)
class Sample:
    """Scenarios 0..count-1; it holds numbers only, so that every process draws its own part.

    `enumerated`: all outcomes of a finite distribution. Otherwise the scenarios are equally likely, and consecutive
    ones form `randomizations` samples of nearly the same size, each with a seed of its own.
    """

    count: int
    seed: int = 0
    sampling: Sampling = "monte-carlo"
    enumerated: bool = False
    randomizations: int = 1

    @staticmethod
    def evaluation(count: int, seed: int, sampling: Sampling) -> Sample:
        """A sample whose mean comes with a standard error.

        Scenarios of a Latin hypercube or of Sobol points are not independent: independent randomizations are (Owen,
        Monte Carlo theory, methods and examples, 2013, chapter 17).
        """
        several = 1 if sampling == "monte-carlo" else min(RANDOMIZATIONS, count)
        return Sample(count, seed, sampling, randomizations=several)

    def draw(self, problem: Futures, first: int, last: int) -> Scenarios:
        """Data of scenarios first..last-1, with what each weighs in the whole sample."""
        if self.enumerated:
            return problem.all_scenarios(first, last)
        parts = [np.zeros((0, len(problem.source.names)))]
        for r in range(self.randomizations):
            start, stop = self._start(r), self._start(r + 1)
            low, high = max(first, start), min(last, stop)
            if low < high:
                seed = self.seed if self.randomizations == 1 else _seed(self.seed, r)
                size = stop - start
                parts.append(
                    problem.source.draw(low - start, high - start, count=size, seed=seed, sampling=self.sampling)
                )
        return problem.realize(np.concatenate(parts), np.full(last - first, 1.0 / self.count), first)

    def randomization(self, first: int, last: int) -> NDArray[np.int64]:
        """(last - first,) which of the independent samples each scenario belongs to."""
        starts = [self._start(r) for r in range(self.randomizations)]
        return np.searchsorted(np.array(starts), np.arange(first, last), side="right") - 1

    def _start(self, r: int) -> int:
        return r * (self.count // self.randomizations) + min(r, self.count % self.randomizations)


def _seed(seed: int, r: int) -> int:
    """A seed of its own for each randomization."""
    return int(np.random.SeedSequence((seed, r)).generate_state(1, np.uint64)[0])
