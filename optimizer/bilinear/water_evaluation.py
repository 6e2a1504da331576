"""A chosen water network in many scenarios: both operations of every scenario, their statistics, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...cluster import Chunk, content_key
from ...cluster.work import Compute
from ...kernels import BLOCK, Status
from ...problems.two_stage import Scenarios, ScenarioSource
from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.chosen import ChosenNetwork, chosen_network
from ...problems.water_network.layout import BROUGHT, TAKEN, Floats, Layout, layout_of
from ...problems.water_network.scenarios import water_scenarios
from ...problems.water_network.simulation import Simulated, WaterSimulator
from ..distribution import Distribution
from ..sample import Sample
from ..scenario_rows import part_file, write_part
from .network import Flows
from .relinearization import BothOperations, NetworkOperation, Operated

TOTALS = (
    "fresh water, t/h",
    "treated water, t/h",
    "wastewater, t/h",
    "water brought by tanker, t/h",
    "water taken away by tanker, t/h",
    "contaminants taken out by hand, kg/h",
)
FLOW = "flow."
UNITS_OF_MASS = 1000.0  # g per kg


@dataclass(frozen=True)
class NetworkFutures:
    """The random outcomes of a case as samples draw them: of numbers, no arrays of a program."""

    source: ScenarioSource

    def realize(self, xi: Floats, probability: Floats, first: int = 0) -> Scenarios:
        """See `TwoStageProblem.realize`."""
        return Scenarios(first, xi, probability, {})

    def all_scenarios(self, first: int = 0, last: int | None = None) -> Scenarios:
        """See `TwoStageProblem.all_scenarios`."""
        if self.source.size is None:
            raise ValueError("the distribution is continuous, its scenarios cannot be enumerated")
        xi, probability = self.source.enumerate(first, self.source.size if last is None else last)
        return self.realize(xi, probability, first)


@dataclass(frozen=True)
class WaterDistributions:
    """Distributions of the objective under both operations, and of what relinearizing saves in each scenario.

    Reports of the first two: TOTALS, then the flow of every pipe. Residuals of `fixed`: minus the margin of the
    promise, then as of `relinearized`: t/h and g/h by which a balance is missed, g/h by which a limit is broken.
    """

    fixed: Distribution = field(default_factory=Distribution)
    relinearized: Distribution = field(default_factory=Distribution)
    saved: Distribution = field(default_factory=Distribution)

    def merge(self, other: WaterDistributions) -> WaterDistributions:
        """Over both. Raises ValueError where a block is in both."""
        return WaterDistributions(
            self.fixed.merge(other.fixed), self.relinearized.merge(other.relinearized), self.saved.merge(other.saved)
        )

    @property
    def scenarios(self) -> int:
        """Scenarios seen."""
        return self.fixed.scenarios


@dataclass(frozen=True)
class WaterArguments:
    """The sample, and the folder for the scenarios' rows (None: not wanted)."""

    sample: Sample
    rows: Path | None = None


@dataclass(frozen=True)
class DesignPoint:
    """A network at the point that it was designed for: flows (A,) t/h, outlets' concentrations `promised` (O, K) mg/L.

    `value` of the objective, `missed`: t/h by which its water balances do not close, `excess`: g/h by which its limits
    are broken.
    """

    network: ChosenNetwork
    layout: Layout
    flow: Floats
    promised: Floats
    value: float
    missed: float
    excess: float

    @staticmethod
    def of(case: WaterNetworkCase, flows: Flows) -> DesignPoint:
        """From the design flows t/h by (from, to); `case` is certain."""
        network = chosen_network(case, flows)
        layout = layout_of(case, network)
        flow = np.array([network.flows.get(ends, 0.0) for ends in layout.arcs.ends])
        scenario = water_scenarios(case, layout, np.zeros((1, 0)))
        none = np.zeros((1, len(layout.outlets.names), len(layout.contaminants)))
        simulator = WaterSimulator(layout)
        found = simulator.run(scenario, flow[None], none)
        limits = layout.limits
        promised = found.concentration[0]
        for at, k, limit in zip(
            limits.at[limits.outlet],
            limits.contaminant[limits.outlet],
            limits.concentration[limits.outlet],
            strict=True,
        ):
            promised[at, k] = min(promised[at, k], limit)
        value = network.fixed + float(scenario.cost[0] @ flow)
        missed, excess = float(found.water_residual[0]), float(found.excess.max(initial=-np.inf))
        return DesignPoint(network, layout, flow, promised, value, missed, excess)


@dataclass(frozen=True)
class WaterWork:
    """Operations of one network, distributed by `cluster`: a worker prepares its programs once and draws for itself."""

    case: WaterNetworkCase
    point: DesignPoint
    engine: str = "auto"

    @cached_property
    def _hash(self) -> str:
        return content_key(self.case, self.point, self.engine)

    @property
    def key(self) -> str:
        """Hash of everything that decides the results."""
        return self._hash

    @property
    def futures(self) -> NetworkFutures:
        """What samples are drawn from."""
        return NetworkFutures(self.case.uncertainty.source)

    def prepare(self) -> Compute:
        """The function from arguments and chunk to the chunk's `WaterDistributions`."""
        return _Prepared(self)


class _Prepared:
    def __init__(self, work: WaterWork) -> None:
        self._work, self._layout = work, work.point.layout
        self._operation = NetworkOperation(self._layout, work.point.promised, work.point.flow, engine=work.engine)
        ends = self._layout.arcs.ends
        supplies = {s.name for s in work.case.fresh_water}
        outfalls = {d.name for d in work.case.outfalls}
        treated = {t.name for t in work.case.treatment_units}
        self._totals = np.array(
            [
                [i in supplies for i, _ in ends],
                [j in treated for _, j in ends],
                [j in outfalls for _, j in ends],
                [i == BROUGHT for i, _ in ends],
                [j == TAKEN for _, j in ends],
            ],
            dtype=np.float64,
        )

    def __call__(self, arguments: WaterArguments, chunk: Chunk) -> WaterDistributions:
        blocks = self._blocks(arguments, chunk)
        if arguments.rows is None:
            return _merged(sums for _, sums in blocks)
        return _merged(iter(write_part(part_file(arguments.rows, chunk), blocks)))

    def _blocks(self, arguments: WaterArguments, chunk: Chunk) -> Iterator[tuple[pa.RecordBatch, WaterDistributions]]:
        work, sample = self._work, arguments.sample
        for block in chunk.blocks(BLOCK):
            scenarios = sample.draw(work.futures, block.first, block.last)
            both = self._operation.operate(water_scenarios(work.case, self._layout, scenarios.xi))
            yield self._rows(scenarios, both), self._sums(sample, scenarios, both)

    def _sums(self, sample: Sample, scenarios: Scenarios, both: BothOperations) -> WaterDistributions:
        good = both.status == Status.OPTIMAL
        first, last = scenarios.first, scenarios.first + len(scenarios)

        def of(values: Floats, reports: Floats | None, residuals: Floats | None, exact: int = 0) -> Distribution:
            return Distribution.of_block(
                first,
                np.where(good, values, np.nan),
                scenarios.probability,
                both.status,
                resolved_exactly=exact,
                randomization=sample.randomization(first, last),
                randomizations=sample.randomizations,
                reports=reports,
                residuals=residuals,
            )

        fixed, own = self._objective(both.fixed), self._objective(both.relinearized)
        physics = _physics(both.fixed.simulated)
        exact = int(both.resolved_exactly.sum())
        return WaterDistributions(
            of(fixed, self._reports(both.fixed), np.column_stack([-both.margin, physics]), exact),
            of(own, self._reports(both.relinearized), _physics(both.relinearized.simulated), exact),
            of(fixed - own, None, None, exact),
        )

    def _objective(self, operated: Operated) -> Floats:
        return self._work.point.network.fixed + operated.cost

    def _reports(self, operated: Operated) -> Floats:
        """(N, len(TOTALS) + A) totals and flows."""
        totals = np.einsum("na,ta->nt", operated.flow, self._totals)
        by_hand = operated.removed.sum(axis=(1, 2)) / UNITS_OF_MASS
        return np.column_stack([totals, by_hand, operated.flow])

    def _rows(self, scenarios: Scenarios, both: BothOperations) -> pa.RecordBatch:
        """One row a scenario: cost of both operations, and what the relinearized one does."""
        count = len(scenarios)
        reports = self._reports(both.relinearized)
        data = {
            "scenario": pa.array(range(scenarios.first, scenarios.first + count), pa.int64()),
            "probability": scenarios.probability,
            "objective": self._objective(both.relinearized),
            "status": pa.array(both.status, pa.int8()),
            "resolved_exactly": pa.array(both.resolved_exactly),
            "objective, promised concentrations": self._objective(both.fixed),
        }
        named = {name: reports[:, k] for k, name in enumerate(TOTALS)}
        return pa.record_batch(data | named)


def _physics(simulated: Simulated) -> Floats:
    """(N, 3) t/h and g/h by which balances are missed, g/h by which a limit is broken."""
    broken = np.maximum(simulated.excess, 0.0).max(axis=1, initial=0.0)
    return np.column_stack([simulated.water_residual, simulated.mass_residual, broken])


def _merged(parts: Iterator[WaterDistributions]) -> WaterDistributions:
    whole = WaterDistributions()
    for part in parts:
        whole = whole.merge(part)
    return whole
