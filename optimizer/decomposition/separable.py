"""A recourse in parts that nothing couples, once rows that never bind are left out.

Leaving out rows, as all that tie the periods of a year together, makes no recourse dearer: for every design and outcome

    Q(x, xi) >= sum over parts of Q_part(x, xi),

with equality where the rows left out do not bind. Any cells of the parts bound the sum, and with it Q: as many cells
tell far more futures apart, and each is a smaller program.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from ...kernels.parts import find_parts
from ...problems.two_stage import RandomTerm, Recourse, TwoStageProblem
from ...problems.two_stage.problem import Booleans, Floats, Integers, RandomPart
from ...problems.two_stage.standard_form import StandardRecourse
from .solved_scenarios import SolvedScenarios

MOST_PARTS = 64  # beyond, the parts' masters would be larger than what is spared
NEGLIGIBLE = 1e-6  # share of the recourse that duals of rows left out may be worth


def separated(problem: TwoStageProblem, left_out: Booleans) -> tuple[TwoStageProblem, ...]:
    """The parts of `problem` without the rows `left_out` (m2,); its recourse matrix must not be random.

    The constant of the recourse is in the first part. One part, the problem itself, where nothing separates.
    """
    kept: Any = sp.coo_array(sp.csr_array(problem.recourse.W)[np.flatnonzero(~left_out)])
    m, n = kept.shape
    edges = sp.coo_array((np.ones(kept.nnz), (kept.row, m + kept.col)), shape=(m + n, m + n))
    _, label = connected_components(edges, directed=False)
    parts = np.unique(label[:m])
    if not 1 < len(parts) <= MOST_PARTS:
        return (problem,)
    rows = np.full(len(left_out), -1)
    rows[~left_out] = label[:m]
    columns = np.where(np.isin(label[m:], parts), label[m:], parts[0])  # those in no row are in the first part
    return tuple(
        _part(problem, np.flatnonzero(rows == part), np.flatnonzero(columns == part), k == 0)
        for k, part in enumerate(parts)
    )


def _part(problem: TwoStageProblem, rows: Integers, columns: Integers, with_constant: bool) -> TwoStageProblem:
    own = problem.recourse
    W, T = (sp.csc_array(sp.csr_array(M)[rows]) for M in (own.W[:, columns], own.T))
    entries = np.zeros(own.T.nnz, dtype=bool)
    entries[np.isin(own.T.indices, rows)] = True
    for matrix in (W, T):
        matrix.sort_indices()
    recourse = Recourse(
        tuple(own.names[j] for j in columns), own.cost[columns], own.lower[columns], own.upper[columns], W, T,
        own.row_lower[rows], own.row_upper[rows], tuple(own.row_names[i] for i in rows),
        own.constant if with_constant else 0.0,
    )  # fmt: skip
    kept: dict[RandomPart, Integers] = {
        "cost": columns, "lower": columns, "upper": columns, "row_lower": rows, "row_upper": rows,
        "technology": np.flatnonzero(entries), "constant": np.arange(1 if with_constant else 0),
    }  # fmt: skip
    random: dict[RandomPart, RandomTerm] = {}
    for name, term in problem.random.items():
        chosen = np.flatnonzero(np.isin(term.index, kept[name]))
        if len(chosen):
            place = np.searchsorted(kept[name], term.index[chosen]).astype(np.int64)
            coefficients = sp.csr_array(term.coefficients[chosen])
            random[name] = RandomTerm(place, term.offset[chosen], coefficients)
    return replace(problem, recourse=recourse, random=random, reports=None)


def idle_links(solved: SolvedScenarios, form: StandardRecourse, h: Floats) -> Booleans:
    """(m2,) the rows that alone hold parts together, and whose duals count nothing in the scenarios `solved`.

    `h` (N, M): right-hand sides of these scenarios at the design that they are solved at.
    """
    worth = np.abs(solved.dual).mean(axis=0) * np.maximum(np.abs(h).max(axis=0), 1.0)
    idle = worth <= NEGLIGIBLE * np.abs(solved.objective).mean()
    links = np.zeros(len(form.kept), dtype=bool)
    for block in form.blocks:
        found = find_parts(block.W, block.cost, block.lower, block.upper)
        if found is not None:
            links[block.rows[:, found[0].rows]] = True
    left_out = np.zeros(len(form.row_kind), dtype=bool)
    left_out[form.kept] = links & idle
    return left_out
