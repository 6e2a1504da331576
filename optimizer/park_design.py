"""A park's design: what is built, how big, for how much, and which units run when."""

from __future__ import annotations

from ..problems.park.asset import Asset
from ..problems.park.problem import ParkProblem
from ..problems.two_stage.problem import Floats
from .park_flows import short_title
from .report.content import Table
from .result import DesignItem

BUILT = 1e-6  # sizes below this are solver noise


def design_items(park: ParkProblem, x: Floats) -> tuple[DesignItem, ...]:
    """One item for everything that may be built or contracted, or stands and is switched on and off.

    What stands has its size and is not built.
    """
    column = {name: k for k, name in enumerate(park.problem.first_stage.names)}
    items: list[DesignItem] = []
    for asset in park.assets:
        on = {period: bool(x[column[name]] > 0.5) for period, name in asset.on_columns.items()} or None
        if asset.size_column is None:
            if on is not None:
                items.append(_item(asset, size=asset.existing, built=False, investment=0.0, on=on))
            continue
        size = float(x[column[asset.size_column]])
        chosen = size > BUILT if asset.build_column is None else x[column[asset.build_column]] > 0.5
        size = size if chosen and size > BUILT else 0.0
        investment = asset.investment(float(chosen), size) if asset.build_column is not None else 0.0
        items.append(_item(asset, size=size, built=bool(chosen), investment=investment, on=on))
    return tuple(items)


def _item(asset: Asset, *, size: float, built: bool, investment: float, on: dict[str, bool] | None) -> DesignItem:
    return DesignItem(
        name=asset.name,
        plant=asset.plant,
        component=asset.component,
        built=built,
        size=size,
        unit=asset.unit,
        investment=investment,
        on=on,
    )


def running_table(park: ParkProblem, items: tuple[DesignItem, ...]) -> Table | None:
    """Which units run in which period, of those that are there and are switched; None where none is."""
    periods = list(park.case.periods)
    rows = [
        (item.name, short_title(park, item.plant), *("on" if item.on[p] else "off" for p in periods))
        for item in items
        if item.on is not None and item.size
    ]
    title = "Which units run when (decided with the design, the same in every future)"
    return Table(title, ("unit", "plant", *periods), tuple(rows)) if rows else None
