"""The algorithms and the user's front."""

from .options import Options
from .result import Result, RunStatus
from .run import optimize

__all__ = ["Options", "Result", "RunStatus", "optimize"]
