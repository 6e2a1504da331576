"""A plant's throughput: every flow follows it, recourse may curtail it at the lost margin."""

from __future__ import annotations

from typing import Annotated

import pyomo.environ as pyo
from pydantic import Field

from ..units import Fraction, Quantity
from .assembly import Assembly, Site, activity
from .base import CaseModel
from .plant_data import PerPeriod

LostMargin = Annotated[float, Quantity("lost margin", "currency/h", positive=True)]


class Throughput(CaseModel):
    """Throughput relative to nominal (1); scheduled changes by period, shut-downs and demand are uncertain factors."""

    profile: PerPeriod = Field(default_factory=lambda: PerPeriod(every=1.0), description="throughput per period")
    availability: Fraction = Field(default=1.0, description="share of the period in which the plant can run")
    lost_margin: LostMargin = Field(description="margin lost per hour of full stop")
    source: str = Field(default="assumed", description="where the figures come from")

    def add_to(self, assembly: Assembly, site: Site, path: str, *, curtailable: bool) -> None:
        """Throughput t = available - curtailed,  available = profile xi_demand xi_availability,  0 <= curtailed.

        The margin lost is lost_margin x curtailed per hour; 'curtailed hours' are hours of full stop.
        """
        block = assembly.block(site, "throughput")
        demand = assembly.uncertain(path, 1.0)
        availability = assembly.uncertain(f"{path}.availability", self.availability)
        site.available = {
            p: assembly.uncertain(f"{path}.profile.{p}", self.profile.at(p)) * demand * availability
            for p in assembly.periods
        }
        if not curtailable:
            site.curtailed = dict.fromkeys(assembly.periods, 0.0)
            return
        block.curtailed = activity(assembly.periods)
        block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.curtailed[p] <= site.available[p])
        site.curtailed = {p: block.curtailed[p] for p in assembly.periods}
        margin = assembly.uncertain(f"{path}.lost_margin", self.lost_margin)
        for p in assembly.periods:
            assembly.cost("lost margin", p, margin * block.curtailed[p])
            assembly.total(f"curtailed hours {site.name}", p, block.curtailed[p], "h/a")
