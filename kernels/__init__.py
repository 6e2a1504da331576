"""How a million recourse problems are solved at once."""

from .batch import RecourseBatch, Status
from .engine import Engine, available_engines
from .expectation import BLOCK, Expectation, ScenarioMatrix
from .projection import Projection
from .recourse import RecourseLP
from .start import Start
from .statistics import Statistics

__all__ = [
    "BLOCK",
    "Engine",
    "Expectation",
    "Projection",
    "RecourseBatch",
    "RecourseLP",
    "ScenarioMatrix",
    "Start",
    "Statistics",
    "Status",
    "available_engines",
]
