"""Why no network exists: the concentration limits that the best impossible network must break."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from ...problems.water_network import WaterNetworkCase, water_network_model
from .from_pyomo import from_pyomo
from .network import network_of
from .options import SearchOptions
from .search import minimize

_KINDS = {"inlet": "takes", "outlet": "returns", "permit": "receives"}


def broken_limits(case: WaterNetworkCase, seconds: float = 10.0) -> tuple[str, ...]:
    """A sentence per limit (node, contaminant) that the network with the least excess breaks; empty if none is found.

    Each limit row gets a slack in units of its largest coefficient; the sum of slacks is minimized.
    """
    model = water_network_model(case)
    for (_, k), variable in model.concentration.items():
        ceiling = max(model.concentration[i, k].ub for i in {i for i, _ in model.concentration})
        variable.setub(20.0 * ceiling)
    reformulated = from_pyomo(model)
    program = reformulated.program
    places = {i: row.index() for i, row in enumerate(reformulated.constraints) if row.parent_component() is model.limit}
    size = np.array([_largest(program.A, i) for i in places])
    count = len(places)
    slack = sp.csr_array((-size, (list(places), range(count))), shape=(program.rows, count))
    elastic = replace(
        program,
        names=(*program.names, *(f"excess of {'/'.join(place)}" for place in places.values())),
        cost=np.concatenate([np.zeros(program.columns), np.ones(count)]),
        constant=0.0,
        lower=np.concatenate([program.lower, np.zeros(count)]),
        upper=np.concatenate([program.upper, np.full(count, 1e4)]),
        integer=np.concatenate([program.integer, np.zeros(count, dtype=bool)]),
        A=sp.csr_array(sp.hstack([program.A, slack])),
    )
    found = minimize(elastic, SearchOptions(gap=1e-2, time_limit=seconds))
    if found.x is None:
        return ()
    for variable, x in zip(reformulated.variables, found.x, strict=False):
        variable.set_value(float(x), skip_validation=True)
    network = network_of(case, model)
    broken = [place for place, excess in zip(places.values(), found.x[program.columns :], strict=True) if excess > 1e-4]
    return tuple(_sentence(case, network, *place) for place in broken)


def _sentence(case: WaterNetworkCase, network: Any, node: str, k: str, kind: str) -> str:
    limits = {
        "inlet": {n.name: n.inlet_maximum for n in (*case.process_units, *case.treatment_units)}
        | {n.name: n.maximum for n in (*case.demands, *case.outfalls)},
        "outlet": {n.name: n.outlet_maximum for n in case.process_units},
        "permit": {n.name: n.permit for n in case.outfalls},
    }
    limit = limits[kind][node][k]
    if kind == "permit":
        reached, unit = (network.inlet(node, k) or 0.0) * network.into(node) / 1000.0, "kg/h"
    else:
        found = network.concentration.get((node, k)) if kind == "outlet" else network.inlet(node, k)
        reached, unit = found or 0.0, "mg/L"
    return f"{node} {_KINDS[kind]} {k} at {reached:.4g} {unit} where {limit:g} is the limit"


def _largest(A: Any, row: int) -> float:
    """Scale of a limit row: its largest coefficient."""
    entries = np.abs(A.data[A.indptr[row] : A.indptr[row + 1]])
    return float(np.max(entries, initial=1.0))
