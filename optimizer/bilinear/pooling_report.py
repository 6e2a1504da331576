"""What an engineer sees of a blend: what is bought, what is in the pools, and every product against its limits."""

from __future__ import annotations

from ...problems.pooling import PoolingCase
from ...problems.pooling.blend import KEPT, Blend
from ..report.content import Table

Cell = str | float | None


def blend_tables(case: PoolingCase, blend: Blend) -> tuple[Table, ...]:
    """Products' qualities, pools, money; tables without rows are left out."""
    tables = (_qualities(case, blend), _pools(case, blend), _money(case, blend))
    return tuple(table for table in tables if table.rows)


def _qualities(case: PoolingCase, blend: Blend) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for product in case.products:
        made = blend.into(product.name)
        for name in {**product.quality_minimum, **product.quality_maximum}:
            low, high = product.quality_minimum.get(name), product.quality_maximum.get(name)
            found = blend.quality.get((product.name, name)) if made > KEPT else None
            rows.append((product.name, name, low, found, high, _binding(found, low, high)))
    columns = ("product", "quality", "at least", "reached", "at most", "")
    return Table("Products against their limits", columns, tuple(rows))


def _binding(found: float | None, low: float | None, high: float | None) -> str:
    near = [limit for limit in (low, high) if found is not None and limit is not None and _meets(found, limit)]
    return "binds" if near else ""


def _meets(found: float, limit: float) -> bool:
    return abs(found - limit) <= 10.0 * KEPT * max(1.0, abs(limit))


def _pools(case: PoolingCase, blend: Blend) -> Table:
    names = list(dict.fromkeys(name for component in case.components for name in component.quality))
    rows = [
        (pool.name, blend.into(pool.name), pool.capacity, *(blend.quality.get((pool.name, name)) for name in names))
        for pool in case.pools
        if blend.into(pool.name) > KEPT
    ]
    return Table("Pools", ("pool", "throughput", "capacity", *names), tuple(rows))


def _money(case: PoolingCase, blend: Blend) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for component in case.components:
        drawn = blend.out_of(component.name)
        if drawn > KEPT:
            rows.append(
                (f"{component.name} bought", drawn, component.maximum, component.price, component.price * drawn)
            )
    for product in case.products:
        made = blend.into(product.name)
        if made > KEPT:
            rows.append((f"{product.name} sold", made, product.maximum, product.price, -product.price * made))
    rows.append(("All", None, None, None, blend.cost))
    columns = ("", "amount", "at most", "price", "cost less revenue")
    return Table("What is bought and sold", columns, tuple(rows))
