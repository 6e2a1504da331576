"""The superstructure with areas as a bilinear program with concave limits, and networks as points of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.environ import Objective

from ...problems.heat import ExchangerCost, HeatRecoveryProblem
from ...problems.heat.cost_bounds import add_cost_bounds
from ...problems.heat.mean_temperature_difference import chen_mean
from ...problems.heat.network_areas import add_areas, chen_tangents
from ...problems.heat.superstructure import Mixing, Superstructure
from ..bilinear import BilinearProgram, from_pyomo
from ..bilinear.concave import ConcaveLimits
from .network import Network

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Formulation:
    """`program` of a superstructure; `column` by the identity of a Pyomo variable."""

    structure: Superstructure
    program: BilinearProgram
    column: dict[int, int]

    @classmethod
    def of(
        cls,
        problem: HeatRecoveryProblem,
        structure: Superstructure,
        cost: ExchangerCost,
        annualization: float,
        hours_per_year: float,
    ) -> Formulation:
        """Least utilities and annualized investment [currency/year] over the `structure` of `problem`."""
        model = structure.model
        areas = add_areas(structure, cost)
        add_cost_bounds(problem, structure, cost, annualization, hours_per_year)
        model.objective = Objective(expr=hours_per_year * structure.utility_cost + annualization * areas.investment)
        found = from_pyomo(model)
        column = {id(variable): j for j, variable in enumerate(found.variables)}
        numbers = range(len(structure.exchangers))
        limited = np.array([column[id(areas.mean[n])] for n in numbers], dtype=np.int64)
        ends = [[column[id(model.hot_end[n])], column[id(model.cold_end[n])]] for n in numbers]
        flows = [column[id(flow)] for flow in model.flow.values()] if hasattr(model, "flow") else []
        program = replace(
            found.program,
            concave=ConcaveLimits(limited, np.array(ends, dtype=np.int64).reshape(-1, 2), chen_tangents),
            branch_on=np.concatenate([limited, np.array(flows, dtype=np.int64)]),
        )
        return cls(structure, program, column)

    def duties(self, x: Floats) -> dict[int, float]:
        """Duty [MW] by number of the exchanger."""
        return {n: self._at(x, duty) for n, duty in self.structure.model.duty.items()}

    def variables(self, x: Floats, chosen: list[int], mixing: Mixing) -> Floats:
        """The point as variables of the layout of the `chosen` exchangers."""
        model = self.structure.model
        parts = [[self._at(x, model.duty[n]) for n in chosen]]
        if mixing is Mixing.FREE:
            for side in (0, 1):
                shares: list[float] = []
                for n in chosen:
                    place = self.structure.exchangers[n]
                    key = ((place.hot, place.cold)[side], n)
                    share = self._at(x, model.flow[key]) / model.flow[key].ub if key in model.flow else 1.0
                    shares.append(share)
                parts.append(shares)
        return np.concatenate(parts)

    def point(self, network: Network) -> Floats:
        """`network` as a point of the program (n,)."""
        model, program = self.structure.model, self.program
        x = np.where(np.isfinite(program.lower), program.lower, 0.0)

        def put(variable: Any, number: float) -> None:
            if id(variable) in self.column:  # what is fixed has no column
                x[self.column[id(variable)]] = number

        for name, along in network.temperatures.items():
            for k, temperature in enumerate(along, 1):
                put(model.temperature[name, k], temperature)
        numbers = {place: n for n, place in enumerate(self.structure.exchangers)}
        for exchanger in network.exchangers:
            place, n = exchanger.place, numbers[exchanger.place]
            put(model.duty[n], exchanger.duty)
            put(model.exists[n], 1.0)
            put(model.hot_end[n], exchanger.hot_end)
            put(model.cold_end[n], exchanger.cold_end)
            put(model.mean[n], float(chen_mean(exchanger.hot_end, exchanger.cold_end)))
            put(model.area[n], exchanger.area)
            if hasattr(model, "flow"):
                for name, share, change in (
                    (place.hot, exchanger.hot_share, exchanger.hot_in - exchanger.hot_out),
                    (place.cold, exchanger.cold_share, exchanger.cold_out - exchanger.cold_in),
                ):
                    if (name, n) in model.flow:
                        put(model.flow[name, n], share * model.flow[name, n].ub)
                        put(model.change[name, n], change)
        return program.complete(x)

    def _at(self, x: Floats, variable: Any) -> float:
        return float(x[self.column[id(variable)]])
