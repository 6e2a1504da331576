"""What area and utilities of a network must cost at least, whatever its exchangers: rows from a transport of heat.

Streams are cut into cells of temperature. Heat dq passing from a cell of the hot to one of the cold side takes area
dq / (U dT) with dT at most the difference of the cells' far ends, and none passes below the approach temperature. The
cheapest plan with utilities at their price bounds every network's cost from below, because the area of an exchanger by
Chen's mean is at least the integral along it. Mixing parts of unequal temperature only lowers the differences.
The area target as a transport problem: Colberg and Morari 1990, Computers and Chemical Engineering 14, 1-22.

With L the least cost and L_S that without the matches of a set S of pairs, z their exchangers:

    utilities + c sum A >= L + (L_S - L) (1 - sum_{S} z)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

from .capital_targets import KW_PER_MW, ExchangerCost
from .streams import HeatRecoveryProblem, HeatStream, Side, Utility
from .superstructure import Superstructure
from .temperature_intervals import Floats

pyo: Any = pyomo.environ  # Pyomo ships no usable types
CELLS = 30  # of one stream, about; finer ones bound closer
MOST_SETS = 60  # pairs and couples of pairs that get a row
SAME = 1e-9  # [K]
INFEASIBLE = 2  # status of scipy.optimize.linprog
ROUNDING = 1e-7  # by which a bound is lowered, so that no row cuts off what meets it exactly
Carrier = HeatStream | Utility


@dataclass(frozen=True)
class HeatTransport:
    """Columns: heat [MW] from cell to cell, of pair `pair[c]`; `area` [m2/MW], `price` [currency/h/MW]; balances."""

    pairs: tuple[tuple[str, str], ...]
    pair: NDArray[np.int64]
    area: Floats
    price: Floats
    balance: sp.csr_array
    heat: Floats

    def least(self, area_price: float, hour_price: float, without: Sequence[int] = ()) -> tuple[float, float]:
        """Least cost with m2 and currency/h at these prices, no heat between the pairs `without`, and its area [m2].

        Infinite where the streams then cannot be served; nothing is known (-inf) where that could not be decided.
        """
        upper = np.where(np.isin(self.pair, without), 0.0, np.inf)
        answer = linprog(
            area_price * self.area + hour_price * self.price,
            A_eq=self.balance,
            b_eq=self.heat,
            bounds=np.stack([np.zeros(len(upper)), upper], axis=1),
            method="highs",
        )
        if answer.status == 0:
            return float(answer.fun), float(self.area @ answer.x)
        return (math.inf if answer.status == INFEASIBLE else -math.inf), math.inf


def heat_transport(problem: HeatRecoveryProblem, structure: Superstructure) -> HeatTransport:
    """The transport between the pairs of `structure`, whose streams have one segment each."""
    carriers: dict[str, Carrier] = {c.name: c for c in (*problem.streams, *problem.utilities)}
    cells = {name: _cells(problem, carrier, carriers.values()) for name, carrier in carriers.items()}
    rows: dict[tuple[str, int], int] = {}
    heat: list[float] = []
    for stream in problem.streams:
        own = cells[stream.name]
        width = float((own[:, 1] - own[:, 0]).sum())
        for number, (low, high) in enumerate(own.tolist()):
            rows[stream.name, number] = len(heat)
            heat.append(stream.duty * ((high - low) / width if width else 1.0))
    pairs = tuple(dict.fromkeys((e.hot, e.cold) for e in structure.exchangers))
    coefficient = {(e.hot, e.cold): e.coefficient for e in structure.exchangers}
    pair: list[int] = []
    area: list[float] = []
    price: list[float] = []
    entries: list[tuple[int, int]] = []
    for number, (hot, cold) in enumerate(pairs):
        least = problem.contribution(carriers[hot]) + problem.contribution(carriers[cold])
        paid = sum(u.price or 0.0 for u in problem.utilities if u.name in (hot, cold))
        for (a, (_, top)), (b, (bottom, _)) in itertools.product(
            enumerate(cells[hot].tolist()), enumerate(cells[cold].tolist())
        ):
            if top - bottom >= least - SAME:
                entries += [(rows[key], len(pair)) for key in ((hot, a), (cold, b)) if key in rows]
                pair.append(number)
                area.append(KW_PER_MW / coefficient[hot, cold] / (top - bottom))
                price.append(paid)
    where = np.array(entries, dtype=np.int64).reshape(-1, 2)
    balance = sp.csr_array((np.ones(len(where)), (where[:, 0], where[:, 1])), shape=(len(heat), len(pair)))
    return HeatTransport(pairs, np.array(pair), np.array(area), np.array(price), balance, np.array(heat))


def add_cost_bounds(
    problem: HeatRecoveryProblem,
    structure: Superstructure,
    cost: ExchangerCost,
    annualization: float,
    hours_per_year: float,
) -> None:
    """Add the rows to the model of `structure`, which has areas."""
    model = structure.model
    rows = model.cost_bounds = pyo.ConstraintList()
    if not structure.exchangers:
        return
    transport = heat_transport(problem, structure)
    area_price = annualization * cost.coefficient
    if cost.exponent != 1.0:  # any price of area gives valid rows: that of a usual area is near the objective's
        _, area = transport.least(area_price, hours_per_year)
        usual = area / max(len(problem.streams), 1)
        area_price *= usual ** (cost.exponent - 1.0) if 0.0 < usual < math.inf else 1.0
    least, _ = transport.least(area_price, hours_per_year)
    if not math.isfinite(least):  # the search finds out that there is no network
        return
    spent = hours_per_year * structure.utility_cost + area_price * sum(model.area.values())
    rows.add(spent >= least - ROUNDING * abs(least))
    numbers: dict[int, list[int]] = {}
    for n, place in enumerate(structure.exchangers):
        numbers.setdefault(transport.pairs.index((place.hot, place.cold)), []).append(n)
    needed: set[int] = set()
    for left_out in itertools.islice(_sets(len(transport.pairs)), MOST_SETS):
        if needed.intersection(left_out):
            continue
        more = transport.least(area_price, hours_per_year, left_out)[0] - least
        exists = sum(model.exists[n] for pair in left_out for n in numbers[pair])
        if math.isinf(more):
            needed.update(left_out if len(left_out) == 1 else ())
            rows.add(exists >= 1)
        elif more > 1e-4 * abs(least):
            rows.add(spent >= least + more * (1 - exists) - ROUNDING * abs(least))


def _sets(count: int) -> Iterator[tuple[int, ...]]:
    for size in (1, 2):
        yield from itertools.combinations(range(count), size)


def _cells(problem: HeatRecoveryProblem, carrier: Carrier, carriers: Iterable[Carrier]) -> Floats:
    """(cells, 2) lower and upper temperatures; those of the other side, an approach away, are among the ends."""
    low, high = sorted((carrier.supply, carrier.target))
    if low == high:
        return np.array([[low, high]])
    ends = {low, high}
    for other in carriers:
        least = problem.contribution(carrier) + problem.contribution(other)
        shift = least if carrier.side is Side.HOT else -least
        if other.side is not carrier.side:
            ends |= {t + shift for t in (other.supply, other.target) if low < t + shift < high}
    cut: list[float] = []
    for a, b in itertools.pairwise(sorted(ends)):
        cut += np.linspace(a, b, max(1, round(CELLS * (b - a) / (high - low))), endpoint=False).tolist()
    return np.array(list(itertools.pairwise([*cut, high])))
