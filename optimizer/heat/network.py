"""What a synthesis returns: exchangers, temperatures, costs and the proof."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...problems.heat.superstructure import Exchanger


class NetworkStatus(StrEnum):
    """How a synthesis ended."""

    OPTIMAL = "optimal"
    LIMIT = "stopped by a limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True)
class InstalledExchanger:
    """An exchanger of the network: duty [MW], temperatures [degC] of both sides, area [m2] by Chen's mean.

    `hot_share`, `cold_share`: of the stream's flow, 1 for a utility. `area_logarithmic` [m2] is the area by the
    logarithmic mean, a little smaller.
    """

    place: Exchanger
    duty: float
    hot_in: float
    hot_out: float
    cold_in: float
    cold_out: float
    hot_share: float
    cold_share: float
    area: float
    area_logarithmic: float
    investment: float

    @property
    def hot_end(self) -> float:
        """Temperature difference [K] where the hot side enters."""
        return self.hot_in - self.cold_out

    @property
    def cold_end(self) -> float:
        """Temperature difference [K] where the cold side enters."""
        return self.hot_out - self.cold_in


@dataclass(frozen=True)
class Network:
    """Exchangers, temperatures [degC] of every stream between its stages, costs [currency/year]."""

    exchangers: tuple[InstalledExchanger, ...]
    temperatures: Mapping[str, tuple[float, ...]]
    utility_cost: float
    annual_investment: float

    @property
    def annual_cost(self) -> float:
        """Utilities and annualized investment [currency/year]."""
        return self.utility_cost + self.annual_investment


@dataclass(frozen=True)
class Synthesis:
    """The best network found, None without one, and the bound [currency/year] on the cost of every other."""

    status: NetworkStatus
    network: Network | None
    lower_bound: float
    seconds: float
    bounds_over_time: tuple[tuple[float, float, float], ...]

    @property
    def gap(self) -> float:
        """Relative distance of cost and bound, infinite without a network."""
        if self.network is None:
            return math.inf
        return max(self.network.annual_cost - self.lower_bound, 0.0) / max(abs(self.network.annual_cost), 1e-9)
