"""Standard output stays the caller's: HiGHS writes to the file descriptor, where only a subprocess sees it."""

import subprocess
import sys


def test_construction_and_solve_print_nothing() -> None:
    code = (
        "from loopwise.kernels.highs import quiet_highs; h = quiet_highs(); h.run(); print(h.getOptionValue('threads'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith(" 0)\n")
    assert run.stdout.count("\n") == 1
