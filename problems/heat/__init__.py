"""Heat recovery: pinch targets, total sites and the models of heat-exchanger networks."""

from .capital_targets import CapitalTargets, ExchangerCost, capital_targets
from .composite_curves import CompositeCurves, Curve, composite_curves, grand_composite_curve
from .problem_table import ProblemTable, Threshold, problem_table
from .streams import HeatDataError, HeatRecoveryProblem, HeatStream, Segment, Side, Utility
from .supertargeting import CostTarget, supertarget
from .utility_targets import UtilityTargets, place_utilities

__all__ = [
    "CapitalTargets",
    "CompositeCurves",
    "CostTarget",
    "Curve",
    "ExchangerCost",
    "HeatDataError",
    "HeatRecoveryProblem",
    "HeatStream",
    "ProblemTable",
    "Segment",
    "Side",
    "Threshold",
    "Utility",
    "UtilityTargets",
    "capital_targets",
    "composite_curves",
    "grand_composite_curve",
    "place_utilities",
    "problem_table",
    "supertarget",
]
