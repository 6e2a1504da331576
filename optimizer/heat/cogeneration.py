"""The cogeneration target of a heat case: what its boilers' steam could do on the way to the streams."""

from __future__ import annotations

from dataclasses import dataclass

from ...problems.heat import UtilityTargets
from ...problems.heat.case import HeatCase
from ...problems.heat.cogeneration import CogenerationTarget, SteamLevel
from ...problems.heat.total_site import TotalSiteTargets
from ...problems.units import ATMOSPHERE_BAR
from ..report.content import Table

TONNES_PER_HOUR = 3.6  # in 1 kg/s


@dataclass(frozen=True)
class Cogeneration:
    """The target with the levels of its stages, from the hottest down."""

    case: HeatCase
    levels: tuple[SteamLevel, ...]
    target: CogenerationTarget

    @property
    def headline(self) -> str:
        """The target in a sentence."""
        supply = self.case.cogeneration
        assert supply is not None
        return (
            f"Steam of {supply.pressure:.3g} barg and {supply.temperature:.0f} °C could give "
            f"{self.target.total_power:,.4g} MW of power while it expands to where streams take it (cogeneration "
            f"target at an isentropic efficiency of {supply.isentropic_efficiency:.0%})."
        )

    @property
    def table(self) -> Table:
        """A line a level."""
        rows: list[tuple[str | float | None, ...]] = [
            (level.name, level.pressure - ATMOSPHERE_BAR, level.net_use, float(flow) * TONNES_PER_HOUR, float(power))
            for level, flow, power in zip(self.levels, self.target.flow, self.target.power, strict=True)
        ]
        rows.append(("All", None, sum(level.net_use for level in self.levels), None, self.target.total_power))
        columns = ("expands to", "pressure, barg", "heat drawn, MW", "steam, t/h", "power, MW")
        return Table("Cogeneration target", columns, tuple(rows))


def cogeneration(case: HeatCase, utilities: UtilityTargets, site: TotalSiteTargets | None) -> Cogeneration | None:
    """The target where the case says what steam there is: of the mains' net use, else of the condensing utilities'."""
    if case.cogeneration is None:
        return None
    levels = case.cogeneration.below(case.steam_levels)
    if site is not None:
        net = site.use.sum(axis=0) - site.generation.sum(axis=0)
        use = {main.name: float(amount) for main, amount in zip(site.mains, net, strict=True)}
    else:
        use = {name: utilities.duty(name) for name in levels}
    stages, target = case.cogeneration.target(levels, use)
    return Cogeneration(case, tuple(stages), target)
