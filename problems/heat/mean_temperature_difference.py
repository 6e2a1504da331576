"""Mean temperature difference of a counter-current exchanger: logarithmic, and Chen's approximation with its error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def logarithmic_mean(difference_1: Floats | float, difference_2: Floats | float) -> Floats:
    """Logarithmic mean [K] of two positive terminal temperature differences [K], smooth where they are equal.

    Raises ValueError where a difference is not positive.
    """
    a, b = np.broadcast_arrays(np.asarray(difference_1, float), np.asarray(difference_2, float))
    if np.any(~(a > 0)) or np.any(~(b > 0)):
        raise ValueError("terminal temperature differences must be positive")
    log_ratio = np.log(a / b)
    near = np.abs(log_ratio) < 1e-4
    # (a - b) / ln(a / b) = sqrt(ab) sinh(x) / x with x = ln(a / b) / 2; the series avoids 0 / 0.
    x = np.where(near, 1.0, log_ratio / 2)
    exact = np.sinh(x) / x
    series = 1 + (log_ratio / 2) ** 2 / 6 + (log_ratio / 2) ** 4 / 120
    return np.asarray(np.sqrt(a * b) * np.where(near, series, exact))


def chen_mean(difference_1: Floats | float, difference_2: Floats | float) -> Floats:
    """Chen's approximation [K] of the logarithmic mean: (a b (a + b) / 2)^(1/3).

    Chen, Chemical Engineering Science 42 (1987) 2488-2489, DOI 10.1016/0009-2509(87)80128-8. Never above the
    logarithmic mean, so areas err on the safe side; `chen_error` says by how much. Zero where a difference is zero.
    Concave and homogeneous of degree one: it lies below each of its tangents.
    """
    a, b = np.asarray(difference_1, float), np.asarray(difference_2, float)
    return np.asarray(np.cbrt(a * b * (a + b) / 2))


def chen_gradient(difference_1: float, difference_2: float) -> tuple[float, float]:
    """Partial derivatives of Chen's mean at positive differences; the tangent plane passes through the origin."""
    a, b = difference_1, difference_2
    mean = float(chen_mean(a, b))
    return b * (2 * a + b) / (6 * mean**2), a * (2 * b + a) / (6 * mean**2)


def chen_error(ratio: Floats | float) -> Floats:
    """Relative error (<= 0) of Chen's mean against the logarithmic mean at a ratio of the terminal differences.

    -0.03 % at a ratio of 2, -0.8 % at 5, -2.7 % at 10; exact only for equal differences.
    """
    ratio = np.asarray(ratio, float)
    return np.asarray(chen_mean(ratio, 1.0) / logarithmic_mean(ratio, 1.0) - 1)
