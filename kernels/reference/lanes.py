"""Data and iterates of the scenarios that run together, [variable][scenario], bounded columns first."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ..engine import Floats

# Weight of a proximal term |y - current y|^2 / 2: it vanishes at the solution, and keeps y from running away along
# directions that cost nothing (measured: without it fxm2 diverges, with 1e-12 .. 1e-8 it takes 17 iterations).
# Friedlander, Orban, Math. Prog. Comp. 4 (2012), DOI 10.1007/s12532-012-0035-2.
PROXIMAL = 1e-10


@dataclass
class Lanes:
    """Data and iterate of the scenarios that still run, one per last index, in units of their own max|h|, max|q|."""

    index: np.ndarray
    h: Floats
    q: Floats
    upper: Floats  # (bounded columns, N)
    values: Floats | None
    open_columns: Floats  # (n, N): 1.0, or 0.0 where upper = 0 takes the column out
    y: Floats
    s: Floats
    d: Floats
    z: Floats
    w: Floats
    primal_unit: Floats  # (N,) max|h|
    dual_unit: Floats  # (N,) max|q| of the open columns

    def measure(self) -> None:
        """Change from the batch's units to the scenarios' own."""
        self.primal_unit, self.dual_unit = _unit(self.h), _unit(self.q * self.open_columns)
        self.h /= self.primal_unit
        self.upper /= self.primal_unit
        self.q /= self.dual_unit

    def keep(self, lanes: np.ndarray) -> None:
        """Drop all scenarios but those."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                setattr(self, field.name, np.ascontiguousarray(value[..., lanes]))


def theta_of(lanes: Lanes) -> tuple[Floats, Floats, Floats]:
    """(theta, 1 / y, 1 / s), all 0 where upper = 0."""
    open_columns = lanes.open_columns
    open_bounded = open_columns[: len(lanes.s)]
    inverse_y = open_columns / np.where(open_columns > 0.0, lanes.y, 1.0)
    inverse_s = open_bounded / np.where(open_bounded > 0.0, lanes.s, 1.0)
    reciprocal = lanes.z * inverse_y
    reciprocal[: len(inverse_s)] += lanes.w * inverse_s
    reciprocal += PROXIMAL
    return open_columns / np.where(open_columns > 0.0, reciprocal, 1.0), inverse_y, inverse_s


def longest_steps(
    y: Floats, s: Floats, z: Floats, w: Floats, dy: Floats, dz: Floats, dw: Floats, share: float
) -> tuple[Floats, Floats]:
    """Longest steps (primal, dual), at most 1, that keep `share` of the way to the boundary."""
    bounded = len(s)
    primal = np.maximum(_steepest(y, dy), _steepest(s, -dy[:bounded]))
    dual = np.maximum(_steepest(z, dz), _steepest(w, dw))
    return share / np.maximum(primal, share), share / np.maximum(dual, share)


def _steepest(value: Floats, change: Floats) -> Floats:
    """Largest decrease relative to the value; columns that are out have neither."""
    return (-change / np.where(value > 0.0, value, 1.0)).max(axis=0, initial=0.0)


def _unit(values: Floats) -> Floats:
    largest = np.abs(values).max(axis=0, initial=0.0)
    return np.where(largest > 0.0, largest, 1.0)
