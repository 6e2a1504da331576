"""Named uncertain quantities with their distributions and a Gaussian copula: the `ScenarioSource` of case files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod

import numpy as np
from scipy import special

from ..two_stage.problem import Floats, Sampling
from .correlation import Correlation, correlation_matrix, factor
from .distributions import Distribution
from .uniforms import uniforms


class Uncertainty:
    """K uncertain quantities: `distributions` by name, in order, and their stated `correlations`.

    Correlated quantities are drawn as u = Phi(L z), z standard normal, L L' the matrix of `correlations`; under Latin
    hypercube and Sobol sampling the points are even in z. Raises ValueError for correlations that make no sense.
    """

    def __init__(self, distributions: Mapping[str, Distribution], correlations: Sequence[Correlation] = ()) -> None:
        self.names = tuple(distributions)
        self.distributions = tuple(distributions.values())
        self.correlation = correlation_matrix(self.names, correlations)
        self._correlated = np.flatnonzero((self.correlation != np.eye(len(self.names))).any(axis=1))
        self._factor = factor(self.correlation[np.ix_(self._correlated, self._correlated)])

    @property
    def means(self) -> Floats:
        """(K,) mean of every quantity."""
        return np.array([distribution.average() for distribution in self.distributions])

    @cached_property
    def _outcomes(self) -> tuple[tuple[Floats, Floats], ...] | None:
        outcomes = [distribution.outcomes() for distribution in self.distributions]
        finite = tuple(table for table in outcomes if table is not None)
        return finite if len(finite) == len(outcomes) and not len(self._correlated) else None

    @property
    def size(self) -> int | None:
        """Number of joint outcomes of independent finite quantities; None where one is continuous or any correlated."""
        return None if self._outcomes is None else prod(len(values) for values, _ in self._outcomes)

    def draw(self, first: int, last: int, *, count: int, seed: int, sampling: Sampling) -> Floats:
        """(last - first, K) outcomes of scenarios first..last-1 of the sample (seed, count, sampling)."""
        u = uniforms(first, last, dimension=len(self.names), count=count, seed=seed, sampling=sampling)
        if len(self._correlated):
            scores = special.ndtri(u[:, self._correlated])
            # one product a row: a matrix product may round a row differently with the number of rows
            mixed = np.einsum("nk,jk->nj", scores, self._factor)
            u[:, self._correlated] = np.clip(special.ndtr(mixed), np.finfo(float).tiny, 1.0 - 2.0**-53)
        columns = [distribution.quantile(u[:, k]) for k, distribution in enumerate(self.distributions)]
        return np.column_stack(columns) if columns else np.empty((last - first, 0))

    def enumerate(self, first: int, last: int) -> tuple[Floats, Floats]:
        """(last - first, K) joint outcomes and (last - first,) probabilities; the last quantity changes fastest.

        Raises ValueError where the distribution is continuous or correlated.
        """
        if self._outcomes is None:
            named = [n for n, d in zip(self.names, self.distributions, strict=True) if d.outcomes() is None]
            why = f"{', '.join(named)} continuous" if named else "correlated quantities"
            raise ValueError(f"the scenarios cannot be enumerated: {why}")
        xi, probability = np.empty((last - first, len(self.names))), np.ones(last - first)
        carry = np.arange(last - first, dtype=np.int64)  # `first` may exceed 64 bits, the width of a chunk does not
        for k in reversed(range(len(self.names))):
            values, weights = self._outcomes[k]
            first, digit = divmod(first, len(values))
            carry, place = np.divmod(carry + digit, len(values))
            xi[:, k] = values[place]
            probability *= weights[place]
        return xi, probability
