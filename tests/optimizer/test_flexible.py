"""Commitments of every scenario: the bound is the mean of the scenarios' own optima, and what idling costs by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from loopwise.optimizer import park_run
from loopwise.optimizer.cli.app import app
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.flexible import flexible_bound, flexible_lp
from loopwise.optimizer.options import Options
from loopwise.optimizer.park_flexibility import switched_columns
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.problem import park_problem

PERIODS = {"day": {"share": 0.5}, "night": {"share": 0.5}}
BOILER = {"header": "LP", "fuel": "gas", "efficiency": 0.9, "existing": 20, "minimum_load": 0.3, "no_load": 0.05}
USE = "plants.plant.steam.steam_uses.dryer.flow"
COIN = {"distribution": "discrete", "values": [0.0, 1.0], "probabilities": [0.5, 0.5]}


def case(**boiler: object) -> ParkCase:
    """10 t/h of steam by day in half of the years, none in the others and none by night."""
    flow = {"fixed": 10, "profile": {"night": 0}}
    system = {
        "headers": {"LP": {"pressure": 4}},
        "feedwater": {"header": "LP", "recovery": 1.0},
        "boilers": {"B": BOILER | boiler},
        "steam_uses": {"dryer": {"header": "LP", "flow": flow}},
    }
    data = {
        "kind": "park",
        "name": "test",
        "operating_hours": 8000,
        "periods": PERIODS,
        "alternations": [{"between": ["day", "night"], "times": 330}],
        "plants": {"plant": {"steam": system}},
        "fresh_water": {"river": {"price": 0.5}},
        "discharges": {"drain": {}},
        "fuels": {"gas": {"price": 40, "emission_factor": 0.2}},
        "uncertainty": {"elements": {"demand": {"on": [USE], "distribution": COIN}}},
    }
    return ParkCase.model_validate(data)


def test_a_commitment_for_each_scenario_saves_what_idling_costs() -> None:
    """In the idle years the boiler still makes its least steam, 6 t/h, which is vented."""
    park = park_problem(case(start_cost=1000))
    scenarios = park.problem.all_scenarios()
    once = solve_extensive_form(park.problem, scenarios, gap=1e-9)
    assert once.objective is not None
    alone = []
    for demand in (0.0, 1.0):
        one = solve_extensive_form(park.problem, park.problem.realize(np.array([[demand]]), np.ones(1)), gap=1e-9)
        assert one.objective is not None
        alone.append(one.objective)
    columns = switched_columns(park)
    each = flexible_bound(park.problem, scenarios, columns, 1e-9, None)
    assert alone[0] == pytest.approx(0.0, abs=1e-6)
    assert each == pytest.approx(0.5 * sum(alone), rel=1e-8)
    assert once.objective > each + 1e4
    assert {name.split(".")[-1].split("[")[0] for name in columns} == {"on", "starts"}


def test_nothing_free_is_the_extensive_form() -> None:
    park = park_problem(case(existing=0, investment={"fixed": 1e4, "proportional": 2e4, "maximum": 30, "life": 20}))
    scenarios = park.problem.realize(np.array([[0.5], [1.0]]), np.array([0.3, 0.7]))
    once = solve_extensive_form(park.problem, scenarios, gap=1e-9)
    assert once.objective is not None
    assert flexible_bound(park.problem, scenarios, (), 1e-9, None) == pytest.approx(once.objective, rel=1e-8)
    columns = switched_columns(park)
    each = flexible_bound(park.problem, scenarios, columns, 1e-9, None)
    assert each is not None
    assert each <= once.objective * (1 + 1e-9)
    lp, n1 = flexible_lp(park.problem, scenarios, columns), len(park.problem.first_stage.names)
    assert lp.num_col_ == n1 - len(columns) + 2 * (len(park.problem.recourse.names) + len(columns))


def test_the_result_and_the_report_state_the_bound_with_its_sample() -> None:
    options = Options(scenarios="all", flexibility=8)
    outcome = park_run.optimize(case(), options, QuietProgress())
    found = outcome.result.flexibility
    assert found is not None
    assert found.scenarios == 8
    assert found.worth_at_most == pytest.approx(found.committed_once - found.committed_each_bound)
    assert found.worth_at_most > 1e4
    assert f"at most {found.worth_at_most:,.0f} USD a year" in outcome.report.headline[-1]
    assert "in the 8 futures looked at" in outcome.report.headline[-1]
    plain = park_run.optimize(case(minimum_load=0, no_load=0), replace(options, flexibility=2), QuietProgress())
    assert plain.result.flexibility is None
    assert any("no unit of the park is switched" in note for note in plain.notes)


def test_the_command_line_asks_for_it(tmp_path: Path) -> None:
    typed = ["optimize", "two-plants-heat", "--scenarios", "2", "--flexibility", "2", "--gap", "0.02"]
    found = CliRunner().invoke(app, [*typed, "--out", str(tmp_path / "out"), "--json"])
    assert found.exit_code == 0
    flexibility = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))["flexibility"]
    assert flexibility["scenarios"] == 2
    assert flexibility["worth_at_most"] >= 0.0
    refused = CliRunner().invoke(app, ["optimize", "two-plants-heat", "--flexibility", "-1"])
    assert refused.exit_code == 2
    assert "--flexibility" in refused.output
    both = CliRunner().invoke(app, ["optimize", "two-plants-heat", "--flexibility", "2", "--cvar-weight", "0.5"])
    assert both.exit_code == 2
    assert "--flexibility bounds what switching anew saves of the mean cost" in " ".join(both.output.split())
