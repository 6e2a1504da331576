"""Published water-network optima, found, proven and balanced."""

import pyomo.environ as pyo
import pytest

from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.problems.case_file import load_case
from loopwise.problems.pooling import PoolingCase, pooling_model
from loopwise.problems.water_network import WaterNetworkCase, water_network_model


@pytest.mark.parametrize(
    ("name", "optimum"),
    [
        ("haverly1", -400.0),
        ("haverly2", -600.0),
        ("haverly3", -750.0),
        ("adhya1", -549.803),
        ("adhya2", -549.803),
        ("adhya3", -561.045),
        ("adhya4", -877.646),
        ("bental4", -450.0),
        ("bental5", -3500.0),
        ("foulds2", -1100.0),
        ("foulds3", -8.0),
        ("foulds4", -8.0),
        ("foulds5", -8.0),
        ("rt2", -4391.826),
    ],
)
def test_library_pooling(name: str, optimum: float) -> None:
    case = load_case(name)
    assert isinstance(case, PoolingCase)
    result = minimize(from_pyomo(pooling_model(case)).program)
    assert result.status is SearchStatus.OPTIMAL
    assert result.value == pytest.approx(optimum, rel=1e-4)
    assert result.bound <= optimum + 1e-5 * abs(optimum)


@pytest.mark.parametrize(
    ("name", "optimum"),
    [("karuppiah-grossmann", 381751.35), ("wang-smith-recycling", 20.0), ("wang-smith-regeneration-reuse", 9000 / 195)],
)
def test_library_water_network(name: str, optimum: float) -> None:
    case = load_case(name)
    assert isinstance(case, WaterNetworkCase)
    model = water_network_model(case)
    reformulated = from_pyomo(model)
    result = minimize(reformulated.program, SearchOptions(gap=1e-4))
    assert result.status is SearchStatus.OPTIMAL
    assert result.gap <= 1.001e-4
    assert result.value == pytest.approx(optimum, rel=1e-4)
    assert result.x is not None
    for variable, value in zip(reformulated.variables, result.x, strict=False):
        variable.set_value(value, skip_validation=True)
    assert pyo.value(model.objective) == pytest.approx(result.value, rel=1e-6)
    # what the fresh water and the units bring in is what leaves
    fresh = sum(pyo.value(v) for v in model.fresh.values())
    gone = sum(pyo.value(v) for (_, j), v in model.flow.items() if j == "discharge")
    assert gone == pytest.approx(fresh, rel=1e-5)


def test_reuse_alone_needs_ninety() -> None:
    recycling = load_case("wang-smith-recycling")
    assert isinstance(recycling, WaterNetworkCase)
    case = recycling.model_copy(update={"treatment_units": []})
    result = minimize(from_pyomo(water_network_model(case)).program)
    assert result.value == pytest.approx(90.0, rel=1e-4)
