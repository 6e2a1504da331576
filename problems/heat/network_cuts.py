"""Rows that every network of the superstructure obeys anyway, and its linear relaxation does not.

Where an exchanger is not chosen for good, the relaxation ignores its approach temperature. Pinch analysis does not:

    sum_u price_u Q_u >= cheapest utilities,     sum_{u hot} Q_u >= least hot utility

A pair exchanges over all stages no more than one exchanger could; and exchangers join carriers to components, of which
those without a utility are sets of streams whose heat balances by itself (pinch_sections.py):

    number of exchangers >= streams - most balanced sets of streams
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyomo.environ

from .pinch_sections import BALANCED, most_components
from .problem_table import problem_table
from .streams import HeatDataError, HeatRecoveryProblem, Side
from .temperature_intervals import TemperatureIntervals, pieces_of, stream_duties
from .utility_targets import place_utilities

pyo: Any = pyomo.environ  # Pyomo ships no usable types
ROUNDING = 1e-7  # by which a target is lowered, so that no row cuts off what meets it exactly


def add_network_cuts(problem: HeatRecoveryProblem, model: Any, exchangers: Sequence[Any]) -> None:
    """Add the rows to a superstructure's `model` of streams with one segment each."""
    rows = model.targets = pyo.ConstraintList()
    if not exchangers:
        return
    prices = {u.name: u.price or 0.0 for u in problem.utilities}
    duty = {name: sum(model.duty[n] for n, e in enumerate(exchangers) if name in (e.hot, e.cold)) for name in prices}
    try:
        targets = place_utilities(problem)
    except HeatDataError:  # no network either, which the search finds out
        return
    if targets.cost:
        cheapest = targets.cost - ROUNDING * abs(targets.cost)
        _add_at_least(rows, sum(prices[name] * heat for name, heat in duty.items()), cheapest)
    least = problem_table(problem).hot_utility
    if least > 0.0:
        heating = sum(duty[u.name] for u in problem.utilities if u.side is Side.HOT)
        _add_at_least(rows, heating, least * (1 - ROUNDING))
    pairs: dict[tuple[str, str], list[int]] = {}
    for n, place in enumerate(exchangers):
        pairs.setdefault((place.hot, place.cold), []).append(n)
    for own in pairs.values():
        if len(own) > 1:
            rows.add(sum(model.duty[n] for n in own) <= exchangers[own[0]].largest)
    rows.add(sum(model.exists.values()) >= _fewest_exchangers(problem))


def _add_at_least(rows: Any, expression: Any, least: float) -> None:
    """A row, unless no exchanger of the superstructure is meant: then the search finds out that there is no network."""
    if not isinstance(expression, int | float):
        rows.add(expression >= least)


def _fewest_exchangers(problem: HeatRecoveryProblem) -> int:
    hot, cold = problem.hot_streams, problem.cold_streams
    count = len(hot) + len(cold)
    if not hot or not cold:
        return count
    intervals = TemperatureIntervals.of(pieces_of(problem, problem.streams, shifted=True))
    sides = [np.asarray(stream_duties(problem, side, intervals, shifted=True)) for side in (hot, cold)]
    return count - most_components(sides[0], sides[1], BALANCED * float(sides[0].sum() + sides[1].sum()))
