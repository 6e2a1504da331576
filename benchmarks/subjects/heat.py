"""Random heat recovery problems: streams between 30 and 550 degC, and what is to be matched in a small one."""

from __future__ import annotations

import numpy as np

from loopwise.problems.heat import HeatRecoveryProblem, HeatStream, Side, Utility
from loopwise.problems.heat.match_data import MatchData, match_data

UTILITIES = (Utility("steam", Side.HOT, 600.0, 600.0, price=30.0), Utility("water", Side.COLD, 10.0, 15.0, price=2.0))


def random_streams(hot: int, cold: int, seed: int) -> HeatRecoveryProblem:
    """`hot` streams that cool down and `cold` ones that warm up by 10 to 150 K, 0.1 to 10 MW each, 10 K apart."""
    random = np.random.default_rng((seed, hot, cold))
    streams: list[HeatStream] = []
    for number in range(hot + cold):
        low = float(random.uniform(30.0, 400.0))
        high = low + float(random.uniform(10.0, 150.0))
        duty = float(random.uniform(0.1, 10.0))
        ends = (high, low) if number < hot else (low, high)
        name = f"H{number + 1}" if number < hot else f"C{number - hot + 1}"
        streams.append(HeatStream.simple(name, *ends, duty=duty))
    return HeatRecoveryProblem(tuple(streams), UTILITIES, approach_temperature=10.0)


def random_matches(hot: int, cold: int, seed: int) -> MatchData:
    """The same with the cheapest duties of steam and cooling water: carriers whose heat balances."""
    return match_data(random_streams(hot, cold, seed))
