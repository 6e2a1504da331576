"""Distributions of one uncertain quantity, as a case file states them and as the samplers use them.

Every distribution is its quantile function: a uniform number u in (0, 1) becomes `quantile(u)`, in the quantity's unit.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, FiniteFloat, model_validator
from scipy import special

from ..two_stage.problem import Floats
from .recorded import Bootstrap, Empirical
from .stated import FiniteDistribution, StatedDistribution

PROBABILITY_TOLERANCE = 1e-9


class Normal(StatedDistribution):
    """Normal distribution; `standard_deviation` in the quantity's unit."""

    distribution: Literal["normal"] = "normal"
    mean: FiniteFloat
    standard_deviation: FiniteFloat = Field(gt=0)

    def quantile(self, u: Floats) -> Floats:
        return self.mean + self.standard_deviation * special.ndtri(u)

    def cumulative(self, value: float) -> float:
        return float(special.ndtr((value - self.mean) / self.standard_deviation))

    def average(self) -> float:
        return self.mean


class Lognormal(StatedDistribution):
    """Lognormal distribution with the mean and standard deviation of the quantity itself, not of its logarithm."""

    distribution: Literal["lognormal"] = "lognormal"
    mean: FiniteFloat = Field(gt=0)
    standard_deviation: FiniteFloat = Field(gt=0)

    def logarithmic(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm."""
        variance = float(np.log1p((self.standard_deviation / self.mean) ** 2))
        return float(np.log(self.mean)) - variance / 2, variance**0.5

    def quantile(self, u: Floats) -> Floats:
        mu, sigma = self.logarithmic()
        return np.exp(mu + sigma * special.ndtri(u))

    def cumulative(self, value: float) -> float:
        mu, sigma = self.logarithmic()
        return float(special.ndtr((np.log(value) - mu) / sigma)) if value > 0 else 0.0

    def average(self) -> float:
        return self.mean


class Uniform(StatedDistribution):
    """Uniform distribution between `lower` and `upper`."""

    distribution: Literal["uniform"] = "uniform"
    lower: FiniteFloat
    upper: FiniteFloat

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.lower < self.upper:
            raise ValueError(f"lower ({self.lower:g}) must be below upper ({self.upper:g})")
        return self

    def quantile(self, u: Floats) -> Floats:
        return self.lower + (self.upper - self.lower) * u

    def cumulative(self, value: float) -> float:
        return float(np.clip((value - self.lower) / (self.upper - self.lower), 0.0, 1.0))

    def average(self) -> float:
        return (self.lower + self.upper) / 2


class Triangular(StatedDistribution):
    """Triangular distribution between `lower` and `upper`, most likely at `mode`."""

    distribution: Literal["triangular"] = "triangular"
    lower: FiniteFloat
    mode: FiniteFloat
    upper: FiniteFloat

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.lower <= self.mode <= self.upper and self.lower < self.upper):
            raise ValueError(f"lower <= mode <= upper does not hold: {self.lower:g}, {self.mode:g}, {self.upper:g}")
        return self

    def quantile(self, u: Floats) -> Floats:
        width, rise, fall = self.upper - self.lower, self.mode - self.lower, self.upper - self.mode
        return np.where(
            u * width <= rise, self.lower + np.sqrt(u * width * rise), self.upper - np.sqrt((1 - u) * width * fall)
        )

    def cumulative(self, value: float) -> float:
        width, rise, fall = self.upper - self.lower, self.mode - self.lower, self.upper - self.mode
        value = min(max(value, self.lower), self.upper)
        if value <= self.mode:
            return (value - self.lower) ** 2 / (width * rise) if rise else 0.0
        return 1.0 - (self.upper - value) ** 2 / (width * fall)

    def average(self) -> float:
        return (self.lower + self.mode + self.upper) / 3


class Discrete(FiniteDistribution):
    """Finitely many `values` with their `probabilities`, which must sum to 1."""

    distribution: Literal["discrete"] = "discrete"
    values: tuple[FiniteFloat, ...] = Field(min_length=1)
    probabilities: tuple[Annotated[FiniteFloat, Field(ge=0)], ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.values) != len(self.probabilities):
            raise ValueError(f"{len(self.values)} values but {len(self.probabilities)} probabilities")
        if len(set(self.values)) != len(self.values):
            raise ValueError("a value is listed twice")
        if abs(total := sum(self.probabilities) - 1.0) > PROBABILITY_TOLERANCE:
            raise ValueError(f"the probabilities sum to {total + 1:.10g}, not to 1")
        return self

    def _table(self) -> tuple[Floats, Floats]:
        order = np.argsort(self.values)
        return np.array(self.values)[order], np.array(self.probabilities)[order]


class Bernoulli(FiniteDistribution):
    """`yes` with `probability`, else `no` (1 and 0 unless stated): availability, a partner's shut-down."""

    distribution: Literal["bernoulli"] = "bernoulli"
    probability: FiniteFloat = Field(ge=0, le=1)
    yes: FiniteFloat = 1.0
    no: FiniteFloat = 0.0

    @model_validator(mode="after")
    def _different(self) -> Self:
        if self.yes == self.no:
            raise ValueError(f"yes and no are both {self.yes:g}")
        return self

    def _table(self) -> tuple[Floats, Floats]:
        pairs = sorted([(self.no, 1.0 - self.probability), (self.yes, self.probability)])
        return np.array([value for value, _ in pairs]), np.array([probability for _, probability in pairs])


Untruncated = Annotated[Normal | Lognormal | Uniform | Triangular, Field(discriminator="distribution")]


class Truncated(StatedDistribution):
    """A continuous distribution, given that it falls between `lower` and `upper` (at least one stated)."""

    distribution: Literal["truncated"] = "truncated"
    of: Untruncated
    lower: FiniteFloat | None = None
    upper: FiniteFloat | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.lower is None and self.upper is None:
            raise ValueError("state lower, upper or both")
        low, high = self._window()
        if not high - low > 1e-12:
            raise ValueError(f"between {self.lower} and {self.upper} the distribution has no probability")
        return self

    def _window(self) -> tuple[float, float]:
        low = 0.0 if self.lower is None else self.of.cumulative(self.lower)
        high = 1.0 if self.upper is None else self.of.cumulative(self.upper)
        return low, high

    def quantile(self, u: Floats) -> Floats:
        low, high = self._window()
        return np.clip(self.of.quantile(low + (high - low) * u), self.lower, self.upper)

    def cumulative(self, value: float) -> float:
        low, high = self._window()
        return float(np.clip((self.of.cumulative(value) - low) / (high - low), 0.0, 1.0))

    def average(self) -> float:
        nodes, weights = np.polynomial.legendre.leggauss(200)
        return float(weights @ self.quantile((nodes + 1) / 2) / 2)


Distribution = Annotated[
    Normal | Lognormal | Uniform | Triangular | Discrete | Bernoulli | Truncated | Empirical | Bootstrap,
    Field(discriminator="distribution"),
]
