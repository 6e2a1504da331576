"""The pq-formulation of the pooling problem.

Tawarmalani and Sahinidis, Convexification and Global Optimization (2002), ch. 9, DOI 10.1007/978-1-4757-3532-1:
proportions q_cl of component c in pool l, flows y_lj to products, v_clj = q_cl y_lj and the two products of a
linear equation that make its relaxation tight, sum_c v_clj = y_lj and sum_j v_clj <= capacity_l q_cl.
"""

from __future__ import annotations

from math import inf
from typing import Any, cast

import pyomo.environ

from .case import PoolingCase

pyo = cast("Any", pyomo.environ)  # ships no usable types


def pooling_model(case: PoolingCase) -> Any:
    """Pyomo model of `case`, cost less revenue; flows `through[l, j]`, `direct[c, j]`, shares `share[c, l]`."""
    components = {c.name: c for c in case.components}
    pools = {p.name: p for p in case.pools}
    products = {p.name: p for p in case.products}
    capacity = {(a.source, a.target): inf if a.capacity is None else a.capacity for a in case.arcs}
    feeds = [a for a in capacity if a[1] in pools]
    outlets = [a for a in capacity if a[0] in pools]
    direct = [a for a in capacity if a[0] in components and a[1] in products]
    paths = [(c, pool, j) for c, pool in feeds for source, j in outlets if source == pool]

    model = pyo.ConcreteModel(name="pooling")
    model.share = pyo.Var(feeds, bounds=(0.0, 1.0))
    model.through = pyo.Var(
        outlets,
        bounds=lambda _, pool, j: (0.0, min(capacity[pool, j], pools[pool].capacity, products[j].maximum)),
    )
    model.direct = pyo.Var(
        direct, bounds=lambda _, c, j: (0.0, min(capacity[c, j], components[c].maximum, products[j].maximum))
    )
    amount = {path: model.share[path[0], path[1]] * model.through[path[1], path[2]] for path in paths}

    def drawn(c: str) -> Any:
        return sum(amount[p] for p in paths if p[0] == c) + sum(model.direct[a] for a in direct if a[0] == c)

    def made(j: str) -> Any:
        return sum(model.through[a] for a in outlets if a[1] == j) + sum(model.direct[a] for a in direct if a[1] == j)

    def quality(j: str, name: str) -> Any:
        """Quality times flow that product j receives."""
        pooled = sum(components[p[0]].quality[name] * amount[p] for p in paths if p[2] == j)
        return pooled + sum(components[a[0]].quality[name] * model.direct[a] for a in direct if a[1] == j)

    model.rows = pyo.ConstraintList()
    for pool in pools:
        shares = [model.share[a] for a in feeds if a[1] == pool]
        flows = [model.through[a] for a in outlets if a[0] == pool]
        if not shares or not flows:
            for flow in flows:
                flow.fix(0.0)
            continue
        model.rows.add(sum(shares) == 1.0)
        model.rows.add(sum(flows) <= pools[pool].capacity)
        for c, _ in (a for a in feeds if a[1] == pool):
            through = sum(amount[p] for p in paths if p[:2] == (c, pool))
            model.rows.add(through <= pools[pool].capacity * model.share[c, pool])
            if capacity[c, pool] < pools[pool].capacity:
                model.rows.add(through <= capacity[c, pool])
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
