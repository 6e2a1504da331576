"""`loopwise optimize` and `evaluate` for water networks with free concentrations and for pooling."""

from __future__ import annotations

from pathlib import Path

from ...problems.pooling import PoolingCase
from ...problems.water_network import WaterNetworkCase
from ..options import Options
from ..outcome import Outcome
from ..progress import Progress
from .pooling_kind import evaluate_pooling, optimize_pooling
from .water_kind import evaluate_water, optimize_water


def optimize(case: PoolingCase | WaterNetworkCase, options: Options, progress: Progress) -> Outcome:
    """The globally optimal network or blend of `case`, to `options.gap`."""
    if isinstance(case, WaterNetworkCase):
        return optimize_water(case, options, progress)
    return optimize_pooling(case, options, progress)


def evaluate(case: PoolingCase | WaterNetworkCase, design: Path, options: Options, progress: Progress) -> Outcome:
    """A given water network, or a given blend."""
    if isinstance(case, WaterNetworkCase):
        return evaluate_water(case, design, options, progress)
    return evaluate_pooling(case, design, options, progress)
