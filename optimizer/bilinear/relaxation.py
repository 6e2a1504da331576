"""The McCormick relaxation over a box and a lower bound that holds for whatever duals HiGHS returns.

McCormick, Mathematical Programming 10 (1976) 147-175, DOI 10.1007/BF01580665; safe bounds after Neumaier and
Shcherbina, Mathematical Programming 99 (2004) 283-296, DOI 10.1007/s10107-003-0433-3.
"""

from __future__ import annotations

import numpy as np

from .concave import SLOTS, ConcaveLimits
from .linear_program import LinearProgram
from .program import BilinearProgram, Booleans, Box, Floats, Integers

_TINY = 1e-9


class Relaxation:
    """Rows in order: linear, 4 per product, 3 per power (secant, 2 tangents), tangents of concave limits, cutoff."""

    def __init__(self, program: BilinearProgram) -> None:
        self.program = program
        products, powers = len(program.product), len(program.power)
        triples = np.stack([program.product, program.left, program.right], axis=1)
        pairs = np.stack([program.power, program.base], axis=1)
        limits = _limit_columns(program.concave)
        self.index = np.concatenate(
            [
                program.column_of_entry,
                np.repeat(triples, 4, axis=0).ravel(),
                np.repeat(pairs, 3, axis=0).ravel(),
                limits.ravel(),
                np.arange(program.columns),
            ]
        ).astype(np.int32)
        lengths = np.concatenate(
            [
                np.diff(program.A.indptr),
                np.full(4 * products, 3),
                np.full(3 * powers, 2),
                np.full(len(limits), limits.shape[1]),
                [program.columns],
            ]
        )
        self.start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        self.row_of_entry = np.repeat(np.arange(len(lengths)), lengths)

    def rows(self, box: Box, cutoff: float, points: Floats | None = None) -> LinearProgram:
        """The relaxation's rows over `box`, objective at most `cutoff`, tangents of concave limits at `points`."""
        program = self.program
        lower, upper = box
        xl, xu, yl, yu = lower[program.left], upper[program.left], lower[program.right], upper[program.right]
        count = len(program.product)
        value = np.ones((count, 4, 3))
        low, high = np.full((count, 4), -np.inf), np.full((count, 4), np.inf)
        # w - y0 x - x0 y >= -x0 y0 at the two equal corners, <= at the two mixed ones
        for k, (x0, y0) in enumerate(((xl, yl), (xu, yu), (xu, yl), (xl, yu))):
            value[:, k, 1], value[:, k, 2] = -y0, -x0
            if k < 2:
                low[:, k] = -x0 * y0
            else:
                high[:, k] = -x0 * y0
        power_value, power_low, power_high = self.power_rows(box)
        limit_value, limit_high = np.zeros(0), np.zeros(0)
        if program.concave is not None:
            limit_value, limit_high = program.concave.rows(program.concave.middle(*box) if points is None else points)
        return LinearProgram(
            self.start,
            self.index,
            np.concatenate([program.entries, value.ravel(), power_value.ravel(), limit_value.ravel(), program.cost]),
            np.concatenate(
                [program.row_lower, low.ravel(), power_low.ravel(), np.full(len(limit_high), -np.inf), [-np.inf]]
            ),
            np.concatenate(
                [program.row_upper, high.ravel(), power_high.ravel(), limit_high, [cutoff - program.constant]]
            ),
        )

    def power_rows(self, box: Box) -> tuple[Floats, Floats, Floats]:
        """Secant below and two tangents above  z = x ** a,  concave."""
        program = self.program
        exponent = program.exponent
        low, high = np.maximum(box[0][program.base], 0.0), np.maximum(box[1][program.base], 1e-12)
        width = high - low
        slope = np.where(
            width > _TINY,
            (high**exponent - low**exponent) / np.maximum(width, _TINY),
            exponent * np.maximum(high, 1e-6) ** (exponent - 1.0),
        )
        value = np.ones((len(exponent), 3, 2))
        row_low, row_high = np.full((len(exponent), 3), -np.inf), np.full((len(exponent), 3), np.inf)
        value[:, 0, 1] = -slope
        row_low[:, 0] = np.minimum(high**exponent - slope * high, low**exponent - slope * low)
        for k, point in ((1, high), (2, np.maximum((low + high) / 2.0, 1e-6))):
            tangent = exponent * point ** (exponent - 1.0)
            value[:, k, 1] = -tangent
            row_high[:, k] = point**exponent - tangent * point
        return value, row_low, row_high

    def safe_bound(self, cost: Floats, box: Box, rows: LinearProgram, dual: Floats) -> tuple[float, Floats]:
        """A bound valid for any row duals, with the reduced costs (n,) it rests on.

        bound = sum_i (y_i > 0 ? y_i lower_i : y_i upper_i) + sum_j min(d_j l_j, d_j u_j),  d = cost - A'y.
        """
        dual = dual.copy()
        dual[(dual > 0.0) & ~np.isfinite(rows.row_lower)] = 0.0
        dual[(dual < 0.0) & ~np.isfinite(rows.row_upper)] = 0.0
        weights = rows.value * dual[self.row_of_entry]
        reduced = cost - np.bincount(rows.index, weights=weights, minlength=len(cost))
        row_bound = np.where(dual > 0.0, rows.row_lower, np.where(dual < 0.0, rows.row_upper, 0.0))
        return float(dual @ row_bound + np.minimum(reduced * box[0], reduced * box[1]).sum()), reduced

    def dual_weights(self, dual: Floats) -> tuple[Floats, Floats]:
        """Absolute duals summed per product (B,) and per power (P,): what a violation of each costs."""
        first, products, powers = self.program.rows, len(self.program.product), len(self.program.power)
        size = np.abs(dual)
        middle = first + 4 * products
        return size[first:middle].reshape(products, 4).sum(axis=1), size[middle : middle + 3 * powers].reshape(
            powers, 3
        ).sum(axis=1)


def _limit_columns(concave: ConcaveLimits | None) -> Integers:
    """(SLOTS * C, 1 + d) columns of the tangents."""
    if concave is None:
        return np.zeros((0, 0), dtype=np.int64)
    return np.tile(np.concatenate([concave.limited[:, None], concave.arguments], axis=1), (SLOTS, 1))


def integers_inward(lower: Floats, upper: Floats, integer: Booleans) -> None:
    """Round the bounds of integer variables inward, in place."""
    lower[integer] = np.ceil(lower[integer] - 1e-6)
    upper[integer] = np.floor(upper[integer] + 1e-6)
