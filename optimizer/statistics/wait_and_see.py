"""The problem of one who knows the future: every decision is taken after the scenario is seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from ...problems.two_stage import FirstStage, RandomPart, RandomTerm, Recourse, TwoStageProblem
from ...problems.two_stage.problem import Integers


def wait_and_see_problem(problem: TwoStageProblem, weight: float = 1.0) -> TwoStageProblem:
    """The same problem with an empty first stage: its columns and rows stand in front of the recourse's.

    Integers are relaxed. `weight` multiplies the recourse's objective, for probabilities that do not sum to 1.
    """
    first, recourse = problem.first_stage, problem.recourse
    n1, m1 = len(first.names), len(first.row_names)
    A = sp.csc_array(first.A)
    A.sort_indices()
    # column by column the entries of A, then those of T, then W: explicit zeros keep their places
    of_A, of_T = np.repeat(np.arange(n1), np.diff(A.indptr)), np.repeat(np.arange(n1), np.diff(recourse.T.indptr))
    at_T = np.arange(recourse.T.nnz) + A.indptr[of_T + 1]
    at_A = np.arange(A.nnz) + recourse.T.indptr[of_A]
    data, indices = np.empty(A.nnz + recourse.T.nnz), np.empty(A.nnz + recourse.T.nnz, dtype=np.int64)
    data[at_A], indices[at_A] = A.data, A.indices
    data[at_T], indices[at_T] = recourse.T.data, recourse.T.indices + m1
    start = np.concatenate([A.indptr + recourse.T.indptr, recourse.W.indptr[1:] + len(data)])
    matrix = sp.csc_array(
        (np.concatenate([data, recourse.W.data]), np.concatenate([indices, recourse.W.indices + m1]), start),
        shape=(m1 + len(recourse.row_names), n1 + len(recourse.names)),
    )
    whole = Recourse(
        names=(*first.names, *recourse.names),
        cost=np.concatenate([first.cost, weight * recourse.cost]),
        lower=np.concatenate([first.lower, recourse.lower]),
        upper=np.concatenate([first.upper, recourse.upper]),
        W=matrix,
        T=sp.csc_array((matrix.shape[0], 0)),
        row_lower=np.concatenate([first.row_lower, recourse.row_lower]),
        row_upper=np.concatenate([first.row_upper, recourse.row_upper]),
        row_names=(*first.row_names, *recourse.row_names),
        constant=weight * recourse.constant,
    )
    random = _moved(problem.random, n1, m1, at_T, len(data), weight)
    nothing = FirstStage(
        names=(),
        cost=np.zeros(0),
        lower=np.zeros(0),
        upper=np.zeros(0),
        integer=np.zeros(0, dtype=np.bool_),
        A=sp.csr_array((0, 0)),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
        row_names=(),
        constant=first.constant,
    )
    return TwoStageProblem(problem.name, problem.sense, nothing, whole, problem.source, problem.monomials, random)


def _moved(
    random: Mapping[RandomPart, RandomTerm], n1: int, m1: int, at_T: Integers, before_W: int, weight: float
) -> dict[RandomPart, RandomTerm]:
    """The random entries at their new places."""
    shifts: dict[RandomPart, int] = {"cost": n1, "lower": n1, "upper": n1, "row_lower": m1, "row_upper": m1}
    moved: dict[RandomPart, RandomTerm] = {}
    matrices: list[RandomTerm] = []
    for part, term in random.items():
        if part == "technology":
            matrices.append(RandomTerm(at_T[term.index], term.offset, term.coefficients))
        elif part == "recourse":
            matrices.append(RandomTerm(term.index + before_W, term.offset, term.coefficients))
        else:
            by = weight if part in ("cost", "constant") else 1.0
            coefficients = sp.csr_array(term.coefficients * by)
            moved[part] = RandomTerm(term.index + shifts.get(part, 0), term.offset * by, coefficients)
    if matrices:
        moved["recourse"] = RandomTerm(
            np.concatenate([term.index for term in matrices]),
            np.concatenate([term.offset for term in matrices]),
            sp.csr_array(sp.vstack([term.coefficients for term in matrices])),
        )
    return moved
