"""What runs when: starts between periods that alternate, and boilers that stand by for the largest of them."""

from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.model import ParkModel, build_model

PERIODS = {"day": {"share": 0.5}, "night": {"share": 0.5}}
DAYS = [{"between": ["day", "night"], "times": 330}]
GAS = {"price": 40, "emission_factor": 0.0}
BOILER = {"header": "LP", "fuel": "gas", "efficiency": 0.9, "existing": 20, "minimum_load": 0, "no_load": 0.05}


def park(boilers: dict[str, Any], alternations: Any = DAYS, **steam: Any) -> ParkCase:
    """Steam of 10 t/h by day, none by night."""
    system = {
        "headers": {"LP": {"pressure": 4}},
        "feedwater": {"header": "LP", "recovery": 1.0},
        "boilers": boilers,
        "steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": 10, "profile": {"night": 0}}}},
    }
    parts = {"fresh_water": {"river": {"price": 0.5}}, "discharges": {"drain": {}}, "fuels": {"gas": GAS}}
    parts |= {"periods": PERIODS, "alternations": alternations}
    data = {"kind": "park", "name": "test", "operating_hours": 8000, "plants": {"plant": {"steam": system | steam}}}
    return ParkCase.model_validate(data | parts)


def solved(case: ParkCase) -> tuple[ParkModel, float]:
    assert not case.problems()
    model = build_model(case)
    return model, SolverFactory("highs").solve(model.pyomo).incumbent_objective


def on(model: ParkModel, name: str) -> list[float]:
    block = model.pyomo.design.plant.component(f"{name} commitment")
    return [round(pyo.value(block.on[period])) for period in PERIODS]


def test_a_start_is_paid_where_it_costs_less_than_running_through() -> None:
    """Idle by night the boiler burns 0.05 of its full-load fuel in 4,000 hours; a start each day costs 330 of them."""
    through, _ = solved(park({"B": BOILER | {"start_cost": 1e6}}))
    free, cheapest = solved(park({"B": BOILER}))
    assert on(through, "B") == [1, 1]
    assert on(free, "B") == [1, 0]
    plant = park({"B": BOILER}).steam_systems["plant"]
    assert plant.feedwater is not None
    idle = 4000 * 40 * 0.05 * 20 * plant.boilers["B"].input_per_steam(plant.headers["LP"], plant.feedwater, 0.9)
    for share, states in ((0.99, [1, 0]), (1.01, [1, 1])):
        model, cost = solved(park({"B": BOILER | {"start_cost": share * idle / 330}}))
        assert on(model, "B") == states
        assert cost == pytest.approx(cheapest + min(share, 1.0) * idle, rel=1e-7)
        starts = sum(pyo.value(term) for term in model.assembly.costs["starts"])
        assert starts == pytest.approx(share * idle if share < 1 else 0.0)


def test_units_that_run_in_both_periods_do_not_start() -> None:
    case = park({"B": BOILER | {"start_cost": 1000}}, steam_uses={"dryer": {"header": "LP", "flow": {"fixed": 10}}})
    model, _ = solved(case)
    assert sum(pyo.value(term) for term in model.assembly.costs["starts"]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("alternations", "words"),
    [
        ([{"between": ["day", "nite"], "times": 330}], "unknown period 'nite'"),
        ([{"between": ["day", "day"], "times": 330}], "does not alternate with itself"),
    ],
)
def test_alternations_that_make_no_sense_are_refused(alternations: Any, words: str) -> None:
    assert any(words in problem.message for problem in park({"B": BOILER}, alternations).problems())


OPTION = {"fixed": 10_000, "proportional": 20_000, "maximum": 30, "life": 20}


def test_firm_steam_stands_by_for_the_largest_boiler() -> None:
    """15 t/h without the 20 t/h boiler: 15 more must be built though 10 are needed; none without that demand."""
    plain = BOILER | {"no_load": 0}
    boilers = {"B": plain, "spare": plain | {"existing": 0, "investment": OPTION}}
    alone, cost = solved(park(boilers))
    firm, dearer = solved(park(boilers, firm_steam=15))
    assert pyo.value(alone.pyomo.design.plant.spare.built) == pytest.approx(0, abs=1e-6)
    assert pyo.value(firm.pyomo.design.plant.spare.size) == pytest.approx(15)
    investment = capital_recovery_factor(0.08, 20) * (10_000 + 15 * 20_000)
    assert dearer == pytest.approx(cost + investment, rel=1e-9)


def test_two_built_boilers_cover_for_each_other() -> None:
    """Each alone has to raise 12 t/h, so both are built with 12."""
    boilers = {name: BOILER | {"existing": 0, "investment": OPTION} for name in ("one", "two")}
    model, _ = solved(park(boilers, firm_steam=12))
    assert [pyo.value(model.pyomo.design.plant.component(n).size) for n in boilers] == pytest.approx([12, 12])


@pytest.mark.parametrize("boilers", [{"B": BOILER}, {"B": BOILER, "small": BOILER | {"existing": 5}}])
def test_firm_steam_beyond_what_may_be_built_is_refused(boilers: dict[str, Any]) -> None:
    (problem,) = park(boilers, firm_steam=6).problems()
    assert "without the largest boiler" in problem.message
