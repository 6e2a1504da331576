"""Limits over scenarios: the optimum against a plain one, the operation by prices, the interval, the refusals."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyomo.environ as pyo
import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app
from loopwise.optimizer.decomposition import solve_benders
from loopwise.optimizer.design_solution import SolveStatus
from loopwise.optimizer.evaluation import Evaluator
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.limited_run import why_limits_fail
from loopwise.optimizer.operating_rule import RuledEvaluator, operating_rule
from loopwise.optimizer.statistics import Estimate
from loopwise.problems.case_file import library_cases
from loopwise.problems.errors import CaseError
from loopwise.problems.two_stage import Sense, TwoStageProblem
from loopwise.problems.two_stage.limits import Limit, Measure, limited
from loopwise.problems.uncertainty import Discrete, Uniform
from tests.optimizer.limited_cases import plain_optimum, reported_problem

COUNT = 8


def tightened(problem: TwoStageProblem, of: tuple[str, ...], measure: Measure, level: float) -> TwoStageProblem:
    """The problem with a limit half way between what it has without and the least it can have."""
    scenarios = problem.scenarios(0, COUNT, seed=1)
    free = solve_extensive_form(problem, scenarios, gap=1e-8)
    assert free.x is not None
    values = _amounts(problem, of, free.x)
    own = {"mean": values.mean(), "cvar": np.sort(values)[-2:].mean(), "probability": np.sort(values)[-1]}[measure]
    for share in (0.6, 0.3, 0.15, 0.05):
        bound = float(own - share * max(abs(own), 0.5))
        limit = Limit("tight", of, measure, bound, level)
        found = replace(problem, limits=(limit,))
        if np.isfinite(plain_optimum(found, scenarios)[0]):
            return found
    return replace(problem, limits=(Limit("tight", of, measure, float(own), level),))


def _amounts(problem: TwoStageProblem, of: tuple[str, ...], x: np.ndarray) -> np.ndarray:
    scenarios = problem.scenarios(0, COUNT, seed=1)
    done = Evaluator(problem).evaluate(x, scenarios)
    if not of:
        return -done.objective if problem.sense is Sense.MAXIMIZE else done.objective
    assert done.primal is not None
    return limited(problem, Limit("", of, "mean", 0.0), x, scenarios, done.primal)


@pytest.mark.parametrize("of", [("use",), ("use", "waste"), ()])
@pytest.mark.parametrize(("measure", "level"), [("mean", 0.0), ("cvar", 0.75), ("cvar", 0.0), ("probability", 0.25)])
@pytest.mark.parametrize(("seed", "integer"), [(0, False), (1, True)])
def test_the_optimum_is_the_plain_one_and_the_rule_operates_it(
    seed: int, integer: bool, measure: Measure, level: float, of: tuple[str, ...]
) -> None:
    """Minimised and maximised; a chance by trying every set of scenarios that may break it.

    Operated one by one at the limit's price, the same scenarios cost what they cost together, and keep the limit.
    """
    problem = tightened(reported_problem(seed, integer=integer), of, measure, level)
    scenarios = problem.scenarios(0, COUNT, seed=1)
    expected, _ = plain_optimum(problem, scenarios)
    assert np.isfinite(expected)
    found = solve_extensive_form(problem, scenarios, gap=1e-8)
    assert found.status is SolveStatus.OPTIMAL
    assert found.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert found.x is not None
    rule = operating_rule(problem, scenarios, found.x)
    assert (rule is None) == (of == ())
    done = (Evaluator(problem) if rule is None else RuledEvaluator(problem, rule)).evaluate(found.x, scenarios)
    assert done.objective.mean() == pytest.approx(expected, rel=2e-3, abs=2e-3)
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    values = sign * done.objective
    if of:
        assert done.primal is not None
        values = limited(problem, problem.limits[0], found.x, scenarios, done.primal)
    bound = problem.limits[0].bound + 1e-5 * max(1.0, abs(problem.limits[0].bound))
    if measure == "probability":
        assert (values > bound).mean() <= level + 1e-9
    else:
        worst = np.sort(values)[-2:] if level == 0.75 else values
        assert worst.mean() <= bound


def two_sources(count: int = 0) -> TwoStageProblem:
    """A demand of 1, 2, 3 or 4 from a cheap dirty source (1) or a dear clean one (3); "dirt": what the dirty gives."""
    m: Any = pyo.ConcreteModel(name="two sources")
    m.demand = pyo.Param(mutable=True, initialize=1.0)
    m.size = pyo.Var(bounds=(0, 5))
    m.dirty, m.clean = pyo.Var(bounds=(0, None)), pyo.Var(bounds=(0, None))
    m.capacity = pyo.Constraint(expr=m.dirty <= m.size)
    m.met = pyo.Constraint(expr=m.dirty + m.clean >= m.demand)
    m.cost = pyo.Objective(expr=0.1 * m.size + m.dirty + 3 * m.clean)
    demand = (
        Discrete(values=(1.0, 2.0, 3.0, 4.0), probabilities=(0.25,) * 4) if not count else Uniform(lower=0, upper=4)
    )
    problem = TwoStageProblem.from_pyomo(m, ["size"], {"demand": demand}, reports=[("dirt", "t/a", m.dirty)])
    assert problem.reports is not None
    return problem


def test_a_cap_on_the_mean_by_hand() -> None:
    """Mean demand 2.5, at most 1.5 of it dirty: the price is 2 less the saving of a smaller size, all futures tie.

    Any split with a mean of 1.5 costs 1.5 + 3 = 4.5; the smallest size that does it is 1.6667 = min(d, size) in the
    mean: (1 + 5 / 3 * 3) / 4 = 1.5, so 4.6667 in all.
    """
    problem = replace(two_sources(), limits=(Limit("cap", ("dirt",), "mean", 1.5),))
    scenarios = problem.all_scenarios()
    found = solve_extensive_form(problem, scenarios)
    assert found.objective == pytest.approx(4.5 + 0.1 * 5 / 3, rel=1e-9)
    assert found.x == pytest.approx([5 / 3])
    wide = np.array([5.0])  # nothing but the limit decides: every future is indifferent at its price of 2
    rule = operating_rule(problem, scenarios, wide)
    assert rule is not None
    assert rule.price["cap"] == pytest.approx(2.0)
    assert rule.lavish == pytest.approx(0.6, abs=1e-4)
    done = RuledEvaluator(problem, rule).evaluate(wide, scenarios)
    assert done.reports[:, 0] == pytest.approx([0.6, 1.2, 1.8, 2.4], abs=1e-3)
    assert done.objective == pytest.approx(0.5 + 3 * np.arange(1, 5) - 2 * done.reports[:, 0], abs=1e-5)


def test_a_chance_by_hand() -> None:
    """P(dirt above 1) at most a half: the two largest demands break it, keeping it would cost 2 (d - 1) = 2, 4, 6."""
    problem = replace(two_sources(), limits=(Limit("chance", ("dirt",), "probability", 1.0, 0.5),))
    scenarios = problem.all_scenarios()
    found = solve_extensive_form(problem, scenarios, gap=1e-9)
    assert found.objective == pytest.approx(0.1 * 4 + (1 + (1 + 3) + 3 + 4) / 4, rel=1e-9)
    rule = operating_rule(problem, scenarios, found.x)
    assert rule is not None
    assert rule.price["chance"] == pytest.approx(2.0, rel=1e-3)
    fresh = two_sources(1).realize(np.array([[0.5], [1.9], [2.1], [3.5]]), np.full(4, 0.25))
    dirt = RuledEvaluator(problem, rule).evaluate(np.array([5.0]), fresh).reports[:, 0]
    assert dirt == pytest.approx([0.5, 1.0, 2.1, 3.5], abs=1e-5)


def test_scenarios_that_cannot_be_are_neither_limited_nor_counted() -> None:
    problem = replace(two_sources(), limits=(Limit("chance", ("dirt",), "probability", 1.0, 0.0),))
    base = problem.all_scenarios()
    first = base.part(0, 1)
    with_zero = replace(base, probability=np.array([1.0, 0.0, 0.0, 0.0]))
    alone = solve_extensive_form(problem, replace(first, probability=np.ones(1)), gap=1e-9)
    assert solve_extensive_form(problem, with_zero, gap=1e-9).objective == pytest.approx(alone.objective)


def test_limits_that_cannot_be_kept_are_named() -> None:
    problem = replace(two_sources(), limits=(Limit("impossible", ("dirt",), "mean", -1.0, unit="t/a"),))
    found = solve_extensive_form(problem, problem.all_scenarios())
    assert found.status is SolveStatus.INFEASIBLE
    assert "limits.impossible" in found.conflict
    (why,) = why_limits_fail(problem, problem.all_scenarios())
    assert why == "limits.impossible: the mean of dirt is at least 0 t/a whatever is built, -1 are allowed"
    with pytest.raises(ValueError, match="cannot be kept with this design"):
        operating_rule(problem, problem.all_scenarios(), np.array([1.0]))


def test_a_chance_that_no_design_keeps_is_not_blamed_on_an_amount_without_a_bound() -> None:
    problem = replace(reported_problem(0), limits=(Limit("impossible", ("waste",), "probability", -1e3, 0.0),))
    with pytest.raises(CaseError) as caught:
        solve_extensive_form(problem, problem.scenarios(0, 4))
    (found,) = caught.value.problems
    assert found.place == "limits.impossible"
    assert found.message.startswith("no design was found that keeps the limits")


def test_benders_refuses_them_by_name() -> None:
    problem = replace(two_sources(), limits=(Limit("cap", ("dirt",), "mean", 1.5),))
    with pytest.raises(ValueError, match=r"\(cap\) couple them"):
        solve_benders(problem, problem.all_scenarios, 4)


def test_a_probability_has_the_interval_of_clopper_and_pearson() -> None:
    """10 of 100: 0.0490 to 0.1762 (Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E,
    method 5, is the same interval); none of 10: up to 1 - 0.025^(1/10)."""
    found = Estimate.of_probability(10, 100)
    assert (found.low, found.high) == pytest.approx((0.0490047, 0.1762226), abs=1e-6)
    assert Estimate.of_probability(0, 10).low == 0.0
    assert Estimate.of_probability(0, 10).high == pytest.approx(1 - 0.025**0.1)
    assert Estimate.of_probability(10, 10).low == pytest.approx(0.025**0.1)
    assert Estimate.of_probability(10, 10).high == 1.0


LIMITS = """
limits:
  well: {of: fresh water, mean: 155 kt/a}
  dry years: {of: [fresh water], above: 190000, probability: 20 %}
  bad years: {of: annual cost, cvar: 1.6 million USD/a, level: 90 %}
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    file = tmp_path / "case.yaml"
    file.write_text(library_cases()["single-plant"].text + LIMITS, encoding="utf-8")
    return file


def loopwise(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_a_park_keeps_its_limits_and_says_so(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = loopwise("optimize", str(case), "--scenarios", "300", "--sample", "30", "--out", str(out))
    assert run.exit_code == 0, run.output
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    well, dry, bad = result["limits"]
    assert (well["measure"], well["bound"], well["unit"]) == ("mean", 155_000.0, "t/a")
    assert well["planned"] == pytest.approx(155_000.0, rel=1e-4)
    assert well["price"] > 0.0
    assert well["achieved"]["low"] < 158_000.0
    assert abs(well["achieved"]["value"] - result["indicators"]["fresh_water_t_per_h"] * 7200) < 1.0
    assert dry["level"] == 0.2
    rows = pq.read_table(out / "scenarios.parquet")
    above = float((rows["fresh water"].to_numpy() > 190_000.2).mean())
    assert dry["achieved"]["value"] == pytest.approx(above)
    interval = Estimate.of_probability(round(300 * above), 300)
    assert (dry["achieved"]["low"], dry["achieved"]["high"]) == pytest.approx((interval.low, interval.high))
    assert bad["of"] == ["objective"]
    assert bad["achieved"]["value"] == pytest.approx(result["evaluation"]["cvar"]["0.9"])
    assert bad["verdict"] in ("kept", "open")
    assert bad["planned"] <= 1.6e6 * 1.001
    assert result["objective"]["value"] == pytest.approx(result["evaluation"]["mean"], rel=0.1)
    assert "limit well: mean at most 155,000 t/a" in run.output
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "dry years: fresh water above 190,000 t/a: in 20.00% of the futures at most" in page
    again = loopwise(
        "evaluate",
        str(case),
        "--design",
        str(out / "result.json"),
        "--scenarios",
        "30",
        "--out",
        str(tmp_path / "again"),
    )
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("of: fresh water", "of: fresh watr", "did you mean 'fresh water'"),
        ("155 kt/a", "155 MWh/a", "t/year or a unit that converts to it"),
        (", probability: 20 %", "", "say with what 'probability'"),
        ("mean: 155 kt/a", "mean: 1, cvar: 2", "expected exactly one of mean, cvar and above"),
        ("[fresh water]", "[fresh water, power import]", "adds up MWh/a and t/a"),
        ("mean: 155 kt/a", "above: 1, probability: 0.1", "operation can follow one chance limit"),
    ],
)
def test_wrong_limits_are_told_with_their_line(old: str, new: str, words: str, case: Path) -> None:
    text = case.read_text(encoding="utf-8")
    assert old in text
    case.write_text(text.replace(old, new), encoding="utf-8")
    run = loopwise("check", str(case))
    assert run.exit_code == 2
    assert "case.yaml:" in run.output
    assert words in " ".join(run.output.split())


@pytest.mark.parametrize(
    "options", [["--method", "benders"], ["--replications", "2"], ["--information"], ["--flexibility", "2"]]
)
def test_what_cannot_be_had_with_limits_is_refused_by_name(options: list[str], case: Path, tmp_path: Path) -> None:
    run = loopwise("optimize", str(case), *options, "--out", str(tmp_path / "out"))
    assert run.exit_code == 2
    assert options[0] in run.output
    assert "well, dry years, bad years" in run.output
    assert not (tmp_path / "out").exists()


def test_smps_has_no_place_for_them(case: Path, tmp_path: Path) -> None:
    run = loopwise("export", str(case), str(tmp_path / "case.cor"))
    assert run.exit_code == 2
    assert "no place for limits" in run.output
