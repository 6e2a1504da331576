"""Random water networks: the bound against networks worked out by hand, balances, and SCIP where installed."""

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.subjects.water import integrated_network
from loopwise.optimizer.bilinear import BilinearProgram, SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.problems.water_network import WaterNetworkCase, water_network_model

SETTINGS = settings(max_examples=6, deadline=None, derandomize=True)
GAP = 1e-4
networks = st.builds(
    lambda process, treatment, seed: integrated_network(process, treatment, treatment, seed),
    st.integers(1, 2),
    st.integers(1, 2),
    st.integers(1, 10_000),
)
"""Each contaminant has a unit that removes it, so that all are feasible."""


def solved(case: WaterNetworkCase) -> tuple[Any, BilinearProgram, float, float]:
    model = water_network_model(case)
    reformulated = from_pyomo(model)
    result = minimize(reformulated.program, SearchOptions(gap=GAP))
    assert result.status is SearchStatus.OPTIMAL
    assert result.x is not None
    assert reformulated.program.violation(result.x) <= 1e-6
    for variable, value in zip(reformulated.variables, result.x, strict=False):
        variable.set_value(value, skip_validation=True)
    return model, reformulated.program, result.value, result.bound


def once_through_cost(case: WaterNetworkCase, bypass: float) -> float:
    """USD/year of fresh water for every unit and all treatment units in a row but for the share `bypass` of the waste.

    Worked out by hand from the case, without the model; inf where the discharge is too dirty.
    """
    fresh = sum(unit.flow or 0.0 for unit in case.process_units)
    waste = {k: sum(1e3 * unit.load[k] for unit in case.process_units) / fresh for k in case.contaminants}
    units = case.treatment_units
    for k, concentration in waste.items():
        kept = float(np.prod([1.0 - unit.removal.get(k, 0.0) for unit in units]))
        if concentration * (bypass + (1.0 - bypass) * kept) > case.discharge_maximum[k]:
            return np.inf
    treated = fresh * (1.0 - bypass)
    hourly = case.fresh_water[0].price * fresh + sum(unit.operating_cost * treated for unit in units)
    invested = sum(unit.investment_factor * treated**unit.exponent for unit in units)
    return case.hours_per_year * hourly + case.annualization * invested


@SETTINGS
@given(networks)
def test_contaminants_are_balanced_and_limits_hold(case: WaterNetworkCase) -> None:
    model, *_ = solved(case)

    def leaving(name: str, k: str) -> float:
        out = sum(pyo.value(v) for (i, _), v in model.flow.items() if i == name)
        return out * pyo.value(model.concentration[name, k]) if out > 1e-6 else 0.0

    def arriving(name: str, k: str) -> float:
        return sum(
            pyo.value(v) * pyo.value(model.concentration[i, k])
            for (i, j), v in model.flow.items()
            if j == name and i != "fresh"
        )

    for k in case.contaminants:
        for unit in case.process_units:
            assert leaving(unit.name, k) == pytest.approx(arriving(unit.name, k) + 1e3 * unit.load[k], rel=1e-4)
        for unit in case.treatment_units:
            kept = 1.0 - unit.removal.get(k, 0.0)
            assert leaving(unit.name, k) == pytest.approx(kept * arriving(unit.name, k), rel=1e-4, abs=1e-2)
        gone = sum(pyo.value(v) for (_, j), v in model.flow.items() if j == "discharge")
        assert arriving("discharge", k) <= case.discharge_maximum[k] * gone * (1 + 1e-5) + 1e-3


@SETTINGS
@given(networks, st.floats(0.0, 0.5))
def test_bound_is_below_a_network_made_by_hand(case: WaterNetworkCase, bypass: float) -> None:
    *_, bound = solved(case)
    costs = [once_through_cost(case, share) for share in (0.0, bypass)]
    assume(np.isfinite(costs).any())
    assert bound <= min(costs)


@SETTINGS
@given(networks)
def test_agrees_with_scip(case: WaterNetworkCase) -> None:
    pytest.importorskip("pyscipopt")
    from benchmarks.water import scip

    _, program, value, bound = solved(case)
    other = scip(program, GAP, 1e20)
    assert bound <= other.value * (1 + 1e-5)
    assert other.bound <= value * (1 + 1e-5)
