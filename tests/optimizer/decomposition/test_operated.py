"""Operating one design without what it closes, against the whole recourse and the extensive form."""

from functools import partial

import numpy as np
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.optimizer.decomposition.recourse import ExpectedRecourse
from loopwise.optimizer.decomposition.scenario_set import ScenarioSet
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.sample import Sample

COUNT = 8


@pytest.mark.parametrize("built", [0.0, 0.5, 1.0])
def test_the_same_value_from_a_smaller_program(built: float) -> None:
    problem = park_design(2)
    first, draw = problem.first_stage, partial(Sample(COUNT).draw, problem)
    on = np.random.default_rng(1).uniform(size=int(first.integer.sum())) < built
    names = [name for name, integer in zip(first.names, first.integer, strict=True) if integer]
    fixed = dict(zip(names, on.astype(float).tolist(), strict=True))
    design = solve_extensive_form(problem, draw(0, COUNT), gap=1e-7, fixed=fixed)
    assert design.x is not None
    assert design.objective is not None
    scenarios = ScenarioSet(problem, draw, COUNT)
    smaller = scenarios.operated(design.x)
    assert smaller.form.problem is problem
    sizes = [sum(b.W.shape[1] * b.components for b in s.form.blocks) for s in (smaller, scenarios)]
    assert sizes[0] < sizes[1] if built < 1.0 else sizes[0] <= sizes[1]
    whole = ExpectedRecourse(scenarios)
    value, operated = whole(design.x).values[0], whole.over(smaller)(design.x).values[0]
    assert operated == pytest.approx(value, rel=1e-7)
    certain = first.constant + float(first.cost @ design.x)
    assert certain + operated == pytest.approx(design.objective, rel=1e-6)
