"""Distributions over scenarios as histograms with the same bars, for the report."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .distribution import Distribution
from .report.content import Histogram

BARS = 60


def histograms(distributions: Mapping[str, Distribution]) -> tuple[Histogram, ...]:
    """One by name; the last bar holds what lies beyond it. None where nothing varies."""
    values = np.concatenate([d.points[0] for d in distributions.values()])
    if len(values) < 2 or np.ptp(values) < 1e-9 * max(1.0, float(np.abs(values).max())):
        return ()
    edges = np.linspace(values.min(), np.quantile(values, 0.999), BARS + 1)
    made: list[Histogram] = []
    for name, d in distributions.items():
        points, weights = d.points
        share, _ = np.histogram(np.minimum(points, edges[-1]), bins=edges, weights=weights)
        made.append(Histogram(name, edges, share / weights.sum(), d.mean, d.cvar(0.95)))
    return tuple(made)
