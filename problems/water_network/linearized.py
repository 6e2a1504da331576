"""The operation of a chosen network linearized at a point of each scenario: one pattern, a matrix for each.

Flows f and concentrations c are both free; products are replaced by f c = f0 c + f c0 - f0 c0 around flows f0 and the
concentrations c0 that they have. Columns: steps of the flows from the lower end of the trust region, concentrations
that are not held, what is taken out by hand, by how much limits are broken (dear), slacks. Rows: water, balances of
the outlets, limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .layout import Floats, Integers, Layout
from .scenarios import WaterScenarios
from .simulation import WaterSimulator

BROKEN = 100.0
"""What a gram of a broken limit costs over one that is taken out by hand: no operation that is reported breaks one."""


@dataclass(frozen=True)
class Point:
    """Flows (N, A) t/h with the concentrations (N, O, K) and qualities (N, A, K) that they have [mg/L]."""

    flow: Floats
    concentration: Floats
    quality: Floats
    leaving: Floats


@dataclass(frozen=True)
class LinearizedPrograms:
    """N programs  min q'y + constant, W y = h, 0 <= y <= upper,  W by its `values` (N, nnz) in canonical CSC order."""

    h: Floats
    q: Floats
    upper: Floats
    values: Floats
    low: Floats
    """(N, A) lower end of the trust region of each flow."""


class LinearizedOperation:
    """The pattern, prepared once."""

    def __init__(self, layout: Layout, unit: Floats) -> None:
        """`unit` (K,) mg/L, see `unit_of_mass`."""
        self.layout, self.unit = layout, unit
        outlets, limits, arcs = layout.outlets, layout.limits, layout.arcs
        kinds = len(layout.contaminants)
        into = layout.into
        fed = into[outlets.mixer]
        from_outlet = arcs.start < len(outlets.names)
        self.balances = [(o, k) for o in range(len(outlets.names)) for k in range(kinds) if not outlets.held[o, k]]
        self.flows = len(arcs.ends)
        column = {pair: self.flows + i for i, pair in enumerate(self.balances)}
        self.first_removed = self.flows + len(self.balances)
        self.removable = [(o, k) for o, k in self.balances if outlets.process[o]]
        self.first_broken = self.first_removed + len(self.removable)
        self.first_slack = self.first_broken + len(limits.names)
        water = len(layout.rows.matrix)
        self.rows = water + len(self.balances) + len(limits.names)
        entries: list[tuple[int, int, Callable[[Point], Floats | float]]] = []
        for m, a in np.argwhere(layout.rows.matrix != 0.0):
            entries.append((int(m), int(a), _number(float(layout.rows.matrix[m, a]))))
        for i, (o, k) in enumerate(self.balances):
            row, u = water + i, float(unit[k])
            kappa, beta, rho = float(outlets.kappa[o, k]), float(outlets.beta[o, k]), float(outlets.rho[o])
            entries.append((row, column[o, k], _leaving(o)))
            for a in np.flatnonzero(fed[o]):
                entries.append((row, int(a), _balance_by_flow(int(a), o, k, rho / u, kappa / u, beta)))
                if from_outlet[a] and (pair := (int(arcs.start[a]), k)) in column:
                    entries.append((row, column[pair], _flow(int(a), -kappa)))
        for i, (o, k) in enumerate(self.removable):
            entries.append((water + self.balances.index((o, k)), self.first_removed + i, _number(1.0)))
        for r in range(len(limits.names)):
            row, k, at = water + len(self.balances) + r, int(limits.contaminant[r]), int(limits.at[r])
            limit, u = float(limits.concentration[r]), float(unit[k])
            if limits.outlet[r]:
                entries.append((row, column[at, k], _leaving(at)))
                for a in np.flatnonzero(fed[at]):
                    entries.append((row, int(a), _outlet_by_flow(at, k, limit, float(outlets.rho[at]) / u)))
            else:
                for a in np.flatnonzero(into[at]):
                    entries.append((row, int(a), _inlet_by_flow(int(a), k, limit, 1.0 / u)))
                    if from_outlet[a] and (pair := (int(arcs.start[a]), k)) in column:
                        entries.append((row, column[pair], _flow(int(a), 1.0)))
            entries.append((row, self.first_broken + r, _number(-1.0)))
        slack = [m for m in range(water) if not layout.rows.equal[m]]
        slack += list(range(water + len(self.balances), self.rows))
        entries += [(m, self.first_slack + i, _number(1.0)) for i, m in enumerate(slack)]
        self.columns = self.first_slack + len(slack)
        self._settle(entries)

    def _settle(self, entries: list[tuple[int, int, Callable[[Point], Floats | float]]]) -> None:
        """Order the entries; those of a column that stands twice in a row (reuse of one outlet by two ways) add up."""
        places = sorted({(column, row) for row, column, _ in entries})
        position = {place: p for p, place in enumerate(places)}
        self._entries = [(position[column, row], value) for row, column, value in entries]
        indptr = np.concatenate([[0], np.cumsum(np.bincount([c for c, _ in places], minlength=self.columns))])
        self._indices: Integers = np.array([row for _, row in places], dtype=np.int64)
        self._column: Integers = np.array([c for c, _ in places], dtype=np.int64)
        self.W = sp.csc_array((np.ones(len(places)), self._indices, indptr), shape=(self.rows, self.columns))

    def programs(self, scenarios: WaterScenarios, point: Point, flow: Floats, radius: Floats) -> LinearizedPrograms:
        """Linearized at `point`, flows within `radius` (N, A) t/h of `flow` (N, A)."""
        count, layout, unit = len(scenarios), self.layout, self.unit
        outlets, limits = layout.outlets, layout.limits
        values = np.zeros((count, len(self._indices)))
        for position, value in self._entries:
            values[:, position] += value(point)
        arriving = self._arriving(point)  # (N, mixers, K) f0 c0 over outlets that are not held
        h = np.empty((count, self.rows))
        water = len(layout.rows.matrix)
        h[:, :water] = scenarios.right
        for i, (o, k) in enumerate(self.balances):
            c0, mixer = point.concentration[:, o, k], outlets.mixer[o]
            held = (point.leaving[:, o] - scenarios.gain[:, o]) * c0
            right = scenarios.load[:, o, k] + held - outlets.kappa[o, k] * arriving[:, mixer, k]
            h[:, water + i] = right / unit[k]
        for r in range(len(limits.names)):
            k, at = limits.contaminant[r], limits.at[r]
            if limits.outlet[r]:
                gain, c0 = scenarios.gain[:, at], point.concentration[:, at, k]
                right = point.leaving[:, at] * c0 - gain * (c0 - limits.concentration[r])
            else:
                right = arriving[:, at, k] + limits.mass[r]
            h[:, water + len(self.balances) + r] = right / unit[k]
        low = np.maximum(flow - radius, 0.0)
        high = np.minimum(flow + radius, np.maximum(layout.arcs.capacity, flow))
        in_flows = self._column < self.flows
        terms = values[:, in_flows] * low[:, self._column[in_flows]]
        gather = sp.csr_array(
            (np.ones(terms.shape[1]), (self._indices[in_flows], np.arange(terms.shape[1]))),
            shape=(self.rows, terms.shape[1]),
        )
        h -= np.asarray((gather @ terms.T).T)
        q = np.zeros((count, self.columns))
        q[:, : self.flows] = scenarios.cost
        q[:, self.first_removed : self.first_broken] = scenarios.removal * np.array(
            [unit[k] for _, k in self.removable]
        )
        q[:, self.first_broken : self.first_slack] = BROKEN * scenarios.removal * unit[limits.contaminant]
        upper = np.full((count, self.columns), np.inf)
        upper[:, : self.flows] = high - low
        for i, (o, k) in enumerate(self.removable):
            upper[:, self.first_removed + i] = scenarios.load[:, o, k] / unit[k]
        return LinearizedPrograms(h, q, upper, values, low)

    def read(self, programs: LinearizedPrograms, primal: Floats) -> tuple[Floats, Floats]:
        """Flows (N, A) and what is taken out by hand (N, O, K) from solutions (N, n)."""
        removed = np.zeros((len(primal), len(self.layout.outlets.names), len(self.unit)))
        for i, (o, k) in enumerate(self.removable):
            removed[:, o, k] = np.maximum(primal[:, self.first_removed + i], 0.0) * self.unit[k]
        return np.maximum(programs.low + primal[:, : self.flows], 0.0), removed

    def _arriving(self, point: Point) -> Floats:
        """(N, mixers, K) g/h that mixers take from outlets whose concentrations are variables."""
        outlets, arcs = self.layout.outlets, self.layout.arcs
        free = np.zeros((self.flows, len(self.unit)))
        inside = np.flatnonzero(arcs.start < len(outlets.names))
        free[inside] = ~outlets.held[arcs.start[inside]]
        return np.einsum("na,nak,ak,ma->nmk", point.flow, point.quality, free, self.layout.into)


def _number(value: float) -> Callable[[Point], float]:
    return lambda _: value


def _leaving(o: int) -> Callable[[Point], Floats]:
    return lambda p: p.leaving[:, o]


def _flow(a: int, factor: float) -> Callable[[Point], Floats]:
    return lambda p: factor * p.flow[:, a]


def _balance_by_flow(a: int, o: int, k: int, rho: float, kappa: float, beta: float) -> Callable[[Point], Floats]:
    return lambda p: rho * p.concentration[:, o, k] - kappa * (p.quality[:, a, k] - beta)


def _inlet_by_flow(a: int, k: int, limit: float, factor: float) -> Callable[[Point], Floats]:
    return lambda p: factor * (p.quality[:, a, k] - limit)


def _outlet_by_flow(o: int, k: int, limit: float, factor: float) -> Callable[[Point], Floats]:
    return lambda p: factor * (p.concentration[:, o, k] - limit)


def linearization_point(
    layout: Layout, simulator: WaterSimulator, scenarios: WaterScenarios, flow: Floats, removed: Floats, least: Floats
) -> Point:
    """The point of flows (N, A), none of which is below `least` (A,): idle outlets then have a concentration too."""
    raised = np.where(layout.arcs.emergency, flow, np.maximum(flow, least))
    found = simulator.run(scenarios, raised, removed)
    return Point(raised, found.concentration, found.quality, found.leaving)
