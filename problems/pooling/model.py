"""The pooling problem by proportions of the components in every pool.

Pools that feed products only: the pq-formulation of Tawarmalani and Sahinidis, Convexification and Global Optimization
(2002), ch. 9, DOI 10.1007/978-1-4757-3532-1: proportions q_cl of component c in pool l, flows y_lj out of it, v_clj =
q_cl y_lj and the two products of a linear equation that make its relaxation tight, sum_c v_clj = y_lj and sum_j v_clj
<= capacity_l q_cl. Pools that feed pools: the multi-commodity flow formulation of Alfaki and Haugland, Journal of
Global Optimization 56 (2013) 917-937, DOI 10.1007/s10898-012-9890-7, the same with each component's balance over a
pool: what arrives from no other pool is drawn afresh.
"""

from __future__ import annotations

from math import inf
from typing import Any, cast

import pyomo.environ

from .case import PoolingCase

pyo = cast("Any", pyomo.environ)  # ships no usable types


def pooling_model(case: PoolingCase) -> Any:
    """Pyomo model of `case`, cost less revenue.

    Flows `through[l, j]` out of pools, `direct[c, j]` to products and, as expressions, `fed[c, l]` into pools; shares
    `share[c, l]` of every component that can reach the pool.
    """
    components = {c.name: c for c in case.components}
    pools = {p.name: p for p in case.pools}
    products = {p.name: p for p in case.products}
    capacity = {(a.source, a.target): inf if a.capacity is None else a.capacity for a in case.arcs}
    inside = _components_inside(capacity, components, pools)
    feeds = [a for a in capacity if a[0] in components and a[1] in pools]
    outlets = [a for a in capacity if a[0] in pools]
    direct = [a for a in capacity if a[0] in components and a[1] in products]
    paths = [(c, pool, j) for pool, j in outlets for c in inside[pool]]

    model = pyo.ConcreteModel(name="pooling")
    model.share = pyo.Var([(c, pool) for pool in pools for c in inside[pool]], bounds=(0.0, 1.0))
    model.through = pyo.Var(
        outlets,
        bounds=lambda _, pool, j: (
            0.0,
            min(
                capacity[pool, j],
                pools[pool].capacity,
                products[j].maximum if j in products else pools[j].capacity,
            ),
        ),
    )
    model.direct = pyo.Var(
        direct, bounds=lambda _, c, j: (0.0, min(capacity[c, j], components[c].maximum, products[j].maximum))
    )
    amount = {(c, pool, j): model.share[c, pool] * model.through[pool, j] for c, pool, j in paths}

    def passing(c: str, pool: str) -> Any:
        """Component c out of a pool, by all its outlets."""
        return sum(amount[p] for p in paths if p[:2] == (c, pool))

    def fresh(c: str, pool: str) -> Any:
        """Component c that the pool gets from no other pool."""
        return passing(c, pool) - sum(amount[p] for p in paths if p[0] == c and p[2] == pool)

    model.fed = pyo.Expression(feeds, rule=lambda _, c, pool: fresh(c, pool))

    def drawn(c: str) -> Any:
        return sum(model.fed[a] for a in feeds if a[0] == c) + sum(model.direct[a] for a in direct if a[0] == c)

    def made(j: str) -> Any:
        return sum(model.through[a] for a in outlets if a[1] == j) + sum(model.direct[a] for a in direct if a[1] == j)

    def quality(j: str, name: str) -> Any:
        """Quality times flow that product j receives."""
        pooled = sum(components[p[0]].quality[name] * amount[p] for p in paths if p[2] == j)
        return pooled + sum(components[a[0]].quality[name] * model.direct[a] for a in direct if a[1] == j)

    model.rows = pyo.ConstraintList()
    for pool in pools:
        shares = [model.share[c, pool] for c in inside[pool]]
        flows = [model.through[a] for a in outlets if a[0] == pool]
        if not shares or not flows:
            for outlet in (a for a in outlets if pool in a):
                model.through[outlet].fix(0.0)
            continue
        model.rows.add(sum(shares) == 1.0)
        model.rows.add(sum(flows) <= pools[pool].capacity)
        fed_by_pools = any(a[1] == pool for a in outlets)
        for c in inside[pool]:
            model.rows.add(passing(c, pool) <= pools[pool].capacity * model.share[c, pool])
            limit = capacity.get((c, pool), 0.0)
            if fed_by_pools:
                model.rows.add((0.0, fresh(c, pool), limit if limit < inf else None))
            elif limit < pools[pool].capacity:
                model.rows.add(fresh(c, pool) <= limit)
    for pool, j in outlets:
        inflow = [amount[p] for p in paths if p[1:] == (pool, j)]
        if inflow:
            model.rows.add(sum(inflow) == model.through[pool, j])
    for c, component in components.items():
        if any(a[0] == c for a in capacity):
            model.rows.add((component.minimum, drawn(c), component.maximum))
    for j, product in products.items():
        if not any(a[1] == j for a in capacity):
            continue
        model.rows.add((product.minimum, made(j), product.maximum))
        for name, limit in product.quality_maximum.items():
            model.rows.add(quality(j, name) <= limit * made(j))
        for name, limit in product.quality_minimum.items():
            model.rows.add(quality(j, name) >= limit * made(j))
    cost = sum(component.price * drawn(c) for c, component in components.items())
    model.objective = pyo.Objective(expr=cost - sum(product.price * made(j) for j, product in products.items()))
    return model


def _components_inside(arcs: Any, components: Any, pools: Any) -> dict[str, list[str]]:
    """The components that can reach each pool, straight or through other pools, in the order of the case."""
    reached: dict[str, set[str]] = {pool: set() for pool in pools}
    grown = True
    while grown:
        grown = False
        for source, target in arcs:
            if target not in pools:
                continue
            new = ({source} if source in components else reached[source]) - reached[target]
            reached[target] |= new
            grown = grown or bool(new)
    return {pool: [c for c in components if c in reached[pool]] for pool in pools}
