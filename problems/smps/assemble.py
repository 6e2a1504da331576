"""Core, periods and random elements into a `TwoStageProblem`."""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp

from ..two_stage.problem import FirstStage, Floats, Integers, RandomPart, RandomTerm, Recourse, TwoStageProblem
from .core import Core
from .findings import Findings
from .periods import Periods
from .places import RIGHT_HAND_SIDE, Element, Modifier, Place, Stochastics, core_value
from .source import IndependentGroups


def assemble(core: Core, periods: Periods, stochastics: Stochastics, found: Findings) -> TwoStageProblem:
    """The two-stage problem; what does not fit the form is put into `found`.

    The matrices have explicit entries wherever a random coefficient stands.
    """
    columns = _positions(core, periods.second_columns, list(core.columns))
    rows = _positions(core, periods.second_rows, [r for r, kind in core.rows.items() if kind != "N"])
    _refuse(core, periods, found)
    entries = dict(core.entries)
    for element in stochastics.elements:
        place = element.place
        if not place.bound and place.column != RIGHT_HAND_SIDE and place.row != core.objective:
            entries.setdefault((place.column, place.row), 0.0)
    sides = {row: core.sides(row, core.right_hand_side.get(row, 0.0)) for stage in rows for row in stage}
    blocks = {(r, c): _matrix(entries, rows[r], columns[c]) for r, c in ((0, 0), (1, 0), (1, 1))}
    bounds = [_bounds(core, names, found) for names in columns]
    row_sides = [np.array([sides[row] for row in stage]).reshape(-1, 2) for stage in rows]
    first = FirstStage(
        names=tuple(columns[0]),
        cost=_cost(core, columns[0]),
        lower=bounds[0][0],
        upper=bounds[0][1],
        integer=np.array([name in core.integer for name in columns[0]], dtype=bool),
        A=sp.csr_array(blocks[0, 0]),
        row_lower=row_sides[0][:, 0],
        row_upper=row_sides[0][:, 1],
        row_names=tuple(rows[0]),
        constant=core.constant,
    )
    recourse = Recourse(
        names=tuple(columns[1]),
        cost=_cost(core, columns[1]),
        lower=bounds[1][0],
        upper=bounds[1][1],
        W=blocks[1, 1],
        T=blocks[1, 0],
        row_lower=row_sides[1][:, 0],
        row_upper=row_sides[1][:, 1],
        row_names=tuple(rows[1]),
    )
    elements = stochastics.elements
    source = IndependentGroups(tuple(str(e.place) for e in elements), tuple(stochastics.groups))
    terms = _Terms(core, recourse, first, elements)
    return TwoStageProblem(
        core.name, core.sense, first, recourse, source, np.eye(len(elements), dtype=np.int64), terms.random()
    )


def _positions(core: Core, second: frozenset[str], names: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Position of each name within its stage."""
    stages = ([n for n in names if n not in second], [n for n in names if n in second])
    return {n: i for i, n in enumerate(stages[0])}, {n: i for i, n in enumerate(stages[1])}


def _refuse(core: Core, periods: Periods, found: Findings) -> None:
    """Mistakes that only the two stages together show."""
    for column, row in core.entries:
        if column in periods.second_columns and core.rows[row] != "N" and row not in periods.second_rows:
            found.error(core.file, 0, f"first-stage row '{row}' contains second-stage column '{column}'")
    integer = sorted(core.integer & periods.second_columns)
    if integer:
        found.error(core.file, 0, f"integer second-stage columns are not supported: {', '.join(integer[:5])}")
    if len(periods.second_columns) == len(core.columns):
        found.note(f"{core.file.name}: no first-stage columns")


def _matrix(entries: dict[tuple[str, str], float], rows: dict[str, int], columns: dict[str, int]) -> sp.csc_array:
    """Entries of `rows` x `columns` in canonical CSC order, explicit zeros kept."""
    chosen = [(rows[r], columns[c], v) for (c, r), v in entries.items() if r in rows and c in columns]
    i, j, v = zip(*chosen, strict=True) if chosen else ((), (), ())
    matrix = sp.csc_array(
        sp.coo_array((np.array(v, float), (np.array(i, int), np.array(j, int))), (len(rows), len(columns)))
    )
    matrix.sort_indices()
    return matrix


def _cost(core: Core, columns: dict[str, int]) -> Floats:
    return np.array([core.entries.get((name, core.objective), 0.0) for name in columns])


def _bounds(core: Core, columns: dict[str, int], found: Findings) -> tuple[Floats, Floats]:
    lower = np.array([core.lower.get(name, 0.0) for name in columns])
    upper = np.array([core.upper.get(name, math.inf) for name in columns])
    unbounded = [n for n in columns if n in core.integer and n not in core.lower and n not in core.upper]
    for name in unbounded:
        upper[columns[name]] = 1.0
    if unbounded:
        found.note(
            f"{core.file.name}: integer columns without bounds are 0..1, as MPS has it: {', '.join(unbounded[:5])}"
        )
    for name, low, high in zip(columns, lower, upper, strict=True):
        if low > high:
            found.error(core.file, 0, f"column '{name}' has lower bound {low:g} above upper bound {high:g}")
    return lower, upper


class _Terms:
    """The random entries of each part, collected element by element."""

    def __init__(self, core: Core, recourse: Recourse, first: FirstStage, elements: list[Element]) -> None:
        self.core, self.elements = core, elements
        self.columns = {name: j for j, name in enumerate(recourse.names)}
        self.first_columns = {name: j for j, name in enumerate(first.names)}
        self.rows = {name: i for i, name in enumerate(recourse.row_names)}
        self.matrices = {"recourse": recourse.W, "technology": recourse.T}
        # part -> index in the part -> (offset, {element: coefficient})
        self.parts: dict[RandomPart, dict[int, tuple[float, dict[int, float]]]] = {}

    def random(self) -> dict[RandomPart, RandomTerm]:
        for k, element in enumerate(self.elements):
            self._element(k, element)
        return {part: self._term(entries) for part, entries in self.parts.items()}

    def _element(self, k: int, element: Element) -> None:
        place, core = element.place, self.core
        if place.bound:
            index = self.columns[place.column]
            for part in ("lower", "upper") if place.row == "FX" else ("upper",) if place.row == "UP" else ("lower",):
                value = core_value(core, Place(place.column, "UP" if part == "upper" else "LO", True))
                self._put(part, index, value, 0.0, k, element)
        elif place.column == RIGHT_HAND_SIDE and place.row == core.objective:
            value = core_value(core, place)  # the first stage's constant holds -value already
            self._put("constant", 0, -value, value, k, element, sign=-1.0)
        elif place.column == RIGHT_HAND_SIDE:
            value, index = core_value(core, place), self.rows[place.row]
            low, high = core.sides(place.row, value)
            if math.isfinite(low):
                self._put("row_lower", index, value, low - value, k, element)
            if math.isfinite(high):
                self._put("row_upper", index, value, high - value, k, element)
        elif place.row == core.objective:
            self._put("cost", self.columns[place.column], core_value(core, place), 0.0, k, element)
        else:
            part: RandomPart = "recourse" if place.column in self.columns else "technology"
            column = self.columns[place.column] if part == "recourse" else self.first_columns[place.column]
            matrix = self.matrices[part]
            start, stop = matrix.indptr[column], matrix.indptr[column + 1]
            index = int(start + np.searchsorted(matrix.indices[start:stop], self.rows[place.row]))
            self._put(part, index, core_value(core, place), 0.0, k, element)

    def _put(
        self, part: RandomPart, index: int, value: float, shift: float, k: int, element: Element, sign: float = 1.0
    ) -> None:
        """Entry = shift + sign xi, value + shift + sign xi, or shift + value xi by the element's modifier."""
        offset, coefficients = self.parts.setdefault(part, {}).get(index, (None, {}))
        if offset is None:
            offset = shift + (value if element.modifier is Modifier.ADD else 0.0)
        coefficients[k] = value if element.modifier is Modifier.MULTIPLY else sign
        self.parts[part][index] = (offset, coefficients)

    def _term(self, entries: dict[int, tuple[float, dict[int, float]]]) -> RandomTerm:
        index: Integers = np.array(sorted(entries), dtype=np.int64)
        coefficients = sp.lil_array((len(index), len(self.elements)))
        for r, i in enumerate(index):
            for k, c in entries[int(i)][1].items():
                coefficients[r, k] = c
        offsets = np.array([entries[int(i)][0] for i in index])
        return RandomTerm(index, offsets, sp.csr_array(coefficients))
