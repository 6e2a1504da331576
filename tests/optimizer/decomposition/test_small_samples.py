"""First integers come from small samples that look like the whole one."""

from functools import partial

import numpy as np
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.optimizer.decomposition.master import Master
from loopwise.optimizer.decomposition.recourse import ExpectedRecourse
from loopwise.optimizer.decomposition.scenario_set import ScenarioSet
from loopwise.optimizer.decomposition.search import Search
from loopwise.optimizer.decomposition.small_samples import small_sample_integers, spread_samples
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.risk import EXPECTATION
from loopwise.optimizer.sample import Sample


def test_they_are_spread_over_the_costs() -> None:
    costs = np.random.default_rng(0).lognormal(sigma=1.0, size=600)
    samples = list(spread_samples(costs))
    assert [len(index) for index in samples] == [12, 12, 12]
    assert len(set(np.concatenate(samples))) == 36
    means = np.array([costs[index].mean() for index in samples])
    assert means == pytest.approx(np.full(3, costs.mean()), rel=0.25)  # 12 drawn at random: 38 % standard deviation
    assert [index.tolist() for index in spread_samples(np.array([2.0, 1.0]))] == [[1, 0]]


def test_all_scenarios_in_one_sample_have_the_integers_of_the_optimum() -> None:
    problem, count = park_design(1), 4
    draw = partial(Sample(count).draw, problem)
    scenarios = ScenarioSet(problem, draw, count)
    recourse = ExpectedRecourse(scenarios)
    search = Search(Master(problem, 1, EXPECTATION), recourse, EXPECTATION, 1e-4)
    (integers,) = small_sample_integers(search, scenarios, problem.first_stage.upper)
    best = solve_extensive_form(problem, draw(0, count), gap=1e-4)
    names = [problem.first_stage.names[j] for j in search.integer]
    fixed = dict(zip(names, integers.tolist(), strict=True))
    again = solve_extensive_form(problem, draw(0, count), gap=1e-6, fixed=fixed)
    assert again.objective == pytest.approx(best.objective, rel=2e-4)
