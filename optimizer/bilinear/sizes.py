"""Sizes of a chosen network over its futures: treatment units and pipes that cost by what they carry.

Two stages: sizes first, then the operation of every scenario under promised concentrations, a linear program whose
value is convex in the sizes. Benders' cuts from its duals (Van Slyke and Wets, SIAM Journal on Applied Mathematics 17
(1969) 638-663, DOI 10.1137/0117061); the master has the concave investments and is solved to its global optimum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pyomo.environ

from ...kernels import RecourseLP, Status
from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.arcs import possible_arcs
from ...problems.water_network.fixed_operation import FixedOperation
from ...problems.water_network.layout import Floats, Layout, layout_of
from ...problems.water_network.scenarios import water_scenarios
from .from_pyomo import from_pyomo
from .options import SearchOptions
from .search import minimize
from .water_evaluation import DesignPoint

pyo = cast("Any", pyomo.environ)  # ships no usable types

ROUNDS, GAP = 40, 1e-4


@dataclass(frozen=True)
class Sized:
    """`point`: the network with its new sizes [t/h], of which `units` and `pipes` say what they were and are.

    `value`, `bound`: mean annual cost over the sample under promised concentrations and what no sizes go below;
    `designed`: the mean with the sizes of the design point.
    """

    point: DesignPoint
    units: Mapping[str, tuple[float, float]]
    pipes: Mapping[tuple[str, str], tuple[float, float]]
    value: float
    bound: float
    designed: float


class _Operation:
    """Mean cost of operating a network of given sizes, and its slopes: priced treatment units first, then pipes."""

    def __init__(self, case: WaterNetworkCase, point: DesignPoint, xi: Floats, weight: Floats, engine: str) -> None:
        arcs = possible_arcs(case.at_design_point)
        network = point.network
        built = [t for t in case.treatment_units if t.name in network.treatments and t.investment_factor > 0.0]
        self.units = [t.name for t in built]
        self.pipes = [ends for ends in network.pipes if arcs[ends].per_flow > 0.0]
        now = [*(network.treatments[n] for n in self.units), *(network.pipes[e] for e in self.pipes)]
        self.designed = np.array(now, dtype=np.float64)
        most_in = {t.name: sum(arcs[e].maximum for e in network.pipes if e[1] == t.name) for t in built}
        allowed = [most_in[t.name] if t.capacity is None else t.capacity for t in built]
        self.largest = np.maximum([*allowed, *(arcs[e].maximum for e in self.pipes)], self.designed)
        self.layout = self.sized(case, point, self.largest)
        fixed = FixedOperation(self.layout, point.promised)
        self.programs = fixed.programs(water_scenarios(case, self.layout, xi))
        self.program = RecourseLP(fixed.W, np.zeros(fixed.W.shape[1]), np.inf)
        self.rows = [self._row(case, point, u) for u in range(len(self.units))]
        self.columns = [self.layout.arcs.ends.index(ends) for ends in self.pipes]
        self.weight, self.engine = weight, engine

    def sized(self, case: WaterNetworkCase, point: DesignPoint, sizes: Floats) -> Layout:
        """The layout with other sizes (S,)."""
        return layout_of(case.at_design_point, resized(self, point, sizes).network)

    def _row(self, case: WaterNetworkCase, point: DesignPoint, u: int) -> int:
        """Where the capacity of a unit stands: the row whose right-hand side it is."""
        other = self.largest.copy()
        other[u] += 1.0
        moved = self.sized(case, point, other).rows.right != self.layout.rows.right
        return int(np.flatnonzero(moved)[0])

    def at(self, sizes: Floats) -> tuple[float, Floats] | None:
        """A bound on the mean running cost at `sizes` (S,) that its slopes (S,) carry on; None where one fails."""
        h, upper = self.programs.h.copy(), np.array(self.programs.upper)
        count = len(self.units)
        h[:, self.rows], upper[:, self.columns] = sizes[:count], sizes[count:]
        batch = self.program.solve(h, q=self.programs.q, upper=upper, engine=self.engine, tolerance=1e-8)
        if (batch.status != Status.OPTIMAL).any():
            return None
        by_row = self.weight @ batch.dual[:, self.rows]
        by_column = self.weight @ np.minimum(batch.reduced_cost[:, self.columns], 0.0)
        return float(self.weight @ batch.lower_bound), np.concatenate([by_row, by_column])


def resized(operation: _Operation, point: DesignPoint, sizes: Floats) -> DesignPoint:
    """`point` with other sizes; its fixed costs are the design's."""
    count = len(operation.units)
    network = replace(
        point.network,
        treatments={**point.network.treatments, **dict(zip(operation.units, sizes[:count].tolist(), strict=True))},
        pipes={**point.network.pipes, **dict(zip(operation.pipes, sizes[count:].tolist(), strict=True))},
    )
    return replace(point, network=network)


def sizes_over_futures(
    case: WaterNetworkCase, point: DesignPoint, xi: Floats, weight: Floats, *, engine: str = "auto"
) -> Sized | None:
    """The sizes of least mean cost over scenarios `xi` (N, K) of `weight` (N,); None where no part costs by size."""
    operation = _Operation(case, point, xi, weight, engine)
    if not len(operation.designed):
        return None
    money = case.weights.get("annual-cost", 0.0) * case.annualization
    master = _Master(case, operation, money)
    sizes, best, designed, bound = operation.designed, np.inf, np.inf, -np.inf
    kept = sizes
    for _ in range(ROUNDS):
        found = operation.at(sizes)
        if found is None:
            return None
        total = master.investment(sizes) + found[0]
        designed = total if not np.isfinite(designed) else designed
        if total < best:
            best, kept = total, sizes
        master.cut(sizes, *found)
        sizes, bound = master.solve()
        if best - bound <= GAP * abs(best):
            break
    rest = point.network.fixed - master.investment(operation.designed)
    chosen = resized(operation, point, kept)
    fixed = rest + master.investment(kept)
    network = replace(chosen.network, fixed=fixed)
    chosen = replace(chosen, network=network, layout=layout_of(case.at_design_point, network))
    pairs = list(zip(operation.designed.tolist(), kept.tolist(), strict=True))
    count = len(operation.units)
    return Sized(
        chosen,
        dict(zip(operation.units, pairs[:count], strict=True)),
        dict(zip(operation.pipes, pairs[count:], strict=True)),
        rest + best,
        rest + bound,
        rest + designed,
    )


class _Master:
    """min investment(sizes) + theta over the cuts, a bilinear program for its concave powers."""

    def __init__(self, case: WaterNetworkCase, operation: _Operation, money: float) -> None:
        arcs = possible_arcs(case.at_design_point)
        units = {t.name: t for t in case.treatment_units}
        self.factors = [money * units[n].investment_factor for n in operation.units]
        self.factors += [money * arcs[ends].per_flow for ends in operation.pipes]
        self.exponents = [*(units[n].exponent for n in operation.units), *(1.0 for _ in operation.pipes)]
        self.model = model = pyo.ConcreteModel(name="sizes")
        self.largest = largest = operation.largest
        model.size = pyo.Var(range(len(largest)), bounds=lambda _, i: (0.0, float(largest[i])))
        model.running = pyo.Var()
        model.cuts = pyo.ConstraintList()
        terms = zip(self.factors, self.exponents, model.size.values(), strict=True)
        invested = sum(f * (size if a == 1.0 else size**a) for f, a, size in terms)
        model.objective = pyo.Objective(expr=invested + model.running)

    def investment(self, sizes: Floats) -> float:
        """currency/year of `sizes` (S,)."""
        return float(sum(f * s**a for f, a, s in zip(self.factors, self.exponents, sizes, strict=True)))

    def cut(self, sizes: Floats, value: float, slope: Floats) -> None:
        """running >= value + slope'(size - sizes)."""
        model = self.model
        moved = sum(float(g) * (model.size[i] - float(sizes[i])) for i, g in enumerate(slope))
        model.cuts.add(model.running >= value + moved)
        ends = np.stack([-slope * sizes, slope * (self.largest - sizes)])
        lowest, highest = value + float(ends.min(axis=0).sum()), value + float(ends.max(axis=0).sum())
        low, high = model.running.bounds
        model.running.setlb(lowest if low is None else max(low, lowest))
        model.running.setub(highest if high is None else max(high, highest))

    def solve(self) -> tuple[Floats, float]:
        """Sizes (S,) of the least total and its proven bound."""
        reformulated = from_pyomo(self.model)
        found = minimize(reformulated.program, SearchOptions(gap=GAP / 4.0, block_cuts=False, starts=2))
        assert found.x is not None  # every size has its bounds, and running no limit above its cuts
        for variable, value in zip(reformulated.variables, found.x, strict=False):
            variable.set_value(float(value), skip_validation=True)
        return np.array([float(v.value) for v in self.model.size.values()]), found.bound
