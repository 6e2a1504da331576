"""Heat-exchanger networks: the utilities they need and which carriers meet, solved to proven optimality."""

from .matches import MatchSolution, MatchStatus, fewest_matches
from .utilities import cheapest_utilities

__all__ = ["MatchSolution", "MatchStatus", "cheapest_utilities", "fewest_matches"]
