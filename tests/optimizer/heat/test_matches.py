"""Fewest matches against the best known bounds, forbidden and restricted matches, prices."""

import csv
import re

import numpy as np
import pytest

from benchmarks.subjects.heat import random_matches
from loopwise.optimizer.heat import MatchStatus, fewest_matches
from loopwise.problems.heat import HeatDataError, HeatRecoveryProblem, HeatStream, Side, Utility
from loopwise.problems.heat.match_data import MatchData, largest_exchange, match_data
from tests.shared_cases import shared_case

_LINES = (shared_case("heat/min_matches") / "BEST_KNOWN_MATCHES.csv").read_text(encoding="utf-8").splitlines()
TABLE = list(csv.DictReader(_LINES))


def published(instance: str) -> MatchData:
    text = (shared_case("heat/min_matches") / f"{instance}.dat").read_text(encoding="utf-8")
    intervals = int(re.search(r"^k=(\d+)", text, re.M)[1])
    sides = {}
    for side in "HC":
        lines = re.findall(rf"^Q{side}\[\d+\]: (.*)$", text, re.M)
        sides[side] = np.zeros((len(lines), intervals))
        for row, line in enumerate(lines):
            for k, heat in re.findall(r"T(\d+) (\S+)", line):
                sides[side][row, int(k)] = float(heat)
    names = (tuple(f"{side}{n}" for n in range(len(sides[side]))) for side in "HC")
    return MatchData(*names, sides["H"], sides["C"])


def check_second_law(data: MatchData, heat: dict) -> None:
    """Duties close, and no pair passes more than the cascade allows for it alone."""
    for i, name in enumerate(data.hot_names):
        assert sum(q for (h, _), q in heat.items() if h == name) == pytest.approx(data.hot[i].sum(), rel=1e-5)
    for j, name in enumerate(data.cold_names):
        assert sum(q for (_, c), q in heat.items() if c == name) == pytest.approx(data.cold[j].sum(), rel=1e-5)
    for (h, c), q in heat.items():
        i, j = data.hot_names.index(h), data.cold_names.index(c)
        assert q <= largest_exchange(data.hot[i], data.cold[j]) * (1 + 1e-5) + 1e-6


@pytest.mark.parametrize(
    "row",
    [pytest.param(r, id=r["instance"], marks=[pytest.mark.slow] * (r["instance"] == "balanced8")) for r in TABLE],
)
def test_best_known_matches_are_proved(row: dict) -> None:
    data = published(row["instance"])
    solution = fewest_matches(data)
    assert solution.status is MatchStatus.OPTIMAL
    assert float(row["best_exact_LB"]) == solution.lower_bound
    assert solution.value == float(row["best_exact_UB"]) == len(solution.heat)
    check_second_law(data, dict(solution.heat))


@pytest.mark.parametrize("instance", ["4sp1", "6sp1", "7sp4", "8sp1", "balanced5"])
def test_tightening_cuts_off_nothing(instance: str) -> None:
    assert fewest_matches(published(instance), tightened=False).value == fewest_matches(published(instance)).value


@pytest.mark.parametrize("seed", range(6))
def test_bound_and_descent_agree_with_the_plain_formulation(seed: int) -> None:
    data = random_matches(4, 4, seed)
    tightened, plain = fewest_matches(data), fewest_matches(data, tightened=False)
    assert tightened.status is plain.status is MatchStatus.OPTIMAL
    assert tightened.value == plain.value == tightened.lower_bound
    check_second_law(data, dict(tightened.heat))
    cost = {
        (h, c): 1.0 + (3 * i + 5 * j) % 7 for i, h in enumerate(data.hot_names) for j, c in enumerate(data.cold_names)
    }
    cheapest, other = fewest_matches(data, cost), fewest_matches(data, cost, tightened=False)
    assert cheapest.value == pytest.approx(other.value, abs=1e-6)
    assert sum(cost[pair] for pair in cheapest.heat) == pytest.approx(cheapest.value)


@pytest.mark.parametrize("seed", [1, 3])
def test_ten_and_ten_streams_with_utilities_are_proved(seed: int) -> None:
    """22 carriers whose heat balances only as a whole need 21 matches; the sections of the pinch need one more."""
    data = random_matches(10, 10, seed)
    assert data.shape[:2] == (11, 11)
    solution = fewest_matches(data)
    assert solution.status is MatchStatus.OPTIMAL
    assert solution.value == solution.lower_bound == len(solution.heat) == 22
    check_second_law(data, dict(solution.heat))


def test_a_time_limit_leaves_a_choice_and_a_bound() -> None:
    data = random_matches(8, 8, 1)
    stopped = fewest_matches(data, time_limit=0.0)
    assert stopped.status is MatchStatus.LIMIT
    assert stopped.lower_bound is not None
    assert 17 <= stopped.lower_bound <= 20 <= stopped.value == len(stopped.heat)  # 20: proved without a limit
    check_second_law(data, dict(stopped.heat))


def small() -> HeatRecoveryProblem:
    return HeatRecoveryProblem(
        (
            HeatStream.simple("H1", 200, 100, duty=50.0),
            HeatStream.simple("H2", 200, 100, duty=50.0),
            HeatStream.simple("C1", 30, 80, duty=50.0),
            HeatStream.simple("C2", 30, 80, duty=50.0),
        ),
        (Utility("steam", Side.HOT, 250, 250), Utility("water", Side.COLD, 10, 20)),
    )


def test_forbidden_restricted_and_priced_matches() -> None:
    data = match_data(small())
    assert data.twins(hot=True) == [(0, 1)]
    assert fewest_matches(data).value == 2
    forbidden = frozenset({("H1", "C1"), ("H1", "C2")})
    assert fewest_matches(MatchData(*_rows(data), forbidden)).status is MatchStatus.INFEASIBLE
    one = fewest_matches(MatchData(*_rows(data), frozenset({("H1", "C1")})))
    assert set(one.heat) == {("H1", "C2"), ("H2", "C1")}
    limited = fewest_matches(MatchData(*_rows(data), frozenset(), {("H1", "C1"): 20.0, ("H1", "C2"): 40.0}))
    assert limited.value == 4
    assert limited.heat["H1", "C1"] <= 20.0 + 1e-6
    priced = fewest_matches(data, {("H1", "C1"): 5.0, ("H2", "C2"): 5.0})
    assert set(priced.heat) == {("H1", "C2"), ("H2", "C1")}


def test_unbalanced_or_unknown_data_are_refused() -> None:
    data = match_data(small())
    with pytest.raises(HeatDataError, match="close the balance"):
        MatchData(data.hot_names, data.cold_names, data.hot * 2, data.cold)
    with pytest.raises(HeatDataError, match="X is no hot carrier"):
        MatchData(*_rows(data), frozenset({("X", "C1")}))


def _rows(data: MatchData) -> tuple:
    return data.hot_names, data.cold_names, data.hot, data.cold


@pytest.mark.parametrize(
    ("hot", "cold", "least"),
    [
        ([[50 - 4e-5, 4e-5], [0, 50]], [[50, 0], [0, 50]], 2),  # the first interval lacks 4e-5
        ([[50, 0], [4e-5, 50]], [[50, 0], [0, 50]], 2),
        ([[0, 1e-5], [0, 100]], [[0, 100]], 1),  # H1 is all that the sides differ by
        ([[0, 100]], [[0, 5e-7], [0, 100 - 5e-7]], 1),
        ([[30, 10], [0, 10]], [[10, 30.00001241], [0, 10.0000037]], 2),  # C1 takes 5e-7 more than H2 has
    ],
)
def test_rounding_of_the_data_asks_for_no_matches(hot: list, cold: list, least: int) -> None:
    names = [f"H{i}" for i in range(len(hot))], [f"C{j}" for j in range(len(cold))]
    data = MatchData(*map(tuple, names), np.array(hot, dtype=float), np.array(cold, dtype=float))
    found = fewest_matches(data)
    assert found.status is MatchStatus.OPTIMAL
    assert found.lower_bound == found.value == len(found.heat) == least
    assert sum(found.heat.values()) == pytest.approx(data.hot.sum(), rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_rounded_data_need_what_exact_ones_need(seed: int) -> None:
    """Integers, so that carriers balance each other and pinches are many; cold heat is rounded up like published."""
    random = np.random.default_rng(seed)
    hot, cold = np.zeros((3, 3)), np.zeros((3, 3))
    for _ in range(6):
        heat, k = 10.0 * random.integers(1, 4), random.integers(3)
        hot[random.integers(3), k] += heat
        cold[random.integers(3), min(2, k + random.integers(2))] += heat
    names = ("H0", "H1", "H2"), ("C0", "C1", "C2")
    data = MatchData(*names, hot, cold * (1 + 4e-7 * random.random((3, 3))))
    found, exact = fewest_matches(data), fewest_matches(MatchData(*names, hot, cold), tightened=False)
    assert found.status is exact.status is MatchStatus.OPTIMAL
    assert found.lower_bound == found.value == len(found.heat) == exact.value
    check_second_law(data, dict(found.heat))
