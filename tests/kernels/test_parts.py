"""Programs that a few inequalities hold together: found, taken apart, solved as a whole where one of these binds."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import RecourseLP, Status
from loopwise.kernels.parts import find_parts
from tests.kernels.test_recourse import check_optimal

PERIODS, ROWS, COLUMNS = 4, 30, 70
FREE, ROOM = PERIODS * COLUMNS, PERIODS * COLUMNS + 1  # columns: what exceeds the permit, what is left of it


def year(rng, *, priced: bool = True):
    """(program, h at which nothing binds) of four periods and a permit on two flows of each, the last row.

    `priced`: the permit may be exceeded, at 100 a unit.
    """
    period = sp.random_array((ROWS, COLUMNS - ROWS), density=0.15, rng=rng).toarray() * rng.normal(size=(ROWS, 1))
    period[:3, :2] = [[1.0, 1.0], [1.0, -1.0], [2.0, 1.0]]
    period = np.hstack((period, np.eye(ROWS)))  # a priced outlet for every row
    flows = np.zeros((1, COLUMNS))
    flows[0, :2] = [1.0, 2.0]
    permit = np.hstack([(1.0 + k) * flows for k in range(PERIODS)] + [[[-1.0, 1.0]]])
    periods = np.hstack([np.kron(np.eye(PERIODS), period), np.zeros((PERIODS * ROWS, 2))])
    cost = np.concatenate((np.tile(rng.random(COLUMNS) + 0.1, PERIODS), [100.0, 0.0]))
    upper = np.concatenate((np.tile(np.where(rng.random(COLUMNS) < 0.5, 4.0, np.inf), PERIODS), [np.inf, np.inf]))
    upper[:FREE].reshape(PERIODS, COLUMNS)[:, COLUMNS - ROWS :] = np.inf
    if not priced:
        upper[FREE] = 0.0
    program = RecourseLP(sp.csc_array(np.vstack((periods, permit))), cost, upper)
    inside = rng.uniform(0.1, 1.5, size=FREE + 2)
    inside[FREE] = 0.0
    return program, program.W @ inside


def scenarios(program, h, rng, count: int = 11, permit=(0.0, 1e4)):
    """Right-hand sides around `h`, the permit evenly between its two ends."""
    own = h * rng.uniform(0.8, 1.2, size=(count, len(h)))
    own[:, -1] = np.linspace(*permit, count)
    return own, program.q * rng.uniform(0.9, 1.1, size=(count, len(program.q)))


def test_the_permit_is_found_and_the_periods_are_alike():
    program, _ = year(np.random.default_rng(1))
    found = find_parts(program.W, program.q, program.lower, program.upper)
    assert found is not None
    links, (part,) = found
    assert list(links.rows) == [PERIODS * ROWS]
    assert sorted(links.own) == [FREE, ROOM]
    assert list(links.slack) == [ROOM]
    assert part.rows.shape == (PERIODS, ROWS)
    whole = program.W.toarray()
    for rows, columns, entries in zip(part.rows, part.columns, part.entries, strict=True):
        assert (whole[np.ix_(rows, columns)] == part.W.toarray()).all()
        assert (program.W.data[entries] == part.W.data).all()


def test_what_equations_hold_together_stays_together():
    program, _ = year(np.random.default_rng(1))
    cost = program.q.copy()
    cost[ROOM] = 1.0  # what is left of the permit costs money: it always counts
    assert find_parts(program.W, cost, program.lower, program.upper) is None
    two = sp.csc_array(sp.block_diag([program.W[:, :-2]] * 1))
    assert find_parts(two[: PERIODS * ROWS], cost[:-2], program.lower[:-2], program.upper[:-2]) is None


@pytest.mark.parametrize("priced", [True, False])
def test_scenarios_are_optimal_whether_or_not_the_permit_binds(engine, oracle, priced):
    rng = np.random.default_rng(2)
    program, h = year(rng, priced=priced)
    free = program.solve(scenarios(program, h, rng, 1, (1e6, 1e6))[0], engine=engine, primal=True)
    needed = float(free.primal[0, :FREE] @ program.W[[PERIODS * ROWS], :FREE].toarray()[0])
    h, q = scenarios(program, h, rng, permit=(0.0, 2.0 * needed))
    given, xp = (h, q), np
    if str(engine) == "gpu":
        import cupy as xp

        given = (xp.asarray(h), xp.asarray(q))
    batch = program.solve(given[0], q=given[1], engine=engine, primal=True).on_host()
    assert xp is not None
    optimal = batch.status == Status.OPTIMAL
    bind = batch.dual[:, -1] < -1e-6
    assert bind[optimal].any()
    assert not bind[optimal].all()
    for k in range(len(h)):
        status, objective = oracle(program.W, q[k], h[k], program.lower, program.upper)
        assert (status == 0) == optimal[k]
        if optimal[k]:
            assert batch.objective[k] == pytest.approx(objective, rel=2e-8)
            assert batch.lower_bound[k] <= objective * (1 + 1e-9)
    assert optimal.all() == priced or not priced
    check_optimal(program, batch.reordered(np.flatnonzero(optimal)), h[optimal], q=q[optimal])


def test_the_parts_are_what_is_solved_where_nothing_binds(monkeypatch):
    rng = np.random.default_rng(3)
    program, h = year(rng)
    h, q = scenarios(program, h, rng, permit=(1e3, 1e4))
    sizes: list[int] = []
    solve = RecourseLP._solve_kinds

    def noted(self, *arguments, **options):
        sizes.append(self.W.shape[0])
        return solve(self, *arguments, **options)

    monkeypatch.setattr(RecourseLP, "_solve_kinds", noted)
    whole = program.solve(h, q=q)
    assert sizes == [ROWS]
    again = pickle.loads(pickle.dumps(program)).solve(h, q=q)
    assert (again.objective == whole.objective).all()
    h[5, -1] = -1.0  # more than the permit is needed at once
    program.solve(h, q=q)
    assert sizes == [ROWS, ROWS, ROWS, PERIODS * ROWS + 1]


def test_each_scenario_has_its_own_matrix(engine, oracle):
    rng = np.random.default_rng(4)
    program, h = year(rng)
    h, q = scenarios(program, h, rng, 9, permit=(0.0, 60.0))
    values = program.W.data * rng.uniform(0.98, 1.02, size=(len(h), program.W.nnz))
    batch = program.solve(h, q=q, W_values=values, engine=engine)
    for k in range(len(h)):
        W = sp.csc_array((values[k], program.W.indices, program.W.indptr), shape=program.W.shape)
        assert batch.objective[k] == pytest.approx(oracle(W, q[k], h[k], program.lower, program.upper)[1], rel=2e-8)


def test_an_expectation_does_not_depend_on_chunks_and_its_cut_is_tight():
    rng = np.random.default_rng(5)
    program, h = year(rng)
    h, q = scenarios(program, h, rng, 2048, permit=(0.0, 120.0))
    T = sp.random_array((program.W.shape[0], 3), density=0.3, rng=rng)
    whole = program.expectation(h, q=q, T=T, weights=np.full(2048, 1 / 2048))
    halves = [
        program.expectation(h[s], q=q[s], T=T, weights=np.full(1024, 1 / 2048), first=s.start)
        for s in (slice(0, 1024), slice(1024, 2048))
    ]
    merged = halves[1].merge(halves[0])
    assert merged.mean == whole.mean
    assert (merged.value == whole.value).all()
    assert (merged.slopes == whole.slopes).all()
    assert whole.value[0] == pytest.approx(whole.mean, rel=1e-7)
    step = 1e-3 * rng.normal(size=3)
    elsewhere = program.expectation(h - T @ step, q=q).mean
    assert elsewhere >= whole.value[0] + whole.slopes[0] @ step - 1e-7 * abs(whole.mean)


def test_a_slack_without_an_entry_takes_nothing_up(engine, oracle):
    """A scenario's own matrix may have a zero there: then the permit is an equation, and binds."""
    rng = np.random.default_rng(6)
    program, h = year(rng)
    h, q = scenarios(program, h, rng, 4, permit=(0.0, 72.0))
    values = np.tile(program.W.data, (len(h), 1))
    values[:3, program.W.indptr[ROOM]] = 0.0
    given, xp = (h, q, values), np
    if str(engine) == "gpu":
        import cupy as xp

        given = tuple(xp.asarray(array) for array in given)
    batch = program.solve(given[0], q=given[1], W_values=given[2], engine=engine).on_host()
    for k in range(len(h)):
        W = sp.csc_array((values[k], program.W.indices, program.W.indptr), shape=program.W.shape)
        assert batch.objective[k] == pytest.approx(oracle(W, q[k], h[k], program.lower, program.upper)[1], rel=2e-8)


def test_no_scenarios_are_none():
    program, h = year(np.random.default_rng(1))
    assert program.apart is not None
    assert program.solve(np.zeros((0, len(h))), primal=True).primal.shape == (0, len(program.q))


def test_a_period_that_cannot_be_served_makes_the_scenario_infeasible():
    rng = np.random.default_rng(3)
    program, h = year(rng)
    h, q = scenarios(program, h, rng, 3)
    upper = np.tile(program.upper, (3, 1))
    upper[1, :COLUMNS] = 0.0  # nothing in the first period, where much is asked
    batch = program.solve(h, q, upper)
    assert batch.status.tolist() == [Status.OPTIMAL, Status.INFEASIBLE, Status.OPTIMAL]
    assert batch.objective[1] == np.inf
