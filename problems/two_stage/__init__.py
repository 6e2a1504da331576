"""The two-stage standard form."""

from .closed import without_closed
from .first_stage_check import refuse_impossible_design
from .problem import FirstStage, RandomPart, RandomTerm, Recourse, Scenarios, ScenarioSource, Sense, TwoStageProblem
from .recourse_data import Lanes, RecourseData, recourse_data
from .reports import Reports
from .separation import RecourseBlock
from .standard_form import RowKind, StandardRecourse, standard_recourse
from .violation import row_units, row_violation

__all__ = [
    "FirstStage",
    "Lanes",
    "RandomPart",
    "RandomTerm",
    "Recourse",
    "RecourseBlock",
    "RecourseData",
    "Reports",
    "RowKind",
    "ScenarioSource",
    "Scenarios",
    "Sense",
    "StandardRecourse",
    "TwoStageProblem",
    "recourse_data",
    "refuse_impossible_design",
    "row_units",
    "row_violation",
    "standard_recourse",
    "without_closed",
]
