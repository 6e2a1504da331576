"""What a water network may contain, each feature on a network whose optimum is known by hand."""

import contextlib
import itertools
from typing import Any

import pyomo.environ as pyo
import pytest

from loopwise.optimizer.bilinear import SearchOptions, SearchResult, SearchStatus, from_pyomo, minimize
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.water_network import WaterNetworkCase, water_network_model


def solved(data: dict[str, Any] | WaterNetworkCase, gap: float = 1e-5) -> tuple[Any, SearchResult]:
    case = data if isinstance(data, WaterNetworkCase) else WaterNetworkCase.model_validate(data)
    model = water_network_model(case)
    reformulated = from_pyomo(model)
    result = minimize(reformulated.program, SearchOptions(gap=gap))
    if result.x is not None:
        for variable, value in zip(reformulated.variables, result.x, strict=False):
            variable.set_value(value, skip_validation=True)
        assert reformulated.program.violation(result.x) <= 1e-6
    return model, result


def network(**parts: Any) -> dict[str, Any]:
    unit = {"name": "P", "flow": 10, "load": {"A": 1}, "inlet_maximum": {"A": 50}}
    return {"contaminants": ["A"], "fresh_water": [{"name": "river"}], "process_units": [unit]} | parts


def wang_smith(**changes: Any) -> WaterNetworkCase:
    case = load_case("wang-smith-recycling")
    assert isinstance(case, WaterNetworkCase)
    return WaterNetworkCase.model_validate(case.model_dump(by_alias=True) | changes)


def test_regeneration_reuse_treats_a_tonne_once() -> None:
    """Wang and Smith 1994: 9000 / 195 = 46.15 t/h, the target with the regenerated flow equal to the fresh one."""
    _, result = solved(wang_smith(regeneration="reuse"))
    assert result.status is SearchStatus.OPTIMAL
    assert result.value == pytest.approx(9000 / 195, rel=1e-4)


def test_loss_concentrates_and_gain_dilutes() -> None:
    """1 kg/h in 10 - 5 t/h leaves at 200 mg/L; with 10 t/h of gain at 50."""
    for change, flow, concentration in (({"loss": 5}, 5.0, 200.0), ({"gain": 10}, 20.0, 50.0)):
        unit = {"name": "P", "flow": 10, "load": {"A": 1}, "inlet_maximum": {"A": 0}} | change
        model, result = solved(network(process_units=[unit]))
        assert result.value == pytest.approx(10.0)
        assert pyo.value(model.flow["P", "discharge"]) == pytest.approx(flow)
        assert pyo.value(model.concentration["P", "A"]) == pytest.approx(concentration, rel=1e-6)


def test_demand_takes_what_a_source_gives() -> None:
    """Mixing: 6 t/h at 30 mg/L may have at most 6 * 20 / 30 = 4 t/h of the source."""
    model, result = solved(
        network(
            process_units=[],
            demands=[{"name": "cooling", "flow": 6, "maximum": {"A": 20}}],
            sources=[{"name": "condensate", "flow": 5, "concentration": {"A": 30}}],
        )
    )
    assert result.value == pytest.approx(2.0)
    assert pyo.value(model.flow["condensate", "discharge"]) == pytest.approx(1.0)


def test_recovery_splits_water_and_mass() -> None:
    """Product 0.75 of the water with 0.1 of the mass, reject the rest: water and mass are closed."""
    membrane = {"name": "RO", "removal": {"A": 0.9}, "recovery": 0.75, "inlet_maximum": {"A": 200}}
    unit = {"name": "P", "flow": 10, "load": {"A": 1}, "inlet_maximum": {"A": 20}}
    model, result = solved(network(process_units=[unit], treatment_units=[membrane]))
    assert result.status is SearchStatus.OPTIMAL
    assert result.value < 8.0
    through = pyo.value(model.throughput["RO"])
    product, reject = pyo.value(model.concentration["RO", "A"]), pyo.value(model.concentration["RO reject", "A"])
    mass = sum(pyo.value(f) * pyo.value(model.concentration[i, "A"]) for (i, j), f in model.flow.items() if j == "RO")
    assert 0.75 * through * product == pytest.approx(0.1 * mass, rel=1e-5)
    assert 0.25 * through * reject == pytest.approx(0.9 * mass, rel=1e-5)
    gone = sum(pyo.value(f) for (_, j), f in model.flow.items() if j == "discharge")
    assert gone == pytest.approx(result.value, rel=1e-5)


def test_permit_counts_mass() -> None:
    """1 kg/h of load, 0.2 kg/h permitted: a unit that removes 90 % must treat 8/9 of the water."""
    treatment = {"name": "T", "removal": {"A": 0.9}}
    _, result = solved(
        network(
            treatment_units=[treatment],
            discharges=[{"name": "sea", "permit": {"A": 0.2}}],
            objective="treated-flow",
            special_pipes=[{"from": "T", "to": "P", "forbidden": True}],
        )
    )
    assert result.value == pytest.approx(10.0 * 8.0 / 9.0, rel=1e-4)


def test_cheapest_of_fixed_pipe_costs_and_distances() -> None:
    """Reuse saves 5 t/h of water worth 8760 * 5 = 43,800 a year and needs 3 km of pipe at 0.1 a year * 1e5 per km."""

    def plants(distance: float) -> dict[str, Any]:
        clean = {"name": "clean", "plant": "north", "flow": 5, "load": {"A": 0.05}, "inlet_maximum": {"A": 0}}
        coarse = {"name": "coarse", "plant": "south", "flow": 5, "load": {"A": 1}, "inlet_maximum": {"A": 50}}
        return network(
            fresh_water=[
                {"name": "north river", "plant": "north", "price": 1},
                {"name": "south river", "plant": "south", "price": 1},
            ],
            process_units=[clean, coarse],
            discharges=[{"name": "north drain", "plant": "north"}, {"name": "south drain", "plant": "south"}],
            pipes={"investment_per_distance": 1e5},
            distances=[{"between": ["north", "south"], "distance": distance}],
            objective="annual-cost",
        )

    model, near = solved(plants(3.0))
    assert near.value == pytest.approx(8760 * 5 + 30_000, rel=1e-4)
    assert pyo.value(model.pipe["clean", "coarse"]) == pytest.approx(1.0)
    _, far = solved(plants(5.0))
    assert far.value == pytest.approx(8760 * 10, rel=1e-4)


def test_fewest_pipes_against_enumeration() -> None:
    """At most k pipes: the same as trying every set of k pipes with the others forbidden."""
    data = network(
        process_units=[
            {"name": "P1", "load": {"A": 2}, "inlet_maximum": {"A": 0}, "outlet_maximum": {"A": 100}},
            {"name": "P2", "load": {"A": 5}, "inlet_maximum": {"A": 50}, "outlet_maximum": {"A": 100}},
        ],
    )
    ends = [("river", "P1"), ("river", "P2"), ("P1", "P2"), ("P1", "discharge"), ("P2", "discharge")]
    assert set(water_network_model(WaterNetworkCase.model_validate(data)).flow) <= {*ends, ("P2", "P1")}
    for count in (3, 4, 5):
        best = float("inf")
        for kept in itertools.combinations(ends, count):
            forbidden = [{"from": i, "to": j, "forbidden": True} for i, j in ends if (i, j) not in kept]
            with contextlib.suppress(CaseError):  # a unit without any pipe
                best = min(best, solved(data | {"special_pipes": forbidden})[1].value)
        _, result = solved(data | {"pipes": {"maximum_number": count}})
        assert result.value == pytest.approx(best, rel=1e-4)


def test_forced_pipe_and_smallest_flow() -> None:
    _, free = solved(network())
    forced = {"from": "P", "to": "discharge", "forced": True, "minimum": 12}
    _, impossible = solved(network(special_pipes=[forced]))
    assert free.value == pytest.approx(10.0)
    assert impossible.status is SearchStatus.INFEASIBLE


def test_unit_is_built_where_it_pays() -> None:
    """Water saved is worth 8760 * saved; the unit costs its annualized fixed investment."""

    def mill(price: float) -> dict[str, Any]:
        unit = {"name": "P", "flow": 10, "load": {"A": 1}, "inlet_maximum": {"A": 50}}
        treatment = {"name": "T", "outlet": {"A": 0}, "fixed_investment": 400_000}
        return network(
            fresh_water=[{"name": "river", "price": price}],
            process_units=[unit],
            treatment_units=[treatment],
            objective="annual-cost",
        )

    _, cheap_water = solved(mill(0.1))
    assert cheap_water.value == pytest.approx(8760 * 0.1 * 10.0, rel=1e-4)
    _, dear_water = solved(mill(2.0))
    assert dear_water.value == pytest.approx(40_000, rel=1e-4)


def test_epsilon_constraint_and_weighted_sum() -> None:
    treatment = {"name": "T", "outlet": {"A": 0}}
    _, least = solved(network(treatment_units=[treatment], objective="treated-flow", limits={"fresh-water": 4.0}))
    _, summed = solved(network(treatment_units=[treatment], objective={"treated-flow": 1.0, "fresh-water": 0.0}))
    assert summed.value == pytest.approx(0.0, abs=1e-6)
    assert least.value == pytest.approx(10.0 - 4.0, rel=1e-4)  # what is not fresh has been treated


def test_co2_counts_electricity() -> None:
    _, result = solved(
        network(
            fresh_water=[{"name": "river", "power": 2.0}], electricity_co2=0.5, objective="co2", hours_per_year=1000
        )
    )
    assert result.value == pytest.approx(0.5 * 2.0 * 10.0, rel=1e-4)


def test_a_network_of_dear_pipes_has_an_incumbent_before_any_branching() -> None:
    """Integers rounded from the relaxation open far too many pipes: the first point comes from slope scaling."""
    case = load_case("two-plants-water")
    assert isinstance(case, WaterNetworkCase)
    pipes = case.pipes.model_copy(update={"investment": 10_000.0, "minimum": 2.0})
    model = water_network_model(case.at_design_point.model_copy(update={"pipes": pipes}))
    result = minimize(from_pyomo(model).program, SearchOptions(gap=1e-2, node_limit=1, starts=0))
    assert result.x is not None
    assert result.value <= 1.1 * result.bound
    assert from_pyomo(model).program.violation(result.x) <= 1e-6


def test_pipes_are_decided_before_concentrations_are_split() -> None:
    """Split first, the pipe from scrubber to dyeing stayed at 0.005 in thousands of boxes, the gap at 0.07 %."""
    case = load_case("two-plants-water")
    assert isinstance(case, WaterNetworkCase)
    program = from_pyomo(water_network_model(case.at_design_point)).program
    result = minimize(program, SearchOptions(gap=1e-4, node_limit=200))
    assert result.status is SearchStatus.OPTIMAL
