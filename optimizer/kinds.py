"""Which function optimizes and evaluates which kind of case; imported when a case of the kind is run.

A kind's module has two functions, `optimize(case, options, progress) -> Outcome` and
`evaluate(case, design, options, progress) -> Outcome`, with the validated case and the path of the design file.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..problems.errors import CaseError, Problem
from .options import Options
from .progress import Progress

if TYPE_CHECKING:
    from .outcome import Outcome

KINDS: dict[str, str] = {
    "park": "park_run",
    "smps": "smps_run",
    "heat": "heat.run",
    "water-network": "bilinear.run",
    "pooling": "bilinear.run",
}
"""Kind of case -> module below `loopwise.optimizer`."""

PROCESSES, THREADS = ("park", "smps"), ("water-network", "pooling")
"""Kinds that spread their scenarios over `--workers` processes or a cluster, and kinds that read it as threads."""

_PACKAGE = __name__.rpartition(".")[0]


class Kind(Protocol):
    """What the module of a kind offers."""

    def optimize(self, case: Any, options: Options, progress: Progress) -> Outcome:
        """Find the best design."""
        ...

    def evaluate(self, case: Any, design: Any, options: Options, progress: Progress) -> Outcome:
        """Put a number on a given design."""
        ...


def kind_module(kind: str) -> Kind:
    """The module of `kind`. Raises CaseError where this installation cannot run it."""
    name = f"{_PACKAGE}.{KINDS[kind]}"
    try:
        return cast("Kind", import_module(name))
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise CaseError(Problem(f"cases of kind {kind!r} can be checked but not yet optimized")) from None


def refuse_unfit(kind: str, options: Options, *, uncertain: bool = False) -> None:
    """Raise CaseError where `--cvar-weight`, `--reduce`, `--workers` or `--cluster` mean nothing to a kind of case.

    `uncertain`: a case of a kind that may have scenarios has some.
    """
    if options.cvar_weight and kind not in PROCESSES:
        why = "is designed for one point" if uncertain else "has no scenarios, of which a CVaR is the costliest"
        message = f"a case of kind {kind!r} {why}"
        raise CaseError(Problem(message, place="--cvar-weight", typed=str(options.cvar_weight)))
    if options.reduce is not None and kind not in PROCESSES:
        why = "is designed for one point" if uncertain else "has no scenarios to reduce"
        message = f"a case of kind {kind!r} {why}"
        raise CaseError(Problem(message, place="--reduce", typed=str(options.reduce)))
    asked = [("--workers", str(options.workers))] if options.workers > 1 and kind not in (*PROCESSES, *THREADS) else []
    spreads = kind in PROCESSES or uncertain
    asked += [("--cluster", options.cluster)] if options.cluster is not None and not spreads else []
    instead = "use --workers for its threads" if kind in THREADS else "it has no scenarios to spread"
    message = f"a case of kind {kind!r} runs in one process: {instead}"
    if asked:
        raise CaseError(Problem(message, place=place, typed=typed) for place, typed in asked)
