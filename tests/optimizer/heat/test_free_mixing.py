"""Free mixing and streams of several segments: networks simulated anew, and small ones against a global search."""

import numpy as np
import pytest
from scipy.optimize import differential_evolution, minimize_scalar

from loopwise.optimizer.bilinear import SearchOptions
from loopwise.optimizer.heat.network import Network, NetworkStatus, Synthesis
from loopwise.optimizer.heat.synthesis import synthesize
from loopwise.problems.heat import ExchangerCost, HeatRecoveryProblem, HeatStream, Segment, Side, Utility
from loopwise.problems.heat.mean_temperature_difference import chen_mean
from loopwise.problems.heat.superstructure import Mixing, by_segments

UTILITIES = (
    Utility("steam", Side.HOT, 220, 220, price=12.0, film_coefficient=4.0),
    Utility("water", Side.COLD, 15, 25, price=2.0),
)
SPLIT = HeatRecoveryProblem(
    (
        HeatStream.simple("h", 200, 80, heat_capacity_flow=0.02),
        HeatStream.simple("c1", 40, 150, heat_capacity_flow=0.012),
        HeatStream.simple("c2", 90, 170, heat_capacity_flow=0.010),
    ),
    UTILITIES,
    approach_temperature=5.0,
)
COST = ExchangerCost(3000.0, 500.0)


def network_of(problem: HeatRecoveryProblem, mixing: Mixing, stages: int, gap: float = 0.01) -> Synthesis:
    return synthesize(
        problem,
        COST,
        annualization=0.2,
        hours_per_year=8000.0,
        stages=stages,
        mixing=mixing,
        search=SearchOptions(gap=gap, node_limit=3000),
    )


def simulate(problem: HeatRecoveryProblem, network: Network, stages: int) -> None:
    """Follow every stream through its stages with the duties and shares only; compare what the network says."""
    approach = problem.approach_temperature
    for stream in by_segments(problem).streams:
        hot = stream.side is Side.HOT
        sign, flat = (-1.0 if hot else 1.0), stream.supply == stream.target
        flow = np.inf if flat else stream.duty / abs(stream.supply - stream.target)
        temperature = stream.supply
        for stage in [*(range(1, stages + 1) if hot else range(stages, 0, -1)), 0]:
            own = [e for e in network.exchangers if e.place.stage == stage]
            own = [e for e in own if stream.name == (e.place.hot if hot else e.place.cold)]
            shares = [e.hot_share if hot else e.cold_share for e in own]
            outlets = [temperature + sign * e.duty / (flow * s) for e, s in zip(own, shares, strict=True)]
            for e, outlet in zip(own, outlets, strict=True):
                said = (e.hot_in, e.hot_out) if hot else (e.cold_in, e.cold_out)
                assert said == pytest.approx((temperature, outlet), abs=1e-5)
            if not flat:
                assert sum(shares) <= 1.0 + 1e-7
                bypass = 1.0 - sum(shares)
                temperature = bypass * temperature + sum(s * t for s, t in zip(shares, outlets, strict=True))
        carried = sum(e.duty for e in network.exchangers if stream.name in (e.place.hot, e.place.cold))
        assert carried == pytest.approx(stream.duty, abs=1e-7)
        assert temperature == pytest.approx(stream.target, abs=1e-5)
    for e in network.exchangers:
        assert min(e.hot_in - e.cold_out, e.hot_out - e.cold_in) >= approach - 1e-6
        need = 1000 * e.duty / e.place.coefficient
        assert e.area == pytest.approx(need / float(chen_mean(e.hot_in - e.cold_out, e.hot_out - e.cold_in)), rel=1e-9)
    investment = sum(COST(e.area) for e in network.exchangers)
    assert network.annual_investment == pytest.approx(0.2 * investment)


def cost_of_split(v: np.ndarray) -> float:
    """Annual cost of SPLIT in one stage: duties v[:2] to c1 and c2, share v[2] of h to c1; 1e9 if impossible."""
    q = np.where(v[:2] > 1e-4, v[:2], 0.0)
    share = np.array([1.0, 0.0]) if q[1] == 0 else np.array([0.0, 1.0]) if q[0] == 0 else np.array([v[2], 1 - v[2]])
    cold_in, flow = np.array([40.0, 90.0]), np.array([0.012, 0.010])
    cold_out, duty = cold_in + q / flow, np.array([1.32, 0.80])
    units: list[tuple[float, float, float, float, float]] = []  # duty, two differences, coefficient, price
    for k in range(2):
        if q[k] > 0:
            units.append((q[k], 200 - cold_out[k], 200 - q[k] / (0.02 * share[k]) - cold_in[k], 0.5, 0.0))
        units.append((duty[k] - q[k], 220 - (150.0, 170.0)[k], 220 - cold_out[k], 0.8, 12.0))
    hot_out = 200 - q.sum() / 0.02
    units.append((2.4 - q.sum(), hot_out - 25, 65.0, 0.5, 2.0))
    total = 0.0
    for heat, a, b, coefficient, price in units:
        if heat < -1e-9 or (heat > 1e-7 and min(a, b) < 5.0):
            return 1e9
        if heat > 1e-7:
            total += 8000 * price * heat + 0.2 * COST(1000 * heat / coefficient / float(chen_mean(a, b)))
    return total


def test_free_mixing_is_the_optimum_of_a_search_over_flows_and_duties() -> None:
    isothermal, free = (network_of(SPLIT, mixing, 1, 1e-3) for mixing in (Mixing.ISOTHERMAL, Mixing.FREE))
    assert free.status is NetworkStatus.OPTIMAL
    assert isothermal.network is not None
    assert free.network is not None
    simulate(SPLIT, isothermal.network, 1)
    simulate(SPLIT, free.network, 1)
    bounds = [(0.0, 1.32), (0.0, 0.8), (0.02, 0.98)]
    found = differential_evolution(cost_of_split, bounds, seed=1, maxiter=300, popsize=20, tol=1e-10)
    corners = [cost_of_split(np.array([q1, q2, s])) for q1 in (0, 1.32) for q2 in (0, 0.8) for s in (0.3, 0.5, 0.7)]
    best = min(float(found.fun), *corners)
    assert free.lower_bound <= best * (1 + 1e-9)
    assert free.network.annual_cost <= best * (1 + 1e-3)
    # Isothermal mixing keeps both outlets at 95 degC where c2 enters at 90; free mixing needs no steam.
    assert free.network.annual_cost < 0.8 * isothermal.network.annual_cost
    assert free.network.annual_cost >= best * (1 - 1e-4)


def condensing(price: float) -> HeatRecoveryProblem:
    """1 MW condensing at 100 degC beside a cold stream from 40 to 90 degC, both also served by utilities."""
    return HeatRecoveryProblem(
        (
            HeatStream.simple("vapour", 100, 100, duty=1.0, side=Side.HOT),
            HeatStream.simple("c", 40, 90, heat_capacity_flow=0.02),
        ),
        (Utility("steam", Side.HOT, 220, 220, price=price), UTILITIES[1]),
        approach_temperature=5.0,
    )


@pytest.mark.parametrize("mixing", list(Mixing))
def test_a_phase_change_against_a_search_over_its_duty(mixing: Mixing) -> None:
    problem = condensing(3.0)
    found = network_of(problem, mixing, 1, 1e-3)

    def annual(duty: float) -> float:
        out = 40 + duty / 0.02
        parts = [(duty, 100 - out, 60.0, 0.0), (1 - duty, 130.0, 220 - out, 3.0), (1 - duty, 75.0, 85.0, 2.0)]
        return sum(
            8000 * price * q + 0.2 * COST(1000 * q / 0.5 / float(chen_mean(a, b))) for q, a, b, price in parts if q > 0
        )

    inner = minimize_scalar(annual, bounds=(0.5, 1 - 1e-9), method="bounded", options={"xatol": 1e-9})
    best = min(annual(1.0), float(inner.fun))  # pyright: ignore[reportAttributeAccessIssue]
    assert found.network is not None
    assert found.network.annual_cost == pytest.approx(best, rel=1e-3)
    assert found.lower_bound <= best * (1 + 1e-9)
    simulate(problem, found.network, 1)


def test_segments_follow_one_another_in_the_network() -> None:
    """Vapour cooled, condensed and its liquid cooled: each segment is served, and second law holds inside each."""
    product = HeatStream("p", Side.HOT, (Segment(150, 100, 0.1), Segment(100, 100, 0.9), Segment(100, 60, 0.2)))
    problem = HeatRecoveryProblem(
        (product, HeatStream.simple("c", 40, 130, heat_capacity_flow=0.012)),
        UTILITIES,
        5.0,
        frozenset({("p", "nobody")}),
    )
    parts = by_segments(problem)
    assert [s.name for s in parts.streams] == ["p [1]", "p [2]", "p [3]", "c"]
    assert ("p [2]", "nobody") in parts.forbidden_matches
    found = network_of(problem, Mixing.ISOTHERMAL, 2, 0.02)
    assert found.network is not None
    assert found.lower_bound <= found.network.annual_cost * (1 + 1e-9)
    simulate(problem, found.network, 2)
    assert any(e.place.hot == "p [2]" and e.place.cold == "c" for e in found.network.exchangers)
