"""The two-stage standard form."""

from .problem import FirstStage, RandomTerm, Recourse, Scenarios, ScenarioSource, Sense, TwoStageProblem

__all__ = ["FirstStage", "RandomTerm", "Recourse", "ScenarioSource", "Scenarios", "Sense", "TwoStageProblem"]
