"""Independent groups of random elements as a scenario source: sampled by inversion, enumerated by mixed radix."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ..two_stage.problem import Floats, Integers, Sampling
from ..uncertainty.uniforms import uniforms
from .distributions import Continuous, Discrete


@dataclass(frozen=True)
class IndependentGroups:
    """Groups that are independent of each other; the elements of a group stand side by side in the outcomes.

    A scenario takes one uniform per group. Outcome k of a finite distribution counts with the last group fastest.
    """

    names: tuple[str, ...]
    groups: tuple[Continuous | Discrete, ...]

    @property
    def size(self) -> int | None:
        """Number of outcomes (a Python integer, it may exceed 1e70); None with a continuous group."""
        sizes = [len(g.probability) for g in self.groups if isinstance(g, Discrete)]
        return prod(sizes) if len(sizes) == len(self.groups) else None

    def draw(self, first: int, last: int, *, count: int, seed: int, sampling: Sampling) -> Floats:
        """(last - first, K) outcomes of scenarios first..last-1 of the sample (seed, count, sampling)."""
        u = uniforms(first, last, dimension=len(self.groups), count=count, seed=seed, sampling=sampling)
        columns = [group.quantile(u[:, g]) for g, group in enumerate(self.groups)]
        return np.concatenate([np.empty((last - first, 0)), *columns], axis=1)

    def enumerate(self, first: int, last: int) -> tuple[Floats, Floats]:
        """(last - first, K) outcomes first..last-1 and (last - first,) products of the file's probabilities.

        Raises ValueError where a group is continuous or the range lies outside the distribution.
        """
        size = self.size
        if size is None:
            raise ValueError("a continuous distribution cannot be enumerated")
        if not 0 <= first <= last <= size:
            raise ValueError(f"outcomes {first}..{last} are not among the {size} of the distribution")
        probability = np.ones(last - first)
        columns: list[Floats] = []
        carry: Integers = np.arange(last - first, dtype=np.int64)  # how far beyond `first`, in units of this digit
        for group in reversed(self.groups):
            assert isinstance(group, Discrete)
            radix = len(group.probability)
            first, digit = divmod(first, radix)
            carry, chosen = np.divmod(carry + digit, radix)
            columns.insert(0, group.values[chosen])
            probability *= group.probability[chosen]
        return np.concatenate([np.empty((len(probability), 0)), *columns], axis=1), probability
