"""On/off of a unit in a representative period: a first-stage binary, the same in every scenario; what starts cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import pyomo.environ as pyo
from pydantic import Field

from ..errors import Problem
from ..units import Quantity
from .assembly import Assembly, Expression, Site
from .base import CaseModel, Name

TimesPerYear = Annotated[float, Quantity("times per year", "1/year", positive=True)]
StartCost = Annotated[float, Quantity("cost of a start", "currency", minimum=0.0)]


class Alternation(CaseModel):
    """Two representative periods that follow each other so many times a year, such as a season's days and nights."""

    between: tuple[Name, Name] = Field(description="the two periods")
    times: TimesPerYear = Field(description="how often a year one follows the other and gives way to it again")

    def problems(self, place: str, periods: Iterable[str]) -> Iterator[Problem]:
        """A period that is not there, or twice the same."""
        from .references import unknown

        for name in self.between:
            if name not in set(periods):
                yield unknown(f"{place}.between", "period", name, periods)
        if self.between[0] == self.between[1]:
            yield Problem("a period does not alternate with itself", place=f"{place}.between")


def running_capacity(
    assembly: Assembly, site: Site, name: str, capacity: Expression, largest: float, start_cost: float = 0.0
) -> Mapping[str, tuple[Expression, Expression]]:
    """Per period the binary `on` and Z = capacity x on, both first-stage.

    For a capacity C that is itself a decision in [0, C_max] McCormick's four inequalities are exact at on in {0, 1}:

        Z <= C,   Z <= C_max on,   Z >= C - C_max (1 - on),   Z >= 0

    A `start_cost` [currency] is paid for every alternation of two periods of which the unit runs in one only.
    """
    site.design.add_component(f"{name} commitment", pyo.Block())
    block = getattr(site.design, f"{name} commitment")
    block.add_component("on", pyo.Var(assembly.periods, within=pyo.Binary))
    if start_cost > 0.0:
        _starts(assembly, block, start_cost)
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


def _starts(assembly: Assembly, block: Any, cost: float) -> None:
    """Starts s of a unit per alternation of periods a and b, n times a year:  s >= |on_a - on_b|,  cost n s."""
    block.starts = pyo.Var(range(len(assembly.alternations)), bounds=(0.0, 1.0))
    block.started = pyo.ConstraintList()
    for k, ((first, second), times) in enumerate(assembly.alternations):
        for a, b in ((first, second), (second, first)):
            block.started.add(block.starts[k] >= block.on[a] - block.on[b])
        assembly.costs["starts"].append(cost * times * block.starts[k])
