"""The recourse LPs of SMPS cases as arrays, at a first stage that satisfies its own constraints."""

import numpy as np
import scipy.sparse as sp

from benchmarks.subjects.two_stage import RecourseCase, mean_value_design
from loopwise.kernels import RecourseLP
from loopwise.problems.smps import read_smps


def recourse_case(core, count: int, stoch=None, seed: int = 0) -> RecourseCase:
    """`count` scenarios of the recourse of an SMPS case, rows brought to equalities by one bounded slack each."""
    problem = read_smps(core, stoch=stoch).problem
    x = mean_value_design(problem)
    second = problem.recourse
    size = problem.source.size
    scenarios = (
        problem.all_scenarios() if size is not None and size <= count else problem.scenarios(0, count, seed=seed)
    )
    sign = 1.0 if problem.sense == "minimize" else -1.0

    def part(name, nominal):
        values = np.tile(nominal, (len(scenarios), 1))
        if name in scenarios.parts:
            values[:, problem.random[name].index] = scenarios.parts[name]
        return values

    T = part("technology", second.T.data)
    columns = np.repeat(np.arange(second.T.shape[1]), np.diff(second.T.indptr))
    Tx = np.array([np.bincount(second.T.indices, t * x[columns], len(second.row_lower)) for t in T])
    low, high = part("row_lower", second.row_lower) - Tx, part("row_upper", second.row_upper) - Tx
    slack = np.flatnonzero(second.row_lower != second.row_upper)
    from_above = np.isfinite(second.row_upper)
    h = np.where(from_above, high, low)
    n, m = len(second.cost), len(second.row_lower)
    signs = np.where(from_above[slack], 1.0, -1.0)
    S = sp.csc_array((signs, (slack, np.arange(len(slack)))), shape=(m, len(slack)))
    width = second.row_upper[slack] - second.row_lower[slack]
    W = sp.csc_array(sp.hstack([second.W, S]))
    none = np.zeros(len(slack))
    lp = RecourseLP(
        W,
        sign * np.concatenate((second.cost, none)),
        np.concatenate((second.upper, width)),
        lower=np.concatenate((second.lower, none)),
    )
    q = upper = values = None
    if "cost" in problem.random:
        q = sign * np.hstack((part("cost", second.cost), np.zeros((len(h), len(slack)))))
    if "upper" in problem.random:
        upper = np.hstack((part("upper", second.upper), np.tile(width, (len(h), 1))))
    if "recourse" in problem.random:
        values = np.hstack((part("recourse", second.W.data), np.tile(signs, (len(h), 1))))
    assert "lower" not in problem.random
    assert n + len(slack) == lp.W.shape[1]
    return RecourseCase(lp, h, q, upper, values)
