"""Random blends, and random networks with pipes, losses and rejects: bounds, balances, SCIP where installed."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopwise.optimizer.bilinear import BilinearProgram, SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.optimizer.bilinear.network import value
from loopwise.problems.pooling import PoolingCase, pooling_model
from loopwise.problems.pooling.blend import blend_of
from loopwise.problems.water_network import WaterNetworkCase, water_network_model

SETTINGS = settings(max_examples=8, deadline=None, derandomize=True)
GAP = 1e-4


def pooling(seed: int) -> PoolingCase:
    """Three components into one or two pools, of which one may feed the other; two products, one or two qualities."""
    random = np.random.default_rng(seed)
    qualities = ["s", "t"][: int(random.integers(1, 3))]
    pools = [f"o{i}" for i in range(int(random.integers(1, 3)))]
    components = [f"c{i}" for i in range(4)]
    products = ["p0", "p1"]
    arcs = [(c, o) for c in components[:3] for o in pools if random.random() < 0.8]
    arcs += [(o, p) for o in pools for p in products] + [(components[3], p) for p in products]
    arcs += [("o0", "o1")] if len(pools) == 2 and random.random() < 0.5 else []
    return PoolingCase.model_validate(
        {
            "components": [
                {
                    "name": c,
                    "price": int(random.integers(3, 17)),
                    "maximum": int(random.integers(1, 6) * 50),
                    "quality": {q: round(float(random.uniform(0.5, 3.5)), 1) for q in qualities},
                }
                for c in components
            ],
            "pools": [{"name": o, "capacity": int(random.integers(1, 5) * 100)} for o in pools],
            "products": [
                {
                    "name": p,
                    "price": int(random.integers(9, 20)),
                    "maximum": int(random.integers(1, 4) * 100),
                    "quality_maximum": {q: round(float(random.uniform(1.0, 2.5)), 1) for q in qualities},
                }
                for p in products
            ],
            "arcs": [{"from": i, "to": j} for i, j in arcs],
        }
    )


def network(seed: int) -> WaterNetworkCase:
    """A unit that loses water, one that takes used water, a demand, a membrane with a reject, pipes that cost."""
    random = np.random.default_rng(seed)
    return WaterNetworkCase.model_validate(
        {
            "contaminants": ["A"],
            "fresh_water": [{"name": "river", "price": 1.0, "concentration": {"A": float(random.integers(0, 3))}}],
            "process_units": [
                {
                    "name": "P",
                    "flow": 20,
                    "loss": float(random.integers(0, 8)),
                    "load": {"A": 1},
                    "inlet_maximum": {"A": 5},
                },
                {"name": "Q", "flow": float(random.integers(10, 40)), "load": {"A": 2}, "inlet_maximum": {"A": 60}},
            ],
            "demands": [{"name": "tower", "flow": float(random.integers(5, 15)), "maximum": {"A": 30}}],
            "treatment_units": [
                {
                    "name": "RO",
                    "removal": {"A": 0.95},
                    "recovery": round(float(random.uniform(0.6, 0.9)), 2),
                    "inlet_maximum": {"A": 300},
                    "investment_factor": 3000,
                    "exponent": 0.7,
                    "fixed_investment": float(random.integers(0, 20) * 1000),
                    "operating_cost": 0.3,
                }
            ],
            "pipes": {"investment": float(random.integers(0, 5) * 1000)},
            "objective": "annual-cost",
        }
    )


def solved(model: Any) -> tuple[BilinearProgram, float, float]:
    reformulated = from_pyomo(model)
    result = minimize(reformulated.program, SearchOptions(gap=GAP))
    assert result.status is SearchStatus.OPTIMAL
    assert result.x is not None
    for variable, x in zip(reformulated.variables, result.x, strict=False):
        variable.set_value(float(x), skip_validation=True)
    return reformulated.program, result.value, result.bound


def agrees_with_scip(model: Any) -> None:
    pytest.importorskip("pyscipopt")
    from benchmarks.water import scip

    program, found, bound = solved(model)
    other = scip(program, GAP, 1e20)
    slack = 1e-5 * max(1.0, abs(found))
    assert bound <= other.value + slack
    assert other.bound <= found + slack


@SETTINGS
@given(st.integers(1, 10_000), st.floats(0.0, 1.0))
def test_a_blend_from_its_flows_alone(seed: int, share: float) -> None:
    """The mixture of the optimum's flows keeps every limit and costs the objective; a share of it bounds no less."""
    case = pooling(seed)
    model = pooling_model(case)
    _, found, bound = solved(model)
    parts = (*model.fed.items(), *model.direct.items(), *model.through.items())
    flows = {arc: flow for arc, v in parts if (flow := value(v)) > 1e-6}
    blend = blend_of(case, flows)
    assert blend.broken == ()
    assert blend.cost == pytest.approx(found, rel=1e-5, abs=1e-3)
    part = blend_of(case, {arc: share * flow for arc, flow in flows.items()})
    assert part.broken == ()  # least amounts are 0: any share of a blend is a blend
    assert bound <= part.cost + 1e-6 * max(1.0, abs(found))


@SETTINGS
@given(st.integers(1, 10_000))
def test_blends_agree_with_scip(seed: int) -> None:
    agrees_with_scip(pooling_model(pooling(seed)))


@SETTINGS
@given(st.integers(1, 10_000))
def test_networks_with_pipes_and_rejects_agree_with_scip(seed: int) -> None:
    agrees_with_scip(water_network_model(network(seed)))


@SETTINGS
@given(st.integers(1, 10_000))
def test_all_water_and_contaminant_that_enters_leaves(seed: int) -> None:
    case = network(seed)
    model = water_network_model(case)
    solved(model)
    tower = case.demands[0]
    river = case.fresh_water[0].concentration["A"]
    fresh = sum(value(flow) for flow in model.fresh.values())

    def quality(i: str) -> float:
        return river if i == "river" else value(model.concentration[i, "A"])

    arcs = [(i, j, value(f)) for (i, j), f in (*model.fresh.items(), *model.flow.items())]
    gone = sum(f for _, j, f in arcs if j == "discharge")
    assert fresh == pytest.approx(gone + tower.flow + sum(u.loss for u in case.process_units), rel=1e-5)
    taken_up = river * fresh + sum(1e3 * u.load["A"] for u in case.process_units)
    left = sum(f * quality(i) for i, j, f in arcs if j in ("discharge", "tower"))
    assert left == pytest.approx(taken_up, rel=1e-4)
    to_tower = sum(f * quality(i) for i, j, f in arcs if j == "tower")
    assert to_tower <= tower.maximum["A"] * tower.flow * (1 + 1e-5)
