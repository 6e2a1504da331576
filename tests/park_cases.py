"""Two-node instances for golden LPs and balance tests."""

from typing import Any

from pyomo.contrib.solver.common.factory import SolverFactory

from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.model import ParkModel, build_model


def park(plants: dict[str, Any], **parts: Any) -> ParkCase:
    """A park with one contaminant, a fresh supply and a drain, as an engineer would type it."""
    base = {
        "kind": "park",
        "name": "test",
        "contaminants": {"COD": {}},
        "fresh_water": {"municipal": {"price": 0.5}},
        "discharges": {"drain": {"price": 0.6}},
    }
    return ParkCase.model_validate(base | parts | {"plants": plants})


def solved(case: ParkCase) -> ParkModel:
    """The park's deterministic model at nominal values, solved to optimality by HiGHS."""
    model = build_model(case)
    SolverFactory("highs").solve(model.pyomo)
    return model
