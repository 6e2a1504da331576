"""A HiGHS that prints nothing, not even its banner."""

from __future__ import annotations

from typing import Any

import highspy


class _QuietHighs(highspy.Highs):
    """The constructor prints the banner when it enables the callbacks, before an option could be set from outside."""

    def enableCallbacks(self) -> None:  # noqa: N802  # highspy's name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def quiet_highs() -> Any:
    """A new HiGHS with every option at its default but silent: standard output belongs to the command line."""
    return _QuietHighs()
