"""The command line: `loopwise`."""

from .app import main

__all__ = ["main"]
