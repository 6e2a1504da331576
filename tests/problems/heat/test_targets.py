"""Targets against published values, and against each other where nothing is published."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from loopwise.problems.heat import (
    HeatDataError,
    HeatRecoveryProblem,
    HeatStream,
    Segment,
    Side,
    Threshold,
    Utility,
    composite_curves,
    grand_composite_curve,
    place_utilities,
    problem_table,
)
from loopwise.problems.heat.composite_curves import without_pockets
from loopwise.problems.heat.temperature_intervals import TemperatureIntervals, pieces_of, stream_duties
from tests.problems.heat.published import KEMP, LINNHOFF_HINDMARSH, YEE_GROSSMANN, streams
from tests.problems.heat.targets_set import expected_targets, plant_of

temperatures = st.integers(20, 300).map(float)
flows = st.integers(1, 40).map(lambda n: n / 4)


@st.composite
def problems(draw: st.DrawFn) -> HeatRecoveryProblem:
    """Up to eight streams, some of them phase changes, some with a contribution of their own."""
    found: list[HeatStream] = []
    for n in range(draw(st.integers(1, 8))):
        supply, target, flow = draw(temperatures), draw(temperatures), draw(flows)
        own = draw(st.sampled_from([None, 0.0, 2.5, 12.0]))
        side = None if supply != target else draw(st.sampled_from([Side.HOT, Side.COLD]))
        found.append(HeatStream.simple(f"S{n}", supply, target, duty=flow * 10, side=side, approach_contribution=own))
    return HeatRecoveryProblem(tuple(found), approach_temperature=draw(st.sampled_from([0.0, 10.0, 20.0])))


def least_hot_utility_by_transport(problem: HeatRecoveryProblem) -> float:
    """Oracle that knows no cascade: a transport LP between the pieces of streams cut at every temperature."""
    intervals = TemperatureIntervals.of(pieces_of(problem, problem.streams, shifted=True))
    hot = stream_duties(problem, problem.hot_streams, intervals, shifted=True)
    cold = stream_duties(problem, problem.cold_streams, intervals, shifted=True)
    pairs = [
        (i, k, j, m)
        for i, k in zip(*np.nonzero(hot), strict=True)
        for j, m in zip(*np.nonzero(cold), strict=True)
        if k <= m
    ]
    demand = float(cold.sum())
    if not pairs:
        return demand
    sources = sorted({(i, k) for i, k, _, _ in pairs})
    sinks = sorted({(j, m) for _, _, j, m in pairs})
    rows = np.zeros((len(sources) + len(sinks), len(pairs)))
    for column, (i, k, j, m) in enumerate(pairs):
        rows[sources.index((i, k)), column] = 1
        rows[len(sources) + sinks.index((j, m)), column] = 1
    limits = [hot[s] for s in sources] + [cold[s] for s in sinks]
    answer = linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=limits, method="highs")
    assert answer.status == 0
    return demand + answer.fun


@pytest.mark.parametrize(
    ("problem", "hot", "cold", "pinches"),
    [
        (KEMP, 20.0, 60.0, (85.0,)),
        (LINNHOFF_HINDMARSH, 107.5, 40.0, (80.0,)),
        (YEE_GROSSMANN, 450.0, 2100.0, (585.0,)),
    ],
)
def test_published_targets(problem: HeatRecoveryProblem, hot: float, cold: float, pinches: tuple[float, ...]) -> None:
    table = problem_table(problem)
    assert table.hot_utility == pytest.approx(hot, abs=1e-9)
    assert table.cold_utility == pytest.approx(cold, abs=1e-9)
    assert table.pinches == pytest.approx(pinches)


@pytest.mark.parametrize("row", expected_targets("Direct Integration"), ids=lambda row: f"{row.file}: {row.target}")
def test_direct_integration_to_1e_6(row) -> None:
    table = problem_table(plant_of(row))
    assert table.hot_utility == pytest.approx(row.hot, abs=1e-6)
    assert table.cold_utility == pytest.approx(row.cold, abs=1e-6)
    assert table.heat_recovery == pytest.approx(row.recovery, abs=1e-6)
    # The set reports the hottest pinch, or the end of the cascade that needs no utility in a threshold problem.
    edges = table.intervals.edges
    ends = {Threshold.NO_HOT_UTILITY: edges[:1], Threshold.NO_COLD_UTILITY: edges[-1:]}
    assert row.hot_pinch == pytest.approx((table.pinches or ends[table.threshold])[0], abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(problems())
def test_pinch_target_is_the_optimum_of_a_transport_problem(problem: HeatRecoveryProblem) -> None:
    table = problem_table(problem)
    assert table.hot_utility == pytest.approx(least_hot_utility_by_transport(problem), abs=1e-7)


@settings(max_examples=80, deadline=None)
@given(problems())
def test_energy_closes_and_utilities_are_least(problem: HeatRecoveryProblem) -> None:
    table = problem_table(problem)
    hot, cold = (sum(s.duty for s in side) for side in (problem.hot_streams, problem.cold_streams))
    assert table.hot_utility + hot == pytest.approx(table.cold_utility + cold, abs=1e-7)
    assert table.residual.min() >= 0
    curves = composite_curves(problem)
    assert curves.hot.heat[-1] == pytest.approx(hot)
    placed = place_utilities(
        HeatRecoveryProblem(
            problem.streams,
            (Utility("fire", Side.HOT, 900, 900), Utility("ice", Side.COLD, -90, -90)),
            problem.approach_temperature,
        )
    )
    assert placed.hot == pytest.approx(table.hot_utility, abs=1e-7)
    assert placed.cold == pytest.approx(table.cold_utility, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_a_smaller_approach_never_needs_more_utility(problem: HeatRecoveryProblem) -> None:
    needs = [problem_table(problem.with_approach_temperature(t)).hot_utility for t in (0.0, 5.0, 10.0, 30.0)]
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(needs))


@settings(max_examples=60, deadline=None)
@given(problems())
def test_cutting_pockets_keeps_the_targets(problem: HeatRecoveryProblem) -> None:
    table = problem_table(problem)
    curve, bare = grand_composite_curve(table), without_pockets(table)
    assert bare.heat[0] == pytest.approx(table.hot_utility, abs=1e-9)
    assert bare.heat[-1] == pytest.approx(table.cold_utility, abs=1e-9)
    lowest = int(np.argmin(bare.heat))
    assert np.all(np.diff(bare.heat[: lowest + 1]) <= 1e-9)
    assert np.all(np.diff(bare.heat[lowest:]) >= -1e-9)
    assert curve.heat.max() >= bare.heat.max() - 1e-9


def test_two_pinches_and_a_phase_change() -> None:
    """Hot steam condensing at 100 and cold boiling at 90 meet exactly at the approach: a pinch on either side of it."""
    boiling = HeatStream.simple("C", 90, 90, duty=50.0, side=Side.COLD)
    steam = HeatStream.simple("H", 100, 100, duty=50.0, side=Side.HOT)
    table = problem_table(HeatRecoveryProblem((steam, boiling, *streams(("C2", 120, 150, 1.0), ("H2", 60, 40, 1.0)))))
    assert (table.hot_utility, table.cold_utility) == (30.0, 20.0)
    assert table.heat_recovery == 50.0
    assert table.pinches == (125.0, 95.0, 55.0)


def test_threshold_problem_needs_one_utility_only() -> None:
    table = problem_table(HeatRecoveryProblem(streams(("H", 200, 50, 2.0), ("C", 30, 100, 1.0))))
    assert table.threshold is Threshold.NO_HOT_UTILITY
    assert (table.hot_utility, table.cold_utility, table.pinches) == (0.0, 230.0, ())


def test_segments_carry_varying_heat_capacity() -> None:
    """Cooling vapour, condensing it and cooling the liquid is one stream; the condensation is a flat piece."""
    condensing = HeatStream("H", Side.HOT, (Segment(150, 100, 5), Segment(100, 100, 60), Segment(100, 50, 20)))
    problem = HeatRecoveryProblem((condensing, *streams(("C", 20, 90, 1.0))), approach_temperature=10.0)
    table = problem_table(problem)
    assert (table.hot_utility, table.cold_utility) == (0.0, 15.0)
    assert composite_curves(problem).hot.temperature_at(50.0) == 100.0


def test_contradictions_are_all_named_at_once() -> None:
    with pytest.raises(HeatDataError) as caught:
        HeatRecoveryProblem(
            (
                HeatStream("A", Side.HOT, (Segment(50, 80, 1.0),)),
                HeatStream("A", Side.COLD, (Segment(50, float("nan"), 1.0),)),
                HeatStream("B", Side.COLD, (Segment(50, 80, -1.0),), film_coefficient=0.0),
            ),
            approach_temperature=-1.0,
        )
    assert len(caught.value.problems) == 6


def test_the_shared_set_is_complete() -> None:
    assert len(expected_targets("Direct Integration")) >= 50


def test_files_are_read_as_published() -> None:
    """The helper must not lose streams: duties of one file by hand."""
    rows = [row for row in expected_targets("Direct Integration") if row.target.startswith("only_hot")]
    assert [stream.duty for stream in plant_of(rows[0]).streams] == [2400.0]
