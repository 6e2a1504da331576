"""On/off of a unit in a representative period: a first-stage binary, the same in every scenario."""

from __future__ import annotations

from collections.abc import Mapping

import pyomo.environ as pyo

from .assembly import Assembly, Expression, Site


def running_capacity(
    assembly: Assembly, site: Site, name: str, capacity: Expression, largest: float
) -> Mapping[str, tuple[Expression, Expression]]:
    """Per period the binary `on` and Z = capacity x on, both first-stage.

    For a capacity C that is itself a decision in [0, C_max] McCormick's four inequalities are exact at on in {0, 1}:

        Z <= C,   Z <= C_max on,   Z >= C - C_max (1 - on),   Z >= 0
    """
    site.design.add_component(f"{name} commitment", pyo.Block())
    block = getattr(site.design, f"{name} commitment")
    block.add_component("on", pyo.Var(assembly.periods, within=pyo.Binary))
    assembly.commitments[site.name, name] = {p: block.on[p].name for p in assembly.periods}
    if isinstance(capacity, (int, float)):
        return {p: (block.on[p], capacity * block.on[p]) for p in assembly.periods}
    block.running = pyo.Var(assembly.periods, bounds=(0.0, largest))
    block.installed = pyo.Constraint(assembly.periods, rule=lambda b, p: b.running[p] <= capacity)
    block.off = pyo.Constraint(assembly.periods, rule=lambda b, p: b.running[p] <= largest * b.on[p])
    block.whole = pyo.Constraint(
        assembly.periods, rule=lambda b, p: b.running[p] >= capacity - largest * (1.0 - b.on[p])
    )
    return {p: (block.on[p], block.running[p]) for p in assembly.periods}
