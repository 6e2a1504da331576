"""By-products that follow a plant's throughput: what buyers take is sold, the rest is disposed of."""

from __future__ import annotations

import pyomo.environ as pyo
from pydantic import Field

from ..units import MassFlow, MassPrice
from .assembly import Assembly, Site, activity
from .base import CaseModel
from .plant_data import Scaled


class ScaledMass(Scaled):
    """A mass flow [t/h] of anything but water that follows the throughput."""

    fixed: MassFlow = Field(default=0.0, description="flow that stays at zero throughput")
    rate: MassFlow = Field(default=0.0, description="flow that follows the throughput, at throughput 1")


class ByProduct(CaseModel):
    """Spent grain, sludge, trimmings: comes with the production and has to go somewhere."""

    amount: ScaledMass = Field(description="what comes with the production")
    price: MassPrice = Field(default=0.0, description="what buyers pay; negative: what taking it costs")
    largest_sale: MassFlow | None = Field(default=None, description="most that buyers take; none: all")
    disposal: MassPrice = Field(default=0.0, ge=0.0, description="cost of what is not sold")
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly, site: Site, name: str, path: str) -> None:
        """sold + disposed = amount,  sold <= largest sale xi,  cost = disposal disposed - price sold  (t/h)."""
        amount = assembly.following(site, self.amount, f"{path}.amount", name)
        block = assembly.block(site, name)
        block.sold = activity(assembly.periods)
        block.disposed = activity(assembly.periods)
        block.balance = pyo.Constraint(assembly.periods, rule=lambda b, p: b.sold[p] + b.disposed[p] - amount[p] == 0)
        if self.largest_sale is not None:
            largest = assembly.uncertain(f"{path}.largest_sale", self.largest_sale)
            block.market = pyo.Constraint(assembly.periods, rule=lambda b, p: b.sold[p] <= largest)
        price = assembly.uncertain(f"{path}.price", self.price)
        disposal = assembly.uncertain(f"{path}.disposal", self.disposal)
        for p in assembly.periods:
            assembly.cost("by-products sold", p, -price * block.sold[p])
            assembly.cost("by-products disposed of", p, disposal * block.disposed[p])
            assembly.total("by-products sold", p, block.sold[p])
            assembly.total("by-products disposed of", p, block.disposed[p])
        assembly.flow("by-product", site.name, "buyers", "t/h", lambda p: block.sold[p])
        assembly.flow("by-product", site.name, "disposal", "t/h", lambda p: block.disposed[p])
