"""What a run says about a sample's error."""

import numpy as np
import pytest

from loopwise.optimizer.evaluation import Distribution
from loopwise.optimizer.options import Options, Sampling
from loopwise.optimizer.two_stage_run import evaluation_of


@pytest.mark.parametrize(
    ("sampling", "sampled", "error"),
    [
        ("monte-carlo", True, np.std([1, 2, 3, 4], ddof=1) / 2),
        ("latin-hypercube", True, None),
        ("sobol", True, None),
        ("sobol", False, 0.0),
    ],
)
def test_standard_error_needs_independent_scenarios(sampling: Sampling, sampled: bool, error: float | None) -> None:
    distribution = Distribution(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25), 0, 0, 0)
    found = evaluation_of(distribution, 4, Options(sampling=sampling), sampled=sampled).standard_error
    assert found == (None if error is None else pytest.approx(error))
