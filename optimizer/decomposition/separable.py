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

from ...problems.two_stage import RandomTerm, Recourse, TwoStageProblem
from ...problems.two_stage.problem import Booleans, Floats, Integers, RandomPart
from ...problems.two_stage.standard_form import RowKind, StandardRecourse
from .solved_scenarios import SolvedScenarios

COUPLED = 3  # pieces of several rows each, that a row must tie together to be left out
MOST_PARTS = 64  # beyond, the parts' masters would be larger than what is spared
NEGLIGIBLE = 1e-6  # share of the recourse that duals of rows left out may be worth


def separated(problem: TwoStageProblem, idle: Booleans) -> tuple[TwoStageProblem, ...]:
    """The parts of `problem`, whose recourse matrix is not random; `idle` (m2,) rows may be left out.

    The constant of the recourse is in the first part. One part, the problem itself, where nothing separates.
    """
    W: Any = sp.csr_array(problem.recourse.W)
    piece = _pieces(W, idle)
    row_piece, column_piece = piece[: W.shape[0]], piece[W.shape[0] :]
    parts = np.unique(row_piece[row_piece >= 0])
    if not 1 < len(parts) <= MOST_PARTS:
        return (problem,)
    column_piece = np.where(np.isin(column_piece, parts), column_piece, parts[0])  # columns in no row kept
    return tuple(
        _part(problem, np.flatnonzero(row_piece == part), np.flatnonzero(column_piece == part), k == 0)
        for k, part in enumerate(parts)
    )


def _pieces(W: Any, idle: Booleans) -> Integers:
    """(m2 + n2,) the piece of every row and column, -1 for rows left out: joined row by row, the longest last."""
    m, n = W.shape
    parent, rows = np.arange(n), np.zeros(n, np.int64)  # of every piece: its number of rows

    def root(j: int) -> int:
        while parent[j] != j:
            parent[j] = parent[parent[j]]
            j = int(parent[j])
        return j

    left_out = np.zeros(m, dtype=bool)
    for i in np.argsort(np.diff(W.indptr), kind="stable"):
        columns = W.indices[W.indptr[i] : W.indptr[i + 1]]
        roots = np.unique([root(int(j)) for j in columns])
        if not len(roots):
            left_out[i] = bool(idle[i])
            continue
        if idle[i] and (rows[roots] > 1).sum() >= COUPLED:
            left_out[i] = True
            continue
        parent[roots] = roots[0]
        rows[roots[0]] = rows[roots].sum() + 1
    column_piece = np.array([root(j) for j in range(n)], np.int64)
    row_piece = np.full(m, -1, np.int64)
    for i in np.flatnonzero(~left_out):
        entries = W.indices[W.indptr[i] : W.indptr[i + 1]]
        row_piece[i] = column_piece[entries[0]] if len(entries) else 0
    return np.concatenate([row_piece, column_piece])


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


def idle_rows(solved: SolvedScenarios, form: StandardRecourse, h: Floats) -> Booleans:
    """(m2,) the inequalities whose duals count nothing in the scenarios `solved`, right-hand sides `h` (N, M)."""
    idle = np.zeros(len(form.row_kind), dtype=bool)
    worth = np.abs(solved.dual).mean(axis=0) * np.maximum(np.abs(h).max(axis=0), 1.0)
    inequality = form.row_kind[form.kept] != RowKind.EQUAL
    idle[form.kept] = inequality & (worth <= NEGLIGIBLE * np.abs(solved.objective).mean())
    return idle
