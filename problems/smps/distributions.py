"""Inverse distribution functions of the random elements of a stochastic file.

Parameters as in Gassmann, Schweitzer (2001), doi:10.1023/A:1013138919445, table of distributions: the two numbers of a
card are UNIFORM left and right end, NORMAL mean and variance, GAMMA scale and shape, BETA the two shapes on (0, 1),
LOGNORMAL mean and variance of the logarithm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from ..two_stage.problem import Floats

_special: Any = special  # SciPy types its ufuncs for scalars only


def _uniform(u: Floats, a: float, b: float) -> Floats:
    return a + (b - a) * u


def _normal(u: Floats, mean: float, variance: float) -> Floats:
    return mean + variance**0.5 * _special.ndtri(u)


def _gamma(u: Floats, scale: float, shape: float) -> Floats:
    return scale * _special.gammaincinv(shape, u)


def _beta(u: Floats, first: float, second: float) -> Floats:
    return _special.betaincinv(first, second, u)


def _lognormal(u: Floats, mean: float, variance: float) -> Floats:
    return np.exp(_normal(u, mean, variance))


_INVERSE: dict[str, Callable[[Floats, float, float], Floats]] = {
    "UNIFORM": _uniform,
    "NORMAL": _normal,
    "GAMMA": _gamma,
    "BETA": _beta,
    "LOGNORMAL": _lognormal,
}
FAMILIES = tuple(_INVERSE)


def parameter_mistake(family: str, first: float, second: float) -> str | None:
    """What is wrong with the two parameters of a family, None where nothing is."""
    if family == "UNIFORM" and first > second:
        return f"UNIFORM from {first:g} to {second:g}: the left end comes first"
    if family in ("NORMAL", "LOGNORMAL") and second < 0:
        return f"{family} with the negative variance {second:g}"
    if family in ("GAMMA", "BETA") and min(first, second) <= 0:
        return f"{family} with the parameters {first:g} and {second:g}: both must be positive"
    return None


@dataclass(frozen=True)
class Continuous:
    """One continuous random element of a `family` with its two parameters."""

    family: str
    first: float
    second: float

    def quantile(self, u: Floats) -> Floats:
        """(N, 1) quantiles at the uniforms `u` (N,)."""
        return _INVERSE[self.family](u, self.first, self.second)[:, None]


@dataclass(frozen=True)
class Discrete:
    """Jointly distributed elements: `values` (outcomes, elements) with `probability` (outcomes,) as in the file."""

    values: Floats
    probability: Floats

    def quantile(self, u: Floats) -> Floats:
        """(N, elements) outcomes at the uniforms `u` (N,); probabilities are taken relative to their sum."""
        cumulative = np.cumsum(self.probability)
        chosen = np.searchsorted(cumulative, u * cumulative[-1], side="right")
        return self.values[np.minimum(chosen, np.flatnonzero(self.probability)[-1])]
