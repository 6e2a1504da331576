"""Published pooling optima, found and proven."""

import json
from typing import Any

import pytest

from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.problems.pooling import PoolingCase, pooling_model

from ...shared_cases import shared_case


def published(name: str) -> tuple[PoolingCase, float]:
    data: dict[str, Any] = json.loads(shared_case(f"pooling/{name}.json").read_text())
    arcs = [{"from": a["component"], "to": a["pool"]} for a in data["component_to_pool_fraction"]] + [
        {"from": a["pool"], "to": a["product"], "capacity": a["bound"]} for a in data["pool_to_product_bound"]
    ]
    arcs += [
        {"from": a["component"], "to": a["product"], "capacity": a["bound"]} for a in data["component_to_product_bound"]
    ]
    case = {
        "components": [
            {
                "name": c["name"],
                "price": c["price"],
                "quality": c["quality"],
                "minimum": c["lower"],
                "maximum": c["upper"],
            }
            for c in data["components"]
        ],
        "pools": [{"name": n, "capacity": s} for n, s in data["pool_size"].items()],
        "products": [
            {
                "name": p["name"],
                "price": p["price"],
                "minimum": p["lower"],
                "maximum": p["upper"],
                "quality_minimum": p["quality_lower"] or {},
                "quality_maximum": p["quality_upper"] or {},
            }
            for p in data["products"]
        ],
        "arcs": arcs,
    }
    return PoolingCase.model_validate(case), data.get("objective", -1100.0 if name == "foulds2" else None)


@pytest.mark.parametrize(
    "name", ["haverly1", "haverly2", "haverly3", "adhya1", "adhya2", "adhya3", "bental4", "foulds2"]
)
def test_published_optimum(name: str) -> None:
    case, optimum = published(name)
    program = from_pyomo(pooling_model(case)).program
    result = minimize(program, SearchOptions(gap=1e-4))
    assert result.status is SearchStatus.OPTIMAL
    assert result.gap <= 1.001e-4
    assert result.value == pytest.approx(optimum, rel=1e-4)
    assert result.bound <= optimum + 1e-6 * abs(optimum)
    assert result.x is not None
    assert program.violation(result.x) <= 1e-6
