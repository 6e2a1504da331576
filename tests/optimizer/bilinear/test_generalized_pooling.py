"""Pools that feed pools: equal to problems without, where they are the same; balanced, where they are not."""

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.pooling import PoolingCase, pooling_model


def library(name: str, **changes: Any) -> PoolingCase:
    return PoolingCase.model_validate(load_case(name).model_dump(by_alias=True) | changes)


def solved(case: PoolingCase) -> tuple[Any, float]:
    model = pooling_model(case)
    reformulated = from_pyomo(model)
    result = minimize(reformulated.program, SearchOptions(gap=1e-6))
    assert result.status is SearchStatus.OPTIMAL
    assert result.x is not None
    for variable, value in zip(reformulated.variables, result.x, strict=False):
        variable.set_value(value, skip_validation=True)
    return model, result.value


def flows_of(model: Any) -> dict[tuple[str, str], float]:
    parts = (*model.through.items(), *model.direct.items(), *model.fed.items())
    return {arc: float(pyo.value(flow)) for arc, flow in parts}


def arcs(*names: str) -> list[dict[str, str]]:
    return [dict(zip(("from", "to"), name.split("-"), strict=True)) for name in names]


def test_a_pool_in_front_of_the_pool_changes_nothing() -> None:
    """Haverly's first problem, -400, with the components mixed in one tank and blended from a second."""
    chained = library(
        "haverly1",
        pools=[{"name": "first", "capacity": 300}, {"name": "tank", "capacity": 300}],
        arcs=arcs("A-first", "B-first", "first-tank", "tank-X", "tank-Y", "C-X", "C-Y"),
    )
    model, value = solved(chained)
    assert value == pytest.approx(-400.0, rel=1e-5)
    flow = flows_of(model)
    assert flow["A", "first"] + flow["B", "first"] == pytest.approx(flow["first", "tank"], abs=1e-5)


def test_a_pool_that_leads_nowhere_gets_nothing() -> None:
    lost = library(
        "haverly1",
        pools=[{"name": "tank", "capacity": 300}, {"name": "sump", "capacity": 300}],
        arcs=arcs("A-tank", "B-tank", "tank-sump", "tank-X", "tank-Y", "C-X", "C-Y"),
    )
    model, value = solved(lost)
    assert value == pytest.approx(-400.0, rel=1e-5)
    assert flows_of(model)["tank", "sump"] == 0.0


def test_alfaki_and_haugland_balanced_from_flows_alone() -> None:
    """Qualities follow from the flows by mixing; limits and the objective are then computed without the model."""
    case = library("alfaki-haugland-1")
    model, value = solved(case)
    flow = flows_of(model)
    pools = [pool.name for pool in case.pools]
    quality = {c.name: c.quality["sulphur"] for c in case.components}
    inflow = {n: sum(v for (_, j), v in flow.items() if j == n) for n in pools}
    for name in pools:
        assert inflow[name] == pytest.approx(sum(v for (i, _), v in flow.items() if i == name), abs=1e-5)
    mixing = np.array([[inflow[j] * (i == j) - flow.get((i, j), 0.0) for i in pools] for j in pools])
    received = [sum(v * quality[i] for (i, j), v in flow.items() if j == n and i in quality) for n in pools]
    quality |= dict(zip(pools, np.linalg.solve(mixing, received), strict=True))
    assert flow["o1", "o2"] > 0.1
    for product in case.products:
        made = sum(v for (_, j), v in flow.items() if j == product.name)
        contents = sum(v * quality[i] for (i, j), v in flow.items() if j == product.name)
        assert contents <= product.quality_maximum["sulphur"] * made + 1e-4
        assert made <= product.maximum + 1e-6
    bought = sum(v * c.price for c in case.components for (i, _), v in flow.items() if i == c.name)
    sold = sum(v * p.price for p in case.products for (_, j), v in flow.items() if j == p.name)
    assert value == pytest.approx(bought - sold, rel=1e-5)


def test_leaving_the_pipe_between_the_pools_out_costs() -> None:
    case = library("alfaki-haugland-1")
    without = [arc.model_dump(by_alias=True) for arc in case.arcs if (arc.source, arc.target) != ("o1", "o2")]
    _, best = solved(case)
    _, apart = solved(library("alfaki-haugland-1", arcs=without))
    assert best < apart - 1.0


def test_two_pools_may_feed_each_other() -> None:
    """Haverly's pool split in two that exchange: as good as one pool, where both hold the same blend, or better."""
    twins = library(
        "haverly1",
        pools=[{"name": "left", "capacity": 300}, {"name": "right", "capacity": 300}],
        arcs=arcs("A-left", "B-right", "left-right", "right-left", "left-X", "right-Y", "C-X", "C-Y"),
    )
    _, value = solved(twins)
    assert value <= -400.0 + 1e-3


def test_an_arc_into_itself_is_refused() -> None:
    with pytest.raises(CaseError, match="another pool"):
        library("haverly1", arcs=arcs("A-tank", "tank-tank", "tank-X"))
