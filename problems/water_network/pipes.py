"""Pipes and units as decisions: fixed cost, smallest flow, how many, which must be there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pyomo.environ

from .arcs import Arc
from .case import WaterNetworkCase

pyo = cast("Any", pyomo.environ)  # ships no usable types


def add_pipes(case: WaterNetworkCase, model: Any, arcs: Mapping[tuple[str, str], Arc]) -> None:
    """`pipe[i, j]` in {0, 1}:  minimum * pipe <= flow <= maximum * pipe;  the same for `built[t]` of treatment units.

    A pipe without fixed cost and smallest flow is no decision unless pipes are counted or networks listed.
    """
    counted = case.pipes.maximum_number is not None or case.best_networks > 1
    counted = counted or "pipes" in case.weights or "pipes" in case.limits
    decided = {
        ends: arc for ends, arc in arcs.items() if counted or arc.investment > 0.0 or arc.minimum > 0.0 or arc.forced
    }
    model.pipe = pyo.Var(list(decided), within=pyo.Binary)
    for ends, arc in decided.items():
        flow = model.fresh[ends] if ends in model.fresh else model.flow[ends]
        model.rows.add(flow - arc.maximum * model.pipe[ends] <= 0.0)
        if arc.minimum > 0.0:
            model.rows.add(arc.minimum * model.pipe[ends] - flow <= 0.0)
        if arc.forced:
            model.pipe[ends].setlb(1)
    if case.pipes.maximum_number is not None:
        model.rows.add(sum(model.pipe.values()) <= case.pipes.maximum_number)
    units = {t.name: t for t in case.treatment_units if t.fixed_investment > 0.0 or t.minimum > 0.0}
    model.built = pyo.Var(list(units), within=pyo.Binary)
    for name, unit in units.items():
        through = model.throughput[name]
        model.rows.add(through - through.ub * model.built[name] <= 0.0)
        if unit.minimum > 0.0:
            model.rows.add(unit.minimum * model.built[name] - through <= 0.0)


def exclude_network(model: Any, built: set[tuple[str, str]]) -> None:
    """Integer cut: at least one pipe differs from the network whose pipes are `built`.

    sum over built (1 - pipe) + sum over the others pipe >= 1.
    """
    model.rows.add(sum(1 - pipe if ends in built else pipe for ends, pipe in model.pipe.items()) >= 1)
