"""Batch studies: many optimizations of changed cases, resumable, each exactly once in the results."""

from .definition import Run, Study
from .load import load_study
from .runner import run_study
from .store import StudyStatus, StudyStore

__all__ = ["Run", "Study", "StudyStatus", "StudyStore", "load_study", "run_study"]
