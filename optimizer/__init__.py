"""The algorithms and the user's front."""
