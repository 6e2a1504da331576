"""A number with what is known about it: proved bounds, or an estimate with its confidence interval."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

CONFIDENCE = 0.95


class Certainty(StrEnum):
    """Where an interval comes from."""

    PROVED = "proved"  # holds for every outcome: bounds of an optimization, sums over all scenarios of the problem
    ESTIMATED = "estimated"  # holds with the stated confidence over the random samples


@dataclass(frozen=True)
class Estimate:
    """`value` lies, or is believed to lie, in `low`..`high`; `confidence` and `standard_error` where estimated."""

    value: float
    low: float
    high: float
    certainty: Certainty
    confidence: float | None = None
    standard_error: float | None = None

    @staticmethod
    def proved(low: float, high: float, value: float | None = None) -> Estimate:
        """Between two bounds; `value` is the middle unless stated."""
        return Estimate((low + high) / 2 if value is None else value, low, high, Certainty.PROVED)

    @staticmethod
    def of_mean(
        mean: float, standard_error: float, degrees: float = float("inf"), confidence: float = CONFIDENCE
    ) -> Estimate:
        """The interval mean -+ t s of Student's distribution with `degrees` of freedom (infinite: normal)."""
        width = float(stats.t.ppf((1.0 + confidence) / 2.0, degrees)) * standard_error if standard_error else 0.0
        return Estimate(mean, mean - width, mean + width, Certainty.ESTIMATED, confidence, standard_error)

    @staticmethod
    def of_probability(count: int, total: int, confidence: float = CONFIDENCE) -> Estimate:
        """A probability of which `count` of `total` scenarios were seen: never narrower than stated.

        The interval of Clopper, Pearson 1934, doi:10.1093/biomet/26.4.404, for independent scenarios; a Latin
        hypercube's are hardly more spread than those (Owen 1997, doi:10.1137/S0036142994277468).
        """
        rest = (1.0 - confidence) / 2.0
        low = float(stats.beta.ppf(rest, count, total - count + 1)) if count else 0.0
        high = float(stats.beta.ppf(1.0 - rest, count + 1, total - count)) if count < total else 1.0
        return Estimate(count / total, low, high, Certainty.ESTIMATED, confidence)

    @staticmethod
    def of_sample(values: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
        """The mean that independent, identically distributed `values` (M >= 2) were drawn around."""
        sample = np.asarray(values, dtype=np.float64)
        error = float(sample.std(ddof=1) / np.sqrt(len(sample)))
        return Estimate.of_mean(float(sample.mean()), error, len(sample) - 1, confidence)
