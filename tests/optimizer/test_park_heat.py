"""What a park's report shows of heat, on the library's two plants: curves, who heats whom, headers, indicators."""

import pytest

from loopwise.optimizer import park_run
from loopwise.optimizer.options import Options
from loopwise.optimizer.outcome import Outcome
from loopwise.optimizer.park_heat import site_mains, site_problem
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.report import render_report
from loopwise.problems import load_case
from loopwise.problems.heat import problem_table
from loopwise.problems.heat.total_site import total_site_targets
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.problem import park_problem


@pytest.fixture(scope="module")
def case() -> ParkCase:
    found = load_case("two-plants-heat")
    assert isinstance(found, ParkCase)
    return found


@pytest.fixture(scope="module")
def outcome(case: ParkCase) -> Outcome:
    return park_run.optimize(case, Options(scenarios=8, evaluate=20, gap=1e-2), QuietProgress())


def test_the_report_shows_the_curves_of_pinch_analysis(outcome: Outcome) -> None:
    titles = [picture.title for picture in outcome.report.pictures]
    assert titles == [
        "Composite curves: Chemical works",
        "Composite curves: Dye house",
        "Grand composite curves",
        "Total site profiles",
        "Load-duration: steam from boilers",
        "Load-duration: bought power",
    ]
    page = render_report(outcome.result, outcome.report)
    assert "Steam balance of every header" in page
    assert "pinch target" in page


def test_heat_into_the_picture_is_heat_out_of_it(outcome: Outcome) -> None:
    """Pumps and loops pass on what they take (the loop loses a little on its way); every other place is an end."""
    picture = next(flow for flow in outcome.report.flows if flow.title == "Heat")
    for lines in (picture.before, picture.after):
        places = {line.source for line in lines} & {line.target for line in lines}
        for place in places:
            arriving = sum(line.value for line in lines if line.target == place)
            leaving = sum(line.value for line in lines if line.source == place)
            assert leaving <= arriving + 1e-6
            assert leaving >= arriving - 0.1
    assert any("90/60" in line.source or "70/40" in line.source for line in picture.after)


def test_indicators_count_what_is_recovered(case: ParkCase, outcome: Outcome) -> None:
    found = outcome.result.indicators
    site = site_problem(park_problem(case))
    possible = sum(problem_table(site.of_plant(plant)).heat_recovery for plant in site.plants)
    assert found["heat_recovered_mw"] is not None
    assert 0.5 * possible < found["heat_recovered_mw"] < 1.25 * possible
    assert found["heat_kept_in_loop"] is not None
    assert 0.0 < found["heat_kept_in_loop"] < 1.0
    assert outcome.result.baseline is not None
    assert outcome.result.baseline.B0 is not None
    assert outcome.result.evaluation is not None
    assert outcome.result.evaluation.mean is not None
    assert outcome.result.evaluation.mean < 0.7 * outcome.result.baseline.B0


def test_the_report_says_where_exergy_is_destroyed(outcome: Outcome) -> None:
    """The units add up to the total, and none creates any."""
    table = next(table for table in outcome.report.tables if table.title.startswith("Where exergy is destroyed"))
    assert table.columns == ("unit", "", "today", "with the design", "share")
    *units, total = table.rows
    for column in (2, 3):
        values = [row[column] for row in units]
        assert min(values) >= 0.0
        assert sum(values) == pytest.approx(total[column], rel=1e-6)
    assert units[0][1] in {"boiler", "heating"}  # fires destroy most, today


def test_recompressed_vapour_is_no_daring_heat_pump(outcome: Outcome) -> None:
    """It boils at 141 degC without a refrigerant."""
    assert not any("on the market" in note for note in outcome.report.notes)


def test_site_mains_are_the_parks_own_steam_and_loops(case: ParkCase, outcome: Outcome) -> None:
    """Steam of 10 barg boils at 184 degC; both levels of the loop; the target lies between plants alone and direct."""
    park = park_problem(case)
    mains = site_mains(park)
    assert [main.name for main in mains] == ["steam of 184 °C", "water 90/60 °C", "water 70/40 °C"]
    assert [main.boiler for main in mains] == [True, False, False]
    targets = total_site_targets(site_problem(park), mains)
    assert targets.direct - 1e-6 < targets.hot_utility < targets.without_mains - 0.1
    picture = next(picture for picture in outcome.report.pictures if picture.title == "Total site profiles")
    assert f"all can reach {targets.hot_utility:.3g} MW" in picture.explanation
