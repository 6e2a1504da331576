"""Recourse LPs of a synthetic industrial park: steam at three pressures, power, water of three qualities.

Every plant has a boiler, turbines between the steam headers, an electric boiler, grid connection, water treatment, and
pipes and lines to the next plant on a ring. Shortage and disposal are priced, so every scenario is feasible. 20 rows
and 90 columns for two plants; with `hours` the operation of a day, linked by steam and water stores.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEAM = ("high", "medium", "low")
QUALITIES = range(3)  # of water: 0 is the cleanest
STORES = (  # name, balance that fills it, balance that it serves
    ("steam_store", "medium", "low"),
    ("water_store", "sink1", "sink2"),
    ("hot_store", "high", "medium"),
    ("clean_store", "sink0", "sink1"),
    ("battery", "power", "power"),
)


@dataclass(frozen=True)
class ParkLP:
    """min cost'y, W y = demand, 0 <= y <= upper; demands are lognormal with `mean` and relative deviation `spread`."""

    W: sp.csc_array
    cost: Floats
    upper: Floats
    mean: Floats
    spread: Floats
    optional: NDArray[np.int64]  # columns that a design may leave unbuilt: those with a finite capacity
    investment: Floats  # (optional, 2) cost of building at all, and of a unit of capacity

    def demands(self, count: int, seed: int = 1, correlation: float = 0.4) -> Floats:
        """(count, m) right-hand sides with one common factor."""
        rng = np.random.default_rng(seed)
        common = rng.standard_normal((count, 1))
        own = rng.standard_normal((count, len(self.mean)))
        sigma = np.sqrt(np.log1p(self.spread**2))
        normal = np.sqrt(1.0 - correlation) * own + np.sqrt(correlation) * common
        return self.mean * np.exp(sigma * normal - 0.5 * sigma**2)


@dataclass
class _Builder:
    """Rows and columns by name, collected one by one."""

    rows: dict[str, int] = field(default_factory=dict)
    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    entries: list[tuple[int, int, float]] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    spread: list[float] = field(default_factory=list)
    investment: list[tuple[float, float]] = field(default_factory=list)

    def balance(self, name: str, mean: float, spread: float) -> None:
        self.rows[name] = len(self.rows)
        self.mean.append(mean)
        self.spread.append(spread)

    def option(self, cost: float, upper: float, investment: tuple[float, float], **flows: float) -> None:
        """An activity that somebody has to build first."""
        self.investment.append(investment)
        self.activity(cost, upper, **flows)

    def activity(self, cost: float, upper: float, **flows: float) -> None:
        column = len(self.cost)
        self.cost.append(cost)
        self.upper.append(upper)
        self.entries += [(self.rows[row], column, value) for row, value in flows.items()]


def park_lp(plants: int, hours: int = 1, seed: int = 0, stores: int = 2) -> ParkLP:
    """The recourse LP of `plants` >= 1 plants over a day in `hours` steps.

    Where there are several steps, the first `stores` of `STORES` at every plant link them.
    """
    if plants < 1:
        raise ValueError(f"a park has at least one plant, not {plants}")
    build = _Builder()
    for hour in range(hours):
        rng = np.random.default_rng(seed)  # the same plants in every hour
        daily = 1.0 + 0.3 * np.sin(2.0 * np.pi * hour / hours) if hours > 1 else 1.0
        for plant in range(plants):
            _balances(build, f"{plant}_{hour}", rng, daily)
            for store in STORES[: stores if hours > 1 else 0]:
                build.balance(f"{store[0]}{plant}_{hour}", 0.0, 0.0)
    for hour in range(hours):
        rng = np.random.default_rng(seed + 1)
        for plant in range(plants):
            _plant(build, f"{plant}_{hour}", rng)
            if plants > 1:
                _links(build, f"{plant}_{hour}", f"{(plant + 1) % plants}_{hour}")
            if hours > 1:
                _stores(build, f"{plant}_{hour}", f"{plant}_{(hour + 1) % hours}", STORES[:stores])
    row, column, value = zip(*build.entries, strict=True)
    W = sp.csc_array((value, (row, column)), shape=(len(build.rows), len(build.cost)))
    W.sum_duplicates()
    W.sort_indices()
    upper = np.array(build.upper)
    mean, spread = np.array(build.mean), np.array(build.spread)
    optional = np.flatnonzero(np.isfinite(upper))
    return ParkLP(W, np.array(build.cost), upper, mean, spread, optional, np.array(build.investment).reshape(-1, 2))


def _balances(build: _Builder, at: str, rng: np.random.Generator, daily: float) -> None:
    for level, base in zip(STEAM, (8.0, 25.0, 30.0), strict=True):
        build.balance(f"{level}{at}", daily * base * rng.uniform(0.6, 1.4), 0.25)
    build.balance(f"power{at}", daily * 8.0 * rng.uniform(0.6, 1.4), 0.35)
    for quality in QUALITIES:
        build.balance(f"sink{quality}{at}", daily * 25.0 * rng.uniform(0.6, 1.4), 0.3)
    for quality in QUALITIES:
        build.balance(f"source{quality}{at}", daily * 22.0 * rng.uniform(0.6, 1.4), 0.3)


def _plant(build: _Builder, at: str, rng: np.random.Generator) -> None:
    near = rng.uniform
    fuel = 30.0 * near(0.95, 1.05)
    build.option(fuel / near(0.82, 0.92), 60.0 * near(0.8, 1.2), (60.0, 6.0), **{f"high{at}": 1.0})
    for source, sink, power, size, unit_cost in (
        ("high", "medium", near(0.08, 0.12), 40.0, 5.0),
        ("high", "low", near(0.16, 0.20), 40.0, 5.0),
        ("medium", "low", near(0.06, 0.10), 30.0, 4.0),
    ):
        flows = {f"{source}{at}": -1.0, f"{sink}{at}": 1.0, f"power{at}": power}
        build.option(0.3, size * near(0.8, 1.2), (60.0, unit_cost), **flows)
    build.activity(0.01, np.inf, **{f"high{at}": -1.0, f"medium{at}": 1.0})  # letdown valves
    build.activity(0.01, np.inf, **{f"medium{at}": -1.0, f"low{at}": 1.0})
    build.activity(0.5, np.inf, **{f"low{at}": -1.0})  # vent
    build.activity(95.0 * near(0.95, 1.05), np.inf, **{f"power{at}": 1.0})
    build.activity(-45.0 * near(0.95, 1.05), np.inf, **{f"power{at}": -1.0})
    build.option(1.0, 15.0, (60.0, 3.0), **{f"power{at}": -1.02, f"medium{at}": 1.0})  # electric boiler
    for level in STEAM:
        build.activity(800.0, np.inf, **{f"{level}{at}": 1.0})  # shortage
    for quality in QUALITIES:
        build.activity(1.2 + 0.1 * quality, np.inf, **{f"sink{quality}{at}": 1.0})  # fresh water
        build.activity(0.6 + 0.5 * quality, np.inf, **{f"source{quality}{at}": 1.0})  # discharge
        for worse in range(quality, 3):
            reuse = {f"source{quality}{at}": 1.0, f"sink{worse}{at}": 1.0}
            build.option(0.05, 60.0, (0.0, 1.0), **reuse)
    reverse_osmosis = {f"source2{at}": 1.0, f"sink0{at}": 0.75, f"power{at}": -0.004}
    build.option(0.7, 40.0 * near(0.8, 1.2), (60.0, 4.0), **reverse_osmosis)
    ultrafiltration = {f"source1{at}": 1.0, f"sink1{at}": 0.92, f"power{at}": -0.001}
    build.option(0.25, 40.0 * near(0.8, 1.2), (60.0, 2.0), **ultrafiltration)


def _links(build: _Builder, here: str, there: str) -> None:
    """Pipes and lines between two neighbours, both ways."""
    for a, b in ((here, there), (there, here)):
        for level in ("medium", "low"):
            build.option(0.8, 25.0, (60.0, 1.0), **{f"{level}{a}": -1.0, f"{level}{b}": 0.97})
        build.option(0.5, 10.0, (60.0, 1.0), **{f"power{a}": -1.0, f"power{b}": 0.99})
        for quality in QUALITIES:
            for worse in range(quality, 3):
                build.option(0.15, 30.0, (30.0, 1.0), **{f"source{quality}{a}": 1.0, f"sink{worse}{b}": 1.0})


def _stores(build: _Builder, now: str, later: str, stores: tuple[tuple[str, str, str], ...]) -> None:
    """Charge, discharge and what is carried into the next hour; the last hour leads back to the first."""
    for store, source, sink in stores:
        build.option(0.05, 20.0, (60.0, 1.0), **{f"{source}{now}": -1.0, f"{store}{now}": 1.0})
        build.option(0.05, 20.0, (60.0, 1.0), **{f"{sink}{now}": 0.98, f"{store}{now}": -1.0})
        build.option(0.01, 80.0, (60.0, 1.0), **{f"{store}{now}": -1.0, f"{store}{later}": 0.99})
