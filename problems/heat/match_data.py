"""What a choice of matches works on: heat of every hot and cold carrier in every temperature interval.

A carrier is a stream or a utility whose duty is already fixed. Heat passes from a hot carrier in interval k to a cold
one in the same or a colder interval: the intervals are shifted, so the approach temperature holds by construction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from .streams import HeatDataError, HeatRecoveryProblem
from .temperature_intervals import Floats, TemperatureIntervals, pieces_of, stream_duties
from .utility_targets import UtilityTargets, place_utilities, with_utilities_as_streams

BALANCE = 1e-6  # relative difference of hot and cold heat that counts as rounding of published data


@dataclass(frozen=True)
class MatchData:
    """`hot` (n, K) and `cold` (m, K) [MW] from hot to cold intervals; totals agree.

    `forbidden`: pairs of names that must not meet. `most_heat`: pairs that may exchange no more than so much [MW]
    (restricted matches). Raises HeatDataError where totals differ or names are unknown.
    """

    hot_names: tuple[str, ...]
    cold_names: tuple[str, ...]
    hot: Floats
    cold: Floats
    forbidden: frozenset[tuple[str, str]] = frozenset()
    most_heat: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])

    def __post_init__(self) -> None:
        found: list[str] = []
        given, taken = float(self.hot.sum()), float(self.cold.sum())
        if self.hot.shape[1] != self.cold.shape[1]:
            found.append(f"{self.hot.shape[1]} intervals of hot heat against {self.cold.shape[1]} of cold")
        if not (np.isfinite(given) and np.isfinite(taken)) or min(self.hot.min(), self.cold.min()) < 0:
            found.append("heat in the intervals must be finite and not negative")
        elif abs(given - taken) > BALANCE * max(given, taken):
            found.append(
                f"hot carriers give {given:g}, cold ones take {taken:g}: utilities must close the balance first"
            )
        for hot, cold in [*self.forbidden, *self.most_heat]:
            found += [f"{hot} is no hot carrier (there are {', '.join(self.hot_names)})"] * (hot not in self.hot_names)
            found += [f"{cold} is no cold carrier (there are {', '.join(self.cold_names)})"] * (
                cold not in self.cold_names
            )
        if found:
            raise HeatDataError(found)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Hot carriers, cold carriers, intervals."""
        return (*self.hot.shape[:1], *self.cold.shape)

    def limit(self, i: int, j: int) -> float:
        """Most heat [MW] that hot carrier i can pass to cold carrier j, all others apart: a tight big-M."""
        pair = (self.hot_names[i], self.cold_names[j])
        if pair in self.forbidden:
            return 0.0
        return min(largest_exchange(self.hot[i], self.cold[j]), self.most_heat.get(pair, np.inf))

    def limits(self) -> Floats:
        """(n, m) limits of all pairs."""
        n, m, _ = self.shape
        return np.array([[self.limit(i, j) for j in range(m)] for i in range(n)]).reshape(n, m)

    def twins(self, *, hot: bool) -> list[tuple[int, int]]:
        """Pairs of carriers on one side that are alike in heat and permissions, so that either order is the same."""
        rows, names = (self.hot, self.hot_names) if hot else (self.cold, self.cold_names)
        alike: list[tuple[int, int]] = []
        for a in range(len(rows)):
            for b in range(a + 1, len(rows)):
                same = np.allclose(rows[a], rows[b], rtol=1e-12, atol=0.0)
                if same and self._permissions(names[a], hot) == self._permissions(names[b], hot):
                    alike.append((a, b))
                    break
        return alike

    def _permissions(self, name: str, hot: bool) -> tuple[frozenset[str], frozenset[tuple[str, float]]]:
        own, other = (0, 1) if hot else (1, 0)
        return (
            frozenset(pair[other] for pair in self.forbidden if pair[own] == name),
            frozenset((pair[other], most) for pair, most in self.most_heat.items() if pair[own] == name),
        )


def largest_exchange(hot: Floats, cold: Floats) -> float:
    """Most heat that one row of hot intervals (K,) can pass to one of cold intervals (K,), greedily from the top.

    With cumulated supply and demand it is the least of them that the cascade allows (Letsios, Kouyialis and Misener
    2018, DOI 10.1016/j.compchemeng.2018.03.002, section 4.1), exact for a single pair.
    """
    residual = passed = 0.0
    for given, taken in zip(hot, cold, strict=True):
        residual += given
        used = min(residual, taken)
        passed += used
        residual -= used
    return passed


def match_data(
    problem: HeatRecoveryProblem,
    *,
    utilities: UtilityTargets | None = None,
    utilities_first: bool = True,
    most_heat: Iterable[tuple[tuple[str, str], float]] = (),
) -> MatchData:
    """Match data of a problem at given `utilities`, else at its cheapest ones.

    `utilities_first=False` takes a balanced problem as it is.
    """
    balanced = problem
    if utilities_first:
        balanced = with_utilities_as_streams(problem, utilities or place_utilities(problem))
    intervals = TemperatureIntervals.of(pieces_of(balanced, balanced.streams, shifted=True))
    hot, cold = balanced.hot_streams, balanced.cold_streams
    present = {stream.name for stream in balanced.streams}
    return MatchData(
        tuple(s.name for s in hot),
        tuple(s.name for s in cold),
        stream_duties(balanced, hot, intervals, shifted=True),
        stream_duties(balanced, cold, intervals, shifted=True),
        frozenset(pair for pair in problem.forbidden_matches if present.issuperset(pair)),
        dict(most_heat),
    )
