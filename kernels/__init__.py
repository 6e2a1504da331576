"""How a million recourse problems are solved at once."""

from .batch import RecourseBatch, Status
from .engine import Engine, available_engines
from .expectation import BLOCK, Expectation, ScenarioMatrix
from .recourse import RecourseLP

__all__ = [
    "BLOCK",
    "Engine",
    "Expectation",
    "RecourseBatch",
    "RecourseLP",
    "ScenarioMatrix",
    "Status",
    "available_engines",
]
