"""Forward simulation of the water network: what the concentrations really are when the plan is operated.

The plan assumes that every source leaves at its largest concentration. Here the flows of a scenario are given and the
concentrations c [mg/L] follow from the real balances, per contaminant, scenario and period:

    use:          F_out c = sum_i a F_i c_i + 1000 (L - hauled)           a: share of the pipe's water that arrives
    treatment:    F_product c = (1 - R) sum_i a F_i c_i   or   min(F_product c_guaranteed, sum_i a F_i c_i)
    reject:       F_reject c = what the treatment removes to it

The first plan of which the simulation finds c above the assumed bound would be wrong; the margin is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .treatment import RemovedTo, Treatment
from .water_network import KG_PER_T_AND_MG_PER_L, Role, WaterNetwork
from .water_use import load_report

Floats = NDArray[np.float64]
NO_FLOW = 1e-7  # t/h below which a node is idle and its concentration has no meaning
TRACE = 1e-2  # t/h below which the tolerance of a flow (1e-8 of the plant's) would decide a concentration


@dataclass(frozen=True)
class Simulation:
    """Real concentrations `concentration` (N, P, S, K) [mg/L] of the sources and how they compare with the plan.

    `margin` (N,) is the smallest (assumed - real) / max(assumed, 1 mg/L) over nodes that give more than a trace,
    negative where the plan would be violated. `mass_residual` (N,) [kg/h] is the largest by which a node's contaminant
    balance misses 0, what an idle node swallows included; `water_residual` (N,) [t/h] the same of a treatment's water.
    """

    sources: tuple[str, ...]
    contaminants: tuple[str, ...]
    concentration: Floats
    margin: Floats
    water_residual: Floats
    mass_residual: Floats


@dataclass(frozen=True)
class Node:
    """One source: the columns of what arrives at and what leaves its unit."""

    key: str
    role: Role
    assumed: Floats
    treatment: Treatment | None
    disposed: tuple[str, ...]  # names of the emergency outlet's columns, one a period
    hauled: Mapping[str, tuple[str, ...]]  # names of the columns of what is hauled away, by contaminant


class WaterSimulator:
    """Prepared once per park, evaluated for batches of scenarios; holds names and numbers only, so it pickles."""

    def __init__(self, network: WaterNetwork, treatments: Mapping[str, Treatment], periods: list[str]) -> None:
        self.periods = list(periods)
        self.contaminants = network.contaminants
        self.nodes = [
            Node(
                key,
                source.role,
                np.array([source.concentration.get(k, 0.0) for k in network.contaminants]),
                treatments.get(key.removesuffix(".reject")) if source.role is not Role.FRESH else None,
                () if source.disposed is None else tuple(source.disposed[p].name for p in periods),
                {k: tuple(v[p].name for p in periods) for k, v in network.sinks[key].hauled.items()}
                if source.role is Role.USE
                else {},
            )
            for key, source in network.sources.items()
        ]
        self._index = {node.key: i for i, node in enumerate(self.nodes)}
        self._sinks = {key: i for i, key in enumerate(network.sinks)}
        self.sinks = tuple((key, sink.role) for key, sink in network.sinks.items())
        self.arcs = [
            (self._index[a.source.key], self._sinks[a.sink.key], a.arriving, tuple(a.flow[p].name for p in periods))
            for a in network.arcs
        ]

    def run(self, columns: Mapping[str, int], primal: Floats, reports: Mapping[str, Floats]) -> Simulation:
        """Simulate scenarios with second-stage values `primal` (N, n2); `columns` maps names to their position.

        `reports[name]` (N,) holds the reports of the real loads (see `load_report`).
        """
        scenarios, sources, kinds = len(primal), len(self.nodes), len(self.contaminants)
        concentration = np.zeros((scenarios, len(self.periods), sources, kinds))
        margin = np.full(scenarios, np.inf)
        water, mass = np.zeros(scenarios), np.zeros(scenarios)
        for t in range(len(self.periods)):
            flow = np.zeros((scenarios, len(self._sinks), sources))  # arriving at sink from source
            leaving = np.zeros((scenarios, sources))
            for i, j, arriving, names in self.arcs:
                sent = np.maximum(primal[:, columns[names[t]]], 0.0)
                flow[:, j, i] += arriving * sent
                leaving[:, i] += sent
            for i, node in enumerate(self.nodes):
                if node.disposed:
                    leaving[:, i] += primal[:, columns[node.disposed[t]]]
            for k, contaminant in enumerate(self.contaminants):
                added = self._loads(contaminant, t, columns, primal, reports)
                c, residual = self._solve(k, flow, leaving, added)
                concentration[:, t, :, k] = c
                assumed = np.array([node.assumed[k] for node in self.nodes])
                active = leaving > TRACE
                room = (assumed - c) / np.maximum(assumed, 1.0)
                margin = np.minimum(margin, np.where(active, room, np.inf).min(axis=1, initial=np.inf))
                mass = np.maximum(mass, residual)
            water = np.maximum(water, self._water_residual(flow, leaving))
        return Simulation(tuple(self._index), self.contaminants, concentration, margin, water, mass)

    def masses(
        self, columns: Mapping[str, int], primal: Floats, simulation: Simulation
    ) -> dict[tuple[str, str], Floats]:
        """(N, P, K) contaminants [kg/h] that arrive, by source and sink, in the scenarios that were simulated."""
        sinks, masses = list(self._sinks), dict[tuple[str, str], Floats]()
        for i, j, arriving, names in self.arcs:
            sent = np.maximum(primal[:, [columns[name] for name in names]], 0.0) * (arriving * KG_PER_T_AND_MG_PER_L)
            mass = sent[:, :, None] * simulation.concentration[:, :, i, :]
            arc = (simulation.sources[i], sinks[j])
            masses[arc] = masses[arc] + mass if arc in masses else mass
        return masses

    def loads(self, node: Node, contaminant: str, reports: Mapping[str, Floats], scenarios: int) -> Floats:
        """(P, N) real mass that a use takes up [kg/h]."""
        none = np.zeros(scenarios)
        return np.array([reports.get(load_report(node.key, contaminant, p), none) for p in self.periods])

    def _loads(
        self, contaminant: str, t: int, columns: Mapping[str, int], primal: Floats, reports: Mapping[str, Floats]
    ) -> Floats:
        """(N, S) mass added inside each use less what is hauled away, in t/h x mg/L."""
        added = np.zeros((len(primal), len(self.nodes)))
        for i, node in enumerate(self.nodes):
            if node.role is Role.USE:
                added[:, i] = reports.get(load_report(node.key, contaminant, self.periods[t]), 0.0)
                if contaminant in node.hauled:
                    added[:, i] -= primal[:, columns[node.hauled[contaminant][t]]]
        return added / KG_PER_T_AND_MG_PER_L

    def _solve(self, k: int, flow: Floats, leaving: Floats, added: Floats) -> tuple[Floats, Floats]:
        """Concentrations (N, S) of contaminant k and the largest mass residual (N,) [kg/h].

        A guaranteed outlet holds from above only: where less arrives than the guarantee would let leave, all of it
        leaves. Which treatments are such is found by repeating the linear solve until nothing changes. An idle node's
        concentration is 0; what arrives there all the same is part of the residual.
        """
        scenarios, sources = leaving.shape
        passing = np.zeros((scenarios, sources), dtype=bool)
        c: Floats = np.zeros((scenarios, sources))
        matrix: Floats = np.zeros((scenarios, sources, sources))
        rhs: Floats = np.zeros((scenarios, sources))
        idle = leaving <= NO_FLOW
        idle[:, [self._given(node) for node in self.nodes]] = False
        unit = np.eye(sources)
        for _ in range(sources + 1):
            matrix, rhs = self._system(k, flow, leaving, added, passing)
            solvable = np.where(idle[..., None], unit, matrix), np.where(idle, 0.0, rhs)[..., None]
            c = np.asarray(np.linalg.solve(*solvable)[..., 0], dtype=np.float64)
            weaker = self._weaker_than_guaranteed(k, flow, leaving, c) & ~passing
            if not weaker.any():
                break
            passing |= weaker
        residual = np.abs(np.einsum("nij,nj->ni", matrix, c) - rhs).max(axis=1, initial=0.0)
        return c, residual * KG_PER_T_AND_MG_PER_L

    def _system(
        self, k: int, flow: Floats, leaving: Floats, added: Floats, passing: NDArray[np.bool_]
    ) -> tuple[Floats, Floats]:
        """The balances of the module's docstring as  matrix (N, S, S) c = rhs (N, S)."""
        scenarios, sources = leaving.shape
        matrix = np.zeros((scenarios, sources, sources))
        rhs = np.zeros((scenarios, sources))
        for i, node in enumerate(self.nodes):
            if self._given(node):
                matrix[:, i, i], rhs[:, i] = 1.0, node.assumed[k]
                continue
            arriving = flow[:, self._sinks[node.key.removesuffix(".reject")], :]
            matrix[:, i, i] = leaving[:, i]
            kept, fixed = self._share(node, k, leaving[:, i], passing[:, self._index[node.key.removesuffix(".reject")]])
            matrix[:, i, :] -= kept[:, None] * arriving
            rhs[:, i] = fixed + added[:, i]
            if node.role is Role.REJECT:
                product = self._index[node.key.removesuffix(".reject")]
                guaranteed = node.treatment is not None and self._guarantee(node.treatment, k) is not None
                if guaranteed and self._to_reject(node.treatment, k):
                    matrix[:, i, product] += leaving[:, product]  # removed = arriving - what leaves with the product
        return matrix, rhs

    def _given(self, node: Node) -> bool:
        """Whether a source has the concentration that the case says, whatever flows."""
        return node.role in (Role.FRESH, Role.PLAIN) or node.key.removesuffix(".reject") not in self._sinks

    def _share(self, node: Node, k: int, leaving: Floats, passing: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Share of the arriving mass that leaves with this source, and mass that leaves whatever arrives."""
        whole, none = np.ones(len(leaving)), np.zeros(len(leaving))
        if node.treatment is None:
            return whole, none
        one = node.treatment.contaminants[self.contaminants[k]]
        if node.role is Role.REJECT:
            if one.outlet is not None:
                return (whole if self._to_reject(node.treatment, k) else none), none
            return np.full(len(leaving), (one.removal or 0.0) if self._to_reject(node.treatment, k) else 0.0), none
        if one.outlet is None:
            return np.full(len(leaving), 1.0 - (one.removal or 0.0)), none
        return np.where(passing, 1.0, 0.0), np.where(passing, 0.0, one.outlet * leaving)

    def _guarantee(self, treatment: Treatment, k: int) -> float | None:
        return treatment.contaminants[self.contaminants[k]].outlet

    def _to_reject(self, treatment: Treatment | None, k: int) -> bool:
        return treatment is not None and treatment.contaminants[self.contaminants[k]].removed_to is RemovedTo.REJECT

    def _weaker_than_guaranteed(self, k: int, flow: Floats, leaving: Floats, c: Floats) -> NDArray[np.bool_]:
        """Treatments at which less arrives than their guaranteed outlet would carry."""
        weaker = np.zeros(leaving.shape, dtype=bool)
        for i, node in enumerate(self.nodes):
            if node.role is Role.TREATMENT and node.treatment is not None:
                outlet = self._guarantee(node.treatment, k)
                if outlet is not None:
                    arriving = np.einsum("ni,ni->n", flow[:, self._sinks[node.key], :], c)
                    weaker[:, i] = (arriving < outlet * leaving[:, i] * (1.0 - 1e-12)) & (leaving[:, i] > NO_FLOW)
        return weaker

    def _water_residual(self, flow: Floats, leaving: Floats) -> Floats:
        """Largest |product + reject - inflow| (N,) over the treatments [t/h]."""
        residual = np.zeros(len(leaving))
        for i, node in enumerate(self.nodes):
            if node.role is Role.TREATMENT:
                out = leaving[:, i] + (
                    leaving[:, self._index[f"{node.key}.reject"]] if f"{node.key}.reject" in self._index else 0.0
                )
                residual = np.maximum(residual, np.abs(out - flow[:, self._sinks[node.key], :].sum(axis=1)))
        return residual
