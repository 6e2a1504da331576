"""The joint design against the park without heat integration and both orders of deciding, in the joint model."""

from dataclasses import replace

import pytest

from loopwise.optimizer import park_run
from loopwise.optimizer.execution import open_scheme
from loopwise.optimizer.options import Options
from loopwise.optimizer.park_ladder import HEAT, climb, ladder_headline, ladder_table
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.report import render_report
from loopwise.optimizer.two_stage_run import design_sample, find_design
from loopwise.problems import load_case
from loopwise.problems.park.problem import ParkProblem, park_problem

OPTIONS = Options(scenarios=2, evaluate=10, gap=1e-3, ladder=True)


@pytest.fixture(scope="module")
def park() -> ParkProblem:
    return park_problem(load_case("two-plants-heat"))


def test_the_joint_design_is_never_worse_and_adopts_what_is_better(park: ParkProblem) -> None:
    sample = design_sample(park.problem, OPTIONS)
    with open_scheme(OPTIONS) as scheme:
        joint = find_design(park.problem, sample, OPTIONS, QuietProgress(), scheme=scheme)
        assert joint.objective is not None
        poor = replace(joint, objective=10.0 * joint.objective, upper_bound=10.0 * joint.objective)
        best, ladder = climb(park, sample, OPTIONS, scheme, QuietProgress(), joint)
        adopted, _ = climb(park, sample, OPTIONS, scheme, QuietProgress(), poor)
    assert set(ladder) == {"B1", "B2", "B3"}
    costs = {name: found.objective for name, found in ladder.items()}
    assert all(cost is not None and cost >= joint.lower_bound * (1 - 1e-9) for cost in costs.values())
    assert best.objective is not None
    assert best.objective <= min(cost for cost in costs.values() if cost is not None)
    assert adopted.objective == min(cost for cost in costs.values() if cost is not None)
    assert adopted.lower_bound == joint.lower_bound
    columns = {name: k for k, name in enumerate(park.problem.first_stage.names)}
    without = ladder["B1"].x
    assert without is not None
    for asset in park.assets:
        if asset.build_column is not None and asset.component in HEAT:
            assert without[columns[asset.build_column]] < 1e-9
    # water alone builds the reclamation for a tower that the heat pump then leaves idle
    assert costs["B2"] > 1.002 * best.objective


def test_the_report_says_what_it_is_worth() -> None:
    outcome = park_run.optimize(load_case("two-plants-heat"), replace(OPTIONS, gap=5e-3), QuietProgress())
    assert outcome.result.baseline is not None
    assert outcome.result.baseline.B1 is not None
    lines = ladder_headline(outcome.result, "USD")
    assert lines[0].startswith("Heat integration is worth")
    assert lines[1].startswith("Deciding water and energy together is worth")
    assert all(line in outcome.report.headline for line in lines)
    baseline, mean = outcome.result.baseline, outcome.result.evaluation.mean
    share = (baseline.B1 - mean) / (baseline.B0 - mean)
    assert f"({share:.1%} of what the design saves)" in lines[0]
    nothing = outcome.result.model_copy(update={"baseline": baseline.model_copy(update={"B3": mean * (1 + 1e-9)})})
    assert "nothing that could be measured: energy before water" in ladder_headline(nothing, "USD")[1]
    table = outcome.report.comparison
    assert table is not None
    assert [row[1] for row in table.rows] == [baseline.B0, baseline.B1, baseline.B2, baseline.B3, mean]
    assert table.rows[1][2:] == (baseline.B1 - mean, f"{share:.1%}")
    page = render_report(outcome.result, outcome.report)
    assert page.index(table.title) < page.index("Where the cost comes from")
    plain = outcome.result.model_copy(
        update={"baseline": baseline.model_copy(update=dict.fromkeys(("B1", "B2", "B3")))}
    )
    assert ladder_table(plain) is None
