"""Names as an SMPS file can hold them: without blanks, each one once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..two_stage.problem import TwoStageProblem


@dataclass(frozen=True)
class Spelling:
    """Names of both stages' columns and rows, of the objective row and of the right-hand side."""

    first: tuple[str, ...]
    recourse: tuple[str, ...]
    first_rows: tuple[str, ...]
    rows: tuple[str, ...]
    objective: str
    right_hand_side: str


def spelling_of(problem: TwoStageProblem) -> Spelling:
    """The problem's own names where the format takes them; blanks become underscores, doubles get a number."""
    first, recourse = problem.first_stage, problem.recourse
    columns, rows = set[str](), set[str]()
    return Spelling(
        first=_unique(first.names, columns),
        recourse=_unique(recourse.names, columns),
        first_rows=_unique(first.row_names, rows),
        rows=_unique(recourse.row_names, rows),
        objective=_unique(["OBJECTIVE"], rows)[0],
        right_hand_side=_unique(["RHS"], columns)[0],
    )


def _unique(names: Iterable[str], taken: set[str]) -> tuple[str, ...]:
    result: list[str] = []
    for name in names:
        plain = spelled = re.sub(r"\s+", "_", name) or "_"
        number = 1
        while spelled in taken:
            number += 1
            spelled = f"{plain}~{number}"
        taken.add(spelled)
        result.append(spelled)
    return tuple(result)
