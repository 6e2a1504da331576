"""What is told of a scenario and acts on no row: flows, totals, loads, and what crosses the boundary of every unit.

The books must close in every scenario: water over the park's boundary, heat of every steam system, energy of every
unit (what does not come out is lost to the surroundings, never less than nothing), exergy (what does not come out is
destroyed, never less than nothing).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

WATER_BALANCE = "balance.water."  # how reports of the park's water balance begin
DESTROYED = "destroyed."  # and those of exergy that units destroy, by plant, unit and period
LOST = "lost."  # and those of energy that units lose to their surroundings, by plant, unit and period
ENERGY = "energy."  # and means of the year of what enters (in) and leaves (out) them, by plant, unit, way and carrier
RESIDUAL = "residual."  # and those that are 0
WHOLE_YEAR = ""
LOSSLESS = frozenset(
    {
        "absorption chiller",
        "deaerator",
        "heat exchange",
        "heat pump",
        "letdown",
        "organic Rankine cycle",
        "steam recovery",
    }
)
"""Kinds of units from which all energy comes out again."""
Expression = Any  # Pyomo expressions have no usable static type
Carrier = str


@dataclass(frozen=True)
class Flow:
    """A physical flow for Sankey diagrams and balances; `report` names its annual mean among the problem's reports."""

    carrier: Carrier
    source: str
    target: str
    unit: str
    report: str


class Ledger:
    """The books of one park; `hours[period]` are the operating hours a year that a period stands for."""

    def __init__(self, hours: Mapping[str, float]) -> None:
        self.hours = dict(hours)
        self.totals: dict[str, list[Expression]] = defaultdict(list)
        self.total_units: dict[str, str] = {}
        self.reports: dict[str, tuple[str, Expression]] = {}
        self.flows: list[Flow] = []
        self.loads: dict[str, tuple[str, float]] = {}  # unit and largest possible value of each
        self.boundary: dict[str, bool] = {}  # of water, by line: whether it comes in
        self.units: dict[str, str] = {}  # plant.unit of what destroys exergy: what it is
        self._exergy: dict[tuple[str, str], list[Expression]] = defaultdict(list)
        self._energy: dict[tuple[str, str, str], dict[str, Expression]] = defaultdict(dict)
        self._water: dict[str, list[Expression]] = defaultdict(list)
        self._heat: dict[tuple[str, str], list[Expression]] = defaultdict(list)

    @property
    def periods(self) -> list[str]:
        """Names of the representative periods."""
        return list(self.hours)

    def total(self, name: str, period: str, per_hour: Expression, unit: str = "t/a") -> None:
        """Add to an annual total such as fresh water; `unit` is that of the hourly amount times hours a year."""
        self.totals[name].append(self.hours[period] * per_hour)
        self.total_units[name] = unit

    def annual(self, name: str) -> Expression:
        """The annual total `name`, 0 where nothing was added."""
        return sum(self.totals.get(name, [])) + 0.0

    def report(self, name: str, unit: str, expression: Expression) -> None:
        """Name a linear result of a scenario; several additions to one name are summed."""
        before = self.reports[name][1] if name in self.reports else 0.0
        self.reports[name] = (unit, before + expression)

    def load(self, name: str, unit: str, largest: float, per_period: Callable[[str], Expression]) -> None:
        """Add to a load of the park that is followed period by period; `largest` is the most this part can bring."""
        before = self.loads.get(name, (unit, 0.0))[1]
        self.loads[name] = (unit, before + largest)
        for p in self.periods:
            self.report(f"hourly.{name}.{p}", unit, per_period(p))

    def mean(self, per_period: Callable[[str], Expression]) -> Expression:
        """Mean over the year's operating hours of an hourly expression of the period."""
        year = sum(self.hours.values())
        return sum(self.hours[p] / year * per_period(p) for p in self.periods)

    def flow(
        self, carrier: Carrier, source: str, target: str, unit: str, per_period: Callable[[str], Expression]
    ) -> None:
        """Record a physical flow and report its mean over the year."""
        name = f"flow.{carrier}.{source}>{target}"
        if name not in self.reports:  # parallel lines are one flow
            self.flows.append(Flow(carrier, source, target, unit, name))
        self.report(name, unit, self.mean(per_period))

    def water(self, line: str, period: str, amount: Expression, *, inwards: bool) -> None:
        """Enter water [t/h] that crosses the boundary of the park's water network under the name `line`.

        Like `heat`, it acts on no row: what comes in less what leaves is 0 by the rows' own balances.
        """
        self.boundary[line] = inwards
        self.total(f"{WATER_BALANCE}{line}", period, amount)
        self._water[period].append(amount if inwards else -amount)

    def heat(self, plant: str, period: str, power: Expression) -> None:
        """Enter heat [MW] that crosses the boundary of a plant's steam system, positive inwards.

        It acts on no row: the entries add up to 0 by the rows' own balances, which every scenario's report shows.
        """
        self._heat[plant, period].append(power)

    def exergy(self, plant: str, unit: str, kind: str, period: str, power: Expression) -> None:
        """Enter exergy [MW] that flows into a unit (negative: out of it); what does not come out is destroyed there.

        Period `WHOLE_YEAR` for the mean of a unit that keeps something from one period to the next. It acts on no row:
        no unit may create exergy, which every scenario's report shows.
        """
        self.units[f"{plant}.{unit}"] = kind
        self._exergy[f"{plant}.{unit}", period].append(power)

    def energy(
        self,
        plant: str,
        unit: str,
        period: str,
        *,
        entering: Mapping[Carrier, Expression] | None = None,
        leaving: Mapping[Carrier, Expression] | None = None,
    ) -> None:
        """Enter energy [MW] that carriers bring into a unit and take out of it, water and steam above water of 0 degC.

        Of a unit that enters exergy. What does not come out goes to the surroundings, 0 from the kinds in LOSSLESS.
        """
        for way, amounts in (("in", entering), ("out", leaving)):
            for carrier, power in (amounts or {}).items():
                book = self._energy[f"{plant}.{unit}", way, carrier]
                book[period] = book.get(period, 0.0) + power

    def report_residuals(self) -> None:
        """Report water of the park, heat of every steam system, energy lost and exergy destroyed by every unit."""
        for (unit, period), entries in self._exergy.items():
            self.report(f"{DESTROYED}{unit}.{period}", "MW", sum(entries) + 0.0)
        for (unit, way, carrier), book in self._energy.items():
            for period, power in book.items():
                lost = RESIDUAL if self.units[unit] in LOSSLESS else LOST
                self.report(f"{lost}{unit}.{period}", "MW", power if way == "in" else -power)
            mean = book[WHOLE_YEAR] if WHOLE_YEAR in book else self.mean(lambda p, book=book: book[p])
            self.report(f"{ENERGY}{unit}.{way}.{carrier}", "MW", mean + 0.0)
        for period, entries in self._water.items():
            self.report(f"{RESIDUAL}water.{period}", "t/h", sum(entries) + 0.0)
        for (plant, period), entries in self._heat.items():
            self.report(f"{RESIDUAL}heat.{plant}.{period}", "MW", sum(entries) + 0.0)
