"""The local search: products that hold, published optima from most random points, and when it gives up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loopwise.optimizer.bilinear.clock import Clock
from loopwise.optimizer.bilinear.from_pyomo import from_pyomo
from loopwise.optimizer.bilinear.local_search import LocalSearch
from loopwise.optimizer.bilinear.program import BilinearProgram, scaled
from loopwise.optimizer.bilinear.propagation import propagate
from loopwise.problems.case_file import load_case
from loopwise.problems.pooling import PoolingCase, pooling_model

_STARTS = 20


def library_program(name: str) -> BilinearProgram:
    case = load_case(name)
    assert isinstance(case, PoolingCase)
    program = from_pyomo(pooling_model(case)).program
    box = propagate(program, (program.lower, program.upper), rounds=20)
    assert box is not None
    return scaled(replace(program, lower=box[0], upper=box[1])).program


def ends(program: BilinearProgram, worth: float) -> list[np.ndarray | None]:
    random = np.random.default_rng(3)
    search = LocalSearch(program, Clock(np.inf))
    box = (program.lower, program.upper)
    starts = [
        program.complete(program.lower + random.random(program.columns) * (program.upper - program.lower))
        for _ in range(_STARTS)
    ]
    return [search.improve(x, box, worth=worth) for x in starts]


def test_most_random_points_lead_to_the_published_optimum() -> None:
    """-750: Haverly, ACM SIGMAP Bulletin 25 (1978) 19-28. It is the global optimum, so that nothing may pass it."""
    haverly = library_program("haverly3")
    found = [x for x in ends(haverly, np.inf) if x is not None]
    feasible = [x for x in found if haverly.violation(x) <= 1e-6]
    values = np.array([haverly.objective(x) for x in feasible])
    assert values.min() >= -750.0 - 1e-3
    assert np.sum(np.abs(values + 750.0) < 1e-3) > 0.7 * _STARTS


def test_what_cannot_beat_the_incumbent_is_given_up() -> None:
    """-549.803: Adhya, Tawarmalani and Sahinidis, Industrial & Engineering Chemistry Research 38 (1999) 1956-1972."""
    adhya = library_program("adhya2")
    assert sum(x is None for x in ends(adhya, -549.803 - adhya.constant)) > 0.7 * _STARTS
