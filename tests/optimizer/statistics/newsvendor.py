"""A problem whose true optimum is known: x at cost 1 now, what is missing of the demand U(0, 1) at 3 later.

min x + 3 E (d - x)+ = x + 3 (1 - x)^2 / 2 on 0..1: x = 2/3, 5/6. As a maximisation everything turns its sign.
"""

import numpy as np
import scipy.sparse as sp

from loopwise.problems.two_stage import FirstStage, RandomTerm, Recourse, Sense, TwoStageProblem
from loopwise.problems.uncertainty import Uncertainty, Uniform

OPTIMUM = 5 / 6


def expected(x: float) -> float:
    return x + 1.5 * (1 - x) ** 2


def newsvendor(sense: Sense = Sense.MINIMIZE) -> TwoStageProblem:
    sign = -1.0 if sense is Sense.MAXIMIZE else 1.0
    one = np.ones(1)
    return TwoStageProblem(
        "newsvendor",
        sense,
        FirstStage(
            ("x",), sign * one, 0 * one, one, np.zeros(1, bool), sp.csr_array((0, 1)), np.empty(0), np.empty(0), ()
        ),
        Recourse(
            ("y",),
            sign * 3 * one,
            0 * one,
            np.inf * one,
            sp.csc_array([[1.0]]),
            sp.csc_array([[1.0]]),
            0.5 * one,
            np.inf * one,
            ("demand",),
        ),
        Uncertainty({"d": Uniform(lower=0, upper=1)}),
        np.eye(1, dtype=np.int64),
        {"row_lower": RandomTerm(np.zeros(1, np.int64), np.zeros(1), sp.csr_array([[1.0]]))},
    )
