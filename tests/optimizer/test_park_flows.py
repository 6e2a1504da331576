"""Sankey diagrams and balances of a real park: every plant's flows add up, energy too, and loads are what is added."""

import numpy as np
import pytest

from loopwise.cluster import Serial
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.options import Options
from loopwise.optimizer.park_balance import contaminant_table, plant_table
from loopwise.optimizer.park_flows import pictures
from loopwise.optimizer.park_operation import Operation, evaluation_work, operate
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.report.content import FlowLine
from loopwise.optimizer.two_stage_run import fresh_scenarios
from loopwise.problems.case_file import load_case
from loopwise.problems.park.problem import ParkProblem, park_problem


@pytest.fixture(scope="module")
def operated() -> tuple[ParkProblem, Operation]:
    park = park_problem(load_case("guangzhou"))
    solution = solve_extensive_form(park.problem, park.problem.scenarios(0, 1), gap=0.2)
    assert solution.x is not None
    options = Options(scenarios=20)
    work = evaluation_work(park, "auto")
    sample = fresh_scenarios(park.problem, options)
    operation = operate(park, work, solution.x, sample, Serial(), QuietProgress(), "the design")
    assert not isinstance(operation, str)
    return park, operation


def surplus(lines: tuple[FlowLine, ...], place: str) -> float:
    return sum(line.value for line in lines if line.target == place) - sum(
        line.value for line in lines if line.source == place
    )


def test_every_plant_and_carrier_balances(operated: tuple[ParkProblem, Operation]) -> None:
    water, energy = pictures(*operated, None)
    assert (water.title, water.unit, energy.title, energy.unit) == ("Water", "t/h", "Energy", "MW")
    for plant in ("Textile dyeing", "Paper and board", "Central utility", "Wastewater works"):
        assert surplus(water.after, plant) == pytest.approx(0.0, abs=1e-6)
    for place in ("boilers", "steam", "power"):
        assert surplus(energy.after, place) == pytest.approx(0.0, abs=1e-6)


def test_fuel_becomes_steam_with_the_losses_of_the_boilers(operated: tuple[ParkProblem, Operation]) -> None:
    """Boilers of 80 to 95% efficiency: the picture's own conversion to MW must lie between."""
    _, energy = pictures(*operated, None)
    fuel = sum(line.value for line in energy.after if line.target == "boilers")
    steam = sum(line.value for line in energy.after if line.source == "boilers" and line.target == "steam")
    assert 0.8 < steam / fuel < 0.96


def test_fresh_water_is_the_reports(operated: tuple[ParkProblem, Operation]) -> None:
    park, operation = operated
    water, _ = pictures(park, operation, None)
    drawn = sum(line.value for line in water.after if line.source in park.case.fresh_water)
    assert drawn == pytest.approx(operation.mean["fresh water"] / park.case.operating_hours, rel=1e-6)


def test_tables_hold_every_plant(operated: tuple[ParkProblem, Operation]) -> None:
    park, operation = operated
    assert len(plant_table(park, operation, None).columns) == 1 + len(park.case.plants)
    table = contaminant_table(park, operation)
    assert table is not None
    assert table.columns[1:] == tuple(park.case.contaminants)
    works = {row[0]: row[1] for row in table.rows}["Wastewater works"]
    arriving, leaving = (float(part.replace(",", "")) for part in str(works).split(" → "))
    assert arriving > 10.0 * leaving > 0.0  # COD is destroyed there


def test_masses_close_around_a_use(operated: tuple[ParkProblem, Operation]) -> None:
    """What leaves a unit that no treatment follows is what arrived plus its load, in the simulated concentrations."""
    park, operation = operated
    from loopwise.optimizer.evaluation import Evaluator

    block = Evaluator(park.problem).evaluate(operation.x, park.problem.scenarios(0, 3))
    assert block.primal is not None
    assert block.reports is not None
    assert park.problem.reports is not None
    columns = {name: k for k, name in enumerate(park.problem.recourse.names)}
    own = {n: block.reports[:, k] for k, n in enumerate(park.problem.reports.names) if n.startswith("load.")}
    simulation = park.simulator.run(columns, block.primal, own)
    masses = park.simulator.masses(columns, block.primal, simulation)
    kind = park.simulator.contaminants.index("COD")
    arriving = sum(m[:, 0, kind] for (_, sink), m in masses.items() if sink == "textile.rinsing")
    leaving = sum(m[:, 0, kind] for (source, _), m in masses.items() if source == "textile.rinsing")
    load = own[f"load.textile.rinsing.COD.{park.simulator.periods[0]}"]
    assert np.asarray(leaving) == pytest.approx(np.asarray(arriving) + load, rel=1e-5)
