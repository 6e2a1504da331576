"""One matrix of engines drives the tests of all of them."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp

from loopwise.kernels import Engine
from loopwise.kernels.engine import unavailable

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(
    params=[Engine.REFERENCE, Engine.CPU, pytest.param(Engine.GPU, marks=pytest.mark.gpu)],
    ids=lambda engine: engine.value,
)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn; skipped visibly where it cannot run."""
    reason = unavailable(request.param)
    if reason is not None:
        pytest.skip(f"engine {request.param}: {reason}")
    return request.param


def subject(name: str):
    """A module of benchmarks/subjects, which is not installed."""
    path = ROOT / "benchmarks" / "subjects" / f"{name}.py"
    key = f"benchmark_subject_{name}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


@pytest.fixture(scope="session")
def park_lp():
    """The generator of park LPs."""
    return subject("park").park_lp


def highs(W, q, h, lower, upper):
    """(status, objective) by SciPy's HiGHS, each LP on its own: independent of loopwise's warm-started solver."""
    bounds = np.column_stack((np.broadcast_to(lower, len(q)), np.broadcast_to(upper, len(q))))
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    A = sp.csc_array(W)
    result = scipy.optimize.linprog(q, A_eq=A, b_eq=h, bounds=bounds, method="highs", options=options)
    if result.status == 4:  # presolve cannot tell infeasible from unbounded
        result = scipy.optimize.linprog(
            q, A_eq=A, b_eq=h, bounds=bounds, method="highs", options=options | {"presolve": False}
        )
    return result.status, result.fun


@pytest.fixture(scope="session")
def oracle():
    """SciPy's HiGHS, one LP at a time."""
    return highs
