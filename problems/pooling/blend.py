"""A given blend: what is inside every pool and product, what it costs and which limits it breaks, from flows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from .case import PoolingCase

Flows = Mapping[tuple[str, str], float]
KEPT = 1e-5
"""Share of a limit, or of the largest flow, that counts as nothing."""
SEEN = 1e-6
"""Flows below this are not shown."""


@dataclass(frozen=True)
class Blend:
    """`flows` by (from, to); `quality` by (node, quality) of what has one; `cost` of components less revenue.

    `broken`: a sentence per limit that is broken and per pool that gives more or less than it gets.
    """

    flows: Flows
    quality: Mapping[tuple[str, str], float]
    cost: float
    broken: tuple[str, ...]

    def out_of(self, node: str) -> float:
        """All that leaves a node."""
        return sum(flow for (i, _), flow in self.flows.items() if i == node)

    def into(self, node: str) -> float:
        """All that enters a node."""
        return sum(flow for (_, j), flow in self.flows.items() if j == node)


def blend_of(case: PoolingCase, flows: Flows) -> Blend:
    """Mix what the flows bring together. Pools that feed each other in a ring are one linear system.

    A quality that some component in use does not have is nobody's.
    """
    quality = {(c.name, name): value for c in case.components for name, value in c.quality.items()}
    used = [c for c in case.components if any(i == c.name for i, _ in flows)]
    for name in dict.fromkeys(name for c in used for name in c.quality):
        if all(name in c.quality for c in used):
            quality |= _mixed(case, flows, name, {c.name: c.quality[name] for c in used})
    bought = sum(c.price * flow for c in used for (i, _), flow in flows.items() if i == c.name)
    sold = sum(p.price * flow for p in case.products for (_, j), flow in flows.items() if j == p.name)
    blend = Blend(flows, quality, bought - sold, ())
    return replace(blend, broken=tuple(_broken(case, blend)))


def _mixed(case: PoolingCase, flows: Flows, name: str, given: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """One quality of every pool and product that gets anything; `given` that of the components."""
    inflow = {n.name: sum(f for (_, j), f in flows.items() if j == n.name) for n in (*case.pools, *case.products)}
    pools = [p.name for p in case.pools if inflow[p.name] > KEPT]
    known = dict(given)

    def brought(node: str) -> float:
        return sum(flow * known[i] for (i, j), flow in flows.items() if j == node and i in known)

    if pools:
        mixing = np.array([[inflow[j] * (i == j) - flows.get((i, j), 0.0) for i in pools] for j in pools])
        known |= dict(zip(pools, np.linalg.lstsq(mixing, [brought(p) for p in pools])[0], strict=True))
    found = {p: float(known[p]) for p in pools}
    found |= {p.name: brought(p.name) / inflow[p.name] for p in case.products if inflow[p.name] > KEPT}
    return {(node, name): value for node, value in found.items()}


def _broken(case: PoolingCase, blend: Blend) -> Iterator[str]:
    for component in case.components:
        drawn = blend.out_of(component.name)
        yield from _outside(f"{component.name} is drawn", drawn, component.minimum, component.maximum)
    for pool in case.pools:
        taken, given = blend.into(pool.name), blend.out_of(pool.name)
        yield from _outside(f"{pool.name} takes", taken, 0.0, pool.capacity)
        if abs(taken - given) > KEPT * max(1.0, taken):
            yield f"{pool.name} takes {taken:.6g} and gives {given:.6g}"
    for arc in case.arcs:
        if arc.capacity is not None:
            flow = blend.flows.get((arc.source, arc.target), 0.0)
            yield from _outside(f"{arc.source} -> {arc.target} carries", flow, 0.0, arc.capacity)
    for product in case.products:
        made = blend.into(product.name)
        yield from _outside(f"{product.name} is made", made, product.minimum, product.maximum)
        for name in {**product.quality_minimum, **product.quality_maximum}:
            if (product.name, name) in blend.quality:
                low, high = product.quality_minimum.get(name), product.quality_maximum.get(name)
                yield from _outside(f"{product.name} has {name}", blend.quality[product.name, name], low, high)


def _outside(what: str, value: float, low: float | None, high: float | None) -> Iterator[str]:
    if low is not None and value < low - KEPT * max(1.0, abs(low)):
        yield f"{what} {value:.6g} where {low:g} is the least"
    if high is not None and value > high + KEPT * max(1.0, abs(high)):
        yield f"{what} {value:.6g} where {high:g} is the most"
