"""Time to a proven design of two-stage problems, with other ways to solve them in the same run.

    python -m benchmarks.two_stage [--subjects park-2 ...] [--scenarios 50 200 ...] [--contestants benders ...]
                                   [--gap GAP] [--limit SECONDS] [--out FOLDER]

Every run is a process of its own, one after the other: all contestants of one size before the next size. Times are CPU
seconds of that process, its model's building included, Python's imports not. A run that takes more than --limit of them
is ended with nothing, and its contestant left out of the larger sizes. Designs are valued by our evaluation whoever
found them. A value below another's bound ends the benchmark with an error, and so does a contestant that is not
installed. Writes two_stage.json, two_stage.md and the curves over the scenarios, two_stage.html.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loopwise.optimizer.sample import Sample
from loopwise.problems.case_file import load_case
from loopwise.problems.park.problem import park_problem
from loopwise.problems.two_stage import TwoStageProblem

from .design_peers import CONTESTANTS
from .subjects.park_design import park_design
from .two_stage_curves import curves

FROZEN = Path(__file__).parent / "cases" / "guangzhou.yaml"  # the library's goes on changing
SUBJECTS: dict[str, Callable[[], TwoStageProblem]] = {
    "park-2": lambda: park_design(2),
    "park-5": lambda: park_design(5),
    "guangzhou": lambda: park_problem(load_case(FROZEN)).problem,
}
AGREEMENT = 1e-6  # by which a value may be below another's bound
IMPORTS = 5.0  # CPU seconds of a process that are not counted
RESULT = "result: "


def main() -> None:
    """All runs, or with --one the single one that a process was started for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", nargs="+", choices=SUBJECTS, default=["park-2"])
    parser.add_argument("--scenarios", nargs="+", type=int, default=[50, 200, 500, 2000])
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--limit", type=float, default=300.0)
    parser.add_argument("--out", type=Path, default=Path("results/two_stage"))
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        one(chosen.subjects[0], chosen.scenarios[0], chosen.contestants[0], chosen.gap)
        return
    missing = [
        need for need, _ in map(CONTESTANTS.get, chosen.contestants) if need and not importlib.util.find_spec(need)
    ]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}; install the extra `benchmarks` or choose other --contestants")
    rows: list[dict[str, Any]] = []
    for subject in chosen.subjects:
        left = list(chosen.contestants)
        for count in chosen.scenarios:
            runs = [started(subject, count, name, chosen.gap, chosen.limit) for name in left]
            check_agreement(runs)
            rows += runs
            left = [run["contestant"] for run in runs if run["cpu_s"] is not None]
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "two_stage.json").write_text(json.dumps(rows, indent=1))
    (chosen.out / "two_stage.md").write_text(table(rows))
    curves(rows).write_html(chosen.out / "two_stage.html", include_plotlyjs="directory")
    print(table(rows))


def one(subject: str, count: int, contestant: str, gap: float) -> None:
    """Solve once, and print the result as JSON."""
    _, solve = CONTESTANTS[contestant]
    problem = SUBJECTS[subject]()
    before = time.process_time()
    found = solve(problem, Sample(count), gap)
    cpu = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(RESULT + json.dumps({"value": found.value, "bound": found.bound, "cpu_s": cpu, "peak_mib": memory}))


def started(subject: str, count: int, contestant: str, gap: float, limit: float) -> dict[str, Any]:
    """One run in its own process; `cpu_s` is None where it was ended at the limit."""
    command = [sys.executable, "-m", "benchmarks.two_stage", "--one", "--subjects", subject, "--scenarios", str(count)]
    command += ["--contestants", contestant, "--gap", str(gap)]

    def limited() -> None:
        ends = int(limit + IMPORTS)
        resource.setrlimit(resource.RLIMIT_CPU, (ends, ends))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, check=False)
    row: dict[str, Any] = {"subject": subject, "scenarios": count, "contestant": contestant, "gap_asked": gap}
    lines = [line for line in done.stdout.splitlines() if line.startswith(RESULT)]
    if lines:
        row |= json.loads(lines[-1].removeprefix(RESULT))
    elif done.returncode < 0:  # ended by the limit
        row |= {"value": None, "bound": None, "cpu_s": None, "peak_mib": None}
    else:
        sys.exit(f"{contestant} on {subject} with {count} scenarios failed:\n{done.stderr[-3000:]}")
    print(row, flush=True)
    return row


def check_agreement(runs: list[dict[str, Any]]) -> None:
    """No design may be better than what another contestant has proved."""
    for better in runs:
        for proof in runs:
            value, bound = better["value"], proof["bound"]
            if value is not None and bound is not None and value < bound - AGREEMENT * abs(bound):
                sys.exit(f"{better['contestant']} has {value}, below the bound {bound} of {proof['contestant']}")


def table(rows: list[dict[str, Any]]) -> str:
    """Seconds, gaps and memory; the gap of a design without a bound is to the best bound of the same problem."""
    text = "| problem | scenarios | contestant | CPU s | value | bound | gap | peak MiB |\n" + "|---" * 8 + "|\n"
    for row in rows:
        same = [r for r in rows if (r["subject"], r["scenarios"]) == (row["subject"], row["scenarios"])]
        bounds = [r["bound"] for r in same if r["bound"] is not None]
        own = row["bound"] is not None
        bound = row["bound"] if own else max(bounds, default=None)
        seconds = "over the limit" if row["cpu_s"] is None else f"{row['cpu_s']:.1f}"
        figures = ["-" if v is None else f"{v:,.2f}" for v in (row["value"], row["bound"])]
        gap = "-"
        if row["value"] is not None and bound is not None:
            gap = f"{(row['value'] - bound) / abs(row['value']):.2%}" + ("" if own else " (to the best bound)")
        memory = "-" if row["peak_mib"] is None else f"{row['peak_mib']:.0f}"
        cells = [row["subject"], f"{row['scenarios']:,}", row["contestant"], seconds, *figures, gap, memory]
        text += "| " + " | ".join(cells) + " |\n"
    return text


if __name__ == "__main__":
    main()
