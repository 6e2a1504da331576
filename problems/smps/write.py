"""`write_smps`: a two-stage problem as core, time and stochastic file, in free format."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from ..errors import CaseError, Problem
from ..two_stage.problem import Floats, Scenarios, Sense, TwoStageProblem
from .places import RIGHT_HAND_SIDE, Place
from .random_entries import random_entries
from .random_sections import PERIODS, StochasticText, exact_sections, scenario_sections
from .spelling import Spelling, spelling_of

NO_SIDE = 1e30  # the right-hand side of a row that says nothing


def smps_files(core: Path) -> tuple[Path, Path, Path]:
    """Core, time and stochastic file of one stem; long suffixes beside a long one."""
    time, stoch = (".time", ".stoch") if core.suffix.lower() == ".core" else (".tim", ".sto")
    return core, core.with_suffix(time), core.with_suffix(stoch)


def smps_texts(problem: TwoStageProblem, scenarios: Scenarios | None = None) -> tuple[str, str, str]:
    """Texts of the core, time and stochastic file of `problem`.

    The distribution is written as it is: independent elements as INDEP, what moves together as BLOCKS, sums of
    independent parts with ADD. With `scenarios` those are written instead, as SCENARIOS. Raises CaseError naming
    everything that SMPS has no form for (e.g. correlated or triangular quantities).
    """
    spelling, refused = spelling_of(problem), list[Problem]()
    entries = random_entries(problem, spelling, refused)
    for entry in entries:
        if not math.isfinite(entry.nominal):
            refused.append(Problem("is random, but infinite at its nominal value", place=str(entry.place)))
    if scenarios is None:
        text = exact_sections(problem, entries, spelling, refused)
    else:
        lines = scenario_sections(entries, problem.features(scenarios.xi), scenarios, spelling)
        text = StochasticText(lines)
    if refused:
        raise CaseError(refused)
    name = "_".join(problem.name.split()) or "PROBLEM"
    core = _core(problem, spelling, {entry.place: entry.nominal for entry in entries} | text.core)
    return (
        "\n".join([f"NAME          {name}", *core, "ENDATA", ""]),
        "\n".join([f"TIME          {name}", *_periods(spelling), "ENDATA", ""]),
        "\n".join([f"STOCH         {name}", *text.lines, "ENDATA", ""]),
    )


def _periods(spelling: Spelling) -> Iterator[str]:
    if spelling.first and spelling.recourse and spelling.rows:
        yield "PERIODS       IMPLICIT"
        yield f"    {spelling.first[0]}  {(*spelling.first_rows, spelling.objective)[0]}  {PERIODS[0]}"
        yield f"    {spelling.recourse[0]}  {spelling.rows[0]}  {PERIODS[1]}"
        return
    yield from ("PERIODS       EXPLICIT", f"    {PERIODS[0]}", f"    {PERIODS[1]}")
    for section, stages in (
        ("ROWS", (spelling.first_rows, spelling.rows)),
        ("COLUMNS", (spelling.first, spelling.recourse)),
    ):
        yield section
        for names, period in zip(stages, PERIODS, strict=True):
            yield from (f"    {name}  {period}" for name in names)


def _core(problem: TwoStageProblem, spelling: Spelling, said: Mapping[Place, float]) -> Iterator[str]:
    """Lines of the core; `said` is what stands at places that are random."""
    first, recourse = problem.first_stage, problem.recourse
    if problem.sense is Sense.MAXIMIZE:
        yield from ("OBJSENSE", "    MAX")
    names = (*spelling.first_rows, *spelling.rows)
    lower = np.concatenate([first.row_lower, recourse.row_lower])
    upper = np.concatenate([first.row_upper, recourse.row_upper])
    kinds = [_kind(low, high) for low, high in zip(lower, upper, strict=True)]
    yield from ("ROWS", f" N  {spelling.objective}")
    yield from (f" {kind}  {name}" for kind, name in zip(kinds, names, strict=True))
    yield "COLUMNS"
    empty = sp.csc_array((len(first.row_names), len(recourse.names)))
    left = sp.csc_array(sp.vstack([first.A, recourse.T]))
    yield from _columns(spelling, spelling.first, first.cost, left, names, first.integer.tolist(), said)
    right = sp.csc_array(sp.vstack([empty, recourse.W]))
    certain = [False] * len(recourse.names)
    yield from _columns(spelling, spelling.recourse, recourse.cost, right, names, certain, said)
    yield "RHS"
    sides = [0.0 - (first.constant + recourse.constant), *(_side(*k) for k in zip(kinds, lower, upper, strict=True))]
    for name, value in zip((spelling.objective, *names), sides, strict=True):
        value = said.get(Place(RIGHT_HAND_SIDE, name), value)
        if value or name == spelling.objective:  # always one card, so that the set's name is known
            yield f"    {spelling.right_hand_side}  {name}  {float(value)!r}"
    ranges = [(n, h - lo) for n, lo, h in zip(names, lower, upper, strict=True) if lo < h and math.isfinite(h - lo)]
    if ranges:
        yield "RANGES"
        yield from (f"    RNG  {name}  {float(width)!r}" for name, width in ranges)
    bounds = [*_bounds(spelling.first, first.lower, first.upper, first.integer.tolist(), said)]
    bounds += _bounds(spelling.recourse, recourse.lower, recourse.upper, certain, said)
    if bounds:
        yield "BOUNDS"
        yield from bounds


def _kind(lower: float, upper: float) -> str:
    if lower == upper:
        return "E"
    return "L" if math.isfinite(upper) else "G"


def _side(kind: str, lower: float, upper: float) -> float:
    side = lower if kind == "G" else upper
    return side if math.isfinite(side) else -NO_SIDE


def _columns(
    spelling: Spelling,
    columns: Sequence[str],
    cost: Floats,
    matrix: sp.csc_array,
    rows: tuple[str, ...],
    integer: Sequence[bool],
    said: Mapping[Place, float],
) -> Iterator[str]:
    """Cards of one stage; entries of the pattern are written even where they are 0."""
    inside, markers = False, 0
    for j, column in enumerate(columns):
        if bool(integer[j]) != inside:
            inside, markers = not inside, markers + 1
            yield f"    MARKER{markers}  'MARKER'  {chr(39)}INT{'ORG' if inside else 'END'}{chr(39)}"
        start, stop = matrix.indptr[j], matrix.indptr[j + 1]
        price = said.get(Place(column, spelling.objective), float(cost[j]))
        if price or start == stop:
            yield f"    {column}  {spelling.objective}  {float(price)!r}"
        for i, value in zip(matrix.indices[start:stop], matrix.data[start:stop], strict=True):
            value = said.get(Place(column, rows[i]), float(value))
            yield f"    {column}  {rows[i]}  {float(value)!r}"
    if inside:
        yield f"    MARKER{markers + 1}  'MARKER'  'INTEND'"


def _bounds(
    columns: Sequence[str], lower: Floats, upper: Floats, integer: Sequence[bool], said: Mapping[Place, float]
) -> Iterator[str]:
    """Bounds that are not 0 and infinity; a lower bound comes first, so that no upper one below 0 is misread."""
    for column, low, high, whole in zip(columns, lower, upper, integer, strict=True):
        low = float(said.get(Place(column, "LO", bound=True), low))
        high = float(said.get(Place(column, "UP", bound=True), high))
        if low == high:
            yield f" FX BND  {column}  {low!r}"
            continue
        if low == high * -1 == -math.inf:
            yield f" FR BND  {column}"
            continue
        if low == -math.inf:
            yield f" MI BND  {column}"
        elif low or high < 0:
            yield f" LO BND  {column}  {low!r}"
        if high < math.inf:
            yield f" UP BND  {column}  {high!r}"
        elif whole:
            yield f" PL BND  {column}"  # an integer column without bounds would be read as 0..1
