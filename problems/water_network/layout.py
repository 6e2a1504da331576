"""A chosen network as arrays: what flows where, which balances hold, which limits; the same for every scenario.

Outlets o (units, treatment products and rejects) have concentrations c_ok; what enters mixer n is T_n = sum of the
flows into it, and with q the concentration at a flow's start, per contaminant k:

    F_o = rho_o T_n + gain_o,     F_o c_ok = kappa_ok sum_a f_a (q_ak - beta_ok) + load_ok - removed by hand_ok

Emergency outlets make every scenario possible: clean water brought to units and demands, water taken away from units
and sources, and contaminants taken out by hand inside the process units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bounds import reject_name, removed_share
from .case import WaterNetworkCase
from .chosen import ChosenNetwork
from .parts import TreatmentUnit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

BROUGHT, TAKEN = "emergency water", "emergency disposal"


@dataclass(frozen=True)
class Arcs:
    """A flows: where each starts (`start`: outlets first, then constants) and the mixer it enters (`mixer`, -1: none).

    `capacity` (A,) t/h; `emergency` (A,) which are emergency outlets; `ends` their names.
    """

    ends: tuple[tuple[str, str], ...]
    start: Integers
    mixer: Integers
    capacity: Floats
    emergency: Booleans


@dataclass(frozen=True)
class Outlets:
    """O outlets: `mixer` (O,), `rho` (O,), `kappa`, `beta` (O, K) of the module's docstring.

    `process` (O,): units that take up loads. `held` (O, K): concentrations that are `fixed` (O, K) whatever comes in.
    """

    names: tuple[str, ...]
    mixer: Integers
    rho: Floats
    kappa: Floats
    beta: Floats
    process: Booleans
    held: Booleans
    fixed: Floats


@dataclass(frozen=True)
class Limits:
    """R limits on masses [g/h]: of what mixer `at` takes, or of what outlet `at` gives where `outlet`.

    value = mass - `concentration` x flow - `mass` <= 0, with `concentration` 0 for permits.
    """

    names: tuple[tuple[str, str, str], ...]
    at: Integers
    contaminant: Integers
    outlet: Booleans
    concentration: Floats
    mass: Floats


@dataclass(frozen=True)
class WaterRows:
    """Linear rows over the flows: `matrix` (M, A), `equal` (M,) or at most; right-hand sides are a scenario's.

    `right` (M,) the constant part; `path` (M,) names of the numbers that are added, with their signs.
    """

    matrix: Floats
    equal: Booleans
    right: Floats
    paths: tuple[tuple[tuple[str, float], ...], ...]


@dataclass(frozen=True)
class Layout:
    """Everything that is the same in all scenarios."""

    contaminants: tuple[str, ...]
    mixers: tuple[str, ...]
    arcs: Arcs
    outlets: Outlets
    constant: Floats
    """(C, K) concentrations of supplies, sources and emergency water."""
    limits: Limits
    rows: WaterRows

    @property
    def into(self) -> Floats:
        """(mixers, A) 1 where a flow enters a mixer."""
        into = np.zeros((len(self.mixers), len(self.arcs.ends)))
        inside = np.flatnonzero(self.arcs.mixer >= 0)
        into[self.arcs.mixer[inside], inside] = 1.0
        return into


def layout_of(case: WaterNetworkCase, network: ChosenNetwork) -> Layout:
    """The arrays of a chosen network."""
    treatments = [t for t in case.treatment_units if t.name in network.treatments]
    mixers = (
        *(u.name for u in case.process_units),
        *(t.name for t in treatments),
        *(d.name for d in case.demands),
        *(d.name for d in case.outfalls),
    )
    at = {name: n for n, name in enumerate(mixers)}
    outlets = _outlets(case, treatments, at)
    names = (*outlets.names, *(s.name for s in case.fresh_water), *(s.name for s in case.sources), BROUGHT)
    start = {name: i for i, name in enumerate(names)}
    constant = np.zeros((len(names) - len(outlets.names), len(case.contaminants)))
    for i, node in enumerate((*case.fresh_water, *case.sources)):
        constant[i] = [node.concentration.get(k, 0.0) for k in case.contaminants]
    arcs = _arcs(case, network, at, start)
    return Layout(
        tuple(case.contaminants),
        mixers,
        arcs,
        outlets,
        constant,
        _limits(case, treatments, at, outlets.names),
        _rows(case, network, treatments, arcs),
    )


def _arcs(case: WaterNetworkCase, network: ChosenNetwork, at: Mapping[str, int], start: Mapping[str, int]) -> Arcs:
    pipes = list(network.pipes.items())
    brought = [(BROUGHT, n.name) for n in (*case.process_units, *case.demands)]
    taken = [(n.name, TAKEN) for n in (*case.process_units, *case.sources)]
    ends = (*(pair for pair, _ in pipes), *brought, *taken)
    return Arcs(
        ends,
        np.array([start[i] for i, _ in ends], dtype=np.int64),
        np.array([at.get(j, -1) for _, j in ends], dtype=np.int64),
        np.array([*(size for _, size in pipes), *(np.inf for _ in (*brought, *taken))]),
        np.arange(len(ends)) >= len(pipes),
    )


def _outlets(case: WaterNetworkCase, treatments: list[TreatmentUnit], at: Mapping[str, int]) -> Outlets:
    kinds = len(case.contaminants)
    names: list[str] = []
    mixer: list[int] = []
    rho: list[float] = []
    kappa: list[list[float]] = []
    beta: list[list[float]] = []
    fixed: list[list[float]] = []
    for unit in case.process_units:
        names.append(unit.name)
        mixer.append(at[unit.name])
        rho.append(1.0)
        kappa.append([1.0] * kinds)
        beta.append([0.0] * kinds)
        fixed.append([np.nan] * kinds)
    for unit in treatments:
        shares = [(k in unit.outlet, removed_share(unit, k)) for k in case.contaminants]
        names.append(unit.name)
        mixer.append(at[unit.name])
        rho.append(unit.recovery)
        kappa.append([0.0 if held else 1.0 - removed for held, removed in shares])
        beta.append([0.0] * kinds)
        fixed.append([unit.outlet.get(k, np.nan) for k in case.contaminants])
        if unit.recovery < 1.0:
            names.append(reject_name(unit))
            mixer.append(at[unit.name])
            rho.append(1.0 - unit.recovery)
            kappa.append([1.0 if held else removed for held, removed in shares])
            beta.append([unit.recovery * unit.outlet.get(k, 0.0) for k in case.contaminants])
            fixed.append([np.nan] * kinds)
    values = np.array(fixed).reshape(len(names), kinds)
    return Outlets(
        tuple(names),
        np.array(mixer, dtype=np.int64),
        np.array(rho),
        np.array(kappa).reshape(len(names), kinds),
        np.array(beta).reshape(len(names), kinds),
        np.arange(len(names)) < len(case.process_units),
        np.isfinite(values),
        np.nan_to_num(values),
    )


def _limits(
    case: WaterNetworkCase, treatments: list[TreatmentUnit], at: Mapping[str, int], outlets: tuple[str, ...]
) -> Limits:
    found: list[tuple[tuple[str, str, str], int, bool, float, float]] = []
    for unit in (*case.process_units, *treatments):
        found += [((unit.name, k, "inlet"), at[unit.name], False, c, 0.0) for k, c in unit.inlet_maximum.items()]
    for node in (*case.demands, *case.outfalls):
        found += [((node.name, k, "inlet"), at[node.name], False, c, 0.0) for k, c in node.maximum.items()]
    for outfall in case.outfalls:
        place = at[outfall.name]
        found += [((outfall.name, k, "permit"), place, False, 0.0, 1000.0 * m) for k, m in outfall.permit.items()]
    for unit in case.process_units:
        place = outlets.index(unit.name)
        found += [((unit.name, k, "outlet"), place, True, c, 0.0) for k, c in unit.outlet_maximum.items()]
    return Limits(
        tuple(name for name, *_ in found),
        np.array([place for _, place, *_ in found], dtype=np.int64),
        np.array([case.contaminants.index(name[1]) for name, *_ in found], dtype=np.int64),
        np.array([outlet for _, _, outlet, *_ in found], dtype=bool),
        np.array([c for *_, c, _ in found], dtype=np.float64),
        np.array([mass for *_, mass in found], dtype=np.float64),
    )


def _rows(case: WaterNetworkCase, network: ChosenNetwork, treatments: list[TreatmentUnit], arcs: Arcs) -> WaterRows:
    """Balances of the water, then what is confined."""
    ends = arcs.ends

    def into(name: str) -> Floats:
        return np.array([float(j == name) for _, j in ends])

    def out_of(name: str) -> Floats:
        return np.array([float(i == name) for i, _ in ends])

    rows: list[tuple[Floats, bool, float, tuple[tuple[str, float], ...]]] = []
    for unit in case.process_units:
        head = f"process_units.{unit.name}"
        if unit.flow is not None:
            rows.append((into(unit.name), True, 0.0, ((f"{head}.flow", 1.0),)))
        rows.append((out_of(unit.name) - into(unit.name), True, 0.0, ((f"{head}.gain", 1.0), (f"{head}.loss", -1.0))))
    for unit in treatments:
        rows.append((out_of(unit.name) - unit.recovery * into(unit.name), True, 0.0, ()))
        if unit.recovery < 1.0:
            reject = out_of(reject_name(unit)) - (1.0 - unit.recovery) * into(unit.name)
            rows.append((reject, True, 0.0, ()))
    rows += [(out_of(s.name), True, 0.0, ((f"sources.{s.name}.flow", 1.0),)) for s in case.sources]
    rows += [(into(d.name), True, 0.0, ((f"demands.{d.name}.flow", 1.0),)) for d in case.demands]
    for supply in case.fresh_water:
        if supply.maximum is not None:
            rows.append((out_of(supply.name), False, 0.0, ((f"fresh_water.{supply.name}.maximum", 1.0),)))
    rows += [(into(t.name), False, network.treatments[t.name], ()) for t in treatments]
    rows += [(into(d.name), False, d.capacity, ()) for d in case.outfalls if d.capacity is not None]
    if case.regeneration == "reuse" and treatments:
        treated = sum((into(t.name) for t in treatments), np.zeros(len(ends)))
        fresh = sum((out_of(s.name) for s in case.fresh_water), out_of(BROUGHT))
        rows.append((treated - fresh, False, 0.0, ()))
    rows = [row for row in rows if row[1] or row[0].any()]
    return WaterRows(
        np.array([matrix for matrix, *_ in rows]),
        np.array([equal for _, equal, *_ in rows], dtype=bool),
        np.array([right for *_, right, _ in rows]),
        tuple(paths for *_, paths in rows),
    )
