"""The random entries of a two-stage problem as the places that SMPS has for them, each affine in the features."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ..errors import Problem
from ..two_stage.problem import Floats, RandomPart, TwoStageProblem
from .places import RIGHT_HAND_SIDE, Place
from .spelling import Spelling


@dataclass(frozen=True)
class RandomEntry:
    """What stands at `place`: offset + sum of coefficients[f] * feature f; `nominal` is what the core says."""

    place: Place
    nominal: float
    offset: float
    coefficients: Mapping[int, float]

    def values(self, features: Floats) -> Floats:
        """(N,) values at `features` (N, F), without the offset."""
        used = list(self.coefficients)
        return features[:, used] @ np.array([self.coefficients[f] for f in used])


def random_entries(problem: TwoStageProblem, spelling: Spelling, refused: list[Problem]) -> list[RandomEntry]:
    """Every random entry of the problem, in the order of its parts; what SMPS cannot say is put into `refused`."""
    recourse, entries = problem.recourse, list[RandomEntry]()
    constant = np.array([recourse.constant + problem.first_stage.constant])
    objective = Place(RIGHT_HAND_SIDE, spelling.objective)
    for entry in _part(problem, "constant", constant, [objective]):  # a right-hand side, so that its sign turns
        offset = -(entry.offset + problem.first_stage.constant)
        turned = {f: -c for f, c in entry.coefficients.items()}
        entries.append(RandomEntry(entry.place, -entry.nominal, offset, turned))
    columns = spelling.recourse
    entries += _part(problem, "cost", recourse.cost, [Place(name, spelling.objective) for name in columns])
    entries += _sides(problem, spelling, refused)
    entries += _part(problem, "lower", recourse.lower, [Place(name, "LO", bound=True) for name in columns])
    entries += _part(problem, "upper", recourse.upper, [Place(name, "UP", bound=True) for name in columns])
    entries += _part(problem, "technology", recourse.T.data, _coefficients(recourse.T, spelling.first, spelling))
    entries += _part(problem, "recourse", recourse.W.data, _coefficients(recourse.W, columns, spelling))
    return entries


def _coefficients(matrix: sp.csc_array, columns: tuple[str, ...], spelling: Spelling) -> list[Place]:
    """The place of every entry of `matrix`, in the order of its data."""
    row, column = matrix.tocoo().coords
    return [Place(columns[j], spelling.rows[i]) for i, j in zip(row, column, strict=True)]


def _part(problem: TwoStageProblem, part: RandomPart, nominal: Floats, places: Sequence[Place]) -> list[RandomEntry]:
    """The random entries of one array, `places` and `nominal` counted as its entries are; constants in the offset."""
    if part not in problem.random:
        return []
    term, entries = problem.random[part], list[RandomEntry]()
    certain = np.flatnonzero(problem.monomials.sum(axis=1) == 0)
    for r, (index, offset) in enumerate(zip(term.index, term.offset, strict=True)):
        row = term.coefficients[[r], :].tocoo()
        coefficients: dict[int, float] = {}
        for f, value in zip(row.coords[1], row.data, strict=True):
            if f in certain:
                offset += value
            elif value:
                coefficients[int(f)] = coefficients.get(int(f), 0.0) + float(value)
        entries.append(RandomEntry(places[index], float(nominal[index]), float(offset), coefficients))
    return entries


def _sides(problem: TwoStageProblem, spelling: Spelling, refused: list[Problem]) -> list[RandomEntry]:
    """Random right-hand sides. Both sides of a range move together in SMPS: one entry speaks for both."""
    recourse = problem.recourse
    places = [Place(RIGHT_HAND_SIDE, name) for name in spelling.rows]
    lower = {entry.place.row: entry for entry in _part(problem, "row_lower", recourse.row_lower, places)}
    upper = {entry.place.row: entry for entry in _part(problem, "row_upper", recourse.row_upper, places)}
    entries: list[RandomEntry] = []
    for i, row in enumerate(spelling.rows):
        below, above = lower.get(row), upper.get(row)
        if below is None and above is None:
            continue
        if not (math.isfinite(recourse.row_lower[i]) and math.isfinite(recourse.row_upper[i])):
            entries.append(below or above or _certain(places[i], 0.0))
            continue
        below = below or _certain(places[i], float(recourse.row_lower[i]))
        above = above or _certain(places[i], float(recourse.row_upper[i]))
        width, nominal_width = above.offset - below.offset, above.nominal - below.nominal
        if below.coefficients != above.coefficients or not math.isclose(width, nominal_width, abs_tol=1e-9):
            text = "the two sides of the row do not move together; SMPS needs two rows"
            refused.append(Problem(text, place=recourse.row_names[i]))
        entries.append(above)
    return entries


def _certain(place: Place, value: float) -> RandomEntry:
    return RandomEntry(place, value, value, {})
