"""Forward simulation of a water network: the concentrations that follow from given flows, in a batch of scenarios.

With flows f [t/h] the balances of `layout.py` are linear in the concentrations c [mg/L] and are solved as they stand,
recycles included. A reject has no less than nothing of what a unit with a fixed outlet lets through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .layout import Booleans, Floats, Layout
from .scenarios import WaterScenarios

NO_FLOW = 1e-9
"""t/h below which an outlet is idle: its concentration multiplies nothing."""
KEPT = 2e-6
"""Share of what a limit allows that counts as nothing: a design keeps its limits to 1e-6."""


@dataclass(frozen=True)
class Simulated:
    """Real state of N scenarios: `concentration` (N, O, K) mg/L of the outlets, `leaving` (N, O) t/h from them,

    `quality` (N, A, K) mg/L of every flow, `excess` (N, R) g/h by which each limit is broken by more than KEPT (else
    at most 0), and `water_residual` (N,) t/h, `mass_residual` (N,) g/h: the largest by which a balance is missed.
    """

    concentration: Floats
    leaving: Floats
    quality: Floats
    excess: Floats
    water_residual: Floats
    mass_residual: Floats


class WaterSimulator:
    """Prepared once per layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._into = layout.into
        outlets, arcs = layout.outlets, layout.arcs
        count = len(outlets.names)
        self._from_outlet = np.flatnonzero(arcs.start < count)
        self._fed = self._into[outlets.mixer]  # (O, A): what feeds each outlet
        self._starts = np.zeros((len(arcs.ends), count))
        self._starts[self._from_outlet, arcs.start[self._from_outlet]] = 1.0
        constant = np.zeros((len(arcs.ends), len(layout.contaminants)))
        others = np.flatnonzero(arcs.start >= count)
        constant[others] = layout.constant[arcs.start[others] - count]
        self._constant = constant

    def leaving(self, scenarios: WaterScenarios, flow: Floats) -> Floats:
        """(N, O) t/h that leave every outlet, from flows (N, A)."""
        entering = np.einsum("na,oa->no", flow, self._fed)
        return self.layout.outlets.rho * entering + scenarios.gain

    def qualities(self, concentration: Floats) -> Floats:
        """(N, A, K) mg/L of every flow, from the outlets' concentrations (N, O, K)."""
        return np.einsum("ao,nok->nak", self._starts, concentration) + self._constant

    def run(self, scenarios: WaterScenarios, flow: Floats, removed: Floats) -> Simulated:
        """Simulate flows (N, A) t/h with `removed` (N, O, K) g/h taken out by hand."""
        leaving = self.leaving(scenarios, flow)
        concentration = self._concentrations(scenarios, flow, removed, leaving)
        quality = self.qualities(concentration)
        entering = np.einsum("na,oa->no", flow, self._fed)
        balance = leaving[:, :, None] * concentration - self._mass(scenarios, flow, removed, quality, entering)
        held = self.layout.outlets.held
        open_ = np.where(held | (concentration <= 0.0), 0.0, np.abs(balance))
        return Simulated(
            concentration,
            leaving,
            quality,
            self._excess(flow, quality, concentration, leaving),
            self.water_residual(scenarios, flow),
            open_.max(axis=(1, 2), initial=0.0),
        )

    def water_residual(self, scenarios: WaterScenarios, flow: Floats) -> Floats:
        """(N,) t/h by which the water rows are missed."""
        rows = self.layout.rows
        missed = np.einsum("na,ma->nm", flow, rows.matrix) - scenarios.right
        return np.where(rows.equal, np.abs(missed), np.maximum(missed, 0.0)).max(axis=1, initial=0.0)

    def _mass(
        self, scenarios: WaterScenarios, flow: Floats, removed: Floats, quality: Floats, entering: Floats
    ) -> Floats:
        """(N, O, K) g/h that leave each outlet by the balances."""
        outlets = self.layout.outlets
        arriving = np.einsum("na,nak,oa->nok", flow, quality, self._fed)
        return outlets.kappa * (arriving - outlets.beta * entering[:, :, None]) + scenarios.load - removed

    def _concentrations(self, scenarios: WaterScenarios, flow: Floats, removed: Floats, leaving: Floats) -> Floats:
        """Solve the balances; outlets that would have less than nothing are set to 0 and the rest solved again."""
        outlets = self.layout.outlets
        count, kinds = len(outlets.names), len(self.layout.contaminants)
        passing = np.einsum("na,oa,ap->nop", flow, self._fed, self._starts)  # t/h from outlet p into o's mixer
        entering = np.einsum("na,oa->no", flow, self._fed)
        given = np.einsum("na,ak,oa->nok", flow, self._constant, self._fed)
        diagonal = np.maximum(leaving, NO_FLOW)
        found = np.zeros((len(flow), count, kinds))
        for k in range(kinds):
            none = np.zeros((len(flow), count), dtype=bool)
            right = outlets.kappa[:, k] * (given[:, :, k] - outlets.beta[:, k] * entering)
            right = right + scenarios.load[:, :, k] - removed[:, :, k]
            matrix = -outlets.kappa[:, k][:, None] * passing
            matrix[:, np.arange(count), np.arange(count)] += diagonal
            c = self._solved(matrix, right, none, k)
            while (negative := (c < 0.0) & ~none).any():
                none |= negative
                c = self._solved(matrix, right, none, k)
            found[:, :, k] = np.maximum(c, 0.0)
        return found

    def _solved(self, matrix: Floats, right: Floats, none: Booleans, k: int) -> Floats:
        outlets = self.layout.outlets
        given = none | outlets.held[:, k]
        value = np.where(none, 0.0, outlets.fixed[:, k])
        unit = np.eye(len(outlets.names))
        left = np.where(given[:, :, None], unit, matrix)
        return np.asarray(np.linalg.solve(left, np.where(given, value, right)[..., None])[..., 0])

    def _excess(self, flow: Floats, quality: Floats, concentration: Floats, leaving: Floats) -> Floats:
        limits = self.layout.limits
        entering = np.einsum("na,ma->nm", flow, self._into)
        mass = np.einsum("na,nak,ma->nmk", flow, quality, self._into)
        mixer, outlet = np.where(limits.outlet, 0, limits.at), np.where(limits.outlet, limits.at, 0)
        there = leaving[:, outlet] * concentration[:, outlet, limits.contaminant]
        found = np.where(limits.outlet, there, mass[:, mixer, limits.contaminant])
        water = np.where(limits.outlet, leaving[:, outlet], entering[:, mixer])
        allowed = limits.concentration * water + limits.mass
        return found - allowed - KEPT * np.maximum(allowed, 1.0)
