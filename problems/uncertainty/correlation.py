"""Correlation of uncertain quantities: stated pairs and groups become one matrix of a Gaussian copula."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..two_stage.problem import Floats

SEMIDEFINITE_TOLERANCE = 1e-10


class Correlation(BaseModel):
    """The correlation of the normal scores of every pair of the quantities in `between` (two or more names)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    between: tuple[str, ...] = Field(min_length=2)
    correlation: float = Field(ge=-1, le=1)


def correlation_matrix(names: Sequence[str], stated: Sequence[Correlation]) -> Floats:
    """(K, K) correlations of the quantities `names`; pairs that nobody states are independent.

    Raises ValueError, all problems at once, for unknown names (with the nearest right one), a pair stated twice with
    different values, and a matrix that is not positive semidefinite, with the pairs that make it so.
    """
    position = {name: k for k, name in enumerate(names)}
    problems: list[str] = []
    pairs: dict[tuple[int, int], float] = {}
    for entry in stated:
        unknown = [name for name in entry.between if name not in position]
        for name in unknown:
            near = difflib.get_close_matches(name, names, n=1)
            problems.append(
                f"correlation of unknown quantity {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
            )
        if len(set(entry.between)) < len(entry.between):
            problems.append(f"correlation between {', '.join(entry.between)}: a quantity is listed twice")
        elif not unknown:
            for a, b in combinations(sorted(position[name] for name in entry.between), 2):
                if pairs.setdefault((a, b), entry.correlation) != entry.correlation:
                    problems.append(
                        f"{names[a]} and {names[b]} are correlated by {pairs[a, b]:g} and by {entry.correlation:g}"
                    )
    matrix = _assemble(len(names), pairs)
    if not problems and not _semidefinite(matrix):
        culprits = _culprits(len(names), pairs)
        listed = ", ".join(f"{names[a]} and {names[b]} ({pairs[a, b]:g})" for a, b in culprits)
        problems.append(f"the correlations contradict each other (not positive semidefinite): look at {listed}")
    if problems:
        raise ValueError("; ".join(problems))
    return matrix


def factor(matrix: Floats) -> Floats:
    """(K, K) L with L L' = matrix, also where it is singular; lower triangular where it is not."""
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        eigenvalues, vectors = np.linalg.eigh(matrix)
        return vectors * np.sqrt(np.maximum(eigenvalues, 0.0))


def _assemble(size: int, pairs: dict[tuple[int, int], float]) -> Floats:
    matrix = np.eye(size)
    for (a, b), value in pairs.items():
        matrix[a, b] = matrix[b, a] = value
    return matrix


def _semidefinite(matrix: Floats) -> bool:
    return len(matrix) == 0 or bool(np.linalg.eigvalsh(matrix)[0] >= -SEMIDEFINITE_TOLERANCE * len(matrix))


def _culprits(size: int, pairs: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Pairs any one of which, made independent, repairs the matrix; else those that pull it below zero the most."""
    alone = [p for p in pairs if _semidefinite(_assemble(size, {q: r for q, r in pairs.items() if q != p}))]
    if alone:
        return alone
    direction = np.linalg.eigh(_assemble(size, pairs))[1][:, 0]
    pull = {(a, b): direction[a] * direction[b] * value for (a, b), value in pairs.items()}
    return sorted((p for p in pull if pull[p] < -1e-6), key=pull.__getitem__)[:10]
