"""A batch of scenarios in the standard form: arrays for `RecourseLP`, and its answers in the problem's own terms.

Nothing here depends on x until `lanes(x)`, so that one batch serves every design. A lane is one component of one
scenario; the lanes of a block are ordered by scenario, then component.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .problem import Floats, RandomPart, Scenarios
from .standard_form import RowKind, StandardRecourse, is_random


@dataclass(frozen=True)
class Lanes:
    """Arguments of `RecourseLP.solve` for one block at one x: N scenarios x C components = L lanes.

    `h` (L, m); `q`, `upper` (L, n) and `W_values` (L, nnz) or None where the LP's own values hold.
    """

    h: Floats
    q: Floats | None
    upper: Floats
    W_values: Floats | None


@dataclass(frozen=True)
class RecourseData:
    """N scenarios of a `StandardRecourse`: right-hand sides and bounds at x = 0 and how they change with x.

    `h` (N, M); `cost`, `upper` (N or 1, n); `shift` (N or 1, n2); `offset` (N,) in the problem's sense;
    `W_values` (N, nnz), `T_values` (N, nnz of T), `slope_values` (N, nnz of upper_slope), each None where not random.
    """

    form: StandardRecourse
    probability: Floats
    h: Floats
    cost: Floats
    upper: Floats
    shift: Floats
    offset: Floats
    W_values: Floats | None
    T_values: Floats | None
    slope_values: Floats | None

    def __len__(self) -> int:
        return len(self.probability)

    def at(self, x: Floats) -> tuple[Floats, Floats]:
        """Right-hand side (N, M) and upper bounds (N, n) of the design `x` (n1,)."""
        h = self.h - _times(self.form.T, self.T_values, x)
        upper = self.upper + _times(self.form.upper_slope, self.slope_values, x)
        return h, np.broadcast_to(upper, (len(self), upper.shape[1]))

    def lanes(self, x: Floats) -> tuple[Lanes, ...]:
        """What each block's `RecourseLP.solve` takes for the design `x` (n1,)."""
        h, upper = self.at(x)
        result: list[Lanes] = []
        for block in self.form.blocks:
            count = len(self) * block.components
            q = self.cost[:, block.columns]
            same_cost = bool(np.all(q == block.cost))
            q = np.broadcast_to(q, (len(self), *block.columns.shape)).reshape(count, -1)
            values = None
            if block.random_matrix and self.W_values is not None:
                values = self.W_values[:, block.entries].reshape(count, -1)
            result.append(
                Lanes(
                    h[:, block.rows].reshape(count, -1),
                    None if same_cost else np.ascontiguousarray(q),
                    upper[:, block.columns].reshape(count, -1),
                    values,
                )
            )
        return tuple(result)

    def technology(self, block: int, component: int) -> tuple[sp.csc_array, Floats | None]:
        """T (m, n1) of one component and its values (N, nnz) in canonical CSC order, None where not random."""
        return _rows_of(self.form.T, self.T_values, self.form.blocks[block].rows[component])

    def upper_slope(self, block: int, component: int) -> tuple[sp.csc_array, Floats | None]:
        """d upper / d x (n, n1) of one component and its values (N, nnz), None where not random."""
        return _rows_of(self.form.upper_slope, self.slope_values, self.form.blocks[block].columns[component])

    def per_scenario(self, lane_values: Sequence[Floats]) -> Floats:
        """(N,) Q in the problem's sense from the (L,) objectives of each block; infeasible wins over unbounded."""
        total = np.zeros(len(self))
        infeasible = np.zeros(len(self), dtype=bool)
        for values in lane_values:
            parts = values.reshape(len(self), -1)
            infeasible |= np.isposinf(parts).any(axis=1)
            total += np.where(np.isposinf(parts), 0.0, parts).sum(axis=1)
        total[infeasible] = np.inf
        return self.form.sense * total + self.offset

    def primal(self, lane_values: Sequence[Floats]) -> Floats:
        """(N, n2) activities y from the (L, n) primal solutions of each block."""
        v = np.zeros((len(self), self.form.W.shape[1]))
        for block, values in zip(self.form.blocks, lane_values, strict=True):
            v[:, block.columns] = values.reshape(len(self), *block.columns.shape)
        return self.shift + self.form.sign * v[:, : len(self.form.sign)]

    def row_dual(self, dual: Sequence[Floats], reduced_cost: Sequence[Floats]) -> Floats:
        """(N, m2) derivative of Q by each row's right-hand side, from the (L, m) duals and (L, n) reduced costs.

        A capacity row's dual is the reduced cost of its activity where that is held at its upper bound.
        """
        form = self.form
        result = np.zeros((len(self), len(form.row_kind)))
        reduced = np.zeros((len(self), form.W.shape[1]))
        for block, d, r in zip(form.blocks, dual, reduced_cost, strict=True):
            result[:, form.kept[block.rows]] = d.reshape(len(self), *block.rows.shape)
            reduced[:, block.columns] = r.reshape(len(self), *block.columns.shape)
        result[:, form.capacity_row] = np.minimum(reduced[:, form.capacity_column], 0.0) / form.capacity_weight
        return form.sense * result


def recourse_data(form: StandardRecourse, scenarios: Scenarios) -> RecourseData:
    """The batch `scenarios` in standard form.

    Raises ValueError naming the scenario and the row or activity whose data are not finite.
    """
    problem, recourse = form.problem, form.problem.recourse
    count, n2, n = len(scenarios), len(recourse.names), form.W.shape[1]

    def values(part: RandomPart, nominal: Floats) -> Floats:
        """(N or 1, size) entries of one part."""
        if part not in problem.random:
            return nominal[None, :]
        filled = np.repeat(nominal[None, :], count, axis=0)
        filled[:, problem.random[part].index] = scenarios.parts[part]
        return filled

    row_lower, row_upper = values("row_lower", recourse.row_lower), values("row_upper", recourse.row_upper)
    lower, upper = values("lower", recourse.lower), values("upper", recourse.upper)
    cost = values("cost", recourse.cost)
    constant = values("constant", np.array([recourse.constant]))[:, 0]

    free = ~np.isfinite(form.lower[:n2])
    shift = np.where(free, 0.0, np.where(form.mirrored, upper, lower))
    _require_finite(shift, recourse.names, "bound", scenarios)

    below = form.row_kind[form.kept] == RowKind.GREATER
    h = np.where(below, row_lower[:, form.kept], row_upper[:, form.kept])
    _require_finite(h, [recourse.row_names[i] for i in form.kept], "right-hand side", scenarios)
    W_values: Floats | None = None
    if np.any(shift):
        structural = form.W[:, :n2] * form.sign  # y = shift + sign y': the shift meets the problem's own W
        random_entry = is_random(problem, "recourse", recourse.W.nnz)
        if random_entry.any():
            structural = structural.copy()
            source = form.W_source[: structural.nnz]
            structural.data = np.where(random_entry[source], 0.0, structural.data)
        h = h - (structural @ shift.T).T
    if "recourse" in problem.random:
        W_values = np.repeat(form.W.data[None, :], count, axis=0)
        position = np.full(recourse.W.nnz, -1)
        position[form.W_source[form.W_source >= 0]] = np.flatnonzero(form.W_source >= 0)
        index = problem.random["recourse"].index
        inside = position[index] >= 0
        target, entry = position[index][inside], scenarios.parts["recourse"][:, inside]
        columns = np.repeat(np.arange(n), np.diff(form.W.indptr))[target]
        W_values[:, target] = entry * form.sign[columns]
        to_row = sp.csr_array(
            (np.ones(len(target)), (form.W.indices[target], np.arange(len(target)))), (len(form.kept), len(target))
        )
        h = h - (to_row @ (entry * shift[:, columns]).T).T
    h = np.array(np.broadcast_to(h, (count, len(form.kept))))

    width = np.full((max(len(row_lower), len(row_upper)), len(form.slack_row)), np.inf)
    slack_source = form.kept[form.slack_row]
    ranges = np.flatnonzero(form.row_kind[slack_source] == RowKind.RANGE)
    width[:, ranges] = row_upper[:, slack_source[ranges]] - row_lower[:, slack_source[ranges]]
    own = np.where(form.mirrored | free, np.inf, upper - np.where(free, 0.0, lower))
    positive = form.capacity_weight > 0
    limit = np.where(positive, row_upper[:, form.capacity_row], row_lower[:, form.capacity_row]) / form.capacity_weight
    many = max(len(own), len(width), len(limit), len(shift))
    bound = np.empty((many, n))
    bound[:, :n2], bound[:, n2:] = own, width
    bound[:, form.capacity_column] = limit - shift[:, form.capacity_column]

    q = np.zeros((len(cost), n))
    q[:, :n2] = form.sense * cost * form.sign
    _require_finite(q[:, :n2], recourse.names, "cost", scenarios)
    offset = np.broadcast_to(constant + (cost * shift).sum(axis=1), (count,))

    T_values = slope_values = None
    if "technology" in problem.random:
        technology = values("technology", recourse.T.data)
        _require_finite(technology, [f"coefficient {k}" for k in range(recourse.T.nnz)], "technology matrix", scenarios)
        T_values = technology[:, form.T_source]
        weight = np.ones(n)
        weight[form.capacity_column] = form.capacity_weight
        slope_values = -technology[:, form.slope_source] / weight[form.upper_slope.indices]
    return RecourseData(
        form, scenarios.probability, h, q, bound, shift, offset, W_values, T_values, slope_values
    )  # fmt: skip


def _times(matrix: sp.csc_array, values: Floats | None, x: Floats) -> Floats:
    """(1 or N, rows) products of the matrix, or of its values (N, nnz) in each scenario, with x."""
    if values is None:
        return (matrix @ x)[None, :]
    columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    scattered = sp.csr_array((x[columns], (matrix.indices, np.arange(matrix.nnz))), shape=(matrix.shape[0], matrix.nnz))
    return np.asarray((scattered @ values.T).T)


def _rows_of(
    matrix: sp.csc_array, values: Floats | None, rows: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[sp.csc_array, Floats | None]:
    position = sp.csc_array((np.arange(1, matrix.nnz + 1), matrix.indices, matrix.indptr), shape=matrix.shape)
    position = sp.csc_array(position[rows, :])
    position.sort_indices()
    entry = position.data.astype(np.int64) - 1
    part = sp.csc_array((matrix.data[entry], position.indices, position.indptr), shape=position.shape)
    return part, None if values is None else values[:, entry]


def _require_finite(values: Floats, names: Sequence[str], what: str, scenarios: Scenarios) -> None:
    if not np.isfinite(values).all():
        k, j = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(f"scenario {scenarios.first + k}: {what} of {names[j]} is {values[k, j]}, it must be finite")
