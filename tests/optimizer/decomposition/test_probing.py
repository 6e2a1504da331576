"""Sides of columns that probing leaves out hold nothing better than the best design."""

from functools import partial
from itertools import product

import numpy as np
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.optimizer.decomposition.core_point import core_point
from loopwise.optimizer.decomposition.master import Master
from loopwise.optimizer.decomposition.probing import probe
from loopwise.optimizer.decomposition.recourse import ExpectedRecourse
from loopwise.optimizer.decomposition.rounding import Rounding
from loopwise.optimizer.decomposition.scenario_set import ScenarioSet
from loopwise.optimizer.decomposition.search import Search
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.risk import EXPECTATION
from loopwise.optimizer.sample import Sample
from loopwise.problems.two_stage import Sense, TwoStageProblem
from tests.two_stage_cases import random_problem

COUNT = 6


def probed(problem: TwoStageProblem) -> Search:
    recourse = ExpectedRecourse(ScenarioSet(problem, partial(Sample(COUNT).draw, problem), COUNT), groups=COUNT)
    search = Search(Master(problem, COUNT, EXPECTATION), recourse, EXPECTATION, 1e-3)
    search.core = core_point(problem.first_stage)
    root = search.relax(1e-4, whole=True)
    assert root.x is not None
    Rounding(search).root(root.x)
    probe(search, root.x, root.bound)
    return search


@pytest.mark.parametrize("seed", range(12))
def test_nothing_better_is_left_out(seed: int) -> None:
    problem = random_problem(seed, integer=True)
    search, first = probed(problem), problem.first_stage
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    scenarios = problem.scenarios(0, COUNT)
    for values in product(*(range(int(first.lower[j]), int(first.upper[j]) + 1) for j in search.integer)):
        given = np.array(values, dtype=float)
        left_out = (given < search.master.lower[search.integer]) | (given > search.master.upper[search.integer])
        if not left_out.any():
            continue
        fixed = {first.names[j]: float(v) for j, v in zip(search.integer, given, strict=True)}
        best = solve_extensive_form(problem, scenarios, gap=1e-7, fixed=fixed)
        if best.objective is not None:
            assert sign * best.objective >= search.excluded - 1e-6 * abs(search.excluded)


def test_it_settles_columns_of_the_synthetic_park() -> None:
    search = probed(park_design(2))
    settled = search.master.lower[search.integer] == search.master.upper[search.integer]
    assert settled.any()
