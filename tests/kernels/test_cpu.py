"""What only the compiled engine has: instruction sets, threads, and a plan built without the reference's loops."""

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import Engine, RecourseLP, cpu, reference
from loopwise.kernels.engine import StandardBatch, StandardForm, unavailable

pytestmark = pytest.mark.skipif(unavailable(Engine.CPU) is not None, reason=str(unavailable(Engine.CPU)))


@pytest.fixture
def problem():
    """A form and 37 scenarios with their own data, every fifth bounded column taken out of every third."""
    random = np.random.default_rng(3)
    W = sp.csc_array(sp.random_array((14, 40), density=0.25, rng=random) + sp.eye_array(14, 40))
    bounded = random.random(40) < 0.4
    y = random.random((37, 40))
    upper = np.where(bounded, y + random.random((37, 40)), np.inf)
    closed = np.flatnonzero(bounded)[::5]
    upper[np.ix_(np.arange(0, 37, 3), closed)] = 0.0
    y = np.minimum(y, upper)
    values = W.data * (1.0 + 0.1 * random.random((37, W.nnz)))
    h = np.stack([sp.csc_array((v, W.indices, W.indptr), shape=W.shape) @ x for v, x in zip(values, y, strict=True)])
    return StandardForm(W, bounded), StandardBatch(h, 0.1 + random.random((37, 40)), upper, values)


def solve(engine, batch):
    return engine(batch, tolerance=1e-9, max_iterations=100, primal=True)


@pytest.mark.parametrize("instructions", ["avx512", "avx2", "baseline"])
def test_every_instruction_set_reaches_what_the_reference_reaches(problem, instructions):
    if instructions not in cpu.instruction_sets():
        pytest.skip(f"{instructions} is not to be had here")
    form, batch = problem
    mine = solve(cpu.prepare(form, instructions=instructions), batch)
    theirs = solve(reference.prepare(form), batch)
    assert mine.converged.all()
    np.testing.assert_allclose(mine.objective, theirs.objective, rtol=1e-8)
    np.testing.assert_allclose(mine.primal, theirs.primal, atol=1e-5)
    assert (mine.primal[batch.upper == 0.0] == 0.0).all()
    # a scenario whose zeros are guessed wrongly from single precision goes a longer way
    assert np.median(abs(mine.iterations - theirs.iterations)) <= 3
    assert (mine.iterations <= 2 * theirs.iterations).all()


def test_results_do_not_depend_on_threads_or_neighbours(problem, monkeypatch):
    form, batch = problem
    engine = cpu.prepare(form)
    monkeypatch.setenv("LOOPWISE_THREADS", "1")
    one = solve(engine, batch)
    monkeypatch.setenv("LOOPWISE_THREADS", "3")
    rows = slice(11, 30)
    part = StandardBatch(batch.h[rows], batch.q[rows], batch.upper[rows], batch.W_values[rows])
    for all_of_it, some in zip(vars(one).values(), vars(solve(engine, part)).values(), strict=True):
        np.testing.assert_array_equal(all_of_it[rows], some)


def test_no_last_bit_depends_on_neighbours(park_lp):
    """Easy lanes beside hard ones, of which some need the refined direction and some HiGHS."""
    park = park_lp(2)
    upper = park.upper.copy()
    upper[park.optional[::2]] = 0.0
    h = park.demands(20000)
    h[::3] *= 1e-3
    lp = RecourseLP(park.W, park.cost, upper)
    order = np.random.default_rng(0).permutation(len(h))
    one, other = (lp.solve(rows, engine="cpu", tolerance=1e-8) for rows in (h, h[order]))
    np.testing.assert_array_equal(one.objective[order], other.objective)
    np.testing.assert_array_equal(one.dual[order], other.dual)


def test_nothing_to_solve(problem):
    form, batch = problem
    empty = StandardBatch(batch.h[:0], batch.q[0], batch.upper[0])
    assert len(solve(cpu.prepare(form), empty).dual) == 0


@pytest.mark.parametrize("typed", ["0", "two", "-1", "1.5"])
def test_threads_that_make_no_sense_are_named(monkeypatch, typed):
    monkeypatch.setenv("LOOPWISE_THREADS", typed)
    with pytest.raises(ValueError, match=f"LOOPWISE_THREADS = '{typed}'"):
        RecourseLP(np.ones((1, 2)), [1.0, 2.0], np.inf).solve([[1.0]], engine=Engine.CPU)
