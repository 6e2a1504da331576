"""The recourse LPs of published cases against an independent HiGHS, on every engine."""

import numpy as np
import pytest
import scipy.sparse as sp

from loopwise.kernels import Status
from tests.kernels.smps_recourse import recourse_case
from tests.shared_cases import shared_case

CASES = {
    "lands": ("electric/lands.cor", None),
    "phone": ("phone/phone.cor", None),
    "chem": ("chem/chem.cor", None),
    "fxm2": ("fxm2/fxm.cor", "fxm2/fxm-2-16.sto"),
    "pltexpa2": ("pltexpa2/pltexpa-2.cor", "pltexpa2/pltexpa-2-16.sto"),
    "stormg2": ("stormg2/stormg2.cor", "stormg2/stormg2-8.sto"),
    "20term": ("20term/20.cor", None),
    "ssn": ("ssn/ssn.cor", None),
}


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_highs(engine, oracle, name):
    core, stochastics = CASES[name]
    stoch = None if stochastics is None else shared_case(f"smps/{stochastics}")
    case = recourse_case(shared_case(f"smps/{core}"), 16, stoch=stoch)
    lp = case.lp
    batch = lp.solve(case.h, case.q, case.upper, case.W_values, engine=engine)
    assert (batch.status == Status.OPTIMAL).all()
    assert batch.resolved_exactly.sum() <= 1  # the engine itself solves them
    for k, h in enumerate(case.h):
        W = lp.W
        if case.W_values is not None:
            W = sp.csc_array((case.W_values[k], lp.W.indices, lp.W.indptr), shape=lp.W.shape)
        q = lp.q if case.q is None else case.q[k]
        upper = lp.upper if case.upper is None else case.upper[k]
        status, optimum = oracle(W, q, h, lp.lower, upper)
        assert status == 0
        scale = max(abs(optimum), 1e-3)
        assert abs(batch.objective[k] - optimum) <= 1e-8 * scale
        assert optimum - 1e-7 * scale <= batch.lower_bound[k] <= optimum + 1e-9 * scale
        np.testing.assert_allclose(batch.reduced_cost[k], q - W.T @ batch.dual[k], atol=1e-9 * (1 + np.abs(q).max()))
