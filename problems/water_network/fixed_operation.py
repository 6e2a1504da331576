"""Operating a chosen network under promised concentrations: a linear program per scenario, all of one matrix.

The promise c' [mg/L] of every outlet is what the network has at its design point. Flows are chosen as if every outlet
had its promise, and so that it is kept:

    sum_a kappa f_a (q'_a - beta) + load - removed  <=  c' (rho T + gain)      for every outlet,

with limits on the promised masses. Whatever the flows, the real concentrations solve the same balances with equality,
and are nowhere above the promise: the matrix of the balances is an M-matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .layout import Floats, Layout
from .scenarios import WaterScenarios
from .simulation import KEPT, WaterSimulator

ROOM = 0.75 * KEPT
"""Share of a limit that is let go: the promise of an outlet that just meets it is known to the design's tolerance."""


def unit_of_mass(layout: Layout, promised: Floats) -> Floats:
    """(K,) mg/L that contaminants are measured in, so that rows of masses are as large as those of water."""
    size = np.maximum(promised, layout.outlets.fixed).max(axis=0, initial=1.0)
    limits = layout.limits
    for k in range(len(layout.contaminants)):
        size[k] = max(size[k], limits.concentration[limits.contaminant == k].max(initial=1.0))
    return size


@dataclass(frozen=True)
class LinearPrograms:
    """N programs  min q'y, W y = h, 0 <= y <= upper:  `h` (N, m), `q`, `upper` (N, n)."""

    h: Floats
    q: Floats
    upper: Floats


class FixedOperation:
    """Prepared once; columns: flows (A), what is taken out by hand (process outlets x K), slacks."""

    def __init__(self, layout: Layout, promised: Floats) -> None:
        """`promised` (O, K) mg/L."""
        self.layout, self.promised = layout, promised
        self.unit = unit_of_mass(layout, promised)
        self.processes = np.flatnonzero(layout.outlets.process)
        simulator = WaterSimulator(layout)
        quality = simulator.qualities(promised[None])[0]
        kinds, flows = len(layout.contaminants), len(layout.arcs.ends)
        removed = len(self.processes) * kinds
        into, outlets, limits = layout.into, layout.outlets, layout.limits
        promises: list[Floats] = []
        self._promise = [(o, k) for o in range(len(outlets.names)) for k in range(kinds) if not outlets.held[o, k]]
        for o, k in self._promise:
            row = np.zeros(flows + removed)
            share = outlets.kappa[o, k] * (quality[:, k] - outlets.beta[o, k]) - outlets.rho[o] * promised[o, k]
            row[:flows] = into[outlets.mixer[o]] * share / self.unit[k]
            if outlets.process[o]:
                row[flows + o * kinds + k] = -1.0
            promises.append(row)
        masses: list[Floats] = []
        self._limit = np.flatnonzero(~limits.outlet)
        for r in self._limit:
            k = limits.contaminant[r]
            row = np.zeros(flows + removed)
            allowed = limits.concentration[r] * (1.0 + ROOM)
            row[:flows] = into[limits.at[r]] * (quality[:, k] - allowed) / self.unit[k]
            masses.append(row)
        water = np.hstack([layout.rows.matrix, np.zeros((len(layout.rows.matrix), removed))])
        structural = np.vstack([water, *(row[None] for row in (*promises, *masses))])
        slack = np.flatnonzero(np.concatenate([~layout.rows.equal, np.ones(len(promises) + len(masses), dtype=bool)]))
        ones = sp.csc_array((np.ones(len(slack)), (slack, np.arange(len(slack)))), (len(structural), len(slack)))
        self.W = sp.csc_array(sp.hstack([sp.csc_array(structural), ones]))
        self.flows, self.removed, self.slacks = flows, removed, len(slack)

    def programs(self, scenarios: WaterScenarios) -> LinearPrograms:
        """Right-hand sides, costs and bounds of N scenarios."""
        count, unit, limits = len(scenarios), self.unit, self.layout.limits
        promises = [
            (self.promised[o, k] * scenarios.gain[:, o] - scenarios.load[:, o, k]) / unit[k] for o, k in self._promise
        ]
        masses = [np.full(count, limits.mass[r] / unit[limits.contaminant[r]]) for r in self._limit]
        h = np.hstack([scenarios.right, *(column[:, None] for column in (*promises, *masses))])
        loads = scenarios.load[:, self.processes, :] / unit
        q = np.hstack(
            [
                scenarios.cost,
                np.broadcast_to(scenarios.removal * np.tile(unit, len(self.processes)), (count, self.removed)),
                np.zeros((count, self.slacks)),
            ]
        )
        upper = np.hstack(
            [
                np.broadcast_to(self.layout.arcs.capacity, (count, self.flows)),
                loads.reshape(count, -1),
                np.full((count, self.slacks), np.inf),
            ]
        )
        return LinearPrograms(h, q, upper)

    def read(self, primal: Floats) -> tuple[Floats, Floats]:
        """Flows (N, A) t/h and what is taken out by hand (N, O, K) g/h from solutions (N, n)."""
        count, kinds = len(primal), len(self.layout.contaminants)
        removed = np.zeros((count, len(self.layout.outlets.names), kinds))
        taken = primal[:, self.flows : self.flows + self.removed].reshape(count, -1, kinds)
        removed[:, self.processes, :] = taken * self.unit
        return np.maximum(primal[:, : self.flows], 0.0), np.maximum(removed, 0.0)
