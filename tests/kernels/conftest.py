"""One matrix of engines drives the tests of all of them."""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp

from loopwise.kernels import Engine, RecourseLP, gpu, selection
from loopwise.kernels import engine as engines
from loopwise.kernels.engine import unavailable
from loopwise.kernels.gpu import launch, source
from tests.kernels.gpu import standin

ROOT = Path(__file__).parent.parent.parent
STANDIN = "gpu on the stand-in"


def _forget() -> None:
    """What was memoized for another CuPy."""
    for cached in (engines.unavailable, gpu.unavailable, source._module, source.compiled, launch.resident_threads):
        cached.cache_clear()
    selection.PREPARED.clear()


@pytest.fixture
def standin_cupy(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    """CuPy's stand-in as `cupy`."""
    if shutil.which("g++") is None:
        pytest.skip("no g++: the kernels cannot be compiled for the stand-in")
    cupy = standin.module(tmp_path_factory.mktemp("kernels"))
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(standin.state, "free", 1 << 30)
    _forget()
    standin.counts.clear()
    yield cupy
    _forget()


@pytest.fixture(
    params=[Engine.REFERENCE, Engine.CPU, STANDIN, pytest.param(Engine.GPU, marks=pytest.mark.gpu)],
    ids=lambda engine: str(engine).replace(" ", "-"),
)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn, the GPU's also on the stand-in for CuPy; skipped visibly where it cannot run."""
    if request.param == STANDIN:
        request.getfixturevalue("standin_cupy")
        return Engine.GPU
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


@pytest.fixture(scope="session")
def park(park_lp):
    """The park of two plants."""
    return park_lp(2)


@pytest.fixture
def lp(park):
    """Its recourse."""
    return RecourseLP(park.W, park.cost, park.upper)


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
