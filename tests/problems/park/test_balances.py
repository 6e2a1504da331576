"""Every balance of every scenario, looked at in hundreds of scenarios of the library's parks.

The rows are the model's own; the balances of the whole park are written anew from the case file and the flows, so that
a component that loses water or mass between its two sides is seen.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from loopwise.optimizer.evaluation import BlockResult, Evaluator
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.park_operation import ParkInspection
from loopwise.problems.case_file import load_case
from loopwise.problems.park.contaminant_balance import LINES, ContaminantBalance
from loopwise.problems.park.ledger import DESTROYED
from loopwise.problems.park.problem import ParkProblem, park_problem
from loopwise.problems.park.simulation import Simulation
from loopwise.problems.two_stage import row_violation

SCENARIOS = 300
CLOSED = 1e-6  # t/h, kg/h, MW


@dataclass(frozen=True)
class Operated:
    """A design found on two scenarios, operated in `SCENARIOS` others."""

    park: ParkProblem
    x: np.ndarray
    block: BlockResult
    simulation: Simulation

    def flow(self, name: str, period: str) -> np.ndarray:
        """(N,) a column of the water network in one period [t/h]."""
        names = self.park.problem.recourse.names
        return self.block.primal[:, names.index(f"operation.water.'{name}'[{period}]")]

    def names(self, start: str, end: str, period: str) -> list[str]:
        """Names of the columns of the water network in one period that start and end like this."""
        first, last = f"operation.water.'{start}", f"{end}'[{period}]"
        names = self.park.problem.recourse.names
        return [n[len("operation.water.'") : -len(f"'[{period}]")] for n in names
                if n.startswith(first) and n.endswith(last)]  # fmt: skip

    @property
    def columns(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.park.problem.recourse.names)}

    @property
    def reports(self) -> dict[str, np.ndarray]:
        return {name: self.block.reports[:, k] for k, name in enumerate(self.park.problem.reports.names)}


@pytest.fixture(scope="module", params=["single-plant", "guangzhou"])
def operated(request: pytest.FixtureRequest) -> Operated:
    park = park_problem(load_case(request.param))
    problem = park.problem
    x = solve_extensive_form(problem, problem.scenarios(0, 2, seed=1), gap=0.05).x
    assert x is not None
    block = Evaluator(problem).evaluate(x, problem.scenarios(0, SCENARIOS, seed=2))
    assert (block.status == 0).all()
    columns = {name: k for k, name in enumerate(problem.recourse.names)}
    reports = {name: block.reports[:, k] for k, name in enumerate(problem.reports.names)}
    return Operated(park, x, block, park.simulator.run(columns, block.primal, reports))


def test_every_row_of_the_model_holds(operated: Operated) -> None:
    """Mass and energy balances, capacities, limits: all rows, all scenarios, nothing left out."""
    violation = row_violation(operated.park.problem, operated.x, operated.block.scenarios, operated.block.primal)
    assert violation.shape == (SCENARIOS, len(operated.park.problem.recourse.row_names))
    assert violation.max() < CLOSED
    recourse = operated.park.problem.recourse
    assert (recourse.lower - operated.block.primal).max() < 1e-9


@pytest.mark.parametrize(("column", "off"), [(">", 1e-5), (".throughput.curtailed[", 1e-6)])
def test_a_broken_balance_is_seen(operated: Operated, column: str, off: float) -> None:
    """The same look at an operation in which one flow is off by 1e-5 t/h, or a throughput that moves tens of t/h."""
    problem, block = operated.park.problem, operated.block
    primal = block.primal.copy()
    at = next(k for k, name in enumerate(problem.recourse.names) if column in name)
    primal[SCENARIOS - 1, at] += off
    inspect = ParkInspection(ContaminantBalance(operated.park.simulator, operated.park.case.hours)).inspect
    inspected = lambda *arguments: inspect(*arguments).residuals  # noqa: E731
    sound = inspected(problem, operated.x, block.scenarios, block.primal, block.reports)
    broken = inspected(problem, operated.x, block.scenarios, primal, block.reports)
    assert sound[:, 1:].max() < CLOSED
    assert broken[SCENARIOS - 1, 1] > 0.5e-5
    assert (broken[: SCENARIOS - 1] == sound[: SCENARIOS - 1]).all()


def test_water_of_the_whole_park_closes(operated: Operated) -> None:
    """What crosses its boundary: fresh water, gains, losses, leaks, discharges, steam that does not come back."""
    water = [values for name, values in operated.reports.items() if name.startswith("residual.water.")]
    assert len(water) == len(operated.park.case.periods)
    assert np.abs(water).max() < CLOSED


def test_every_contaminant_of_the_whole_park_closes(operated: Operated) -> None:
    """By line, over the year [kg/a]: real masses of the simulation, in every scenario; sludge is not nothing."""
    park = operated.park
    balance = ContaminantBalance(park.simulator, park.case.hours)
    masses = balance.masses(operated.columns, operated.block.primal, operated.reports, operated.simulation)
    lines = dict(zip(balance.names, masses.T, strict=True))
    for contaminant in park.case.contaminants:
        come = sum(lines[line, contaminant] for line, inwards in LINES.items() if inwards)
        gone = sum(lines[line, contaminant] for line, inwards in LINES.items() if not inwards)
        assert np.abs(come - gone).max() < CLOSED * park.case.operating_hours, contaminant
        assert np.abs(lines["removed: reject", contaminant]).max() < CLOSED * park.case.operating_hours
        assert masses.min() > -CLOSED * park.case.operating_hours
    loads = sum(
        hours * values
        for period, hours in park.case.hours.items()
        for name, values in operated.reports.items()
        if name.startswith("load.") and name.endswith(f".COD.{period}")
    )
    assert lines["taken up in use", "COD"] == pytest.approx(loads, rel=1e-9)
    assert (lines["removed: sludge", "COD"] + lines["removed: destroyed", "COD"] > 0.3 * loads).all()


def test_heat_of_every_steam_system_closes(operated: Operated) -> None:
    heat = [values for name, values in operated.reports.items() if name.startswith("residual.heat.")]
    assert bool(heat) == bool(operated.park.case.steam_systems)
    assert np.abs(heat).max(initial=0.0) < CLOSED


def test_every_unit_destroys_exergy_and_none_creates_any(operated: Operated) -> None:
    destroyed = {name: values for name, values in operated.reports.items() if name.startswith(DESTROYED)}
    assert bool(destroyed) == bool(operated.park.units)
    for name, values in destroyed.items():
        assert values.min() > -CLOSED, name
    if destroyed:
        assert (sum(destroyed.values()) > 1.0).all()


def test_contaminants_close_after_the_forward_simulation(operated: Operated) -> None:
    assert operated.simulation.mass_residual.max() < CLOSED
    assert operated.simulation.water_residual.max() < CLOSED
    assert operated.simulation.margin.min() > -1e-6


def test_dissolved_solids_of_the_whole_park(operated: Operated) -> None:
    """Nothing takes TDS out of the water in these parks: what fresh water and uses bring leaves with the effluents.

    Boilers and towers take what their make-up may hold at most and give what they concentrate that to.
    """
    park, simulation = operated.park, operated.simulation
    masses = park.simulator.masses(operated.columns, operated.block.primal, simulation)
    kind = park.simulator.contaminants.index("TDS")
    towers = [f"{plant}.{name}" for plant, heat in park.case.heat_systems.items() for name in heat.towers]
    given = [
        *park.case.fresh_water,
        *towers,
        *(s for s in simulation.sources if s.endswith((".blow-down", ".demineralization"))),
    ]
    passing = [source for source in simulation.sources if source not in given]
    for t, period in enumerate(park.simulator.periods):

        def carried(name: str, source: str, t: int = t, period: str = period) -> np.ndarray:
            place = simulation.sources.index(source)
            return operated.flow(name, period) * simulation.concentration[:, t, place, kind] * 1e-3

        loads = [operated.reports[name] for name in operated.reports if name.startswith("load.")
                 and name.endswith(f".TDS.{period}")]  # fmt: skip
        brought = sum(loads) + sum(m[:, t, kind] for (source, _), m in masses.items() if source in given)
        left = sum(m[:, t, kind] for (_, sink), m in masses.items() if sink not in passing)  # discharges, make-up
        left += sum(carried(f"emergency {source}", source) for source in passing)
        left += sum(operated.flow(name, period) for name in operated.names("hauled ", " TDS", period))
        for name, pipe in park.case.water_pipes.items():
            source = f"{pipe.start}.{pipe.of}"
            for arc in operated.names(f"{source}>", f" by {name}", period) if pipe.leak else ():
                left += pipe.leak * carried(arc, source)
        assert np.abs(brought - left).max() < CLOSED, period
