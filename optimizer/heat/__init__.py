"""Heat-exchanger networks: which carriers meet, solved to proven optimality."""

from .matches import MatchSolution, MatchStatus, fewest_matches

__all__ = ["MatchSolution", "MatchStatus", "fewest_matches"]
