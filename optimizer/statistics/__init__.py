"""How good a design is for the true distribution: intervals, bounds, values of information, fewer scenarios."""

from .comparison import compare_designs, share_better
from .estimate import CONFIDENCE, Certainty, Estimate
from .information import Bounds, Information, value_of_information
from .objectives import mean_objective, mean_scenario
from .reduction import Reduction, ReductionMethod, reduce_scenarios
from .replications import Replications, SampleProblem, replicate
from .wait_and_see import wait_and_see_problem

__all__ = [
    "CONFIDENCE",
    "Bounds",
    "Certainty",
    "Estimate",
    "Information",
    "Reduction",
    "ReductionMethod",
    "Replications",
    "SampleProblem",
    "compare_designs",
    "mean_objective",
    "mean_scenario",
    "reduce_scenarios",
    "replicate",
    "share_better",
    "value_of_information",
    "wait_and_see_problem",
]
