"""Operating a chosen network in a batch of scenarios: under promised concentrations, then relinearized in each.

Successive linear programming, all scenarios of a batch at once: each round is one batch of programs whose matrices
differ (`RecourseLP.solve(W_values=...)`). A trust region limits the flows; a step is taken where the merit (cost and
broken limits, from forward simulation) falls by a share of what the program foretold, as in Fletcher and Sainz de la
Maza, Mathematical Programming 43 (1989) 235-256, DOI 10.1007/BF01582292. What is kept is the cheapest operation met
that breaks no limit in the simulation. The start, the operation under promised concentrations, is one, so that
relinearizing never costs more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...kernels import RecourseLP, Status
from ...problems.water_network.fixed_operation import FixedOperation
from ...problems.water_network.layout import Booleans, Floats, Layout
from ...problems.water_network.linearized import BROKEN, LinearizedOperation, linearization_point
from ...problems.water_network.scenarios import WaterScenarios
from ...problems.water_network.simulation import Simulated, WaterSimulator

ROUNDS = 30
FIRST_RADIUS, LARGEST_RADIUS, LEAST_RADIUS = 0.2, 1.0, 1e-6  # of each flow's range
LEAST_FLOW = 1e-5  # of a flow's range: what a pipe carries where it is linearized
ACCEPTED, WIDENED = 0.1, 0.7  # share of the foretold fall of the merit
SETTLED = 1e-7  # relative fall of the merit that is not worth a round
TOLERANCE = 1e-8


@dataclass(frozen=True)
class Operated:
    """N operated scenarios: `cost` (N,) running cost, `flow` (N, A) t/h, `removed` (N, O, K) g/h, as simulated."""

    cost: Floats
    flow: Floats
    removed: Floats
    simulated: Simulated


@dataclass(frozen=True)
class BothOperations:
    """`status` (N,) of the programs under promised concentrations, `resolved_exactly` (N,), `rounds` (N,) taken.

    `margin` (N,): least (promised - real) / max(promised, 1 mg/L) over outlets that give water.
    """

    fixed: Operated
    relinearized: Operated
    status: NDArray[np.int8]
    resolved_exactly: Booleans
    rounds: NDArray[np.int64]
    margin: Floats


@dataclass
class _Search:
    """What changes from round to round, of all scenarios of the batch."""

    flow: Floats
    removed: Floats
    merit: Floats
    radius: Floats
    active: Booleans
    rounds: NDArray[np.int64]
    best: Operated
    exact: Booleans = field(default_factory=lambda: np.zeros(0, dtype=bool))


class NetworkOperation:
    """Prepared once for a layout, its promised concentrations `promised` (O, K) and the design's flows (A,)."""

    def __init__(self, layout: Layout, promised: Floats, design_flow: Floats, *, engine: str = "auto") -> None:
        self.layout, self.promised, self.engine = layout, promised, engine
        self.simulator = WaterSimulator(layout)
        self.fixed = FixedOperation(layout, promised)
        self.linearized = LinearizedOperation(layout, self.fixed.unit)
        ordinary = ~layout.arcs.emergency
        total = max(1.0, float(design_flow[ordinary].max(initial=0.0)))
        self.range = np.where(ordinary, np.minimum(np.maximum(2.0 * design_flow, 0.2 * total), 2.0 * total), total)
        self._water = layout.rows.matrix[layout.rows.equal]
        fixed, own = self.fixed, self.linearized
        self._fixed_program = RecourseLP(fixed.W, np.zeros(fixed.W.shape[1]), np.inf)
        self._own_program = RecourseLP(own.W, np.zeros(own.columns), np.inf)

    def operate(self, scenarios: WaterScenarios) -> BothOperations:
        """Both operations of N scenarios."""
        programs = self.fixed.programs(scenarios)
        batch = self._fixed_program.solve(
            programs.h, q=programs.q, upper=programs.upper, engine=self.engine, tolerance=TOLERANCE, primal=True
        )
        assert batch.primal is not None
        good = batch.status == Status.OPTIMAL
        flow, removed = self.fixed.read(np.where(good[:, None], batch.primal, 0.0))
        fixed = self._operated(scenarios, self._balanced(scenarios, flow), removed)
        search = _Search(
            fixed.flow.copy(),
            fixed.removed.copy(),
            self._merit(scenarios, fixed),
            np.full(len(scenarios), FIRST_RADIUS),
            good.copy(),
            np.zeros(len(scenarios), dtype=np.int64),
            fixed,
            batch.resolved_exactly.copy(),
        )
        for _ in range(ROUNDS):
            if not search.active.any():
                break
            self._round(scenarios, search)
        return BothOperations(fixed, search.best, batch.status, search.exact, search.rounds, self._margin(fixed))

    def _round(self, scenarios: WaterScenarios, search: _Search) -> None:
        """One batch of programs for the scenarios that still move."""
        rows = np.flatnonzero(search.active)
        part = scenarios.part(search.active)
        flow, removed, radius = search.flow[rows], search.removed[rows], search.radius[rows]
        point = linearization_point(self.layout, self.simulator, part, flow, removed, LEAST_FLOW * self.range)
        programs = self.linearized.programs(part, point, flow, radius[:, None] * self.range)
        batch = self._own_program.solve(
            programs.h,
            q=programs.q,
            upper=programs.upper,
            W_values=programs.values,
            engine=self.engine,
            tolerance=TOLERANCE,
            primal=True,
        )
        assert batch.primal is not None
        solved = batch.status == Status.OPTIMAL
        search.exact[rows] |= batch.resolved_exactly
        search.rounds[rows] += 1
        moved, taken = self.linearized.read(programs, np.where(solved[:, None], batch.primal, 0.0))
        moved, taken = np.where(solved[:, None], moved, flow), np.where(solved[:, None, None], taken, removed)
        candidate = self._operated(part, self._balanced(part, moved), taken)
        merit = self._merit(part, candidate)
        foretold = search.merit[rows] - self._foretold(part, programs.low, batch.objective, solved, search.merit[rows])
        fall = search.merit[rows] - merit
        small = SETTLED * np.maximum(1.0, np.abs(search.merit[rows]))
        taken_step = solved & (fall > 0.0) & (fall >= ACCEPTED * foretold)
        accepted = rows[taken_step]
        search.flow[accepted] = candidate.flow[taken_step]
        search.removed[accepted] = candidate.removed[taken_step]
        search.merit[accepted] = merit[taken_step]
        unbroken = (candidate.simulated.excess <= 0.0).all(axis=1)
        better = solved & (candidate.cost < search.best.cost[rows]) & unbroken
        search.best = _replaced(search.best, rows[better], candidate, better)
        widened = np.where(fall >= WIDENED * foretold, np.minimum(2.0 * radius, LARGEST_RADIUS), radius)
        search.radius[rows] = np.where(taken_step, widened, 0.25 * radius)
        done = ~solved | (foretold <= small) | (search.radius[rows] < LEAST_RADIUS)
        search.active[rows[done]] = False

    def _foretold(
        self, scenarios: WaterScenarios, low: Floats, objective: Floats, solved: Booleans, instead: Floats
    ) -> Floats:
        """(N,) merit that the programs foretell."""
        constant = np.einsum("na,na->n", scenarios.cost, low)
        return np.where(solved, objective + constant, instead)

    def _operated(self, scenarios: WaterScenarios, flow: Floats, removed: Floats) -> Operated:
        cost = np.einsum("na,na->n", scenarios.cost, flow) + scenarios.removal * removed.sum(axis=(1, 2))
        return Operated(cost, flow, removed, self.simulator.run(scenarios, flow, removed))

    def _merit(self, scenarios: WaterScenarios, operated: Operated) -> Floats:
        broken = np.maximum(operated.simulated.excess, 0.0).sum(axis=1)
        return operated.cost + BROKEN * scenarios.removal * broken

    def _margin(self, fixed: Operated) -> Floats:
        found = fixed.simulated
        room = (self.promised - found.concentration) / np.maximum(self.promised, 1.0)
        gives = (found.leaving > 1e-2)[:, :, None]
        return np.where(gives, room, np.inf).min(axis=(1, 2), initial=np.inf)

    def _balanced(self, scenarios: WaterScenarios, flow: Floats) -> Floats:
        """`flow` (N, A) moved onto the equations of the water by the least step relative to each flow's room.

        As in `kernels.Projection`, all scenarios at once: the matrix is the same and small.
        """
        right = scenarios.right[:, self.layout.rows.equal]
        capacity = np.maximum(self.layout.arcs.capacity, flow)
        for _ in range(3):
            missed = right - np.einsum("na,ma->nm", flow, self._water)
            room = np.minimum(flow, np.where(np.isfinite(capacity), capacity - flow, flow + 1.0))
            weight = np.maximum(room, 1e-6) ** 2
            normal = np.einsum("ma,na,la->nml", self._water, weight, self._water)
            size = np.einsum("nmm->nm", normal)
            normal[:, np.arange(len(self._water)), np.arange(len(self._water))] += 1e-12 * size + 1e-30
            step = np.linalg.solve(normal, missed[..., None])[..., 0]
            flow = np.maximum(flow + weight * np.einsum("nm,ma->na", step, self._water), 0.0)
        return flow


def _replaced(best: Operated, rows: NDArray[np.int64], candidate: Operated, chosen: Booleans) -> Operated:
    """`best` with the chosen candidates in its `rows`."""

    def of(mine: Floats, theirs: Floats) -> Floats:
        mine = mine.copy()
        mine[rows] = theirs[chosen]
        return mine

    simulated = Simulated(
        **{name: of(value, getattr(candidate.simulated, name)) for name, value in vars(best.simulated).items()}
    )
    return Operated(
        of(best.cost, candidate.cost), of(best.flow, candidate.flow), of(best.removed, candidate.removed), simulated
    )
