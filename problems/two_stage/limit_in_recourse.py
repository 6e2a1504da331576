"""A limit over scenarios brought into each scenario's own recourse: a price on its amount, or a row that keeps it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from .limits import Limit
from .problem import Floats, Integers, RandomPart, RandomTerm, Recourse, Sense, TwoStageProblem


def with_price(problem: TwoStageProblem, limit: Limit, price: float) -> TwoStageProblem:
    """The problem whose recourse pays `price` for every unit of the limit's amount that the recourse brings.

    What the design and the constant bring is not in it: they change no operation.
    """
    recourse, reports = problem.recourse, problem.reports
    assert reports is not None
    worth = -price if problem.sense is Sense.MAXIMIZE else price
    rows = [reports.column(name) for name in limit.of]
    second = worth * np.asarray(reports.second[rows].sum(axis=0)).ravel()
    own = problem.random.get("cost")
    chosen = np.flatnonzero(np.isin(reports.random_row, rows))
    of_own = np.zeros(0, np.int64) if own is None else own.index
    columns = np.union1d(of_own, reports.random_column[chosen]).astype(np.int64)
    offset = recourse.cost[columns] + second[columns]
    coefficients = sp.csr_array((len(columns), len(problem.monomials)))
    if own is not None:
        place = np.searchsorted(columns, own.index)
        offset[place] = own.offset + second[own.index]
        coefficients = coefficients + _placed(place, len(columns)) @ own.coefficients
    if len(chosen):
        place = np.searchsorted(columns, reports.random_column[chosen])
        np.add.at(offset, place, worth * reports.random.offset[chosen])
        coefficients = coefficients + worth * (_placed(place, len(columns)) @ reports.random.coefficients[chosen])
    random: dict[RandomPart, RandomTerm] = dict(problem.random)
    if len(columns):
        random["cost"] = RandomTerm(columns, offset, sp.csr_array(coefficients))
    return replace(problem, recourse=replace(recourse, cost=recourse.cost + second), random=random)


def _placed(place: Integers, count: int) -> sp.csr_array:
    """(count, k) matrix that puts the k rows of another at `place`."""
    return sp.csr_array((np.ones(len(place)), (place, np.arange(len(place)))), shape=(count, len(place)))


def with_row(problem: TwoStageProblem, limit: Limit, bound: float, price: float | None) -> TwoStageProblem:
    """The problem with the row  A <= bound;  with a `price`, A - w <= bound and every w >= 0 of it paid."""
    recourse, reports = problem.recourse, problem.reports
    assert reports is not None
    rows = [reports.column(name) for name in limit.of]
    m, n = len(recourse.row_names), len(recourse.names)
    chosen = np.flatnonzero(np.isin(reports.random_row, rows))
    random_columns = np.unique(reports.random_column[chosen])
    second = np.asarray(reports.second[rows].sum(axis=0)).ravel()
    first = np.asarray(sp.csr_array(reports.first)[rows].sum(axis=0)).ravel()
    extra = 0 if price is None else 1
    second = np.pad(second, (0, n + extra - len(second)))
    if extra:
        second[-1] = -1.0
    filled = np.union1d(np.flatnonzero(second), random_columns).astype(np.int64)
    W, at_W, at_row = _below(recourse.W, n + extra, filled, second[filled])
    decided = np.flatnonzero(first).astype(np.int64)
    T, at_T, _ = _below(recourse.T, recourse.T.shape[1], decided, first[decided])
    constant = float(reports.constant[rows].sum())
    random: dict[RandomPart, RandomTerm] = dict(problem.random)
    if "technology" in random:
        random["technology"] = replace(random["technology"], index=at_T[random["technology"].index])
    matrix = [replace(random["recourse"], index=at_W[random["recourse"].index])] if "recourse" in random else []
    if len(chosen):
        place = np.searchsorted(random_columns, reports.random_column[chosen])
        offset = second[random_columns]
        np.add.at(offset, place, reports.random.offset[chosen])
        coefficients = _placed(place, len(random_columns)) @ reports.random.coefficients[chosen]
        index = at_row[np.searchsorted(filled, random_columns)]
        matrix.append(RandomTerm(index, offset, sp.csr_array(coefficients)))
    if matrix:
        random["recourse"] = _joined(matrix)
    moving = np.flatnonzero(np.isin(reports.random_constant.index, rows))
    if len(moving):
        certain = [row for row in rows if row not in set(reports.random_constant.index[moving].tolist())]
        offset = bound - float(reports.constant[certain].sum()) - float(reports.random_constant.offset[moving].sum())
        coefficients = -sp.csr_array(reports.random_constant.coefficients)[moving].sum(axis=0)
        own = RandomTerm(np.array([m]), np.array([offset]), sp.csr_array(np.atleast_2d(np.asarray(coefficients))))
        random["row_upper"] = _joined([random["row_upper"], own] if "row_upper" in random else [own])
    changed = Recourse(
        names=(*recourse.names, *([f"excess {limit.name}"] * extra)),
        cost=np.append(recourse.cost, [_worth(problem, price)] * extra),
        lower=np.append(recourse.lower, [0.0] * extra),
        upper=np.append(recourse.upper, [np.inf] * extra),
        W=W,
        T=T,
        row_lower=np.append(recourse.row_lower, -np.inf),
        row_upper=np.append(recourse.row_upper, bound - constant),
        row_names=(*recourse.row_names, f"limits.{limit.name}"),
        constant=recourse.constant,
    )
    wider = sp.csr_array((reports.second.data, reports.second.indices, reports.second.indptr),
                         shape=(len(reports.names), n + extra))  # fmt: skip
    return replace(problem, recourse=changed, random=random, reports=replace(reports, second=wider))


def _worth(problem: TwoStageProblem, price: float | None) -> float:
    return 0.0 if price is None else -price if problem.sense is Sense.MAXIMIZE else price


def _joined(terms: list[RandomTerm]) -> RandomTerm:
    return RandomTerm(
        np.concatenate([term.index for term in terms]),
        np.concatenate([term.offset for term in terms]),
        sp.csr_array(sp.vstack([term.coefficients for term in terms])),
    )


def _below(
    matrix: sp.csc_array, width: int, columns: Integers, entries: Floats
) -> tuple[sp.csc_array, Integers, Integers]:
    """The matrix, `width` columns wide, with one more row of `entries` at `columns`.

    Also where its entries are now, and where those of the row are.
    """
    rows, old = matrix.shape[0], matrix.nnz
    row_index = np.concatenate([matrix.indices, np.full(len(columns), rows)])
    column_index = np.concatenate([np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr)), columns])
    order = np.lexsort((row_index, column_index))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    start = np.concatenate([[0], np.cumsum(np.bincount(column_index, minlength=width))])
    data = np.concatenate([matrix.data, entries])[order]
    made = sp.csc_array((data, row_index[order], start), shape=(rows + 1, width))
    return made, place[:old], place[old:]
