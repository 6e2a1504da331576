"""Cheapest utilities under forbidden matches: the transshipment LP against the cascade and against hand calculation."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopwise.optimizer.heat import cheapest_utilities
from loopwise.problems.heat import HeatDataError, HeatRecoveryProblem, HeatStream, Side, Utility, place_utilities
from tests.problems.heat.published import YEE_GROSSMANN

temperatures = st.integers(20, 300)
streams = st.lists(
    st.tuples(temperatures, temperatures, st.integers(1, 20)).filter(lambda row: row[0] != row[1]),
    min_size=2,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(streams)
def test_a_pair_that_could_never_meet_changes_nothing(rows: list[tuple[int, int, int]]) -> None:
    problem = HeatRecoveryProblem(
        tuple(HeatStream.simple(f"s{i}", a, b, heat_capacity_flow=float(cp)) for i, (a, b, cp) in enumerate(rows)),
        (
            Utility("flue gas", Side.HOT, 500, 450, price=3.0),
            Utility("steam", Side.HOT, 200, 200, price=1.0),
            Utility("water", Side.COLD, -20, -10, price=0.5),
        ),
    )
    apart = replace(problem, forbidden_matches=frozenset({("flue gas", "water")}))
    free, bound = place_utilities(problem), cheapest_utilities(apart)
    assert bound.cost == pytest.approx(free.cost, rel=1e-7, abs=1e-6)


def test_forbidding_a_match_costs_what_no_longer_passes() -> None:
    # Without (H1, C1) the hot end of C1 above H2 - 10 K = 580 K is heated by steam alone: 15 x (650 - 580) = 1050.
    forbidden = replace(YEE_GROSSMANN, forbidden_matches=frozenset({("H1", "C1")}))
    targets = cheapest_utilities(forbidden)
    assert (targets.duty("steam"), targets.duty("water")) == pytest.approx((1050.0, 2700.0))


def test_a_stream_that_only_steam_may_heat() -> None:
    alone = replace(YEE_GROSSMANN, forbidden_matches=frozenset({("H1", "C1"), ("H2", "C1")}))
    assert cheapest_utilities(alone).duty("steam") == pytest.approx(3600.0)


def test_a_stream_without_a_partner_is_named() -> None:
    nobody = frozenset({("H1", "C1"), ("H2", "C1"), ("steam", "C1")})
    with pytest.raises(HeatDataError, match="C1 finds no partner for 3600 MW"):
        cheapest_utilities(replace(YEE_GROSSMANN, forbidden_matches=nobody))
