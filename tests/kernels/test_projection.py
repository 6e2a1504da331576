"""Operations moved onto their rows: closed in the rows' own units, inside their bounds, the rest left alone."""

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import Projection, RecourseLP, cpu
from loopwise.kernels.projection import Stepwise
from tests.kernels.test_parts import scenarios, year

ALLOWED = 1e-9


def network(count: int = 40, seed: int = 5):
    """Balances of unlike size (1e-3 to 1e3) and solutions of their LP that are off by 1e-5."""
    rng = np.random.default_rng(seed)
    m, n = 6, 14
    W = rng.normal(size=(m, n)) * (rng.random((m, n)) < 0.6) * 10.0 ** rng.integers(-3, 4, size=m)[:, None]
    W[np.arange(m), np.arange(m)] += 1.0
    upper = np.where(rng.random(n) < 0.5, 3.0, np.inf)
    program = RecourseLP(sp.csc_array(W), rng.random(n) + 0.1, upper)
    inside = rng.uniform(0.1, 2.5, size=(count, n))
    h = inside @ W.T
    primal = program.solve(h, primal=True).primal
    assert primal is not None
    return program, h, np.clip(primal + 1e-5 * rng.random(primal.shape), 0.0, upper)


def test_rows_close_inside_the_bounds() -> None:
    program, h, off = network()
    closed = Projection(program).onto_rows(off, h, program.q, program.upper, None, allowed=ALLOWED)
    scale = np.maximum(abs(program.W).max(axis=1).toarray().ravel(), 1.0)
    assert (np.abs(h - off @ program.W.T.toarray()) / scale).max() > 1e-7
    assert (np.abs(h - closed @ program.W.T.toarray()) / scale).max() <= 2 * ALLOWED
    assert closed.min() >= 0.0
    assert (closed <= program.upper).all()
    assert np.abs(closed - off).max() < 1e-2


def test_a_balance_of_flows_closes_in_their_unit_beside_one_large_entry() -> None:
    """Three flows count 1, a throughput moves 108 of them: the row is held to the unit of the flows."""
    program = RecourseLP(np.array([[1.0, 1.0, -1.0, 108.0]]), np.ones(4), 10.0)
    off, h = np.array([[1.0, 2.0, 3.0 + 2e-8, 0.5]]), np.array([[54.0]])
    closed = Projection(program).onto_rows(off, h, program.q, program.upper, None, allowed=ALLOWED)
    assert abs(h[0, 0] - off[0] @ [1.0, 1.0, -1.0, 108.0]) > 10 * ALLOWED
    assert abs(h[0, 0] - closed[0] @ [1.0, 1.0, -1.0, 108.0]) <= ALLOWED


def test_what_is_closed_is_left_alone_and_nan_stays() -> None:
    program, h, off = network()
    projection = Projection(program)
    closed = projection.onto_rows(off, h, program.q, program.upper, None, allowed=ALLOWED)
    again = projection.onto_rows(closed, h, program.q, program.upper, None, allowed=2 * ALLOWED)
    assert (again == closed).all()
    closed[3] = np.nan
    assert np.isnan(projection.onto_rows(closed, h, program.q, program.upper, None, allowed=ALLOWED)[3]).all()


def test_each_scenario_has_its_own_matrix() -> None:
    program, h, off = network()
    values = program.W.data * np.random.default_rng(1).uniform(0.99, 1.01, size=(len(h), program.W.nnz))
    W = [sp.csc_array((v, program.W.indices, program.W.indptr), shape=program.W.shape) for v in values]
    h = np.array([M @ y for M, y in zip(W, off, strict=True)])
    closed = Projection(program).onto_rows(off + 1e-6, h, program.q, program.upper, values, allowed=ALLOWED)
    residual = np.array([np.abs(M @ y - b) for M, y, b in zip(W, closed, h, strict=True)])
    assert (residual / np.maximum(abs(program.W).max(axis=1).toarray().ravel() * 1.02, 1.0)).max() <= 2 * ALLOWED


def test_dependent_rows() -> None:
    """One balance written twice: the normal equations are singular, the step is there all the same."""
    program = RecourseLP(np.array([[1.0, 1.0, -1.0], [2.0, 2.0, -2.0], [0.0, 1.0, 1.0]]), np.ones(3), np.inf)
    closed = Projection(program).onto_rows(
        np.array([[1.0, 2.0, 3.0 + 1e-5]]), np.array([[0.0, 0.0, 5.0]]), program.q, program.upper, None, allowed=ALLOWED
    )
    assert closed[0, 0] + closed[0, 1] - closed[0, 2] == pytest.approx(0.0, abs=2 * ALLOWED)
    assert closed[0, 1] + closed[0, 2] == pytest.approx(5.0, abs=2 * ALLOWED)


def test_an_operation_at_its_bounds_that_cannot_step_is_solved_exactly() -> None:
    """Everything stands at zero: no step has room, so that HiGHS finds the vertex."""
    program = RecourseLP(np.array([[1.0, 1.0]]), np.array([2.0, 1.0]), 4.0)
    closed = Projection(program).onto_rows(
        np.zeros((1, 2)), np.array([[3.0]]), program.q, program.upper, None, allowed=ALLOWED
    )
    assert closed[0] == pytest.approx([0.0, 3.0])


def test_one_large_entry_does_not_loosen_a_balance() -> None:
    """100 x + y + z = 12 off by 50 ALLOWED counts in the unit of most of its columns, not in hundreds of it."""
    program = RecourseLP(np.array([[100.0, 1.0, 1.0]]), np.ones(3), np.inf)
    off = np.array([[0.1, 1.0, 1.0 + 50 * ALLOWED]])
    closed = Projection(program).onto_rows(off, np.array([[12.0]]), program.q, program.upper, None, allowed=ALLOWED)
    assert abs(100 * closed[0, 0] + closed[0, 1] + closed[0, 2] - 12.0) <= ALLOWED


@pytest.mark.skipif(cpu.unavailable() is not None, reason="nothing was compiled")
@pytest.mark.parametrize("own_values", [False, True])
def test_lanes_close_what_scipy_closes_one_by_one(own_values: bool) -> None:
    program, h, off = network(count=23)
    values = np.tile(program.W.data, (23, 1)) * np.random.default_rng(2).uniform(0.999, 1.001, (23, 1))
    given = (
        h,
        program.lower,
        np.tile(program.upper, (23, 1)),
        values if own_values else None,
        np.full(len(h[0]), ALLOWED),
    )
    off[7] = np.nan
    off[9] = 0.0  # no room to move
    one_by_one, lanes = off.copy(), off.copy()
    closed = Stepwise(program.W)(one_by_one, *given)
    assert (cpu.Closer(program.W)(lanes, *given) == closed).all()
    assert closed.sum() == 22
    np.testing.assert_allclose(lanes, one_by_one, rtol=1e-9, atol=1e-12)
    assert np.nanmax(np.abs(lanes - off)) > 1e-7


def test_parts_are_closed_one_by_one_and_the_permit_s_slack_takes_the_rest() -> None:
    rng = np.random.default_rng(6)
    program, h = year(rng)
    assert program.apart is not None
    h, q = scenarios(program, h, rng, 11, permit=(0.0, 120.0))
    primal = program.solve(h, q=q, primal=True).primal
    assert primal is not None
    off = np.clip(primal + 1e-5 * rng.random(primal.shape), 0.0, program.upper)
    closed = Projection(program).onto_rows(off, h, q, program.upper, None, allowed=ALLOWED)
    assert np.abs(h - off @ program.W.T).max() > 1e-6
    assert np.abs(h - closed @ program.W.T).max() <= 2 * ALLOWED
    assert closed.min() >= 0.0
    assert (closed <= program.upper).all()
    assert np.abs(closed - off).max() < 1e-2
