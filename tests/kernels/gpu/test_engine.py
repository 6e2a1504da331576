"""CuPy in, CuPy out; NumPy in, NumPy out; transfers and launches counted; agreement with the CPU's answers."""

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import BLOCK, Engine, RecourseLP, ScenarioMatrix, Status
from loopwise.kernels.gpu import engine as gpu_engine
from loopwise.kernels.gpu import staging
from loopwise.kernels.gpu.launch import launch
from loopwise.kernels.gpu.source import KERNELS, parameters
from tests.kernels.gpu import standin

RESULTS = ("objective", "lower_bound", "dual", "reduced_cost", "status", "resolved_exactly", "primal")


def agree(mine, theirs):
    for name in ("objective", "lower_bound"):
        np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-7)
    np.testing.assert_array_equal(mine.status, theirs.status)
    np.testing.assert_array_equal(mine.resolved_exactly, theirs.resolved_exactly)


@pytest.mark.parametrize("count", [1, 31, 32, 33, 257])
def test_cupy_in_cupy_out(cupy, lp, park, count):
    h = park.demands(count)
    mine = lp.solve(cupy.asarray(h), primal=True)
    for name in RESULTS:
        assert type(getattr(mine, name)).__module__.split(".")[0] == "cupy", name
    agree(mine.on_host(), lp.solve(h, engine=Engine.REFERENCE, primal=True))


def test_numpy_in_numpy_out_and_frozen(cupy, lp, park):
    h = park.demands(40)
    mine = lp.solve(h, engine="gpu", primal=True)
    for name in RESULTS:
        assert isinstance(getattr(mine, name), np.ndarray), name
        with pytest.raises(ValueError, match="read-only"):
            getattr(mine, name)[:] = 0
    agree(mine, lp.solve(h, engine=Engine.REFERENCE))


def test_auto_takes_the_device_for_cupy_arrays_only(standin_cupy, lp, park):
    h = park.demands(3)
    lp.solve(h)
    assert standin.counts["launches"] == 0
    lp.solve(standin_cupy.asarray(h))
    assert standin.counts["launches"] > 0
    with pytest.raises(ValueError, match="solved by the GPU engine, not by engine='cpu'"):
        lp.solve(standin_cupy.asarray(h), engine="cpu")
    with pytest.raises(TypeError, match="must all be NumPy or all CuPy"):
        lp.solve(standin_cupy.asarray(h), upper=park.upper)


def test_own_data_of_every_scenario(cupy, lp, park):
    random = np.random.default_rng(3)
    h = park.demands(50)
    q = park.cost * random.uniform(0.8, 1.2, (50, 1))
    upper = park.upper * random.uniform(0.5, 1.0, (50, len(park.cost)))
    upper[::3, park.optional[::2]] = 0.0
    values = park.W.data * random.uniform(0.9, 1.1, (50, park.W.nnz))
    mine = lp.solve(*map(cupy.asarray, (h, q, upper, values))).on_host()
    agree(mine, lp.solve(h, q, upper, values, engine=Engine.REFERENCE))


def test_bounds_and_columns_of_every_kind(cupy):
    random = np.random.default_rng(5)
    inf = np.inf
    W = sp.random_array((6, 14), density=0.4, rng=random, format="csc")
    W = sp.vstack([W, W[:1] * 2.0]).tocsc()  # a redundant row
    lower = np.array([0, -2, -inf, -inf, 1, 0, -5, 0, 0, -inf, 3, 0, 0, 0.0])
    upper = np.array([4, inf, 6, inf, 9, inf, -1, 0, inf, 2, 3, 1, inf, 8.0])
    dual = random.standard_normal(7)
    q = W.T @ dual + np.where(np.isfinite(lower), 1.0, 0.0) - np.where(np.isfinite(upper), 1.0, 0.0)
    q[3] = (W.T @ dual)[3]
    h = np.clip(random.standard_normal((9, 14)) * 3, np.maximum(lower, -9), np.minimum(upper, 9)) @ W.T
    h[4] += 1.0  # contradicts the redundant row
    lp = RecourseLP(W, q, upper, lower=lower)
    mine, theirs = lp.solve(cupy.asarray(h), primal=True).on_host(), lp.solve(h, engine="reference", primal=True)
    agree(mine, theirs)
    assert mine.status[4] == Status.INFEASIBLE
    mixed = np.tile(upper, (9, 1))
    mixed[::2, 1] = 7.0  # finite in some scenarios only
    agree(lp.solve(cupy.asarray(h), upper=cupy.asarray(mixed)).on_host(), lp.solve(h, upper=mixed, engine="reference"))


def test_nothing_leaves_the_device_but_what_highs_decides(standin_cupy, lp, park):
    h = park.demands(300)
    given = standin_cupy.asarray(h)
    lp.solve(given)  # shared data travel once
    standin.counts.clear()
    lp.solve(given)
    quiet = dict(standin.counts)
    assert quiet.get("to device", 0) == 0
    assert quiet.get("bytes to host", 0) <= len(park.cost)  # which upper bounds are finite
    bad = h.copy()
    bad[[7, 200]] = 1e9  # more than everything together
    given = standin_cupy.asarray(bad)
    lp = RecourseLP(park.W, park.cost, np.minimum(park.upper, 1e4))
    lp.solve(standin_cupy.asarray(h))
    standin.counts.clear()
    batch = lp.solve(given)
    assert np.flatnonzero(batch.resolved_exactly.get()).tolist() == [7, 200]
    per_scenario = 8 * h.shape[1]
    assert standin.counts["bytes to host"] <= 2 * per_scenario + len(park.cost) * 17 + 300


def test_threads_go_on_to_the_next_program(standin_cupy, lp, park, monkeypatch):
    h = standin_cupy.asarray(park.demands(1000))
    whole = lp.solve(h)
    monkeypatch.setattr(gpu_engine, "MEMORY_SHARE", 1e-9)  # one block of 128 threads
    few = lp.solve(h)
    for name in ("objective", "dual", "iterations"):
        np.testing.assert_array_equal(getattr(few, name).get(), getattr(whole, name).get())


@pytest.fixture(scope="module")
def expected(park, park_lp):
    """Arguments of `expectation` with everything in it."""
    count = 3 * BLOCK + 100
    random = np.random.default_rng(4)
    m, n, optional = park.W.shape[0], park.W.shape[1], park.optional
    width = len(optional) + 2
    slope = sp.csc_array((np.ones(len(optional)), (optional, np.arange(len(optional)))), shape=(n, width))
    T = sp.csc_array(([-1.0, -0.5, 1.0], ([3, 4, 13], [width - 2, width - 1, width - 1])), shape=(m, width))
    matrix = ScenarioMatrix(T, np.array([0, 2]), random.uniform(-1.0, 1.0, (count, 2)))
    return {
        "h": park.demands(count),
        "weights": random.uniform(0.5, 1.5, count),
        "groups": random.integers(0, 3, count),
        "T": matrix,
        "upper_slope": slope,
    }


SUMS = ("weight", "value", "slopes", "tail_weight", "tail_value", "tail_slopes", "mean", "variance", "lower_bound")


def sums(lp, expected, part=slice(None), move=None, **options):
    move = move or (lambda a: a)
    T = expected["T"]
    matrix = ScenarioMatrix(T.matrix, T.index, move(T.values[part]))
    return lp.expectation(
        move(expected["h"][part]), move(expected["weights"][part]), move(expected["groups"][part]), T=matrix,
        upper_slope=expected["upper_slope"], threshold=40_000.0, group_count=4, first=part.start or 0,
        statistics=True, **options,
    )  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_streamed_sums_are_those_of_the_reference(cupy, lp, expected, monkeypatch, chunk):
    monkeypatch.setattr(staging, "MOST", chunk * BLOCK)
    mine = sums(lp, expected, engine="gpu")
    theirs = sums(lp, expected, engine="cpu" if "cpu" in map(str, _engines()) else "reference")
    for name in SUMS:
        np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-6, atol=1e-3, err_msg=name)
    assert (mine.scenarios, mine.infeasible, mine.first_infeasible) == (len(expected["h"]), 0, None)
    for level in (0.05, 0.5, 0.95):
        assert mine.distribution.quantile(level) == pytest.approx(theirs.distribution.quantile(level), rel=1e-7)
        assert mine.distribution.cvar(level) == pytest.approx(theirs.distribution.cvar(level), rel=1e-7)


def _engines():
    from loopwise.kernels import available_engines

    return available_engines()


def test_sums_do_not_depend_on_chunks_or_place(cupy, lp, expected, monkeypatch):
    whole = sums(lp, expected, move=cupy.asarray)
    monkeypatch.setattr(staging, "MOST", BLOCK)
    streamed = sums(lp, expected, engine="gpu")
    parts = [sums(lp, expected, slice(a, b), move=cupy.asarray) for a, b in ((BLOCK, 2 * BLOCK), (2 * BLOCK, None))]
    merged = parts[1].merge(sums(lp, expected, slice(0, BLOCK), engine="gpu")).merge(parts[0])
    for name in SUMS:
        np.testing.assert_array_equal(getattr(streamed, name), getattr(whole, name), err_msg=name)
        np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name), err_msg=name)


def test_only_sums_leave_the_device(standin_cupy, lp, expected):
    sums(lp, expected, move=standin_cupy.asarray)
    moved = {name: standin_cupy.asarray(expected[name]) for name in ("h", "weights", "groups")}
    standin.counts.clear()
    lp.expectation(**moved, upper_slope=expected["upper_slope"], statistics=True)
    blocks, width = 4, expected["upper_slope"].shape[1]
    allowed = blocks * 11 * 8 + 2 * blocks * 3 * (4 + 2 * width) * 8 + lp.W.shape[1]
    assert standin.counts["bytes to host"] <= allowed


def test_wrong_arguments_are_not_launched(standin_cupy):
    good = {
        "count": 2, "rows": 1, "columns": 1, "start": standin_cupy.zeros(2, dtype=np.int64),
        "row": standin_cupy.zeros(1, dtype=np.int64), "value": standin_cupy.zeros(1),
        "dense": standin_cupy.zeros((2, 1)), "result": standin_cupy.zeros((2, 1)),
    }  # fmt: skip
    launch("sums.cu", "multiply", 2, **good)
    for name, bad, message in (
        ("dense", np.zeros((2, 1)), "dense must be a CuPy array, not numpy.ndarray"),
        ("row", standin_cupy.zeros(1), "row is float64, expected int64"),
        ("dense", standin_cupy.zeros((2, 3))[:, ::2], "dense is not C-contiguous"),
        ("value", None, "value must be a CuPy array"),
        ("rows", standin_cupy.zeros(1), "rows must be a number"),
    ):
        with pytest.raises(TypeError, match=message):
            launch("sums.cu", "multiply", 2, **(good | {name: bad}))
    with pytest.raises(TypeError, match="weight is no parameter"):
        launch("sums.cu", "multiply", 2, **good, weight=1)


def test_every_declaration_is_understood():
    for file, kernels in KERNELS.items():
        for kernel in kernels:
            names = [p.name for p in parameters(file, kernel)]
            assert len(names) == len(set(names)) > 4
