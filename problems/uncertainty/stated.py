"""What every distribution of a case file can say of itself."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..two_stage.problem import Floats


class StatedDistribution(BaseModel):
    """A distribution of one quantity, in the quantity's unit."""

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


class FiniteDistribution(StatedDistribution):
    """A distribution of finitely many values."""

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
