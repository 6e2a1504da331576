"""`RecourseLP`: one LP, prepared once, solved for any number of right-hand sides, costs, bounds and coefficients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .arrays import Placed, namespace, own_rows, to_host
from .batch import RecourseBatch, Status, concatenated
from .certificates import Certifier
from .checks import canonical, check_finite, check_problem, scenario_array
from .engine import Engine, Floats, Sparse
from .exact import ExactSolver
from .expectation import BLOCK, Expectation, ScenarioMatrix, block_sums
from .find_start import found_start, mean_program
from .gpu.staging import chunk_size, staged
from .parts import find_parts
from .resolve import resolve
from .selection import choose, iterate
from .separated import Separated
from .standard_form import Standardizer
from .start import Start

MAX_ITERATIONS = 100
CHUNK_BYTES = 1 << 27  # working memory that one chunk of scenarios may take on the host
PROVED_GAP = 2.0  # largest gap in tolerances; the objective reported, its middle, is then off by one at most
OBJECTIVE_FLOOR = 1e-6  # share of the terms that an objective sums, below which it is measured against them


@dataclass(frozen=True)
class _Shape:
    """What depends on which upper bounds are finite and on whether each scenario has its own W."""

    standardizer: Standardizer
    certifier: Certifier


class RecourseLP:
    """min q'y  s.t.  W y = h,  lower <= y <= upper, for batches of scenarios.

    `W` (m, n) SciPy sparse; `q` (n,); `upper`, `lower` (n,) or numbers, +inf and -inf allowed. float64 throughout.
    Analysed once, cached, and picklable (a worker prepares its own copy). Redundant and empty rows, empty, fixed and
    free columns are all allowed; `upper` = 0 for what is not built is an ordinary case.

    Raises ValueError naming every entry that is NaN, of the wrong shape or infinite where that makes no sense.
    """

    def __init__(self, W: Any, q: Any, upper: Any, *, lower: Any = 0.0) -> None:
        self.W: Sparse = canonical(W)
        n = self.W.shape[1]
        self.q: Floats = np.array(q, dtype=np.float64)
        self.upper: Floats = np.array(np.broadcast_to(upper, n) if np.ndim(upper) == 0 else upper, dtype=np.float64)
        self.lower: Floats = np.array(np.broadcast_to(lower, n) if np.ndim(lower) == 0 else lower, dtype=np.float64)
        check_problem(self.W, self.q, self.lower, self.upper)
        for values in (self.q, self.upper, self.lower, self.W.data):
            values.flags.writeable = False
        self._place = {"q": Placed(self.q), "upper": Placed(self.upper), "lower": Placed(self.lower)}
        self._shapes: dict[tuple[bytes, bool], _Shape] = {}
        self._exact: ExactSolver | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "apart"} | {"_shapes": {}, "_exact": None}

    def solve(
        self,
        h: Any,
        q: Any = None,
        upper: Any = None,
        W_values: Any = None,
        *,
        engine: Engine | str = Engine.AUTO,
        tolerance: float = 1e-8,
        max_iterations: int = MAX_ITERATIONS,
        primal: bool = False,
        absolute: float = 0.0,
        start: Start | None = None,
    ) -> RecourseBatch:
        """Solve N scenarios; NumPy in, NumPy out, CuPy in, CuPy out on the same device.

        `h` (N, m) or (m,), which is N = 1. `q`, `upper` (n,) or (N, n), default those of the LP; `W_values` (N, nnz) in
        the order of `self.W.data`, default the same W for all. `tolerance`: relative duality gap and residuals; a
        certified gap of `absolute` is enough too, which spares scenarios of cost 0 an exact solution.
        `start`: where all scenarios start (`RecourseLP.start`): the same results, often sooner.
        What misses it is solved again by HiGHS and marked `resolved_exactly`; only infeasible, unbounded or failed
        scenarios have no finite objective.

        Raises ValueError on wrong shapes and on NaN or infinite data, naming the scenario, or where the engine is not
        available, saying why; TypeError where NumPy and CuPy arrays are mixed.
        """
        xp, *arrays = self._arrays(h, q, upper, W_values)
        choice, count = choose(engine, xp), len(arrays[0])
        parts: list[RecourseBatch] = []
        for _, device, chunk in self._chunks(xp, choice, count, arrays):
            batch = self._solve(
                device,
                choice,
                *chunk,
                tolerance=tolerance,
                max_iterations=max_iterations,
                primal=primal,
                absolute=absolute,
                start=start,
            )
            parts.append(batch if device is xp else batch.on_host())
        return (parts[0] if len(parts) == 1 else concatenated(xp, parts)).frozen()

    def start(
        self,
        h: Any,
        q: Any = None,
        upper: Any = None,
        W_values: Any = None,
        *,
        engine: Engine | str = Engine.AUTO,
        tolerance: float = 1e-8,
    ) -> Start | None:
        """Where scenarios start best that are like the few given ones (NumPy arrays as for `solve`; 32 are enough).

        Points of the central path of their mean are tried on them; None where none spares iterations. It costs as much
        as some 300 scenarios and, the first time, an analysis by the reference engine: worth it for 10,000s.
        None also for a program that is taken apart (`parts.py`).
        """
        xp, *data = self._arrays(h, q, upper, W_values)
        if xp is not np:
            raise TypeError("the examples that a start is made from must be NumPy arrays; use cupy.asnumpy")
        if not len(data[0]) or self.apart is not None:
            return None
        mean = mean_program(data)
        standardizer = self._shape(np.isfinite(mean[2]).ravel(), W_values is not None).standardizer

        def iterations(start: Start | None) -> Any:
            batch = self.solve(*data, engine=engine, tolerance=tolerance, start=start)
            return np.where(batch.resolved_exactly, 2.0 * MAX_ITERATIONS, batch.iterations)

        return found_start(standardizer, standardizer.standardize(np, *mean).batch, iterations)

    def _chunks(
        self, xp: Any, engine: Engine, count: int, arrays: list[Any]
    ) -> Iterator[tuple[slice, Any, tuple[Any, ...]]]:
        """(scenarios, namespace, their h, q, upper, W_values) where the engine works, in chunks that fit there."""
        m, n = self.W.shape
        own = sum(a.shape[1] for a in arrays if a is not None and a.ndim == 2)
        size = chunk_size(8 * (4 * m + 8 * n + own + 1)) if engine is Engine.GPU else self._chunk()
        parts = [slice(first, min(first + size, count)) for first in range(0, max(1, count), size)]
        if engine is Engine.GPU and xp is np:
            yield from staged(parts, arrays)
        else:
            for part in parts:
                yield part, xp, own_rows(part, *arrays)

    def expectation(
        self,
        h: Any,
        weights: Any = None,
        groups: Any = None,
        *,
        T: Any = None,
        upper: Any = None,
        upper_slope: Any = None,
        threshold: float | None = None,
        q: Any = None,
        W_values: Any = None,
        group_count: int | None = None,
        first: int = 0,
        statistics: bool = False,
        engine: Engine | str = Engine.AUTO,
        tolerance: float = 1e-8,
        max_iterations: int = MAX_ITERATIONS,
        start: Start | None = None,
    ) -> Expectation:
        """Weighted sums over N scenarios: all that a cut, a bound or a CVaR needs, and nothing a scenario long.

        `h` (N, m) are the right-hand sides h(xi) - T(xi) x and `upper` the bounds u(x, xi) at the current design x.
        `weights` (N,), default 1 / N; `groups` (N,) integers in 0 .. group_count - 1, default one group.
        `T` (m, n1) and `upper_slope` = d upper / d x (n, n1): sparse, or a `ScenarioMatrix` where they vary.
        `threshold`: also sum what exceeds it, for CVaR cuts. `statistics`: also keep the distribution of objectives.
        `first`: index of the first scenario in the whole sample, a multiple of `BLOCK`; results of different chunks
        merge (`Expectation.merge`) to the same bits however the sample was cut. `start`: as for `solve`.
        """
        own = [a.values for a in (T, upper_slope) if isinstance(a, ScenarioMatrix)]
        xp, *arrays = self._arrays(h, q, upper, W_values, weights, groups, *own)
        count = len(arrays[0])
        if first % BLOCK:
            raise ValueError(f"first = {first} must be a multiple of {BLOCK}: sums are formed over blocks of that many")
        weights = xp.full(count, 1.0 / max(count, 1)) if weights is None else xp.asarray(weights, dtype=np.float64)
        groups = xp.zeros(count, np.int64) if groups is None else xp.asarray(groups)
        group_count = (int(groups.max()) if count else 0) + 1 if group_count is None else group_count
        if weights.shape != (count,) or groups.shape != (count,):
            raise ValueError(f"weights and groups must have shape ({count},), got {weights.shape} and {groups.shape}")
        check_finite(xp, {"weights": weights[:, None]}, 0)
        if count and (groups.dtype.kind not in "iu" or int(groups.min()) < 0 or int(groups.max()) >= group_count):
            raise ValueError(f"groups must be integers in 0 .. {group_count - 1}")
        matrices = [
            ScenarioMatrix.of("T", T, self.W.shape[0], count, xp),
            ScenarioMatrix.of("upper_slope", upper_slope, self.W.shape[1], count, xp),
        ]
        choice = choose(engine, xp)
        arrays += [weights[:, None], groups.astype(np.int64)[:, None]] + [m and m.values for m in matrices]
        total: Expectation | None = None
        for part, device, chunk in self._chunks(xp, choice, count, arrays):
            *data, weight, group, own_T, own_slope = chunk
            batch = self._solve(device, choice, *data, tolerance=tolerance, max_iterations=max_iterations, start=start)
            parts = [m and m.with_values(own) for m, own in zip(matrices, (own_T, own_slope), strict=True)]
            sums = block_sums(
                batch, weight[:, 0], group[:, 0], group_count, first + part.start, T=parts[0], upper_slope=parts[1],
                threshold=threshold, statistics=statistics,
            )  # fmt: skip
            total = sums if total is None else total.merge(sums)
        assert total is not None
        return total

    def _arrays(self, h: Any, q: Any, upper: Any, W_values: Any, *others: Any) -> tuple[Any, Any, Any, Any, Any]:
        """Their namespace, and checked: h (N, m), q and upper (n,) or (N, n), W_values (N, nnz) or None."""
        xp = namespace(h, q, upper, W_values, *others)
        m, n = self.W.shape
        h = xp.asarray(h, dtype=np.float64)
        h = scenario_array(xp, "h", h[None] if h.ndim == 1 else h, None, m, shared=False)
        own = {"q": q, "upper": upper}
        q, upper = (
            self._place[name].on(xp) if a is None else scenario_array(xp, name, a, len(h), n, shared=True)
            for name, a in own.items()
        )
        if W_values is not None:
            W_values = scenario_array(xp, "W_values", W_values, len(h), self.W.nnz, shared=False)
        check_finite(xp, {"h": h, "q": q, "upper": upper, "W_values": W_values}, 0)
        if xp is np:  # on a device asking would cost a synchronization
            q, upper = _shared(q), _shared(upper)
        return xp, h, q, upper, W_values

    def _chunk(self) -> int:
        """Scenarios solved at once on the host, a multiple of BLOCK."""
        m, n = self.W.shape
        return BLOCK * max(1, CHUNK_BYTES // (8 * (4 * m + 8 * n + 1)) // BLOCK)

    def _shape(self, upper_finite: Any, own_values: bool) -> _Shape:
        key = (upper_finite.tobytes(), own_values)
        if key not in self._shapes:
            self._shapes[key] = _Shape(
                Standardizer(self.W, self.lower, upper_finite, own_values=own_values),
                Certifier(self.W, self.q, self.lower, upper_finite),
            )
        return self._shapes[key]

    def _solve(
        self, xp: Any, engine: Engine, h: Any, q: Any, upper: Any, W_values: Any, *,
        tolerance: float, max_iterations: int, primal: bool = False, absolute: float = 0.0,
        start: Start | None = None,
    ) -> RecourseBatch:  # fmt: skip
        """One chunk; part by part where the program has parts, and as a whole what these do not decide."""
        limits: dict[str, Any] = {"tolerance": tolerance, "max_iterations": max_iterations}
        whole: dict[str, Any] = limits | {"primal": primal, "absolute": absolute, "start": start}
        apart = self.apart
        if apart is None or not len(h):
            return self._solve_kinds(xp, engine, h, q, upper, W_values, **whole)
        separated, programs = apart

        def solve_part(k: int, *data: Any) -> RecourseBatch:
            own = data if xp is not np else (data[0], _shared(data[1]), _shared(data[2]), data[3])
            return programs[k]._solve_kinds(xp, engine, *own, **limits, primal=True, absolute=0.0, start=None)

        batch, decided = separated.solve(xp, solve_part, h, q, upper, W_values, primal=primal)
        with np.errstate(invalid="ignore"):  # of undecided scenarios
            gap = batch.objective - batch.lower_bound  # of parts of both signs more than the sum can bear
        decided &= xp.abs(gap) <= xp.maximum(absolute, PROVED_GAP * tolerance * xp.abs(batch.objective))
        left = xp.flatnonzero(~decided)
        if len(left):
            rows = own_rows(left, h, q, upper, W_values)
            batch.put(left, self._solve_kinds(xp, engine, *rows, **whole))
        return batch

    @cached_property
    def apart(self) -> tuple[Separated, tuple[RecourseLP, ...]] | None:
        """How the program is taken apart, and its parts, which are not taken apart again."""
        found = find_parts(self.W, self.q, self.lower, self.upper)
        if found is None:
            return None
        links, parts = found
        programs: list[RecourseLP] = []
        for part in parts:
            columns = part.columns[0]
            programs.append(RecourseLP(part.W, self.q[columns], self.upper[columns], lower=self.lower[columns]))
        return Separated(self.W, links, parts), tuple(programs)

    def _solve_kinds(
        self, xp: Any, engine: Engine, h: Any, q: Any, upper: Any, W_values: Any, *,
        tolerance: float, max_iterations: int, primal: bool, absolute: float, start: Start | None,
    ) -> RecourseBatch:  # fmt: skip
        """Scenarios whose finite upper bounds differ are solved in groups of one kind each."""
        finite = xp.isfinite(upper)
        if finite.ndim == 1 or bool((finite == finite[:1]).all()):
            shape = self._shape(to_host(finite if finite.ndim == 1 else finite[0]), W_values is not None)
            data = (h, q, upper, W_values)
            return self._solve_shape(xp, shape, engine, *data, tolerance, max_iterations, primal, absolute, start)
        finite = to_host(finite)  # the host tells the kinds apart
        kinds, kind = np.unique(finite, axis=0, return_inverse=True)
        order = np.argsort(kind.ravel(), kind="stable")
        parts = []
        for k in range(len(kinds)):
            part = own_rows(xp.asarray(np.flatnonzero(kind.ravel() == k)), h, q, upper, W_values)
            solved = self._solve_kinds(
                xp, engine, *part, tolerance=tolerance, max_iterations=max_iterations, primal=primal, absolute=absolute,
                start=start,
            )  # fmt: skip
            parts.append(solved)
        return concatenated(xp, parts).reordered(xp.asarray(np.argsort(order)))

    def _solve_shape(
        self, xp: Any, shape: _Shape, engine: Engine, h: Any, q: Any, upper: Any, W_values: Any,
        tolerance: float, max_iterations: int, primal: bool, absolute: float, start: Start | None,
    ) -> RecourseBatch:  # fmt: skip
        with np.errstate(invalid="ignore", over="ignore"):  # what did not converge may hold anything
            standard = shape.standardizer.standardize(xp, h, q, upper, W_values)
            given = (
                standard.batch if start is None else replace(standard.batch, start=shape.standardizer.start(xp, start))
            )
            iterates = iterate(engine, shape.standardizer.form, given, tolerance, max_iterations, primal)
            dual = shape.standardizer.dual(xp, iterates)
            objective = iterates.objective + standard.constant
            certificate = shape.certifier.certify(xp, dual, h, q, upper, W_values, compiled=engine is Engine.CPU)
            gap = xp.abs(objective - certificate.lower_bound)
            proved = iterates.converged & standard.consistent & xp.isfinite(gap)
            proved &= ~(upper < self._place["lower"].on(xp)).any(axis=-1)
            close = gap <= xp.maximum(absolute, PROVED_GAP * tolerance * xp.abs(objective))
            if not bool(close.all()):  # an objective that nearly cancels is measured against its terms
                terms = xp.abs(certificate.dual * h).sum(axis=1) + xp.abs(standard.constant)
                terms = xp.maximum(terms, _size(xp, standard.batch))  # where all of them vanish
                close |= gap <= PROVED_GAP * tolerance * OBJECTIVE_FLOOR * terms
            proved &= close
        batch = RecourseBatch(
            objective=0.5 * (objective + certificate.lower_bound),
            lower_bound=certificate.lower_bound,
            dual=certificate.dual,
            reduced_cost=certificate.reduced_cost,
            status=xp.full(len(h), Status.OPTIMAL, dtype=np.int8),
            resolved_exactly=~proved,
            iterations=iterates.iterations,
            primal_residual=iterates.primal_residual,
            primal=shape.standardizer.primal(xp, iterates, q, upper) if primal else None,
        )
        undecided = xp.flatnonzero(~proved)
        if len(undecided) and start is not None:  # too far from where they started: once more, from Mehrotra's point
            h_, q_, upper_, values_ = own_rows(undecided, h, q, upper, W_values)
            again = self._solve_shape(
                xp, shape, engine, h_, q_, upper_, values_, tolerance, max_iterations, primal, absolute, None
            )
            again.iterations[:] += batch.iterations[undecided]
            batch.put(undecided, again)
        elif len(undecided):
            self._resolve(xp, shape.certifier, batch, undecided, h, q, upper, W_values)
        return batch

    def _resolve(
        self, xp: Any, certifier: Certifier, batch: RecourseBatch, rows: Any, h: Any, q: Any, upper: Any, W_values: Any
    ) -> None:
        """Let HiGHS decide the scenarios `rows`; of a batch on a device, only they come to the host and go back."""
        if self._exact is None:
            self._exact = ExactSolver(self.W, self.q, self.lower, self.upper)
        resolve(self._exact, xp, certifier, batch, rows, h, q, upper, W_values)


def _size(xp: Any, batch: Any) -> Any:
    """max|h| max|q| in the standard form, (N,): what the engines measure an objective near zero against."""
    if not (batch.h.shape[1] and batch.q.shape[-1]):
        return xp.zeros(len(batch.h))
    return xp.abs(batch.h).max(axis=1) * xp.abs(batch.q).max(axis=-1)


def _shared(values: Floats) -> Floats:
    """The row (n,) that all scenarios (N, n) have, which is then read only once; all rows where they differ."""
    one = values.ndim == 2 and len(values) > 0 and bool((values[-1] == values[0]).all() and (values == values[0]).all())
    return values[0] if one else values
