"""The two-stage problem as arrays: what every algorithm of loopwise solves.

    min | max   c'x + constant + E[ Q(x, xi) ]      row_lower <= A x <= row_upper,  lower <= x <= upper,  some x integer
    Q(x, xi) = min | max  q(xi)'y + q0(xi)
               s.t.  row_lower(xi) <= T(xi) x + W(xi) y <= row_upper(xi),   lower(xi) <= y <= upper(xi)

Everything random is an affine function of `features(xi)`, products of powers of the random elements, so that the data
of a million scenarios are a matrix product and no model is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..uncertainty import Correlation, Distribution
    from .limits import Limit
    from .reports import Reports

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Sampling = Literal["monte-carlo", "latin-hypercube", "sobol"]
RandomPart = Literal["cost", "constant", "row_lower", "row_upper", "lower", "upper", "technology", "recourse"]


class Sense(StrEnum):
    """Direction of optimization; a maximisation stays one from the case file to the report."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


@dataclass(frozen=True)
class FirstStage:
    """Decisions taken before the future is known: n1 columns, m1 rows.

    `A` (m1, n1) CSR; `cost`, `lower`, `upper` (n1,); `integer` (n1,) bool; `row_lower`, `row_upper` (m1,) with +-inf.
    """

    names: tuple[str, ...]
    cost: Floats
    lower: Floats
    upper: Floats
    integer: Booleans
    A: sp.csr_array
    row_lower: Floats
    row_upper: Floats
    row_names: tuple[str, ...]
    constant: float = 0.0


@dataclass(frozen=True)
class Recourse:
    """Operation once the future is known, at the nominal value of everything random: n2 columns, m2 rows.

    `W` (m2, n2) and `T` (m2, n1) CSC in canonical order (sorted indices, explicit entries wherever a random
    coefficient may stand); `cost`, `lower`, `upper` (n2,); `row_lower`, `row_upper` (m2,) with +-inf.
    """

    names: tuple[str, ...]
    cost: Floats
    lower: Floats
    upper: Floats
    W: sp.csc_array
    T: sp.csc_array
    row_lower: Floats
    row_upper: Floats
    row_names: tuple[str, ...]
    constant: float = 0.0


@dataclass(frozen=True)
class RandomTerm:
    """Random entries of one part: `values[index] = offset + coefficients @ features`.

    The nominal entry is replaced, not added to: `offset` (k,) is the part that does not depend on the features.
    `index` (k,) counts in the part's array (`W.data`, `T.data` for the matrices); `coefficients` (k, F) CSR.
    """

    index: Integers
    offset: Floats
    coefficients: sp.csr_array

    def values(self, features: Floats) -> Floats:
        """(N, k) values of the random entries at `features` (N, F)."""
        return np.asarray(self.offset + (self.coefficients @ features.T).T)


class ScenarioSource(Protocol):
    """A distribution of the random elements; scenario k of (seed, count, sampling) never depends on the chunking."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the K random elements."""
        ...

    @property
    def size(self) -> int | None:
        """Number of outcomes of a finite distribution (may exceed 1e70), None for a continuous one."""
        ...

    def draw(self, first: int, last: int, *, count: int, seed: int, sampling: Sampling) -> Floats:
        """(last - first, K) outcomes of scenarios first..last-1 of a sample of `count`."""
        ...

    def enumerate(self, first: int, last: int) -> tuple[Floats, Floats]:
        """(last - first, K) outcomes and (last - first,) probabilities of a finite distribution."""
        ...


@dataclass(frozen=True)
class Scenarios:
    """Data of scenarios first..last-1: `parts[name]` (N, k) values at `problem.random[name].index`.

    `probability` (N,) is what each scenario weighs in the expectation over the whole set it was taken from.
    """

    first: int
    xi: Floats
    probability: Floats
    parts: Mapping[RandomPart, Floats]

    def __len__(self) -> int:
        return len(self.probability)

    def part(self, first: int, last: int) -> Scenarios:
        """The scenarios at first..last-1 of these, with the probabilities that they have."""
        chosen = slice(first, last)
        parts: dict[RandomPart, Floats] = {name: values[chosen] for name, values in self.parts.items()}
        return Scenarios(self.first + first, self.xi[chosen], self.probability[chosen], parts)

    @staticmethod
    def joined(several: Sequence[Scenarios]) -> Scenarios:
        """One set of several of the same problem, numbered from 0, with the probabilities that they have."""
        parts: dict[RandomPart, Floats] = {
            name: np.concatenate([one.parts[name] for one in several]) for name in several[0].parts
        }
        xi, probability = (np.concatenate([getattr(one, name) for one in several]) for name in ("xi", "probability"))
        return Scenarios(0, xi, probability, parts)


@dataclass(frozen=True)
class TwoStageProblem:
    """A two-stage problem with its distribution; see the module's docstring for the form.

    `monomials` (F, K) integer exponents: feature f of an outcome xi is prod_k xi_k ** monomials[f, k]. `reports` are
    named physical results of a scenario, `limits` hold over all scenarios together.
    """

    name: str
    sense: Sense
    first_stage: FirstStage
    recourse: Recourse
    source: ScenarioSource
    monomials: Integers
    random: Mapping[RandomPart, RandomTerm] = field(default_factory=dict)
    reports: Reports | None = None
    limits: tuple[Limit, ...] = ()

    @classmethod
    def from_pyomo(
        cls,
        model: Any,
        first_stage: Iterable[Any],
        uncertain: Mapping[Any, Distribution | Mapping[Any, Distribution]],
        *,
        correlations: Sequence[Correlation] = (),
        reports: Iterable[tuple[str, str, Any]] = (),
    ) -> TwoStageProblem:
        """Any linear Pyomo model with decisions that come before the future and mutable Params that it decides.

        `first_stage`: Vars, or their names; every other active Var is recourse. `uncertain`: parameter -> distribution
        (for an indexed one also index -> distribution; a single distribution makes independent elements of all its
        members). Pyomo's single Params are not hashable: a plain dict names them (`{"demand": Normal(...)}`), a
        `ComponentMap` takes them themselves. The elements bear the parameters' names, which `correlations` go by.
        `reports`: (name, unit, expression) of results wanted for every scenario. The model is read, not changed.

        Raises CaseError, all problems at once: names that are not there, Params that are not mutable or that nothing
        uses, and whatever is nonlinear or of the wrong stage.
        """
        from .from_pyomo import own_model

        return own_model(model, first_stage, uncertain, correlations, reports)

    def features(self, xi: Floats) -> Floats:
        """(N, F) features of outcomes `xi` (N, K)."""
        features = np.ones((len(xi), len(self.monomials)))
        for f, exponents in enumerate(self.monomials):
            for k in np.flatnonzero(exponents):
                features[:, f] *= xi[:, k] ** exponents[k]
        return features

    def realize(self, xi: Floats, probability: Floats, first: int = 0) -> Scenarios:
        """Data of given outcomes `xi` (N, K) with `probability` (N,)."""
        features = self.features(xi)
        return Scenarios(first, xi, probability, {part: term.values(features) for part, term in self.random.items()})

    def scenarios(
        self, first: int, last: int, *, count: int | None = None, seed: int = 0, sampling: Sampling = "monte-carlo"
    ) -> Scenarios:
        """Scenarios first..last-1 of the sample (seed, count, sampling), equally likely; `count` defaults to `last`."""
        count = last if count is None else count
        xi = self.source.draw(first, last, count=count, seed=seed, sampling=sampling)
        return self.realize(xi, np.full(last - first, 1.0 / count), first)

    def all_scenarios(self, first: int = 0, last: int | None = None) -> Scenarios:
        """Outcomes first..last-1 of a finite distribution with their probabilities.

        Raises ValueError where the distribution is continuous.
        """
        if self.source.size is None:
            raise ValueError(f"{self.name}: the distribution is continuous, its scenarios cannot be enumerated")
        xi, probability = self.source.enumerate(first, self.source.size if last is None else last)
        return self.realize(xi, probability, first)

    @staticmethod
    def from_scenario_creator(
        scenario_creator: Callable[..., Any], names: Sequence[str], **options: Any
    ) -> TwoStageProblem:
        """The problem of an mpi-sppy `scenario_creator`; see `from_scenario_creator` for `options` and errors."""
        from .from_scenario_creator import from_scenario_creator  # which imports this module, and Pyomo

        return from_scenario_creator(scenario_creator, names, **options)
