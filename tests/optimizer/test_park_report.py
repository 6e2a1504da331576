"""What a park's report says in numbers agrees with its result."""

from pathlib import Path

import pytest

from loopwise.optimizer.options import Options
from loopwise.optimizer.outcome import Outcome
from loopwise.optimizer.park_costs import payback
from loopwise.optimizer.park_run import optimize
from loopwise.optimizer.progress import QuietProgress
from loopwise.problems import load_case
from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.case import ParkCase


def outcome_of(case: object) -> Outcome:
    assert isinstance(case, ParkCase)
    return optimize(case, Options(scenarios=60, sample=20), QuietProgress())


@pytest.fixture(scope="module")
def brewery() -> Outcome:
    return outcome_of(load_case("single-plant"))


def test_cost_lines_add_up_to_the_annual_cost(brewery: Outcome) -> None:
    table, result = brewery.report.cost_table, brewery.result
    assert table is not None
    assert result.evaluation is not None
    assert result.baseline is not None
    assert table.rows[-1][0] == "All"
    for column, total in ((1, result.baseline.B0), (2, result.evaluation.mean)):
        lines = [row[column] for row in table.rows[:-1]]
        assert sum(value for value in lines if isinstance(value, float)) == pytest.approx(total, abs=1.0)
        assert table.rows[-1][column] == pytest.approx(total, rel=1e-7)  # the kernel solves to 1e-8


def test_capital_is_the_annuity_of_what_is_built(brewery: Outcome) -> None:
    table = brewery.report.cost_table
    assert table is not None
    lives = {"reverse osmosis": 15.0, "photovoltaics": 25.0}
    due = sum(item.investment * capital_recovery_factor(0.08, lives[item.name]) for item in brewery.result.design)
    (capital,) = (row for row in table.rows if row[0] == "Capital of what is built")
    assert capital[1:3] == (0.0, pytest.approx(due))


def test_the_headline_says_what_is_saved_and_when_it_is_paid_back(brewery: Outcome) -> None:
    result = brewery.result
    assert result.baseline is not None
    assert result.evaluation is not None
    saved = result.baseline.B0 - result.evaluation.mean
    first, *others = brewery.report.headline
    assert f"{saved / result.baseline.B0:.1%}" in first
    assert any("paid back in" in line for line in others)
    assert brewery.report.headline[-1].startswith("No design is better")


@pytest.mark.parametrize(("saved", "years"), [((2.0, 3.0), 2.0), ((2.0, -2.0), None), ((-1.0,), None)])
def test_payback(saved: tuple[float, ...], years: float | None) -> None:
    assert payback(10.0, saved) == years


def test_shares_change_by_points_and_noise_by_nothing(brewery: Outcome) -> None:
    table = brewery.report.indicators
    assert table is not None
    rows = {str(row[0]): row for row in table.rows}
    (rate,) = (row for name, row in rows.items() if name.startswith("Reuse rate"))
    assert str(rate[3]).endswith("points")
    assert not any(str(row[3]).startswith(("+0.0%", "-0.0%")) or len(str(row[3])) > 12 for row in table.rows)


def test_assumptions_name_prices_and_what_is_uncertain(brewery: Outcome) -> None:
    prices, uncertain = brewery.report.assumption_tables
    assert ("fresh water well", 0.9, "USD/t", "assumed") in prices.rows
    assert ("bought power", 110.0, "USD/MWh", "assumed") in prices.rows
    assert [row[0] for row in uncertain.rows] == ["market", "power price"]


def test_a_case_without_options_claims_no_decision(tmp_path: Path) -> None:
    outcome = outcome_of(load_case("wang-smith"))
    assert outcome.report.headline == ("Fresh water: 90 t/h.", "No design is better: proved.")
    assert outcome.report.cost_table is None
    assert outcome.report.indicators is not None
    assert outcome.report.indicators.columns[0] == ""
