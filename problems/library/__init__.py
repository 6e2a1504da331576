"""The cases that come with loopwise."""
