"""The scenarios of an uncertain water network in the terms of its layout: right-hand sides, loads, costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .bounds import GRAMS
from .case import WaterNetworkCase
from .layout import BROUGHT, TAKEN, Booleans, Floats, Layout
from .uncertain import scenario_numbers

KWH = 1000.0  # kWh per MWh


@dataclass(frozen=True)
class WaterScenarios:
    """N scenarios: `right` (N, M) of the water rows; `gain` (N, O) [t/h] and `load` (N, O, K) [g/h] of the outlets;

    `cost` (N, A) of each flow, per t/h, and `removal` of what is taken out by hand, per g/h, in units of the objective.
    """

    right: Floats
    gain: Floats
    load: Floats
    cost: Floats
    removal: float

    def __len__(self) -> int:
        return len(self.right)

    def part(self, chosen: Booleans) -> WaterScenarios:
        """The scenarios where `chosen` (N,)."""
        return WaterScenarios(self.right[chosen], self.gain[chosen], self.load[chosen], self.cost[chosen], self.removal)


def water_scenarios(case: WaterNetworkCase, layout: Layout, xi: Floats) -> WaterScenarios:
    """Scenarios with random elements `xi` (N, K)."""
    numbers = scenario_numbers(case, xi)
    count, outlets, rows = len(xi), layout.outlets, layout.rows
    right = np.tile(rows.right, (count, 1))
    for m, paths in enumerate(rows.paths):
        for path, sign in paths:
            right[:, m] += sign * numbers[path]
    gain = np.zeros((count, len(outlets.names)))
    load = np.zeros((count, len(outlets.names), len(layout.contaminants)))
    for o, unit in enumerate(case.process_units):
        head = f"process_units.{unit.name}"
        gain[:, o] = numbers[f"{head}.gain"] - numbers[f"{head}.loss"]
        for k, contaminant in enumerate(layout.contaminants):
            if contaminant in unit.load:
                load[:, o, k] = GRAMS * numbers[f"{head}.load.{contaminant}"]
    money = case.weights.get("annual-cost", 0.0) * case.hours_per_year
    removal = money * case.emergency.contaminant_removal / GRAMS
    return WaterScenarios(right, gain, load, _costs(case, layout, numbers, money), removal)


def _costs(case: WaterNetworkCase, layout: Layout, numbers: Mapping[str, Floats], money: float) -> Floats:
    weights = case.weights
    count = len(numbers["electricity_price"])
    power = money * numbers["electricity_price"] / KWH
    power = power + weights.get("co2", 0.0) * case.hours_per_year * case.electricity_co2 / KWH
    leaving = {
        s.name: money * numbers[f"fresh_water.{s.name}.price"] + weights.get("fresh-water", 0.0) + s.power * power
        for s in case.fresh_water
    }
    leaving[BROUGHT] = np.full(count, money * case.emergency.water_supply)
    entering = {
        t.name: money * numbers[f"treatment_units.{t.name}.operating_cost"]
        + weights.get("treated-flow", 0.0)
        + t.power * power
        for t in case.treatment_units
    }
    entering |= {d.name: money * numbers[f"discharges.{d.name}.price"] for d in case.discharges}
    entering[TAKEN] = np.full(count, money * case.emergency.effluent_disposal)
    none = np.zeros(count)
    return np.stack([leaving.get(i, none) + entering.get(j, none) for i, j in layout.arcs.ends], axis=1)
