"""Heat exchange inside a plant: the optimum is the pinch target, exchanges obey the second law, heat balances."""

import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.problems.heat import HeatRecoveryProblem, HeatStream, Side, Utility, place_utilities, problem_table
from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.heat_grid import Pair, exchange_grid
from loopwise.problems.park.heat_network import KELVIN, entropic_temperature, logarithmic_mean
from loopwise.problems.park.model import build_model
from tests.golden_lp import golden_optimum
from tests.heat_parks import HOT_PRICE, as_park, heat_park
from tests.problems.heat.published import KEMP, LINNHOFF_HINDMARSH, YEE_GROSSMANN
from tests.problems.heat.targets_set import expected_targets, plant_of
from tests.problems.heat.test_targets import problems

HOURS = 8000.0


def solved(case):
    model = build_model(case)
    result = SolverFactory("highs").solve(model.pyomo)
    assert result.incumbent_objective is not None
    return model, result.incumbent_objective


def value(expression) -> float:
    return float(pyo.value(expression))


def hot_utility(problem: HeatRecoveryProblem) -> float:
    return solved(as_park(problem))[1] / (HOURS * HOT_PRICE)


@pytest.mark.parametrize("problem", [KEMP, LINNHOFF_HINDMARSH, YEE_GROSSMANN], ids=["kemp", "linnhoff", "yee"])
def test_a_park_with_nothing_else_in_it_needs_the_pinch_target(problem: HeatRecoveryProblem) -> None:
    target = problem_table(problem).hot_utility
    beyond = (Utility("hot", Side.HOT, 2000, 2000, price=1.0), Utility("cold", Side.COLD, -200, -200, price=0.0))
    by_program = place_utilities(HeatRecoveryProblem(problem.streams, beyond, problem.approach_temperature))
    assert hot_utility(problem) == pytest.approx(target, rel=1e-7)
    assert by_program.hot == pytest.approx(target, rel=1e-7)


@pytest.mark.slow
def test_every_published_target_of_direct_integration() -> None:
    rows = expected_targets("Direct Integration")
    assert len(rows) > 20
    for row in rows:
        problem = plant_of(row)
        if problem.streams and max(s.duty for s in problem.streams) > 0:
            assert hot_utility(problem) == pytest.approx(problem_table(problem).hot_utility, rel=1e-6, abs=1e-3), row


@given(problems())
@settings(max_examples=25, deadline=None)
def test_the_pinch_target_of_any_streams(problem: HeatRecoveryProblem) -> None:
    assert hot_utility(problem) == pytest.approx(problem_table(problem).hot_utility, rel=1e-6, abs=1e-6)


@given(problems(), st.sampled_from([0.0, 5.0, 17.5]))
@settings(max_examples=50, deadline=None)
def test_no_exchange_breaks_the_second_law(problem: HeatRecoveryProblem, extra: float) -> None:
    """Every part of a hot cell is hotter, by both contributions and the extra approach, than some part it may heat."""
    carriers = [
        [
            (problem.shifted(s, max(g.supply, g.target)), problem.shifted(s, min(g.supply, g.target)), 1.0)
            for g in s.segments
        ]
        for s in problem.streams
    ]
    hot = [k for k, s in enumerate(problem.streams) if s.side is Side.HOT]
    cold = [k for k, s in enumerate(problem.streams) if s.side is Side.COLD]
    pairs = [Pair(i, j, extra) for i in hot for j in cold]
    grid = exchange_grid(carriers, pairs)
    for k in range(len(carriers)):
        assert sum(grid.share(k, c) for c in range(len(grid.cells[k]))) == pytest.approx(1.0)
    for pair, arcs in zip(pairs, grid.arcs, strict=True):
        apart = problem.contribution(problem.streams[pair.hot]) + problem.contribution(problem.streams[pair.cold])
        for a, b in arcs:
            above, below = grid.cells[pair.hot][a], grid.cells[pair.cold][b]
            assert min(u for u, _, _ in above) >= max(u for u, _, _ in below) + extra - 1e-6
            assert min(low for _, low, _ in above) >= max(low for _, low, _ in below) + extra - 1e-6
            given_off = entropic_temperature(above, problem.contribution(problem.streams[pair.hot]))
            taken_up = entropic_temperature(below, -problem.contribution(problem.streams[pair.cold]))
            assert given_off >= taken_up - 1e-6
            assert given_off - taken_up >= 0.5 * (apart + extra) - 1e-6


STREAMS = {
    "effluent": {"supply": 90, "target": 40, "duty": 5},
    "feed": {"supply": 20, "target": 80, "duty": 6},
}
UTILITIES = {
    "heating": {"oil": {"supply": 200, "price": 30}},
    "cooling": {"water": {"supply": 20, "target": 30, "price": 2}},
}
INVESTMENT = {"fixed": 10_000, "proportional": 100_000, "maximum": 10, "life": 20}


def exchanged(model) -> float:
    """Exergy destroyed by heat exchange, mean of the year [MW]."""
    kinds = model.assembly.units
    return sum(
        value(e)
        for name, (_, e) in model.assembly.reports.items()
        if kinds.get(name.removeprefix("destroyed.").rsplit(".", 1)[0]) == "heat exchange"
    )


@given(problems())
@settings(max_examples=25, deadline=None)
def test_no_exchange_breaks_the_second_law_and_the_exergy_closes(problem: HeatRecoveryProblem) -> None:
    """What hot carriers give less what cold ones take of exergy, each at its logarithmic mean, is what is destroyed."""
    model, _ = solved(as_park(problem))
    arcs = [arc for exchange in model.heat.exchanges for arc in exchange.arcs]
    assert all(arc.hot_temperature >= arc.cold_temperature - 1e-9 for arc in arcs if value(arc.flow["year"]) > 1e-9)
    given_up = 0.0
    for carrier in model.heat.carriers.values():
        for piece in carrier.pieces:
            mean = logarithmic_mean(piece.supply + KELVIN, piece.target + KELVIN)
            exergy = value(carrier.amount["year"]) * piece.share * (1 - 298.15 / mean)
            given_up += exergy if carrier.side is Side.HOT else -exergy
    destroyed = exchanged(model)
    assert destroyed == pytest.approx(given_up, rel=1e-6, abs=1e-6 * sum(s.duty for s in problem.streams))


def exchanger(**changes):
    economizer = {"hot": "effluent", "cold": "feed", "investment": INVESTMENT} | changes
    return heat_park({"plant": {"streams": STREAMS, **UTILITIES, "exchangers": {"economizer": economizer}}})


def test_golden_heat_exchanger() -> None:
    """Between 90 and 40 against 20 to 80 degC at 10 K all of the effluent's 5 MW go into the feed (CP 0.1 and 0.1)."""
    model = build_model(exchanger())
    cost = capital_recovery_factor(0.08, 20) * (10_000 + 5 * 100_000) + HOURS * 30 * 1
    assert golden_optimum("heat_exchanger", model.pyomo) == pytest.approx(cost, rel=1e-9)
    assert value(model.assembly.annual("heat recovered")) == pytest.approx(HOURS * 5, rel=1e-9)
    assert value(model.assembly.annual("heat deficit plant")) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("approach", "recovered"), [(10, 5.0), (20, 5.0), (30, 4.0), (40, 3.0)])
def test_a_larger_approach_recovers_less(approach: float, recovered: float) -> None:
    """The feed leaves at 90 - approach at most, hence takes up 0.1 MW/K x (90 - approach - 20)."""
    model, _ = solved(exchanger(approach_temperature=approach))
    assert value(model.assembly.annual("heat recovered")) / HOURS == pytest.approx(recovered, rel=1e-6)


def test_capacity_limits_what_passes_and_utilities_cover_the_rest() -> None:
    model, cost = solved(exchanger(existing=2, investment=None))
    assert value(model.assembly.annual("heat recovered")) / HOURS == pytest.approx(2)
    assert cost == pytest.approx(HOURS * (30 * 4 + 2 * 3), rel=1e-9)


def test_heat_closes_over_every_carrier_and_exergy_is_destroyed() -> None:
    model, _ = solved(exchanger())
    for carrier in model.heat.carriers.values():
        passed = sum(
            value(arc.flow["year"])
            for exchange in model.heat.exchanges
            for arc in exchange.arcs
            if carrier in (exchange.hot, exchange.cold)
        )
        assert passed == pytest.approx(value(carrier.amount["year"]), abs=1e-7)
    arcs = [arc for exchange in model.heat.exchanges for arc in exchange.arcs]
    assert all(arc.hot_temperature > arc.cold_temperature for arc in arcs)
    assert exchanged(model) > 0


def test_what_finds_no_partner_is_priced_unless_it_is_optional() -> None:
    short = UTILITIES | {"heating": {"oil": {"supply": 200, "price": 30, "capacity": 2}}}
    model, _ = solved(heat_park({"plant": {"streams": STREAMS, **short}}))
    assert value(model.assembly.annual("heat deficit plant")) / HOURS == pytest.approx(4)
    waste = STREAMS | {"effluent": STREAMS["effluent"] | {"optional": True}}
    model, cost = solved(heat_park({"plant": {"streams": waste, **UTILITIES}}))
    assert cost == pytest.approx(HOURS * 30 * 6, rel=1e-9)


def test_streams_with_phase_change_meet_at_their_temperature() -> None:
    vapour = HeatStream.simple("vapour", 100, 100, duty=4, side=Side.HOT)
    boiling = HeatStream.simple("boiling", 90, 90, duty=3, side=Side.COLD)
    assert hot_utility(HeatRecoveryProblem((vapour, boiling), approach_temperature=10.0)) == pytest.approx(0, abs=1e-9)
    assert hot_utility(HeatRecoveryProblem((vapour, boiling), approach_temperature=11.0)) == pytest.approx(3)


def test_cells_are_as_few_as_the_partners_tell_apart() -> None:
    """Steam above everything needs one cell of the cold stream; a partner that crosses it from below needs two."""
    steam, feed, effluent = [(180.0, 180.0, 1.0)], [(85.0, 25.0, 1.0)], [(70.0, 30.0, 1.0)]
    alone = exchange_grid([steam, feed], [Pair(0, 1)])
    assert len(alone.cells[1]) == 1
    both = exchange_grid([steam, feed, effluent], [Pair(0, 1), Pair(2, 1)])
    assert [both.share(1, c) for c in range(len(both.cells[1]))] == pytest.approx([15 / 60, 45 / 60])
