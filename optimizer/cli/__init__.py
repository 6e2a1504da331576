"""The command line: `loopwise`."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of the console script, which loads the commands itself: Ctrl-C may come before they are there."""
    try:
        from .app import app

        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
