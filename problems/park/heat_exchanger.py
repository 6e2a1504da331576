"""Exchangers between two streams of a plant."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from ..units import Power, TemperatureDifference
from .assembly import Assembly, Site
from .asset import PowerInvestment
from .base import CaseModel, Name
from .heat_network import HeatNetwork


class HeatExchanger(CaseModel):
    """Passes heat from one stream of the plant to another; sized by its duty."""

    hot: Name = Field(description="stream that gives off heat")
    cold: Name = Field(description="stream that takes it up")
    approach_temperature: TemperatureDifference | None = Field(
        default=None, description="smallest difference; none: the two streams' contributions"
    )
    existing: Power = Field(default=0.0, description="duty that stands already")
    investment: PowerInvestment | None = Field(default=None, description="what may be built, per MW of duty")
    source: str = Field(default="assumed", description="where the figures come from")

    def extra(self, contributions: float) -> float:
        """By how much [K] the streams must differ more than their contributions add up to; negative is refused."""
        return 0.0 if self.approach_temperature is None else self.approach_temperature - contributions

    def add_to(
        self, assembly: Assembly, network: HeatNetwork, site: Site, name: str, contributions: Mapping[str, float]
    ) -> None:
        """Heat passed <= existing + built, in every period; by the rows of heat_network."""
        capacity = assembly.capacity(site, name, "heat exchanger", "MW", existing=self.existing, option=self.investment)
        extra = self.extra(contributions[self.hot] + contributions[self.cold])
        network.exchanger(f"{site.name}.{name}", f"{site.name}.{self.hot}", f"{site.name}.{self.cold}", capacity, extra)
