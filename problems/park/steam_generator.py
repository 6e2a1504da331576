"""What boilers of every kind share: capacity, on/off, part load, standby, blow-down and the heat they need."""

from __future__ import annotations

from collections.abc import Mapping

import pyomo.environ as pyo
from pydantic import Field

from ..units import Fraction, MassFlow
from . import exergy
from . import steam_properties as steam
from .assembly import Assembly, Expression, Site, activity
from .asset import FlowInvestment, largest_size
from .base import CaseModel, Name
from .blow_down import blow_down
from .commitment import StartCost, running_capacity
from .feedwater import Feedwater
from .header import Header, header_node


class SteamGenerator(CaseModel):
    """Raises steam of a header's state from the plant's feed water."""

    header: Name = Field(description="header that it feeds")
    existing: MassFlow = Field(default=0.0, description="steam capacity that stands already")
    investment: FlowInvestment | None = Field(default=None, description="what may be built, per t/h of steam")
    minimum_load: Fraction = Field(default=0.25, description="smallest steam when on, share of capacity")
    no_load: Fraction = Field(default=0.02, lt=1.0, description="input when on without steam, share of full-load input")
    standby: Fraction = Field(default=0.0, description="input when kept warm, share of full-load input")
    start_cost: StartCost = Field(default=0.0, description="fuel and wear of a start, at the case's alternations")
    availability: Fraction = Field(default=1.0, description="share of the capacity that can run")
    source: str = Field(default="assumed", description="where the figures come from")

    def input_per_steam(self, header: Header, feedwater: Feedwater, efficiency: float) -> float:
        """Full-load input per steam [MW/(t/h)]; the blow-down leaves as boiling water of the header's pressure.

        eta q = (h_header - h_bfw) + b / (1 - b) (h_boiling - h_bfw),   b: share of the feed water blown down
        """
        share = feedwater.blow_down / (1.0 - feedwater.blow_down)
        raised, blown_down = heat_per_steam(header, feedwater)
        return (raised + share * blown_down) / efficiency

    def raise_steam(
        self,
        assembly: Assembly,
        site: Site,
        name: str,
        component: str,
        path: str,
        header: Header,
        feedwater: Feedwater,
        per_steam: float,
    ) -> Mapping[str, Expression]:
        """Steam y, capacity C, Z = C on (first stage), availability xi; the input B [MW] per period is returned:

            minimum_load xi Z <= y <= xi Z
            B = q ((1 - no_load) y + no_load Z + standby (C - Z))          B = q y at full load

        Without minimum load, no-load, standby and start cost nothing tells on from off:  0 <= y <= xi C,  B = q y.
        An outage lowers the minimum load with the capacity: what stands still has no minimum load.
        """
        capacity = assembly.capacity(site, name, component, "t/h", existing=self.existing, option=self.investment)
        site.boilers[name] = capacity
        largest = largest_size(self.existing, self.investment)
        available = assembly.uncertain(f"{path}.availability", self.availability)
        block = assembly.block(site, name)
        block.steam = activity(assembly.periods)
        committed = self.minimum_load > 0.0 or self.no_load > 0.0 or self.standby > 0.0 or self.start_cost > 0.0
        running: dict[str, Expression] = dict.fromkeys(assembly.periods, capacity)
        if committed:
            states = running_capacity(assembly, site, name, capacity, largest, self.start_cost)
            running = {p: size for p, (_, size) in states.items()}
        block.largest = pyo.Constraint(assembly.periods, rule=lambda b, p: b.steam[p] <= available * running[p])
        if self.minimum_load > 0.0:
            block.smallest = pyo.Constraint(
                assembly.periods, rule=lambda b, p: b.steam[p] >= self.minimum_load * available * running[p]
            )
        share = feedwater.blow_down / (1.0 - feedwater.blow_down)
        node = header_node(site.name, self.header)
        raised, blown_down = heat_per_steam(header, feedwater)
        for p in assembly.periods:
            assembly.supply("steam", node, p, block.steam[p])
            assembly.demand("feedwater", site.name, p, (1.0 + share) * block.steam[p])
            blow_down(assembly, site, p, share * block.steam[p], header.pressure)
            enter_raised(assembly, site, name, component, p, block.steam[p], header, feedwater)
            assembly.total("steam raised", p, block.steam[p])
            assembly.total("heat raised", p, block.steam[p] * (raised + share * blown_down), "MWh/a")
            assembly.heat(site.name, p, block.steam[p] * (raised + share * blown_down))
        assembly.flow("steam", f"{site.name}.{name}", node, "t/h", lambda p: block.steam[p])
        assembly.load("steam from boilers", "t/h", largest, lambda p: block.steam[p])
        needed = {
            p: per_steam
            * (
                (1.0 - self.no_load) * block.steam[p]
                + self.no_load * running[p]
                + self.standby * (capacity - running[p])
            )
            for p in assembly.periods
        }
        if not committed:
            return needed
        block.input = activity(assembly.periods)  # a price may be uncertain, and Z is first-stage: no product of both
        block.needed = pyo.Constraint(assembly.periods, rule=lambda b, p: b.input[p] == needed[p])
        return {p: block.input[p] for p in assembly.periods}


def enter_raised(
    assembly: Assembly,
    site: Site,
    name: str,
    kind: str,
    period: str,
    raised: Expression,
    header: Header,
    feedwater: Feedwater,
) -> None:
    """Enter the energy and exergy that feed water becoming steam [t/h] and blow-down takes out of the unit.

    It comes in pumped: the work of its pump, of which a park's power demand tells, is no heat that gave pressure.
    """
    share = feedwater.blow_down / (1.0 - feedwater.blow_down)
    brought = (1.0 + share) * exergy.of_pumped_water(header.pressure, feedwater.enthalpy)
    taken = header.exergy + share * exergy.of_boiling_water(header.pressure)
    assembly.exergy(site.name, name, kind, period, raised * ((brought - taken) * steam.MW_PER_T_AND_KJ_PER_KG))
    water = raised * ((1.0 + share) * feedwater.enthalpy * steam.MW_PER_T_AND_KJ_PER_KG)
    drained = raised * (share * steam.saturated_liquid(header.pressure) * steam.MW_PER_T_AND_KJ_PER_KG)
    leaving = {"steam": header.power(raised), "blow-down": drained}
    assembly.energy(site.name, name, period, entering={"feed water": water}, leaving=leaving)


def heat_per_steam(header: Header, feedwater: Feedwater) -> tuple[float, float]:
    """Heat [MW/(t/h)] that feed water takes up to become steam of the header, and to become blow-down."""
    raised = header.enthalpy - feedwater.enthalpy
    blown_down = steam.saturated_liquid(header.pressure) - feedwater.enthalpy
    return raised * steam.MW_PER_T_AND_KJ_PER_KG, blown_down * steam.MW_PER_T_AND_KJ_PER_KG
