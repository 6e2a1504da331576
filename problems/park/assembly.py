"""One Pyomo model assembled from the components of a park.

A component writes its own variables and rows into its own block and tells the assembly what it adds to the balances,
costs, emissions, flows and reports that it shares with others. Nothing here knows a boiler from a pipe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pyomo.environ as pyo

from .asset import Asset, Investment
from .ledger import Carrier, Expression, Ledger
from .plant_data import Scaled, ScaledPower

if TYPE_CHECKING:
    from .blow_down import Vessel


def activity(periods: list[str], largest: float | None = None) -> Any:
    """A nonnegative second-stage variable of every period, bounded where `largest` is given."""
    return pyo.Var(periods, bounds=(0.0, largest))


def scalar(**options: Any) -> Any:
    """One Pyomo variable, untyped because Pyomo's arithmetic has no types."""
    return pyo.Var(**options)


@dataclass(frozen=True)
class UncertainFactor:
    """The random element that acts on a path: it multiplies the nominal value (relative) or replaces it."""

    element: str
    relative: bool = True
    smallest: float = 0.0


@dataclass
class Site:
    """One plant while the model is built: its blocks, its throughput and its condensate in every period."""

    name: str
    design: Any  # Pyomo blocks grow attributes, so no type describes them
    operation: Any
    available: Mapping[str, Expression] = field(default_factory=dict)
    curtailed: Mapping[str, Expression] = field(default_factory=dict)
    condensate: dict[str, float] = field(default_factory=dict[str, float])  # temperature of what each user collects
    drained: dict[str, Expression] = field(default_factory=dict)  # condensate that leaves as water, per period
    burnt: dict[str, Mapping[str, Expression]] = field(default_factory=dict)  # fuel of each boiler [MW], per period
    boilers: dict[str, Expression] = field(default_factory=dict)  # steam capacity of each [t/h]
    injected: dict[str, dict[str, Expression]] = field(default_factory=dict)  # water into each header, per period [t/h]
    vessel: Vessel | None = None  # in which the blow-down flashes

    def inject(self, header: str, period: str, water: Expression) -> None:
        """Note feed water [t/h] that cools steam into a header."""
        into = self.injected.setdefault(header, {})
        into[period] = into.get(period, 0.0) + water

    def scaled(self, quantity: Scaled, period: str) -> Expression:
        """Fixed part + rate x (available throughput - curtailment), in the quantity's unit."""
        running = self.available.get(period, 1.0) - self.curtailed.get(period, 0.0)
        return (quantity.fixed + quantity.rate * running) * quantity.profile.get(period, 1.0)


class Assembly(Ledger):
    """What the components of one park add to its model.

    `hours[period]` are the operating hours a year that a period stands for; `factors[path]` is the uncertain factor
    (relative) or value (absolute) that replaces the nominal number at a dotted path of the case file.
    """

    def __init__(
        self,
        name: str,
        hours: Mapping[str, float],
        uncertain: Mapping[str, UncertainFactor],
        interest: float,
        escalation: Mapping[int, float] | None = None,
    ) -> None:
        self.model: Any = pyo.ConcreteModel(name=name)
        self.model.design = pyo.Block()
        self.model.operation = cast("Any", pyo.Block())
        super().__init__(hours)
        self.interest = interest
        self.escalation = dict(escalation or {})
        names = sorted({factor.element for factor in uncertain.values()})
        self.model.operation.uncertain = pyo.Param(names, mutable=True, initialize=1.0)
        self._uncertain = dict(uncertain)
        self.used_paths: set[str] = set()
        self.factor_paths: set[str] = set()
        self.value_paths: set[str] = set()
        self.temperature: Mapping[str, Expression] = {}  # ambient, by period [degC]
        self.sites: dict[str, Site] = {}
        self.assets: list[Asset] = []
        self.alternations: list[tuple[tuple[str, str], float]] = []  # two periods and how often a year they alternate
        self.commitments: dict[tuple[str, str], dict[str, str]] = {}  # of plant and unit: binaries by period
        self.annual_investment: list[Expression] = []
        self.costs: dict[str, list[Expression]] = defaultdict(list)
        self.emissions: dict[str, list[Expression]] = defaultdict(list)
        self._balances: dict[tuple[Carrier, str], dict[str, list[Expression]]] = {}

    def site(self, name: str) -> Site:
        """The plant `name`, its blocks made on first use."""
        if name not in self.sites:
            for stage in (self.model.design, self.model.operation):
                stage.add_component(name, pyo.Block())
            self.sites[name] = Site(name, getattr(self.model.design, name), getattr(self.model.operation, name))
        return self.sites[name]

    def block(self, site: Site, name: str) -> Any:
        """A new operation block for one component of a plant."""
        site.operation.add_component(name, pyo.Block())
        return getattr(site.operation, name)

    def uncertain(self, path: str, nominal: float) -> Expression:
        """The number at a dotted path of the case file: nominal, or times (or replaced by) its uncertain element."""
        self.used_paths.add(path)
        if path not in self._uncertain:
            return nominal
        factor = self._uncertain[path]
        parameter = self.model.operation.uncertain[factor.element]
        return nominal * parameter if factor.relative else parameter

    def factor(self, path: str) -> Expression:
        """The uncertain factor of what stands at a path: several numbers, which one value could not replace."""
        self.factor_paths.add(path)
        return self.uncertain(path, 1.0)

    def value(self, path: str, nominal: float) -> Expression:
        """The number at a path that may be 0 or negative: a value may replace it, a factor would say nothing."""
        self.value_paths.add(path)
        return self.uncertain(path, nominal)

    def following(self, site: Site, quantity: Scaled, path: str, name: str) -> dict[str, Expression]:
        """Amount a of every period that follows the throughput of a plant, with the uncertain factor xi at `path`:

            a = profile (xi (fixed + rate available) - rate curtailed) + per_degree (T - reference) >= 0

        with the last part for heat and power only. xi times the curtailment would make W random, so what curtailment
        saves is counted at nominal; the row keeps a low xi from turning curtailment into a supply.
        """
        factor, amount = self.factor(path), {p: site.scaled(quantity, p) for p in self.periods}
        weather = {p: self._weather(quantity, p) for p in self.periods}
        if isinstance(factor, (int, float)):
            return {p: amount[p] + weather[p] for p in self.periods}
        for p in self.periods:
            profile = quantity.profile.get(p, 1.0)
            full = (quantity.fixed + quantity.rate * site.available.get(p, 1.0)) * profile
            amount[p] = factor * full - quantity.rate * profile * site.curtailed.get(p, 0.0) + weather[p]
        if quantity.rate and any(not isinstance(c, float) for c in site.curtailed.values()):
            block = self.block(site, f"{name} follows")
            block.no_supply = pyo.Constraint(self.periods, rule=lambda _, p: amount[p] >= 0)
        return amount

    def _weather(self, quantity: Scaled, period: str) -> Expression:
        if not isinstance(quantity, ScaledPower) or not quantity.per_degree:
            return 0.0
        return quantity.per_degree * (self.temperature[period] - quantity.reference)

    def smallest(self, path: str) -> float:
        """Smallest value that the uncertain factor at a path can take; 1 where it is certain."""
        return self._uncertain[path].smallest if path in self._uncertain else 1.0

    # -- design ---------------------------------------------------------------------------------------------------

    def capacity(
        self,
        site: Site,
        name: str,
        component: str,
        unit: str,
        *,
        existing: float,
        option: Investment | None,
        forced: bool = False,
    ) -> Expression:
        """Installed capacity = existing + built size, with the annual cost of what is built.

        minimum built <= size <= maximum built,   annual cost = (crf + maintenance) (fixed built + proportional size)
        """
        if option is None:
            self.assets.append(Asset(name, site.name, component, unit, existing))
            return existing
        option = option.escalated(self.escalation)
        site.design.add_component(name, pyo.Block())
        block: Any = getattr(site.design, name)
        block.built = scalar(within=pyo.Binary)
        block.size = scalar(bounds=(0.0, option.maximum))
        block.smallest = pyo.Constraint(expr=block.size >= option.minimum * block.built)
        block.largest = pyo.Constraint(expr=block.size <= option.maximum * block.built)
        rate = option.annual_rate(self.interest)
        self.annual_investment.append(rate * (option.fixed * block.built + option.proportional * block.size))
        self.assets.append(
            Asset(name, site.name, component, unit, existing, block.built.name, block.size.name, option, rate, forced)
        )
        return existing + block.size

    def contract(self, site: Site, name: str, component: str, unit: str, option: Investment) -> Expression:
        """A first-stage amount paid per unit and year (a contracted capacity), between 0 and its maximum."""
        site.design.add_component(name, pyo.Block())
        block: Any = getattr(site.design, name)
        block.size = scalar(bounds=(0.0, option.maximum))
        self.annual_investment.append(option.proportional * block.size)
        self.assets.append(Asset(name, site.name, component, unit, 0.0, None, block.size.name, option, 1.0))
        return block.size

    # -- operation --------------------------------------------------------------------------------------------------

    def supply(self, carrier: Carrier, node: str, period: str, amount: Expression) -> None:
        """Add an inflow (positive) or outflow (negative) to the balance of a carrier at a node."""
        balance = self._balances.setdefault((carrier, node), {p: [] for p in self.periods})
        balance[period].append(amount)

    def demand(self, carrier: Carrier, node: str, period: str, amount: Expression) -> None:
        """Take an amount out of the balance of a carrier at a node."""
        self.supply(carrier, node, period, -amount)

    def cost(self, label: str, period: str, per_hour: Expression) -> None:
        """Add a cost [currency/h] of one period."""
        self.costs[label].append(self.hours[period] * per_hour)

    def emission(self, label: str, period: str, per_hour: Expression) -> None:
        """Add CO2 [t/h] of one period to a line of the inventory: stack, grid, biogenic, avoided."""
        self.emissions[label].append(self.hours[period] * per_hour)

    def deficit(self, carrier: Carrier, site: Site, node: str, price: float, unit: str) -> Any:
        """A priced deficit that keeps a balance feasible in every scenario; reported, never hidden in the cost.

        Returns the variable of what is missing, per period.
        """
        block = self.block(site, f"{carrier} deficit {node}")
        block.missing = activity(self.periods)
        for p in self.periods:
            self.supply(carrier, node, p, block.missing[p])
            self.cost("emergency", p, price * block.missing[p])
            self.total(f"{carrier} deficit {site.name}", p, block.missing[p], unit)
        return block.missing

    def close_balances(self, carriers: Iterable[Carrier] | None = None) -> None:
        """Write one row per carrier, node and period: inflows - outflows = 0."""
        rows = self.model.operation
        for (carrier, node), terms in self._balances.items():
            if carriers is not None and carrier not in set(carriers):
                continue
            name = f"balance_{carrier}_{node}"
            rows.add_component(name, pyo.Constraint(self.periods, rule=_zero_sum(terms)))


def _zero_sum(terms: Mapping[str, list[Expression]]) -> Callable[[Any, str], Expression]:
    def rule(_: Any, period: str) -> Expression:
        total: Any = sum(terms[period])
        return pyo.Constraint.Feasible if isinstance(total, float | int) and total == 0 else total == 0

    return rule
