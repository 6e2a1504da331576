"""A search that is killed goes on from its file and finds the same answer."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.subjects.park_design import park_design
from loopwise.optimizer.decomposition import CheckpointFile, checkpoint, solve_benders
from loopwise.optimizer.design_solution import DesignSolution, SolveStatus
from loopwise.optimizer.sample import Sample
from loopwise.problems.errors import CaseError

GAP, COUNT = 5e-3, 20
Notice = Callable[[float, float, float], None]
PROGRAM = """
import sys
from pathlib import Path
from loopwise.optimizer.decomposition import checkpoint
from tests.optimizer.decomposition.test_checkpoint import solved
checkpoint.SECONDS = 0.0
solved(Path(sys.argv[1]))
"""


def solved(file: Path | None, notice: Notice = lambda *_: None) -> DesignSolution:
    problem = park_design(2)
    draw = partial(Sample(COUNT, 3).draw, problem)
    save = None if file is None else CheckpointFile(file, "park")
    return solve_benders(problem, draw, COUNT, gap=GAP, checkpoint=save, notice=notice)


def check(resumed: DesignSolution, whole: DesignSolution) -> None:
    assert resumed.status is SolveStatus.OPTIMAL
    assert resumed.objective == pytest.approx(whole.objective, rel=GAP)
    assert resumed.lower_bound <= whole.upper_bound
    assert whole.lower_bound <= resumed.upper_bound
    assert resumed.upper_bound - resumed.lower_bound <= GAP * abs(resumed.upper_bound)


def test_an_interrupted_search_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    file = tmp_path / "search.npz"

    def saved_bound() -> float:
        with np.load(file) as arrays:
            return float(arrays["lower"])

    def interrupt(*_: float) -> None:
        if file.exists() and saved_bound() > -np.inf:
            raise KeyboardInterrupt

    first = solved(file, interrupt)
    assert first.status is SolveStatus.INTERRUPTED
    assert saved_bound() <= first.lower_bound
    resumed = solved(file)
    assert resumed.history[0][1] > -np.inf  # from where it was
    check(resumed, solved(None))


@pytest.mark.slow
def test_kill_and_resume(tmp_path: Path) -> None:
    file, root = tmp_path / "search.npz", Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(file)], cwd=root, env=environment)
    try:
        begun = False
        while process.poll() is None and not begun:
            time.sleep(0.2)
            if file.exists():
                with np.load(file) as arrays:
                    begun = bool(arrays["begun"])
        assert begun
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    check(solved(file), solved(None))


def test_another_problem_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "search.npz"
    np.savez(file, key=np.array("another"))
    with pytest.raises(CaseError, match="another problem"):
        solved(file)
    file.write_text("no arrays")
    with pytest.raises(CaseError, match="cannot be read"):
        solved(file)
