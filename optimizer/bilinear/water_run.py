"""The best networks of a water case, the same plant without reuse, and what its limits cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from ...problems.errors import CaseError
from ...problems.water_network import WaterNetworkCase, water_network_model
from ...problems.water_network.arcs import possible_arcs
from ...problems.water_network.parts import Pipe
from ...problems.water_network.pipes import exclude_network
from ..progress import Progress
from .network import Flows, Network, network_of, value
from .options import SearchOptions, SearchResult, SearchStatus
from .sensitivity import row_values
from .solved import Solved, solve

_BASELINE_SECONDS = 20.0


@dataclass(frozen=True)
class WaterAnswer:
    """The best network with its proof, all networks asked for as (objective, flows), and the values of the limits."""

    found: SearchResult
    network: Network | None
    networks: tuple[tuple[float, Flows], ...]
    limits: dict[tuple[str, str, str], float] | None


def best_networks(case: WaterNetworkCase, options: SearchOptions, progress: Progress) -> WaterAnswer:
    """`case.best_networks` networks, best first: after each an integer cut excludes its pipes.

    The time limit holds for all together; the proof is the first one's.
    """
    model = water_network_model(case)
    first = solve(model, options, progress)
    network = network_of(case, model) if first.found.x is not None else None
    limits = _limit_values(model, first)
    networks: list[tuple[float, Flows]] = []
    solved, seconds = first, first.found.seconds
    while network is not None and solved.found.x is not None:
        networks.append((solved.found.value, network_of(case, model).flows))
        left = options.time_limit - seconds
        if len(networks) == case.best_networks or left <= 0.0 or solved.found.status is SearchStatus.INTERRUPTED:
            break
        exclude_network(model, {ends for ends, pipe in model.pipe.items() if value(pipe) > 0.5})
        title = f"searching network {len(networks) + 1}"
        solved = solve(model, replace(options, time_limit=left), progress, title)
        seconds += solved.found.seconds
    return WaterAnswer(first.found, network, tuple(networks), limits)


def once_through(case: WaterNetworkCase, options: SearchOptions, progress: Progress) -> tuple[float, Network] | None:
    """Objective and network where no used or treated water is used again; None where there is none.

    Raises KeyboardInterrupt where it is interrupted.
    """
    givers = [*(u.name for u in case.process_units), *(t.name for t in case.treatment_units)]
    givers += [s.name for s in case.sources] + [f"{t.name} reject" for t in case.treatment_units if t.recovery < 1.0]
    users = [*(u.name for u in case.process_units), *(d.name for d in case.demands)]
    ends = {(i, j) for i, j in product(givers, users) if i != j and not i.endswith(" reject")}
    kept = [p for p in case.special_pipes if (p.source, p.target) not in ends]
    barred = [Pipe.model_validate({"from": i, "to": j, "forbidden": True}) for i, j in sorted(ends)]
    changes: dict[str, Any] = {"special_pipes": [*kept, *barred], "limits": {}, "best_networks": 1}
    alone = case.model_copy(update=changes)
    try:
        model = water_network_model(alone)
    except CaseError:
        return None
    seconds = min(_BASELINE_SECONDS, options.time_limit)
    solved = solve(model, replace(options, time_limit=seconds, gap=1e-3), progress, "the same without reuse")
    if solved.found.status is SearchStatus.INTERRUPTED:
        raise KeyboardInterrupt
    return None if solved.found.x is None else (solved.found.value, network_of(alone, model))


def restricted(case: WaterNetworkCase, sizes: Flows) -> WaterNetworkCase:
    """The case with no other pipes than those of `sizes` [t/h], none of them larger."""
    special = {(p.source, p.target): p for p in case.special_pipes}
    pipes: list[Pipe] = []
    for i, j in possible_arcs(case):
        own = special.get((i, j)) or Pipe.model_validate({"from": i, "to": j})
        size = sizes.get((i, j))
        changes = {"forbidden": True, "forced": False} if size is None else {"maximum": size * (1.0 + 1e-9)}
        pipes.append(own.model_copy(update=changes))
    pipes += [p for p in case.special_pipes if p.forbidden]
    return case.model_copy(update={"special_pipes": pipes, "best_networks": 1})


def _limit_values(model: Any, solved: Solved) -> dict[tuple[str, str, str], float] | None:
    x = solved.found.x
    if x is None:
        return None
    program = solved.reformulated.program
    lifted = np.zeros(program.columns, dtype=bool)
    for j, variable in enumerate(solved.reformulated.variables):
        lifted[j] = variable.parent_component() is model.concentration
    duals = row_values(program, x, lifted)
    if duals is None:
        return None
    rows = enumerate(solved.reformulated.constraints)
    return {row.index(): float(duals[i]) for i, row in rows if row.parent_component() is model.limit}
