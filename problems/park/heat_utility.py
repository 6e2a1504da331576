"""What heating and cooling of a plant have in common: a capacity that stands or may be built, and a carrier."""

from __future__ import annotations

import pyomo.environ as pyo
from pydantic import Field

from ..heat.streams import Side
from ..units import Power, TemperatureDifference
from .assembly import Assembly, Expression, Site, activity
from .asset import PowerInvestment
from .base import CaseModel
from .heat_network import Carrier, HeatNetwork, Piece, Role, share_of_approach


class HeatUtility(CaseModel):
    """Heating or cooling of a plant's streams; without capacity and investment it is unlimited."""

    capacity: Power | None = Field(default=None, description="largest heat that stands already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW of heat")
    approach_contribution: TemperatureDifference | None = Field(
        default=None, description="own share of the approach temperature; none: half of the plant's"
    )
    forbidden: list[str] = Field(default_factory=list, description="streams that it must not meet")
    source: str = Field(default="assumed", description="where the figures come from")

    def carrier(
        self,
        assembly: Assembly,
        network: HeatNetwork,
        site: Site,
        name: str,
        side: Side,
        pieces: tuple[Piece, ...],
        approach: float,
    ) -> dict[str, Expression]:
        """Declare the carrier:  0 <= Q <= capacity + built [MW], in every period. Returns Q."""
        block = assembly.block(site, name)
        component = "heating" if side is Side.HOT else "cooling"
        if self.investment is None:
            block.heat = activity(assembly.periods, self.capacity)
        else:
            installed = assembly.capacity(
                site, name, component, "MW", existing=self.capacity or 0.0, option=self.investment
            )
            block.heat = activity(assembly.periods)
            block.limit = pyo.Constraint(assembly.periods, rule=lambda b, p: b.heat[p] <= installed)
        heat: dict[str, Expression] = {p: block.heat[p] for p in assembly.periods}
        network.add(
            Carrier(
                f"{site.name}.{name}",
                site.name,
                side,
                Role.UTILITY,
                pieces,
                share_of_approach(self.approach_contribution, approach),
                heat,
                forbidden=frozenset(f"{site.name}.{other}" for other in self.forbidden),
            )
        )
        for p in assembly.periods:
            assembly.total(component, p, heat[p], "MWh/a")
        return heat
