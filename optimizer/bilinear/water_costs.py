"""What a network consists of, with sizes and investments, and where its annual cost comes from."""

from __future__ import annotations

from collections.abc import Mapping

from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.arcs import possible_arcs
from ..report.content import Table
from ..result import DesignItem
from .network import Flows

PIPE, UNIT = "pipe", "treatment unit"
"""Components of a network in `result.json`."""
_KWH = 1000.0  # kWh per MWh


def design_items(case: WaterNetworkCase, flows: Flows) -> tuple[DesignItem, ...]:
    """Treatment units that are used, then pipes: t/h each is designed for, investment where the case states one."""
    arcs = possible_arcs(case)
    items: list[DesignItem] = []
    for unit in case.treatment_units:
        through = _into(flows, unit.name)
        if through > 0.0:
            stated = unit.fixed_investment > 0.0 or unit.investment_factor > 0.0
            items.append(_item(unit.name, unit.plant, UNIT, through, unit.cost(through) if stated else None))
    nodes = (*case.fresh_water, *case.process_units, *case.demands, *case.sources, *case.treatment_units)
    plant = {node.name: node.plant for node in (*nodes, *case.outfalls)}
    plant |= {f"{t.name} reject": t.plant for t in case.treatment_units}
    for (i, j), flow in flows.items():
        arc = arcs[i, j]
        stated = arc.investment > 0.0 or arc.per_flow > 0.0
        where = " - ".join(dict.fromkeys(name for name in (plant[i], plant[j]) if name))
        items.append(_item(f"{i} -> {j}", where, PIPE, flow, arc.cost(flow) if stated else None))
    return tuple(items)


def cost_lines(case: WaterNetworkCase, flows: Flows) -> dict[str, float]:
    """currency/year by what it is paid for; the lines add up to the annual cost of the network."""
    arcs, hours = possible_arcs(case), case.hours_per_year
    drawn = {s.name: sum(flow for (i, _), flow in flows.items() if i == s.name) for s in case.fresh_water}
    through = {t.name: _into(flows, t.name) for t in case.treatment_units}
    power = sum(s.power * drawn[s.name] for s in case.fresh_water)
    power += sum(t.power * through[t.name] for t in case.treatment_units)
    units = sum(t.cost(through[t.name]) for t in case.treatment_units if through[t.name] > 0.0)
    pipes = sum(arcs[ends].cost(flow) for ends, flow in flows.items())
    return {
        "Fresh water": hours * sum(s.price * drawn[s.name] for s in case.fresh_water),
        "Running the treatment": hours * sum(t.operating_cost * through[t.name] for t in case.treatment_units),
        "Discharge fees": hours * sum(d.price * _into(flows, d.name) for d in case.outfalls),
        "Electricity": hours * case.electricity_price * power / _KWH,
        "Capital of treatment units": case.annualization * units,
        "Capital of pipes": case.annualization * pipes,
    }


def cost_table(case: WaterNetworkCase, flows: Flows, before: Flows | None) -> Table | None:
    """The lines of both networks beside each other; None where something else than cost is optimized."""
    if "annual-cost" not in case.weights:
        return None
    now = cost_lines(case, flows)
    then: Mapping[str, float] = {} if before is None else cost_lines(case, before)
    kept = [name for name in now if max(now[name], then.get(name, 0.0)) > 0.0]
    rows: list[tuple[str | float | None, ...]] = [(name, then.get(name), now[name]) for name in kept]
    rows.append(("All", sum(then.values()) if then else None, sum(now.values())))
    title = f"Where the annual cost comes from, {case.currency} a year"
    if before is None:
        return Table(title, ("", "this network"), tuple((name, value) for name, _, value in rows))
    return Table(title, ("", "without reuse", "this network"), tuple(rows))


def _item(name: str, plant: str, component: str, size: float, investment: float | None) -> DesignItem:
    return DesignItem(
        name=name, plant=plant, component=component, built=True, size=size, unit="t/h", investment=investment
    )


def _into(flows: Flows, node: str) -> float:
    return sum(flow for (_, j), flow in flows.items() if j == node)
