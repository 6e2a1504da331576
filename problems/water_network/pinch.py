"""Water pinch targets for one contaminant, without a network.

Wang and Smith, Chemical Engineering Science 49 (1994) 981-1006, DOI 10.1016/0009-2509(94)80006-5: the limiting
composite curve of the units' limiting profiles; the steepest supply line below it that touches it gives the least flow.
Targets with regeneration are the linear program over the same curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from ..errors import CaseError, Problem
from .bounds import GRAMS
from .case import WaterNetworkCase

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LimitingProfile:
    """A unit at its limits: takes water at `inlet` mg/L, returns it at `outlet` mg/L, `load` kg/h in between."""

    inlet: float
    outlet: float
    load: float

    @property
    def flow(self) -> float:
        """Limiting flow, t/h."""
        return GRAMS * self.load / (self.outlet - self.inlet)


@dataclass(frozen=True)
class CompositeCurve:
    """`concentration` (n,) mg/L ascending and the `load` (n,) kg/h taken up below each; both begin at 0."""

    concentration: Floats
    load: Floats


@dataclass(frozen=True)
class WaterTarget:
    """Minimum `fresh` water t/h, the `pinch` mg/L where it binds, and what is `regenerated` t/h."""

    fresh: float
    pinch: float
    regenerated: float = 0.0


def limiting_profiles(case: WaterNetworkCase) -> list[LimitingProfile]:
    """Profiles of the units of a case with one contaminant. Raises CaseError naming what has none."""
    if len(case.contaminants) != 1:
        raise CaseError(Problem("water pinch targets are for one contaminant", place="contaminants"))
    (k,) = case.contaminants
    profiles: list[LimitingProfile] = []
    for i, unit in enumerate(case.process_units):
        if unit.loss or unit.gain:
            raise CaseError(
                Problem("water pinch targets need units that keep their water", place=f"process_units[{i}]")
            )
        load, inlet = unit.load.get(k, 0.0), unit.inlet_maximum.get(k)
        outlet = unit.outlet_maximum.get(k)
        if unit.flow is not None:
            through = GRAMS * load / unit.flow
            inlet = (outlet or through) - through if inlet is None else inlet
            outlet = inlet + through
        if outlet is None or outlet <= (inlet or 0.0):
            raise CaseError(Problem("has no limiting profile", place=f"process_units[{i}]", typed=unit.name))
        profiles.append(LimitingProfile(inlet or 0.0, outlet, load))
    return profiles


def limiting_composite_curve(profiles: list[LimitingProfile]) -> CompositeCurve:
    """Sum of the profiles' loads over each interval of concentrations."""
    ends = {0.0, *(p.inlet for p in profiles), *(p.outlet for p in profiles)}
    levels = np.array(sorted(ends))
    flows = [sum(p.flow for p in profiles if p.inlet <= low and high <= p.outlet) for low, high in pairwise(levels)]
    load = np.concatenate([[0.0], np.cumsum(np.array(flows) * np.diff(levels))]) / GRAMS
    return CompositeCurve(levels, load)


def minimum_fresh_water(curve: CompositeCurve, quality: float = 0.0) -> WaterTarget:
    """Fresh water of `quality` mg/L with reuse:  max over the curve of load / (concentration - quality).

    Raises CaseError where water is taken up cleaner than the supply.
    """
    below = (curve.concentration <= quality) & (curve.load > 0.0)
    if below.any():
        raise CaseError(Problem(f"units take up load below the supply's {quality:g} mg/L", place="fresh_water"))
    above = curve.concentration > quality
    flows = GRAMS * curve.load[above] / (curve.concentration[above] - quality)
    if not len(flows):
        return WaterTarget(0.0, quality)
    best = int(np.argmax(flows))
    return WaterTarget(float(flows[best]), float(curve.concentration[above][best]))


def regeneration_target(
    curve: CompositeCurve, regenerated_quality: float, *, recycling: bool, quality: float = 0.0
) -> WaterTarget:
    """Least fresh water f, then least regenerated water r, with regeneration to `regenerated_quality` mg/L.

    f (c - quality) + r (c - regenerated_quality)+ >= load below c, at every level c of the curve; with reuse each
    tonne is regenerated at most once: r <= f. Raises CaseError where no flow suffices.
    """
    levels = np.union1d(curve.concentration, [regenerated_quality])
    load = np.interp(levels, curve.concentration, curve.load) * GRAMS
    supply = np.stack([np.maximum(levels - quality, 0.0), np.maximum(levels - regenerated_quality, 0.0)], axis=1)
    rows, right = -supply, -load
    if not recycling:
        rows, right = np.vstack([rows, [-1.0, 1.0]]), np.append(right, 0.0)
    first = linprog([1.0, 0.0], A_ub=rows, b_ub=right, method="highs")
    if not first.success:
        raise CaseError(Problem(f"units take up load below the supply's {quality:g} mg/L", place="fresh_water"))
    fresh = float(first.fun)
    bounds = [(fresh, fresh * (1.0 + 1e-9) + 1e-9), (0.0, None)]
    second = linprog([0.0, 1.0], A_ub=rows, b_ub=right, bounds=bounds, method="highs")
    regenerated = float(second.x[1]) if second.success else float(first.x[1])
    slack = supply @ np.array([fresh, regenerated]) - load
    binding = [float(c) for c, s in zip(levels, slack, strict=True) if c > quality and s <= 1e-6 * max(load.max(), 1.0)]
    return WaterTarget(fresh, binding[-1] if binding else quality, regenerated)
