"""Global optimization of a bilinear program with HiGHS as the only engine: a proven interval around the optimum.

"Proven" means: every bound is recomputed from row duals (Relaxation.safe_bound); a box is dropped as infeasible where
HiGHS or propagation finds it so to 1e-7 in scaled units; the incumbent satisfies the original program to 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .clock import Clock, TimeUpError
from .heuristics import polish
from .incumbent import Incumbent
from .ledger import Ledger, relative_gap
from .options import SearchOptions, SearchResult, SearchStatus, UnboundedBoxError
from .program import BilinearProgram, Box, Floats, scaled
from .propagation import propagate
from .relaxation import Relaxation
from .slope_scaling import slope_scaled_points
from .tree import Tree
from .workers import Workers

_DEFAULTS = SearchOptions()


def minimize(program: BilinearProgram, options: SearchOptions = _DEFAULTS) -> SearchResult:
    """The global minimum of `program` to `options.gap`, or the interval reached by the limit or Ctrl-C.

    Raises UnboundedBoxError naming variables that neither bounds nor rows confine.
    """
    clock = Clock(options.time_limit)
    box = propagate(program, (program.lower, program.upper), rounds=20)
    if box is None:
        return SearchResult(SearchStatus.INFEASIBLE, None, np.inf, np.inf, np.inf, 0, 0, clock.elapsed(), np.inf, ())
    _confined(program, box)
    inner = scaled(replace(program, lower=box[0], upper=box[1]))
    relaxation = Relaxation(inner.program)
    incumbent = Incumbent(program, relaxation, inner.scale, inner.program.branching_cover())
    if options.start is not None:
        incumbent.accept(options.start / inner.scale)
    ledger = Ledger(incumbent, (options.gap, options.absolute_gap), clock, options.progress)

    def starts() -> list[Floats]:
        return [x / inner.scale for x in slope_scaled_points(program, minimize, options, clock)]

    with Workers(relaxation, options.threads, clock) as workers:
        status = _searched(Tree(workers, ledger, options, minimize), inner.program, starts)
        polish(workers, incumbent)
        linear_programs = workers.linear_programs
    found = incumbent.x is not None
    bound = np.inf if status is SearchStatus.INFEASIBLE else min(ledger.bound, incumbent.value)
    return SearchResult(
        status,
        incumbent.x * inner.scale if incumbent.x is not None else None,
        incumbent.value,
        bound,
        relative_gap(incumbent.value, bound) if found else np.inf,
        ledger.nodes,
        linear_programs,
        clock.elapsed(),
        ledger.root_bound,
        tuple(ledger.history),
    )


def _searched(tree: Tree, program: BilinearProgram, starts: Callable[[], list[Floats]]) -> SearchStatus:
    """Run the tree from `starts` and say how it ended."""
    box = propagate(program, (program.lower, program.upper), rounds=20)
    try:
        if box is not None:
            tree.starts = starts()
            tree.run(box)
    except TimeUpError:
        return SearchStatus.TIME_LIMIT
    except KeyboardInterrupt:
        return SearchStatus.INTERRUPTED
    if tree.incumbent.x is not None and tree.ledger.closed:
        return SearchStatus.OPTIMAL
    if tree.stopped:
        return SearchStatus.STOPPED
    return (
        SearchStatus.INFEASIBLE
        if tree.incumbent.x is None and np.isinf(tree.ledger.unresolved)
        else SearchStatus.UNRESOLVED
    )


def _confined(program: BilinearProgram, box: Box) -> None:
    loose = np.flatnonzero(~(np.isfinite(box[0]) & np.isfinite(box[1])))
    if len(loose):
        names = ", ".join(program.names[j] for j in loose[:5])
        raise UnboundedBoxError(f"give finite bounds to {names}: no constraint confines them")
