"""How a million recourse problems are solved at once."""
