"""Totals of water and contaminants over the park's boundary: by hand, closed, in result.json and in the report."""

import json
from pathlib import Path

import pytest

from loopwise.optimizer.options import Options
from loopwise.optimizer.outcome import Outcome
from loopwise.optimizer.output import write_outcome
from loopwise.optimizer.park_run import optimize
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems.case_file import load_case
from loopwise.problems.park.case import ParkCase
from tests.park_cases import park

HOURS = 8000.0


def ran(case: object, **options: int) -> Outcome:
    assert isinstance(case, ParkCase)
    return optimize(case, Options(**options), QuietProgress())


def totals(outcome: Outcome, of: str) -> tuple[dict[str, float], dict[str, float]]:
    (balance,) = (balance for balance in outcome.result.balances if balance.of == of)
    assert balance.difference == pytest.approx(0.0, abs=1e-6 * HOURS)
    return balance.entering, balance.leaving


def test_leaks_treatment_and_sinks_by_hand() -> None:
    """8 of 10 t/h at 100 mg/L are sent, a tenth leaks, 7.2 reach the tower; the rest is filtered to 20 mg/L."""
    pipe = {
        "from": "giver",
        "to": "taker",
        "of": "spent",
        "to_units": ["tower"],
        "length": 2,
        "leak": 0.1,
        "existing": 8,
    }
    filter_ = {"existing": 5, "contaminants": {"COD": {"outlet": 20, "maximum_inlet": 200, "removed_to": "sludge"}}}
    plants = {
        "giver": {
            "water_sources": {"spent": {"flow": {"fixed": 10}, "concentration": {"COD": 100}}},
            "treatments": {"filter": filter_},
        },
        "taker": {"water_sinks": {"tower": {"flow": {"fixed": 12}, "maximum": {"COD": 60}}}},
    }
    drain = {"drain": {"limit": {"COD": 20}}}
    outcome = ran(park(plants, water_pipes={"pipe": pipe}, discharges=drain, fresh_water={"municipal": {"price": 2}}))
    come, gone = totals(outcome, "water")
    assert come == pytest.approx({"from water sources": 10 * HOURS, "fresh water": 4.8 * HOURS}, rel=1e-6)
    assert gone == pytest.approx(
        {"leaks": 0.8 * HOURS, "discharged": 2 * HOURS, "to water sinks": 12 * HOURS}, rel=1e-6
    )
    come, gone = totals(outcome, "COD")
    assert come == pytest.approx({"boilers, towers and other sources": 1.0 * HOURS}, rel=1e-6)
    by_hand = {
        "leaks": 0.08,
        "boilers, towers and other sinks": 0.72,
        "removed: sludge": 2 * 0.08,
        "discharged": 2 * 0.02,
    }
    assert {k: v / HOURS for k, v in gone.items()} == pytest.approx(by_hand, rel=1e-5)


def test_a_use_gains_loses_and_takes_up() -> None:
    use = {
        "inlet_flow": {"fixed": 10},
        "loss": {"fixed": 3},
        "gain": {"fixed": 1},
        "contaminants": {"COD": {"load": {"fixed": 4}, "maximum_outlet": 600}},
    }
    municipal = {"municipal": {"price": 0.5, "concentration": {"COD": 10}}}
    outcome = ran(park({"plant": {"water_uses": {"vat": use}}}, fresh_water=municipal))
    come, gone = totals(outcome, "water")
    assert come == pytest.approx({"fresh water": 10 * HOURS, "gained in use": HOURS}, rel=1e-6)
    lost = {"lost in use (product, evaporation)": 3 * HOURS, "discharged": 8 * HOURS}
    assert gone == pytest.approx(lost, rel=1e-6)
    come, gone = totals(outcome, "COD")
    assert come == pytest.approx({"fresh water": 0.1 * HOURS, "taken up in use": 4 * HOURS}, rel=1e-6)
    assert gone == pytest.approx({"discharged": 4.1 * HOURS}, rel=1e-6)


def test_the_report_shows_the_totals_of_result_json(tmp_path: Path) -> None:
    """Means over all futures; as it is beside the design, and what comes in is what goes out."""
    outcome = ran(load_case("single-plant"), scenarios=60, sample=20)
    write_outcome(tmp_path, outcome)
    water, solids = (table for table in outcome.report.tables if table.title.startswith("Where "))
    rows = {str(row[0]): row for row in water.rows}
    assert rows["All in"][1:] == pytest.approx(rows["All out"][1:], rel=1e-6)
    assert rows["in: fresh water"][1] > rows["in: fresh water"][2]
    written = {balance["of"]: balance for balance in json.loads((tmp_path / "result.json").read_text())["balances"]}
    assert set(written) == {"water", "COD", "TDS"}
    assert rows["in: fresh water"][2] == written["water"]["entering"]["fresh water"]
    sludge = next(row for row in solids.rows if row[0] == "out: removed: sludge")
    assert sludge[1] == pytest.approx(written["COD"]["leaving"]["removed: sludge"])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Where the park" in page
    assert "out: removed: sludge" in page


def test_energy_of_every_unit_closes(tmp_path: Path) -> None:
    """One line a unit, in result.json and in the report; a generator of 95 % loses the rest of its shaft's power."""
    outcome = ran(load_case("power-house"), scenarios=1, evaluate=3)
    write_outcome(tmp_path, outcome)
    written = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["balances"]
    units = {b["of"]: b for b in written if b["of"].startswith("energy of ")}
    assert {"energy of factory.grate boiler", "energy of factory.deaerator"} <= set(units)
    for balance in units.values():
        assert abs(balance["difference"]) < 1e-6 * HOURS
        assert min(balance["leaving"].values(), default=0.0) >= 0.0
    turbine = units["energy of factory.back-pressure turbine"]
    power = turbine["leaving"]["power"]
    assert turbine["leaving"]["to the surroundings"] == pytest.approx(power * (1 / 0.95 - 1), rel=1e-6)
    (table,) = (t for t in outcome.report.tables if t.title.startswith("Energy of every unit"))
    lines = {str(row[0]): row for row in table.rows}
    assert str(lines["Food factory, back-pressure turbine"][3]).startswith("steam ")
    assert "power" in str(lines["Food factory, back-pressure turbine"][3])
