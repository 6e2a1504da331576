"""A chosen network: its pipes and units with their sizes, what they cost, and the concentrations that it promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .arcs import possible_arcs
from .case import WaterNetworkCase

SEEN = 1e-4
"""Flows below this many t/h are not shown, and no pipe is built for them."""


@dataclass(frozen=True)
class ChosenNetwork:
    """A network that has been decided on, with the flows that it was designed for.

    `flows`: t/h by (from, to). `pipes`: the most that each pipe carries, t/h. `treatments`: the most that each unit
    built treats, t/h. `fixed`: the part of the objective that no operation changes (investment, number of pipes).
    """

    flows: Mapping[tuple[str, str], float]
    pipes: Mapping[tuple[str, str], float]
    treatments: Mapping[str, float]
    fixed: float


def chosen_network(case: WaterNetworkCase, flows: Mapping[tuple[str, str], float]) -> ChosenNetwork:
    """The network with these design flows [t/h by (from, to)]; `case` is the one that it was found for.

    What is paid by size is as large as its flow: a pipe where pipes cost per t/h, a treatment unit where its investment
    grows with it. Everything else that is built may carry what the case allows.
    """
    arcs = possible_arcs(case)
    flows = {ends: flow for ends, flow in flows.items() if flow > SEEN or arcs[ends].forced}
    weights = case.weights
    cost_of_pipes = sum(arcs[ends].cost(flow) for ends, flow in flows.items())
    treatments: dict[str, float] = {}
    cost_of_units = 0.0
    for unit in case.treatment_units:
        through = sum(flow for (_, j), flow in flows.items() if j == unit.name)
        if through <= 0.0:
            continue
        cost_of_units += unit.cost(through)
        largest = sum(arcs[i, j].maximum for i, j in flows if j == unit.name)
        allowed = largest if unit.capacity is None else unit.capacity
        treatments[unit.name] = through if unit.investment_factor > 0.0 else allowed
    return ChosenNetwork(
        flows,
        {ends: flow if arcs[ends].per_flow > 0.0 else max(arcs[ends].maximum, flow) for ends, flow in flows.items()},
        treatments,
        weights.get("annual-cost", 0.0) * case.annualization * (cost_of_pipes + cost_of_units)
        + weights.get("pipes", 0.0) * len(flows),
    )
