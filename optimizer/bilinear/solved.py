"""A Pyomo model solved by the search, its variables set to the answer."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from ..options import Options
from ..progress import Progress
from .from_pyomo import PyomoProgram, from_pyomo
from .options import SearchOptions, SearchResult
from .search import minimize

_THREADS = 4
"""Threads of a run that does not say --workers, where there are as many cores."""

SEARCH_SECONDS = 3600.0
"""Limit of a search for which none is given."""


@dataclass(frozen=True)
class Solved:
    """The program and what the search found."""

    reformulated: PyomoProgram
    found: SearchResult


def search_options(options: Options) -> SearchOptions:
    """What the command line asks of a search; its workers are threads."""
    threads = options.workers if options.workers > 1 else min(_THREADS, os.cpu_count() or 1)
    limit = SEARCH_SECONDS if options.time_limit is None else options.time_limit
    return SearchOptions(gap=options.gap, time_limit=limit, seed=options.seed, threads=threads)


def solve(model: Any, options: SearchOptions, progress: Progress, title: str = "searching the optimum") -> Solved:
    """Search `model` and set its variables to what was found."""
    reformulated = from_pyomo(model)
    with progress.step(title) as step:
        asked = replace(options, progress=lambda line: step.advance(0.0, line))
        found = minimize(reformulated.program, asked)
    if found.x is not None:
        for variable, value in zip(reformulated.variables, found.x, strict=False):
            variable.set_value(float(value), skip_validation=True)
    return Solved(reformulated, found)
