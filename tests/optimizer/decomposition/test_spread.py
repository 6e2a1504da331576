"""Benders on worker processes: the same search, bit for bit, whoever computes the scenarios."""

import os
import pickle
import signal
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import psutil
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.cluster import Chunk, ClusterError, Scheme, Serial
from loopwise.optimizer.decomposition import scenario_set, solve_benders
from loopwise.optimizer.decomposition.chunk_recourse import RecourseError
from loopwise.optimizer.design_solution import DesignSolution, SolveStatus
from loopwise.optimizer.execution import open_scheme
from loopwise.optimizer.options import Options
from loopwise.optimizer.risk import EXPECTATION, Risk
from loopwise.optimizer.sample import Sample
from loopwise.problems.two_stage import TwoStageProblem
from tests.two_stage_cases import random_problem


class Counting:
    """Another scheme, of which every result is counted, and something done after some of them."""

    def __init__(self, scheme: Scheme, *, after: int | None = None, act: Any = None) -> None:
        self.inner, self.results, self.rounds, self.after, self.act = scheme, 0, 0, after, act

    @property
    def workers(self) -> int:
        return self.inner.workers

    def run(self, work: Any, arguments: Any, chunks: Iterable[Chunk]) -> Any:
        self.rounds += 1
        for found in self.inner.run(work, arguments, chunks):
            self.results += 1
            if self.results == self.after:
                self.act()
            yield found


@pytest.fixture(autouse=True)
def _many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_set, "SMALLEST_NUMBERS", 4_000)


def solved(problem: TwoStageProblem, scheme: Scheme, risk: Risk = EXPECTATION, count: int = 200) -> DesignSolution:
    draw = partial(Sample(count, 5).draw, problem)
    return solve_benders(problem, draw, count, gap=1e-4, risk=risk, scheme=scheme)


def same(found: DesignSolution, expected: DesignSolution) -> None:
    assert expected.x is not None
    assert found.status is expected.status is SolveStatus.OPTIMAL
    assert found.objective == pytest.approx(expected.objective, rel=1e-12)
    assert found.lower_bound == pytest.approx(expected.lower_bound, rel=1e-12)
    np.testing.assert_allclose(found.x, expected.x, rtol=1e-12, atol=1e-12)
    assert [row[1:] for row in found.history] == [row[1:] for row in expected.history], "the same way, too"


@pytest.mark.parametrize("workers", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_workers_do_not_change_the_search(workers: int) -> None:
    """A park with binaries, and a small problem whose CVaR needs every scenario's value."""
    asked = [(park_design(1), EXPECTATION), (random_problem(3, integer=True), Risk(0.5, 0.5, 0.9))]
    with open_scheme(Options(workers=workers)) as scheme:
        for problem, risk in asked:
            counted = Counting(scheme)
            same(solved(problem, counted, risk), solved(problem, Serial(), risk))
            chunks = len(scenario_set.ScenarioSet(problem, partial(Sample(200).draw, problem), 200).chunks)
            assert chunks >= 4
            assert counted.results == counted.rounds * chunks, "every chunk once in every iteration"


@pytest.mark.slow
def test_a_killed_worker_does_not_change_the_search() -> None:
    problem = park_design(1)

    def kill() -> None:
        workers = [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
        os.kill(next(p.pid for p in workers if not p.children()), signal.SIGKILL)

    with open_scheme(Options(workers=2)) as scheme:
        counted = Counting(scheme, after=9, act=kill)
        same(solved(problem, counted), solved(problem, Serial()))


def test_a_lost_cluster_keeps_the_incumbent() -> None:
    def lose() -> None:
        raise ClusterError("the scheduler is gone")

    problem = park_design(1)
    found = solved(problem, Counting(Serial(), after=60, act=lose))
    assert found.status is SolveStatus.INTERRUPTED
    assert found.x is not None
    assert found.lower_bound <= found.objective
    with pytest.raises(ClusterError, match="the scheduler is gone"):
        solved(problem, Counting(Serial(), after=1, act=lose))


def test_errors_travel() -> None:
    there = pickle.loads(pickle.dumps(RecourseError("scenario 3 is unbounded", unbounded=True)))
    assert (str(there), there.unbounded) == ("scenario 3 is unbounded", True)
