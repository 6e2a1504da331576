"""Parks that cannot work: who is told, and by how much."""

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app
from loopwise.optimizer.options import Options
from loopwise.optimizer.park_feasibility import refuse_impossible
from loopwise.optimizer.park_run import optimize
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.park.problem import park_problem
from tests.park_cases import park

GRID = {"connection": 2, "import_price": 90}
VATS = {"headers": {"LP": {"pressure": 4}}, "steam_uses": {"vats": {"header": "LP", "flow": {"rate": 12}}}}
WASHER = {"inlet_flow": {"fixed": 10}, "contaminants": {"COD": {"load": {"fixed": 8}, "maximum_outlet": 500}}}


@pytest.mark.parametrize(
    ("plant", "parts", "expected"),
    [
        ({"power_demand": 3.5, "grid": GRID}, {}, "power demand is above all supply: plant mill lacks 1.5 MW"),
        (
            {"steam": VATS | {"feedwater": {"header": "LP", "maximum": {"COD": 5}},
                              "electric_boilers": {"E": {"header": "LP", "existing": 5}}},
             "grid": GRID | {"connection": 90}},
            {},
            "header mill.LP lacks",
        ),
        (
            {"water_sinks": {"tower": {"flow": 10}}},
            {"fresh_water": {"well": {"price": 1, "available": 6}}},
            "water demand is above all supply: mill.tower lacks 4 t/h",
        ),
    ],
)  # fmt: skip
def test_demand_above_all_supply(plant, parts, expected: str) -> None:
    case = park({"mill": plant | {"throughput": {"lost_margin": 1}}}, **parts)
    with pytest.raises(CaseError) as caught:
        optimize(case, Options(scenarios=2), QuietProgress())
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["guangzhou", "single-plant"])
def test_parks_of_the_library_can_work(name: str) -> None:
    refuse_impossible(park_problem(load_case(name)))


@pytest.mark.parametrize(
    ("plant", "parts", "expected"),
    [
        ({"water_uses": {"washer": WASHER}}, {}, "mill.washer: COD leaves above its largest outlet concentration"),
        (
            {"water_sinks": {"tower": {"flow": 10}}},
            {"fresh_water": {"well": {"price": 1, "available": 6}}},
            "fresh water well: less is available",
        ),
        (
            {"water_sources": {"spent": {"flow": 9, "concentration": {"COD": 300}}}},
            {"discharges": {"river": {"limit": {"COD": 100}}}},
            "river: COD at the inlet is above what it accepts",
        ),
        (
            {"water_sources": {"spent": {"flow": 9}}},
            {"discharges": {"river": {"capacity": 4}}},
            "discharge river: its capacity is too small",
        ),
        (
            {"water_sources": {"spent": {"flow": 9, "concentration": {"COD": 300}}}},
            {"discharges": {"river": {"permit": {"COD": 1}}}},
            "COD river: the cap or permit of the year cannot be kept",
        ),
    ],
)
def test_infeasible_design_says_what_makes_it_so(plant, parts, expected: str) -> None:
    """Physical objectives have no emergency outlets, so that a park can be infeasible."""
    case = park({"mill": plant}, objective="fresh-water", **parts)
    outcome = optimize(case, Options(scenarios=1), QuietProgress())
    assert outcome.result.status == "infeasible"
    assert expected in outcome.message


def test_command_line_tells_it_without_a_traceback(tmp_path) -> None:
    file = tmp_path / "mill.yaml"
    file.write_text(
        "kind: park\nname: mill\ndischarges: {drain: {}}\nfresh_water: {well: {price: 1, available: 6}}\n"
        "plants: {mill: {water_sinks: {tower: {flow: 10}}}}\n"
    )
    told = CliRunner().invoke(app, ["optimize", str(file), "--out", str(tmp_path / "out")])
    assert told.exit_code == 2
    assert "mill.tower lacks 4 t/h" in told.output
    assert "Traceback" not in told.output
