"""Optima of the steam plant and of the steam main worked out by hand from the steam tables, against their golden LPs.

Power has no buyer here, so the best operation is plain: the boiler raises what the users need, and what low-pressure
users, main and deaerator take is let down. Four balances then fix the four unknown flows.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from loopwise.problems.park import steam_properties as steam
from loopwise.problems.park.asset import capital_recovery_factor
from tests.golden_lp import golden_optimum
from tests.steam_cases import MAIN, PLANT, TAKER, assembled, changed

HOURS = 8000.0
HP, LP = steam.enthalpy(40, 400), steam.enthalpy(4, steam.saturation_temperature(4) + 5)
FEED = steam.saturated_liquid(0.2)
BLOWN_DOWN = 0.03 / 0.97  # per steam
DRYER = 18 * 3600 / (LP - steam.liquid(95))  # t/h of 18 MW
CONDENSATE = {90: 0.5 * 5, 95: 0.7 * DRYER}  # t/h by degC


@dataclass(frozen=True)
class Plant:
    """Steam raised at high pressure, let down, and taken by the deaerator; make-up [t/h]."""

    raised: float
    let_down: float
    deaerator: float
    make_up: float

    @property
    def heat(self) -> float:
        """Heat at full load [MW]: steam, and blow-down that leaves boiling."""
        return (self.raised * (HP - FEED) + self.raised * BLOWN_DOWN * (steam.saturated_liquid(40) - FEED)) / 3600

    @property
    def water(self) -> float:
        """Raw water, fresh water and effluent [currency/h]: the blow-down is used again as make-up."""
        raw = self.make_up / 0.75
        return 0.8 * raw + 0.5 * (raw - BLOWN_DOWN * self.raised) + 0.6 * (raw - self.make_up)


def by_hand(sent: float) -> Plant:
    """The reactor takes 5 t/h of HP steam; dryer, deaerator and `sent` t/h LP steam. Unknowns: y, v, D, M

    HP   y - v = 5                                    LP    (1 + r) v - D = dryer + sent
    mass M + D - (1 + s) y - r v = -condensate        heat  M (h_M - h_F) + D (h_LP - h_F) = -sum C (h_C - h_F)
    """
    r = (HP - LP) / (LP - FEED)
    matrix = np.array(
        [
            [1, -1, 0, 0],
            [0, 1 + r, -1, 0],
            [-(1 + BLOWN_DOWN), -r, 1, 1],
            [0, 0, LP - FEED, steam.liquid(25) - FEED],
        ]
    )
    returned = sum(amount * (steam.liquid(t) - FEED) for t, amount in CONDENSATE.items())
    return Plant(*np.linalg.solve(matrix, [5, DRYER + sent, -sum(CONDENSATE.values()), -returned]))


def test_golden_steam_plant() -> None:
    """A boiler is built exactly as big as needed, so it runs at full load: 40 per MWh of gas at 90 %."""
    option = {"existing": 0, "investment": {"proportional": 1e5, "maximum": 80, "life": 20}}
    optimum = golden_optimum("steam_plant", assembled({"plant": changed(boilers__B1=option)})[0].model)
    plant = by_hand(sent=0.0)
    built = capital_recovery_factor(0.08, 20) * 1e5 * plant.raised
    assert optimum == pytest.approx(built + HOURS * (40 * plant.heat / 0.9 + plant.water), rel=1e-7)


def test_golden_steam_main() -> None:
    """The taker's 8 t/h and what the main's heat loss of 120 W/m over 1.5 km condenses; 60 % come back as warm water.

    The boiler of 60 t/h burns 2 % of its full-load fuel without raising steam; the condensate goes down the drain.
    """
    optimum = golden_optimum("steam_main", assembled({"giver": PLANT, "taker": TAKER}, {"main": MAIN})[0].model)
    condensed = 0.120 * 1.5 * 3600 / (LP - steam.saturated_liquid(4 - 0.3 * 1.5))
    plant = by_hand(sent=8 + condensed)
    full_load = plant.heat / plant.raised
    fuel = (0.98 * plant.heat + 0.02 * 60 * full_load) / 0.9
    assert optimum == pytest.approx(HOURS * (40 * fuel + plant.water + 0.6 * 0.6 * 8), rel=1e-7)
