"""Weighted sums over scenarios that do not depend on how the sample was cut into chunks.

Sums are formed over blocks of `BLOCK` scenarios, counted from scenario 0 of the whole sample, and blocks are added in
pairs along one fixed binary tree (`block_tree.py`), so that memory does not grow with the number of scenarios.

Cuts: with dual d and reduced costs r of scenario k at design x,

    Q_k(x') >= lower_bound_k + slope_k'(x' - x),     slope_k = -T_k'd + sum_j min(0, r_j) d upper_j / d x.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .arrays import Placed, namespace, to_host
from .batch import RecourseBatch, Status
from .block_tree import Place, insert, total
from .engine import Floats, Sparse
from .statistics import Statistics

BLOCK = 1024  # scenarios whose sums are formed at once, always at the same places of the sample


@dataclass(frozen=True)
class ScenarioMatrix:
    """A sparse matrix with some entries of each scenario's own: `matrix.data[index]` is `values[k]` in scenario k.

    `matrix` CSC in canonical order, `index` (e,), `values` (N, e); both empty where all scenarios share the matrix.
    """

    matrix: Sparse
    index: NDArray[np.int64]
    values: Floats

    @staticmethod
    def of(name: str, given: Any, rows: int, count: int, xp: Any = np) -> ScenarioMatrix | None:
        """Checked; a plain matrix becomes one that all scenarios share."""
        if given is None:
            return None
        if not isinstance(given, ScenarioMatrix):
            given = ScenarioMatrix(sp.csc_array(given), np.zeros(0, np.int64), xp.zeros((count, 0)))
        if given.matrix.shape[0] != rows or given.values.shape != (count, len(given.index)):
            raise ValueError(
                f"{name} has shape {given.matrix.shape} with values {given.values.shape}, expected {rows} rows and "
                f"values ({count}, {len(given.index)})"
            )
        if not (np.isfinite(given.matrix.data).all() and bool(xp.isfinite(given.values).all())):
            raise ValueError(f"{name} has entries that are NaN or infinite")
        return given

    def with_values(self, values: Any) -> ScenarioMatrix:
        """The same matrix with the values of other scenarios, on the host or a device."""
        other = replace(self, values=values)
        other.__dict__["placed"] = self.placed
        return other

    @cached_property
    def placed(self) -> tuple[Placed, Placed, Placed, Placed]:
        """Start of each column; of each entry its row, shared value, and which own value it has, or -1."""
        own = np.full(self.matrix.nnz, -1, np.int64)
        own[self.index] = np.arange(len(self.index))
        starts, rows = self.matrix.indptr.astype(np.int64), self.matrix.indices.astype(np.int64)
        return Placed(starts), Placed(rows), Placed(self.matrix.data.astype(np.float64)), Placed(own)

    def weighted(self, selector: Sparse, multipliers: Floats) -> Floats:
        """sum_k selector[b, k] * matrix_k' multipliers[k], (b, columns); multipliers (N, rows)."""
        shared = self.matrix.copy()
        shared.data[self.index] = 0.0
        result = (selector @ multipliers) @ shared
        if len(self.index):
            columns = np.repeat(np.arange(self.matrix.shape[1]), np.diff(self.matrix.indptr))[self.index]
            own = selector @ (multipliers[:, self.matrix.indices[self.index]] * self.values)
            place = sp.csr_array(
                (np.ones(len(columns)), (np.arange(len(columns)), columns)), shape=(len(columns), result.shape[1])
            )
            result = result + own @ place
        return np.asarray(result)


@dataclass(frozen=True)
class _Node:
    """Sums over the scenarios of one node of the tree; arrays have one row a group."""

    sums: Floats  # (groups, 4 + 2 n1): weight, value, tail weight, tail value, slopes, tail slopes
    moments: Floats  # (3,): weight, mean, sum of weighted squared deviations of the objective
    counts: NDArray[np.int64]  # (6,): scenarios, resolved exactly, infeasible, unbounded, failed, iterations
    bound: float  # weighted sum of the lower bounds
    first_infeasible: int  # -1 where there is none

    def plus(self, later: _Node) -> _Node:
        a, b = self.moments, later.moments
        weight = a[0] + b[0]
        share = b[0] / weight if weight else 0.0
        # Chan, Golub, LeVeque 1983, DOI 10.1080/00031305.1983.10483115; infinite means stay infinite
        difference = b[1] - a[1] if np.isfinite(a[1]) and np.isfinite(b[1]) else 0.0
        mean = a[1] + difference * share if np.isfinite(a[1]) and np.isfinite(b[1]) else a[1] + b[1]
        moments = np.array([weight, mean, a[2] + b[2] + difference**2 * a[0] * share])
        return _Node(
            self.sums + later.sums,
            moments,
            self.counts + later.counts,
            self.bound + later.bound,
            self.first_infeasible if self.first_infeasible >= 0 else later.first_infeasible,
        )


@dataclass(frozen=True)
class Expectation:
    """Sums over the scenarios seen so far; `merge` adds those of other chunks of the same sample.

    A cut of group g at the design x that `h` and `upper` were made for, valid for every x':
    sum_{k in g} weight_k Q_k(x') >= value[g] + slopes[g] @ (x' - x). See the module for CVaR's tail sums.
    """

    _nodes: dict[tuple[int, int], _Node]
    _slopes: int
    threshold: float | None
    distribution: Statistics | None

    def merge(self, other: Expectation) -> Expectation:
        """Sums over both; raises ValueError where they overlap or do not belong together."""
        if self.threshold != other.threshold or self._slopes != other._slopes:
            raise ValueError("these expectations were taken with different thresholds or designs")
        nodes = dict(self._nodes)
        for place, node in other._nodes.items():
            if next(iter(nodes.values())).sums.shape != node.sums.shape:
                raise ValueError("these expectations have different numbers of groups; pass group_count")
            insert(nodes, place, node)
        both = self.distribution is not None and other.distribution is not None
        distribution = self.distribution.merge(other.distribution) if both else None  # type: ignore[union-attr]
        return Expectation(nodes, self._slopes, self.threshold, distribution)

    @property
    def _total(self) -> _Node:
        return total(self._nodes)

    @property
    def weight(self) -> Floats:
        """(G,) sum of the weights of each group."""
        return self._total.sums[:, 0]

    @property
    def value(self) -> Floats:
        """(G,) weighted sum of the lower bounds of each group: the height of its cut at the current design."""
        return self._total.sums[:, 1]

    @property
    def slopes(self) -> Floats:
        """(G, n1) weighted sums of the cuts' slopes; (G, 0) without T and upper_slope."""
        return self._total.sums[:, 4 : 4 + self._slopes]

    @property
    def tail_weight(self) -> Floats:
        """(G,) weight of the scenarios whose lower bound exceeds the threshold t."""
        return self._total.sums[:, 2]

    @property
    def tail_value(self) -> Floats:
        """(G,) weighted sum of max(0, lower bound - t)."""
        return self._total.sums[:, 3]

    @property
    def tail_slopes(self) -> Floats:
        """(G, n1) weighted sums of slopes in the tail.

        sum_k weight_k max(0, Q_k(x') - t') >= tail_value + tail_slopes @ (x' - x) - tail_weight (t' - t).
        """
        return self._total.sums[:, 4 + self._slopes :]

    @property
    def mean(self) -> float:
        """Weighted mean of the objectives: +inf with an infeasible scenario, NaN with a failed one."""
        return float(self._total.moments[1])

    @property
    def variance(self) -> float:
        """Weighted (population) variance of the objectives; NaN where the mean is not finite."""
        weight, mean, squares = self._total.moments
        return float(squares / weight) if np.isfinite(mean) and weight else float("nan")

    @property
    def lower_bound(self) -> float:
        """Weighted sum of the lower bounds over all groups."""
        return float(self._total.bound)

    @property
    def scenarios(self) -> int:
        """Scenarios summed."""
        return int(self._total.counts[0])

    @property
    def resolved_exactly(self) -> int:
        """Scenarios that HiGHS decided."""
        return int(self._total.counts[1])

    @property
    def infeasible(self) -> int:
        """Infeasible scenarios; `first_infeasible` is the index of one, for a feasibility cut."""
        return int(self._total.counts[2])

    @property
    def unbounded(self) -> int:
        """Unbounded scenarios."""
        return int(self._total.counts[3])

    @property
    def failed(self) -> int:
        """Scenarios that neither the engine nor HiGHS decided."""
        return int(self._total.counts[4])

    @property
    def iterations(self) -> int:
        """Interior-point iterations of all scenarios together."""
        return int(self._total.counts[5])

    @property
    def first_infeasible(self) -> int | None:
        """Index of the first infeasible scenario in the sample."""
        index = self._total.first_infeasible
        return index if index >= 0 else None


def block_sums(
    batch: RecourseBatch,
    weights: Floats,
    groups: NDArray[np.int64],
    group_count: int,
    first: int,
    *,
    T: ScenarioMatrix | None,
    upper_slope: ScenarioMatrix | None,
    threshold: float | None,
    statistics: bool,
) -> Expectation:
    """Sums of one chunk that starts at scenario `first` of the sample, a multiple of BLOCK; formed where it is."""
    widths = {matrix.matrix.shape[1] for matrix in (T, upper_slope) if matrix is not None}
    if len(widths) > 1:
        raise ValueError("T and upper_slope must have the same number of columns, one per first-stage variable")
    width = widths.pop() if widths else 0
    on_host = namespace(batch.objective) is np
    sums_of = _host_sums if on_host else _device_sums
    nodes = sums_of(batch, weights, groups, group_count, first, T, upper_slope, width, threshold)
    distribution = Statistics.of(batch.objective, weights) if statistics else None
    return Expectation(nodes, width, threshold, distribution)


def _device_sums(
    batch: RecourseBatch, weights: Any, groups: Any, group_count: int, first: int, T: ScenarioMatrix | None,
    upper_slope: ScenarioMatrix | None, width: int, threshold: float | None,
) -> dict[Place, _Node]:  # fmt: skip
    """The nodes of a chunk: three transfers, however many scenarios it has."""
    from .gpu.sums import chunk_sums, folded

    xp = namespace(batch.objective)
    block_sums, block_moments, block_counts = chunk_sums(
        xp, batch, weights, groups, group_count, BLOCK, technology=T, upper_slope=upper_slope, width=width,
        threshold=threshold,
    )  # fmt: skip
    nodes: dict[Place, _Node] = {}
    for b, (moments, counts) in enumerate(zip(to_host(block_moments), to_host(block_counts), strict=True)):
        infeasible = int(counts[6])
        node = _Node(
            np.zeros(0), moments[:3], counts[:6], float(moments[3]), first + infeasible if infeasible >= 0 else -1
        )
        insert(nodes, (0, first // BLOCK + b), node)
    device = folded(first // BLOCK, block_sums)
    sums = to_host(xp.stack(list(device.values())))
    return {place: replace(nodes[place], sums=own) for place, own in zip(device, sums, strict=True)}


def _host_sums(
    batch: RecourseBatch, weights: Floats, groups: NDArray[np.int64], group_count: int, first: int,
    T: ScenarioMatrix | None, upper_slope: ScenarioMatrix | None, width: int, threshold: float | None,
) -> dict[Place, _Node]:  # fmt: skip
    count = len(batch)
    objective, bound, status = batch.objective, batch.lower_bound, batch.status
    blocks = max(1, -(-count // BLOCK))
    cell = np.arange(count) // BLOCK * group_count + groups
    sums = np.zeros((blocks * group_count, 4 + 2 * width))
    cut = (status == Status.OPTIMAL) | ((status == Status.FAILED) & np.isfinite(bound))
    tail = np.zeros(count, np.bool_) if threshold is None else bound > threshold

    def selector(included: Any) -> Sparse:
        order = np.argsort(cell[included], kind="stable")
        chosen = np.flatnonzero(included)[order]
        starts = np.searchsorted(cell[chosen], np.arange(blocks * group_count + 1))
        return sp.csr_array((weights[chosen], chosen, starts), shape=(blocks * group_count, count))

    def slopes(included: Any) -> Floats:
        chosen = selector(included)
        result = np.zeros((blocks * group_count, width))
        if T is not None:
            result -= T.weighted(chosen, dual)
        if upper_slope is not None:
            result += upper_slope.weighted(chosen, pull)
        return result

    everything = np.ones(count, np.bool_)
    sums[:, 0] = selector(everything) @ np.ones(count)
    sums[:, 1] = selector(everything) @ bound
    if threshold is not None:
        sums[:, 2] = selector(tail) @ np.ones(count)
        sums[:, 3] = selector(tail) @ np.where(tail, bound - threshold, 0.0)
    if width:
        dual, pull = batch.dual, np.minimum(batch.reduced_cost, 0.0)
        dual, pull = np.where(cut[:, None], dual, 0.0), np.where(cut[:, None], pull, 0.0)
        sums[:, 4 : 4 + width] = slopes(cut)
        if threshold is not None:
            sums[:, 4 + width :] = slopes(cut & tail)
    nodes: dict[tuple[int, int], _Node] = {}
    for b in range(blocks):
        part = slice(b * BLOCK, min((b + 1) * BLOCK, count))
        w, values = weights[part], objective[part]
        weight = w.sum()
        mean = (w @ values) / weight if weight else 0.0
        squares = w @ (values - mean) ** 2 if np.isfinite(mean) else 0.0
        infeasible = np.flatnonzero(status[part] == Status.INFEASIBLE)
        counts = [len(w), int(batch.resolved_exactly[part].sum())]
        counts += [int((status[part] == kind).sum()) for kind in (Status.INFEASIBLE, Status.UNBOUNDED, Status.FAILED)]
        counts.append(int(batch.iterations[part].sum()))
        node = _Node(
            sums[b * group_count : (b + 1) * group_count],
            np.array([weight, mean, squares]),
            np.array(counts, np.int64),
            float(w @ bound[part]),
            first + part.start + int(infeasible[0]) if len(infeasible) else -1,
        )
        insert(nodes, (0, first // BLOCK + b), node)
    return nodes
