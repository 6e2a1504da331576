"""What a case leaves unsaid is told by `check`, in the terminal and in the report: never silently decided."""

from typing import Any

import pytest

from loopwise.optimizer.options import Options
from loopwise.optimizer.park_run import optimize
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems.case_file import library_cases, load_case
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.problem import park_problem
from tests.park_cases import park

COD = {"COD": {"load": 3, "maximum_outlet": 500}}
SPENT = {"flow": 5, "concentration": {"Cu": 2}}
METALS = {"contaminants": {"COD": {}, "Cu": {}}}


def told(case: ParkCase) -> list[str]:
    return list(park_problem(case).notes)


def plant(**parts: Any) -> dict[str, Any]:
    return {"plant": {"water_uses": {"washer": {"inlet_flow": 10, "contaminants": COD}}} | parts}


def test_a_use_that_does_not_list_a_contaminant_takes_none_of_it() -> None:
    """The model gives it a limit of 0: the note names the water that is shut out, and listing it ends the note."""
    limited = {"discharges": {"drain": {"limit": {"COD": 500, "Cu": 1}}}}
    (note,) = told(park(plant(water_sources={"spent": SPENT}), **METALS, **limited))
    assert "plants.plant.water_uses.washer.contaminants: says nothing of Cu" in note
    assert "from plant.spent" in note
    listed = {"washer": {"inlet_flow": 10, "contaminants": COD | {"Cu": {"maximum_outlet": 3}}}}
    assert told(park({"plant": {"water_uses": listed, "water_sources": {"spent": SPENT}}}, **METALS, **limited)) == []


def test_nothing_is_said_where_no_water_could_carry_it() -> None:
    assert told(park(plant(), **METALS, discharges={"drain": {"limit": {"COD": 500}}})) == []


def test_a_sink_without_a_limit_takes_any_amount() -> None:
    sinks = {"tower": {"flow": 5, "maximum": {"COD": 100}}}
    limited = {"discharges": {"drain": {"limit": {"COD": 500, "Cu": 1}}}}
    notes = told(park({"plant": {"water_sinks": sinks, "water_sources": {"spent": SPENT}}}, **METALS, **limited))
    assert len(notes) == 1
    assert "water_sinks.tower.maximum: says nothing of Cu" in notes[0]


@pytest.mark.parametrize("said", ["limit", "permit", "load_price"])
def test_an_outlet_that_neither_limits_nor_charges_is_named(said: str) -> None:
    (note,) = told(park(plant(), discharges={"drain": {}}))
    assert note.startswith("discharges.drain: has no limit, permit or fee for COD")
    assert told(park(plant(), discharges={"drain": {said: {"COD": 500}}})) == []


@pytest.mark.parametrize("name", ["Pb", "lead", "Ni", "Nickel", "Cr6", "Cr VI", "chromium-VI", "Cd", "cadmium", "Ag"])
def test_a_priority_pollutant_without_a_workshop_limit_is_named(name: str) -> None:
    spent = {"flow": 5, "concentration": {name: 2}}
    drain = {"discharges": {"drain": {"limit": {name: 1}}}}
    (note,) = told(park({"plant": {"water_sources": {"spent": spent}}}, contaminants={name: {}}, **drain))
    assert note.startswith(f"contaminants.{name}: ")
    assert "workshop_limit" in note
    limited = {"contaminants": {name: {"workshop_limit": 5}}}
    assert told(park({"plant": {"water_sources": {"spent": spent}}}, **limited, **drain)) == []


def test_a_guarantee_without_an_inlet_limit_is_named() -> None:
    limited = {"discharges": {"drain": {"limit": {"COD": 50}}}}
    treatment = {"existing": 20, "contaminants": {"COD": {"outlet": 20}}}
    (note,) = told(park(plant(treatments={"filter": treatment}), **limited))
    assert note.startswith(
        "plants.plant.treatments.filter.contaminants.COD: its outlet is guaranteed whatever comes in"
    )
    treatment["contaminants"] = {"COD": {"outlet": 20, "maximum_inlet": 500}}
    assert told(park(plant(treatments={"filter": treatment}), **limited)) == []


def test_other_metals_are_no_priority_pollutants() -> None:
    assert not [n for n in told(park(plant(), contaminants={"COD": {}, "Cr": {}, "Cu": {}})) if "priority" in n]


def test_uncertainty_without_prices_is_named() -> None:
    element = {"on": ["plants.plant.water_uses.washer.inlet_flow"],
               "distribution": {"distribution": "uniform", "lower": 0.9, "upper": 1.1}}  # fmt: skip
    (note,) = told(park(plant(), objective="fresh-water", uncertainty={"elements": {"market": element}}))
    assert note.startswith("objective: with 'fresh-water' nothing has a price")


@pytest.mark.parametrize(("most", "status"), [(1.1, "optimal"), (1.5, "infeasible")])
def test_a_row_that_only_a_future_decides_holds_or_makes_it_infeasible(most: float, status: str) -> None:
    """Without prices the washer's outlet has no variable left: 9 t/h keep 3 kg/h below 500 mg/L, 5 t/h do not."""
    coin = {"distribution": "discrete", "values": [2 - most, 1], "probabilities": [0.5, 0.5]}
    element = {"on": ["plants.plant.water_uses.washer.inlet_flow"], "distribution": coin}
    case = park(plant(), objective="fresh-water", uncertainty={"elements": {"market": element}})
    outcome = optimize(case, Options(scenarios="all"), QuietProgress())
    assert outcome.result.status == status
    if status == "optimal":
        assert outcome.result.objective.value == pytest.approx(10 * (3 - most) / 2, rel=1e-9)
    else:
        assert "plant.washer: COD leaves above its largest outlet concentration" in outcome.message


@pytest.mark.parametrize("name", [name for name, case in library_cases().items() if case.kind == "park"])
def test_library_parks_leave_nothing_unsaid(name: str) -> None:
    case = load_case(name)
    assert isinstance(case, ParkCase)
    assert told(case) == []
