"""The park as it is (B0): nothing that is not there, in the design's scenarios, at the design's prices and permits."""

from typing import Any

import pytest

from loopwise.optimizer.options import Options
from loopwise.optimizer.park_ladder import HEAT
from loopwise.optimizer.park_run import optimize
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.result import DesignItem, Result
from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.case import ParkCase
from tests.heat_parks import heat_park
from tests.park_cases import park

HOURS = 8000.0
ROUTE = {"fixed_per_km": 10_000, "proportional_per_km": 1000, "minimum": 2, "maximum": 20, "maintenance": 0.02}
DEAR = ROUTE | {"fixed_per_km": 1e7}
PIPE = {"from": "giver", "to": "taker", "of": "spent", "length": 2}
RATE = capital_recovery_factor(0.08, 25) + 0.02


def exchange(pipes: dict[str, dict[str, Any]], **parts: Any) -> ParkCase:
    """10 t/h of clean spent water; a tower that takes 12 t/h at 2 USD/t; a drain at 0.6 USD/t."""
    plants = {
        "giver": {"water_sources": {"spent": {"flow": {"fixed": 10}}}},
        "taker": {"water_sinks": {"tower": {"flow": {"fixed": 12}, "maximum": {"COD": 60}}}},
    }
    typed = {name: PIPE | pipe for name, pipe in pipes.items()}
    return park(plants, fresh_water={"municipal": {"price": 2}}, water_pipes=typed, **parts)


def ran(case: ParkCase, **options: Any) -> Result:
    return optimize(case, Options(**options), QuietProgress()).result


def today(result: Result) -> float | None:
    assert result.baseline is not None
    return result.baseline.B0


def built(result: Result) -> dict[str, bool]:
    return {item.name: item.built for item in result.design if isinstance(item, DesignItem)}


def test_a_forced_line_is_in_the_design_and_not_in_the_park_as_it_is() -> None:
    """The line costs far more than it saves; today it is not there, so today costs what water and drain cost."""
    result = ran(exchange({"pipe": {"investment": DEAR, "forced": True}}))
    line = RATE * 2 * (1e7 + 10 * 1000) + HOURS * 2 * 2
    assert built(result) == {"pipe": True}
    assert result.objective.value == pytest.approx(line, rel=1e-6)
    assert today(result) == pytest.approx(HOURS * (12 * 2 + 10 * 0.6), rel=1e-6)


def test_lines_that_stand_carry_in_the_park_as_it_is() -> None:
    """6 t/h flow in what stands; the line that may be built takes the other 4 and pays."""
    result = ran(exchange({"stands": {"existing": 6}, "new": {"investment": ROUTE}}))
    assert today(result) == pytest.approx(HOURS * (6 * 2 + 4 * 0.6), rel=1e-6)
    assert result.objective.value == pytest.approx(RATE * 2 * (10_000 + 4 * 1000) + HOURS * 2 * 2, rel=1e-6)


def test_caps_hold_in_the_park_as_it_is() -> None:
    """Today 80,000 of 96,000 t are above the cap and paid as such; the design's line keeps it, exactly."""
    cap = {"fresh_water_cap": {"limit": 16_000, "excess_price": 3}}
    result = ran(exchange({"pipe": {"investment": ROUTE}}, environment=cap))
    assert today(result) == pytest.approx(HOURS * (12 * 2 + 10 * 0.6) + 3 * (HOURS * 12 - 16_000), rel=1e-6)
    assert result.objective.value == pytest.approx(RATE * 2 * (10_000 + 10 * 1000) + HOURS * 2 * 2, rel=1e-6)


def test_a_park_that_cannot_comply_as_it_is_has_no_baseline_and_says_so() -> None:
    """Without prices the cap is hard: only the line keeps it."""
    case = exchange(
        {"pipe": {"investment": ROUTE}},
        environment={"fresh_water_cap": {"limit": 16_000}},
        objective="fresh-water",
    )
    outcome = optimize(case, Options(), QuietProgress())
    assert outcome.result.objective.value == pytest.approx(2.0, rel=1e-6)
    assert outcome.result.baseline is None
    assert any("the park as it is cannot be operated within the case's limits" in note for note in outcome.notes)


def test_the_park_as_it_is_has_the_design_s_futures() -> None:
    """The same fresh scenarios: a line that is worth building in none leaves design and park as it is equal in all."""
    element = {
        "on": ["fresh_water.municipal.price"],
        "distribution": {"distribution": "lognormal", "mean": 1, "standard_deviation": 0.3},
    }
    result = ran(exchange({"pipe": {"investment": DEAR}}, uncertainty={"elements": {"price": element}}), scenarios=40)
    assert built(result) == {"pipe": False}
    assert result.evaluation is not None
    assert today(result) == result.evaluation.mean


@pytest.mark.parametrize("levels", [[[90, 60]], [[90, 60], [70, 40]]])
def test_forced_hot_water_is_in_every_comparison_and_not_in_the_park_as_it_is(levels: list[list[float]]) -> None:
    """A loop that does not pay: the ladder keeps it, or a comparison without it would pass for a better design."""
    streams = {"giver": {"hot": {"supply": 120, "target": 50, "duty": 7}},
               "taker": {"cold": {"supply": 30, "target": 70, "duty": 4}}}  # fmt: skip
    heating, cooling = {"gas": {"supply": 200, "price": 60}}, {"water": {"supply": 15}}
    plants = {
        "giver": {
            "heat": {"streams": streams["giver"], "cooling": cooling},
            "grid": {"connection": 20, "import_price": 100},
        },
        "taker": {"heat": {"streams": streams["taker"], "heating": heating}},
    }
    pipes = {"fixed_per_km": 1e8, "proportional_per_km": 1000, "maximum": 400, "maintenance": 0.02}
    loop = {
        "from": "giver",
        "to": "taker",
        "length": 2,
        "levels": levels,
        "investment": pipes,
        "heat_loss": 40,
        "forced": True,
    }
    result = ran(heat_park(plants, hot_water_loops={"loop": loop}), ladder=True)
    assert [item.component for item in result.design if item.built] == ["hot-water loop"]
    assert "hot-water loop" in HEAT
    assert today(result) == pytest.approx(HOURS * 4 * 60, rel=1e-6)
    assert result.objective.value is not None
    assert result.objective.value > RATE * 2 * 1e8
    assert result.baseline is not None
    assert pytest.approx(result.objective.value, rel=1e-3) == result.baseline.B1
