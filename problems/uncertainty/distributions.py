"""Distributions of one uncertain quantity, as a case file states them and as the samplers use them.

Every distribution is its quantile function: a uniform number u in (0, 1) becomes `quantile(u)`, in the quantity's unit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PrivateAttr, ValidationInfo, model_validator
from scipy import special

from ..two_stage.problem import Floats
from .records import Records, read_records

PROBABILITY_TOLERANCE = 1e-9


class _Distribution(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def quantile(self, u: Floats) -> Floats:
        """Value that the quantity does not exceed with probability u; same shape as `u`, entries in (0, 1)."""
        raise NotImplementedError

    def cumulative(self, value: float) -> float:
        """Probability that the quantity does not exceed `value`."""
        raise NotImplementedError

    def average(self) -> float:
        """Mean, in the quantity's unit."""
        raise NotImplementedError

    def support(self) -> tuple[float, float]:
        """Smallest and largest possible value."""
        return float(self.quantile(np.array([0.0]))[0]), float(self.quantile(np.array([1.0]))[0])

    def outcomes(self) -> tuple[Floats, Floats] | None:
        """Values and probabilities of a finite distribution, None for a continuous one."""
        return None


class Normal(_Distribution):
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


class Lognormal(_Distribution):
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


class Uniform(_Distribution):
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


class Triangular(_Distribution):
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


class _Finite(_Distribution):
    def _table(self) -> tuple[Floats, Floats]:
        """Values in ascending order with their probabilities."""
        raise NotImplementedError

    def outcomes(self) -> tuple[Floats, Floats]:
        return self._table()

    def quantile(self, u: Floats) -> Floats:
        values, probabilities = self._table()
        ceiling = np.cumsum(probabilities)[:-1]
        return values[np.searchsorted(ceiling, u, side="left")]

    def cumulative(self, value: float) -> float:
        values, probabilities = self._table()
        return float(probabilities[values <= value].sum())

    def average(self) -> float:
        values, probabilities = self._table()
        return float(values @ probabilities)

    def support(self) -> tuple[float, float]:
        values, probabilities = self._table()
        possible = values[probabilities > 0]
        return float(possible[0]), float(possible[-1])


class Discrete(_Finite):
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


class Bernoulli(_Finite):
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


class Empirical(_Finite):
    """Every number of one `column` of a CSV or Parquet `file`, equally likely; paths count from the case file."""

    distribution: Literal["empirical"] = "empirical"
    file: Path
    column: str
    _values: Floats = PrivateAttr()
    _probabilities: Floats = PrivateAttr()
    _records: Records = PrivateAttr()

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        folder = Path((info.context or {}).get("folder") or ".")
        self._records = read_records(folder / self.file, self.column)
        self._values, counts = np.unique(self._records.numbers, return_counts=True)
        self._probabilities = counts / len(self._records.numbers)
        return self

    @property
    def records(self) -> Records:
        """What stands in the column."""
        return self._records

    def _table(self) -> tuple[Floats, Floats]:
        return self._values, self._probabilities


Untruncated = Annotated[Normal | Lognormal | Uniform | Triangular, Field(discriminator="distribution")]


class Truncated(_Distribution):
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
    Normal | Lognormal | Uniform | Triangular | Discrete | Bernoulli | Truncated | Empirical,
    Field(discriminator="distribution"),
]
