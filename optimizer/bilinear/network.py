"""A water network as found: flows, concentrations and what its limits cost, read from the solved model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pyomo.environ

from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.chosen import SEEN

pyo = cast("Any", pyomo.environ)  # ships no usable types

Flows = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Network:
    """`flows` t/h by (from, to); `concentration` mg/L of what leaves a node by (node, contaminant)."""

    flows: Flows
    concentration: dict[tuple[str, str], float]

    def into(self, node: str) -> float:
        """t/h that a node takes."""
        return sum(flow for (_, j), flow in self.flows.items() if j == node)

    def inlet(self, node: str, k: str) -> float | None:
        """mg/L of the mixture that a node takes; None where it takes nothing."""
        through = self.into(node)
        mass = sum(flow * self.concentration[i, k] for (i, j), flow in self.flows.items() if j == node)
        return mass / through if through > SEEN else None


def network_of(case: WaterNetworkCase, model: Any) -> Network:
    """The network of a model whose variables have values."""
    flows = {ends: value(flow) for ends, flow in (*model.fresh.items(), *model.flow.items())}
    concentration = {place: value(c) for place, c in model.concentration.items()}
    for node in (*case.fresh_water, *case.sources):
        concentration |= {(node.name, k): node.concentration.get(k, 0.0) for k in case.contaminants}
    return Network({ends: flow for ends, flow in flows.items() if flow > SEEN}, concentration)


def indicators_of(case: WaterNetworkCase, network: Network) -> dict[str, float | None]:
    """Flows of the whole network, t/h."""
    supplies, outfalls = {s.name for s in case.fresh_water}, {d.name for d in case.outfalls}
    users = {n.name for n in (*case.process_units, *case.demands)}
    return {
        "fresh_water_t_per_h": sum(flow for (i, _), flow in network.flows.items() if i in supplies),
        "wastewater_t_per_h": sum(flow for (_, j), flow in network.flows.items() if j in outfalls),
        "treated_water_t_per_h": sum(network.into(t.name) for t in case.treatment_units),
        "reused_water_t_per_h": sum(flow for (i, j), flow in network.flows.items() if j in users and i not in supplies),
        "pipes": float(len(network.flows)),
    }


def value(expression: Any) -> float:
    """The value of a variable or expression; a variable that the search never saw makes it 0."""
    known = pyo.value(expression, exception=False)
    return 0.0 if known is None else float(known)
