"""Recourse LPs of two-stage problems as arrays, at the first stage that is best for the nominal scenario."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.optimize
import scipy.sparse as sp
from numpy.typing import NDArray

from loopwise.kernels import RecourseLP
from loopwise.problems.case_file import load_case
from loopwise.problems.park.problem import park_problem
from loopwise.problems.smps import read_smps
from loopwise.problems.two_stage import TwoStageProblem, recourse_data, standard_recourse

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RecourseCase:
    """An LP and N scenarios of it: what `RecourseLP.solve` takes."""

    lp: RecourseLP
    h: Floats
    q: Floats | None = None
    upper: Floats | None = None
    W_values: Floats | None = None


def mean_value_design(problem: TwoStageProblem) -> Floats:
    """First stage of the problem at the nominal values of everything random, integrality left out."""
    first, second = problem.first_stage, problem.recourse
    blocks = [sp.hstack([second.T, second.W])]
    low, high = second.row_lower, second.row_upper
    if first.A.shape[0]:
        blocks.insert(0, sp.hstack([first.A, sp.csr_array((first.A.shape[0], second.W.shape[1]))]))
        low, high = np.concatenate((first.row_lower, low)), np.concatenate((first.row_upper, high))
    A = sp.csr_array(sp.vstack(blocks))
    equal = low == high
    above, below = np.isfinite(high) & ~equal, np.isfinite(low) & ~equal
    sign = 1.0 if problem.sense == "minimize" else -1.0
    result = scipy.optimize.linprog(
        sign * np.concatenate((first.cost, second.cost)),
        A_ub=sp.vstack([A[above], -A[below]]),
        b_ub=np.concatenate((high[above], -low[below])),
        A_eq=A[equal],
        b_eq=low[equal],
        bounds=np.column_stack(
            (np.concatenate((first.lower, second.lower)), np.concatenate((first.upper, second.upper)))
        ),
        method="highs",
    )
    if result.status != 0:
        raise ValueError(f"the nominal problem of {problem.name} has no optimum: {result.message}")
    return result.x[: len(first.cost)]


def recourse_cases(problem: TwoStageProblem, count: int, *, separated: bool, seed: int = 0) -> list[RecourseCase]:
    """About `count` scenarios of every block of the recourse; one single block where not `separated`."""
    x = mean_value_design(problem)
    size = problem.source.size
    scenarios = (
        problem.all_scenarios() if size is not None and size <= count else problem.scenarios(0, count, seed=seed)
    )
    form = standard_recourse(problem, separated=separated)
    return [
        RecourseCase(
            RecourseLP(block.W, block.cost, block.upper, lower=block.lower),
            lanes.h,
            lanes.q,
            lanes.upper,
            lanes.W_values,
        )
        for block, lanes in zip(form.blocks, recourse_data(form, scenarios).lanes(x), strict=True)
    ]


def smps_cases(core: Path, count: int, *, stoch: Path | None = None, separated: bool = False) -> list[RecourseCase]:
    """The recourse of an SMPS case."""
    return recourse_cases(read_smps(core, stoch=stoch).problem, count, separated=separated)


def library_case(name: str, count: int) -> RecourseCase:
    """The recourse of a park of the library."""
    return recourse_cases(park_problem(load_case(name)).problem, count, separated=False)[0]
