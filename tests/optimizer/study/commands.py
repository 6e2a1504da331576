"""The command as a process of its own, to which something happens at a fixed point of a study."""

import sys

COMMAND = [sys.executable, "-c", "from loopwise.optimizer.cli import main; main()"]

_AFTER = """
import os, signal
import psutil
from loopwise.optimizer.cli import main
from loopwise.optimizer.study import runner

def kill_a_worker():
    there = [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
    next(p for p in there if not p.children()).kill()

def outcomes(*arguments):
    for number, failed in enumerate(ended(*arguments), 1):
        if number == COUNT:
            ACT
        yield failed

ended, runner._outcomes = runner._outcomes, outcomes
main()
"""


def after_outcomes(count: int, act: str) -> list[str]:
    """The command, which carries out a statement when `count` runs of the study have ended in it."""
    return [sys.executable, "-c", _AFTER.replace("COUNT", str(count)).replace("ACT", act)]
