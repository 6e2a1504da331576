"""What row duals prove: reduced costs and lower bounds, and the repair of duals that an infinite bound spoils.

For any dual d, with r = q - W'd,

    min { q'y : W y = h, lower <= y <= upper }  >=  d'h + sum_j min(r_j lower_j, r_j upper_j),

which is -inf as soon as one r_j points to an infinite bound. Duals with r >= rho > 0 on all columns unbounded above
(and <= -rho on those unbounded below) form an open set; with one fixed d0 of it, (1 - share) d + share d0 is feasible
for a share of the size of the violation, and since the bound is concave in d it loses at most share x (bound(d) -
bound(d0)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from . import cpu
from .arrays import Placed, PlacedMatrix, largest
from .engine import Booleans, Floats, Sparse
from .highs import linear_program, quiet_highs

ROUNDING = 1e-12  # a reduced cost below this share of the terms that it is the difference of is zero


@dataclass(frozen=True)
class Certificate:
    """Row duals (N, m), possibly repaired, and what they prove: reduced costs (N, n) and lower bounds (N,)."""

    dual: Any
    reduced_cost: Any
    lower_bound: Any


class Certifier:
    """Certificates of one LP for one choice of finite upper bounds."""

    def __init__(self, W: Sparse, q: Floats, lower: Floats, upper_finite: Booleans) -> None:
        lower_finite = np.isfinite(lower)
        self._W, self._lower_bounds = W, lower
        self._above = np.flatnonzero(~upper_finite)  # must have r >= 0
        self._below = np.flatnonzero(~lower_finite)  # must have r <= 0
        self._free = np.intersect1d(self._above, self._below)
        self._upper = np.flatnonzero(upper_finite)
        self._lower = np.flatnonzero(lower_finite & (lower != 0.0))
        self._q = q
        indices = {
            "upper": self._upper,
            "has_lower": self._lower,
            "above": self._above,
            "below": self._below,
            "free": self._free,
            "only_above": np.setdiff1d(self._above, self._free),
            "only_below": np.setdiff1d(self._below, self._free),
        }
        columns = np.repeat(np.arange(W.shape[1]), np.diff(W.indptr))
        entry = np.zeros(W.shape[1])
        np.maximum.at(entry, columns, np.abs(W.data))
        size = 1.0 / np.where(entry > 0.0, entry, 1.0)
        self._place = {
            "rows": Placed(W.indices.astype(np.int64)),
            "lower": Placed(lower[self._lower]),
            "size_above": Placed(size[self._above]),
            "size_below": Placed(size[self._below]),
        } | {name: Placed(of) for name, of in indices.items()}
        sum_columns = sp.csr_array((np.ones(W.nnz), (np.arange(W.nnz), columns)), shape=(W.nnz, W.shape[1]))
        self._matrix = {name: PlacedMatrix(M) for name, M in (("W", W), ("absolute", abs(W)), ("columns", sum_columns))}
        self._repair: tuple[Placed | None, PlacedMatrix] | None = None

    def reduced_cost(self, xp: Any, dual: Any, q: Any, W_values: Any) -> Any:
        """q - W'dual, (N, n)."""
        if W_values is None:
            return q - self._matrix["W"].after(xp, dual)
        return q - self._matrix["columns"].after(xp, W_values * dual[:, self._place["rows"].on(xp)])

    def bound(self, xp: Any, dual: Any, reduced_cost: Any, h: Any, upper: Any) -> Any:
        """Lower bounds (N,), reduced costs that point to infinite bounds left out."""
        result = (dual * h).sum(axis=1)
        if len(self._upper):
            columns = self._place["upper"].on(xp)
            pull = xp.ascontiguousarray(xp.minimum(reduced_cost[:, columns], 0.0) * upper[..., columns])
            result += pull.sum(axis=1)  # by row, whatever N is
        if len(self._lower):
            columns = self._place["has_lower"].on(xp)
            push = xp.maximum(reduced_cost[:, columns], 0.0) * self._place["lower"].on(xp)
            result += xp.ascontiguousarray(push).sum(axis=1)
        return result

    def violated(self, xp: Any, reduced_cost: Any, allowed: Any = 0.0) -> Any:
        """(N,) bool: a reduced cost points to an infinite bound by more than `allowed`, a number or (N, n)."""
        result = xp.zeros(len(reduced_cost), dtype=bool)
        for name, sign in (("above", -1.0), ("below", 1.0)):
            columns = self._place[name].on(xp)
            if len(columns):
                limit = allowed if isinstance(allowed, float) else allowed[:, columns]
                result |= (sign * reduced_cost[:, columns] > limit).any(axis=1)
        return result

    def certify(
        self, xp: Any, dual: Any, h: Any, q: Any, upper: Any, W_values: Any, *, compiled: bool = False
    ) -> Certificate:
        """Bounds of N duals, repaired where needed; -inf where no repair was found.

        `compiled`: by the CPU engine's module (NumPy arrays only), many times faster and the same but for rounding.
        """
        if compiled:
            reduced_cost, lower_bound, wrong = cpu.certify(self._W, self._lower_bounds, dual, h, q, upper, W_values)
        else:
            reduced_cost = self.reduced_cost(xp, dual, q, W_values)
            lower_bound = self.bound(xp, dual, reduced_cost, h, upper)
            wrong = self.violated(xp, reduced_cost)
        spoiled = xp.flatnonzero(wrong)
        if len(spoiled):
            q_, upper_ = (a if a.ndim == 1 else a[spoiled] for a in (q, upper))
            W_ = None if W_values is None else W_values[spoiled]
            d, r, sound = self._repaired(xp, dual[spoiled], reduced_cost[spoiled], q_, W_)
            dual[spoiled], reduced_cost[spoiled] = d, r
            bound = self.bound(xp, d, r, h[spoiled], upper_) - self._rounded_off(xp, r, h[spoiled])
            lower_bound[spoiled] = xp.where(sound, bound, -np.inf)
        return Certificate(dual, reduced_cost, lower_bound)

    def _rounded_off(self, xp: Any, reduced_cost: Any, h: Any) -> Any:
        """(N,): what reduced costs that are zero but for rounding may cost, at the activity that max|h| could need."""
        place = {name: placed.on(xp) for name, placed in self._place.items()}
        wrong = (xp.maximum(-reduced_cost[:, place["above"]], 0.0) * place["size_above"]).sum(axis=1)
        wrong += (xp.maximum(reduced_cost[:, place["below"]], 0.0) * place["size_below"]).sum(axis=1)
        return wrong * largest(xp, xp.abs(h))

    def rounding(self, xp: Any, dual: Any, q: Any, W_values: Any) -> Any:
        """(N, n): what a reduced cost may be off by in floating point."""
        if W_values is None:
            terms = self._matrix["absolute"].after(xp, xp.abs(dual))
        else:
            products = xp.abs(W_values * dual[:, self._place["rows"].on(xp)])
            terms = self._matrix["columns"].after(xp, products)
        return ROUNDING * (terms + xp.abs(q)) + 0.1 * ROUNDING * largest(xp, xp.abs(dual))[:, None]

    def _repaired(self, xp: Any, dual: Any, reduced_cost: Any, q: Any, W_values: Any) -> tuple[Any, Any, Any]:
        if self._repair is None:
            self._repair = (self._interior_dual(), PlacedMatrix(self._free_correction()))
        interior, correction = self._repair
        if len(self._free) and W_values is None:
            dual = dual + correction.after(xp, reduced_cost[:, self._place["free"].on(xp)])
            reduced_cost = self.reduced_cost(xp, dual, q, W_values)
        if interior is not None:
            d0 = interior.on(xp)
            r0 = self.reduced_cost(xp, xp.broadcast_to(d0, dual.shape), q, W_values)
            share = xp.zeros(len(dual))
            for name, sign in (("only_above", -1.0), ("only_below", 1.0)):
                columns = self._place[name].on(xp)
                if len(columns):
                    wrong = xp.maximum(sign * reduced_cost[:, columns], 0.0)
                    room = xp.maximum(-sign * r0[:, columns], 0.0)
                    needed = xp.where(wrong > 0.0, wrong / xp.where(wrong > 0.0, wrong + room, 1.0), 0.0)
                    share = xp.maximum(share, needed.max(axis=1))
            share = xp.minimum(1.0, share * (1.0 + 1e-9))[:, None]
            dual = (1.0 - share) * dual + share * d0
            reduced_cost = self.reduced_cost(xp, dual, q, W_values)
        return dual, reduced_cost, ~self.violated(xp, reduced_cost, self.rounding(xp, dual, q, W_values))

    def _free_correction(self) -> Floats:
        """(free, m): adding reduced_cost[free] @ this to a dual makes W'dual = q on the free columns."""
        return np.asarray(np.linalg.pinv(self._W[:, self._free].toarray())) if len(self._free) else np.zeros((0, 0))

    def _interior_dual(self) -> Placed | None:
        """A dual strictly feasible on every column with an infinite bound, or None where there is none.

        max t  s.t.  W_j'd + t size_j <= q_j (unbounded above),  W_j'd - t size_j >= q_j (below),  = q_j (free),  t <= 1
        """
        m, n = self._W.shape
        size = np.maximum(np.abs(self._q), np.abs(self._q).mean() + 1e-300)
        columns = np.union1d(self._above, self._below)
        free = np.isin(columns, self._free)
        above = np.isin(columns, self._above) & ~free
        margin = np.where(free, 0.0, np.where(above, size[columns], -size[columns]))
        A = sp.csc_array(sp.hstack((self._W[:, columns].T, sp.csc_array(margin[:, None]))))
        bounds = np.append(np.full(m, -np.inf), 0.0), np.append(np.full(m, np.inf), 1.0)
        rows = np.where(above, -np.inf, self._q[columns]), np.where(above | free, self._q[columns], np.inf)
        lp = linear_program(np.append(np.zeros(m), 1.0), bounds, A, rows)
        lp.sense_ = highspy.ObjSense.kMaximize
        highs = quiet_highs()
        highs.passModel(lp)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal or not n:
            return None
        solution = np.array(highs.getSolution().col_value)
        return Placed(solution[:m]) if solution[m] > 1e-9 else None
