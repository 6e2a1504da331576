"""How time and memory of the kernel grow with scenarios and threads; each point is measured in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

from loopwise.kernels import BLOCK, Engine, Expectation, RecourseLP

from .subjects.park import park_lp

PLANTS = 5
CHUNK = 32 * BLOCK  # scenarios drawn and handed over at once


def measure(count: int, plants: int, engine: str) -> dict[str, Any]:
    """Expectation over `count` scenarios, drawn chunk by chunk: wall, CPU, peak memory and what HiGHS decided.

    `first_thread_cpu_s`: of the thread that prepares, takes its share of the scenarios, and sums up.
    """
    import resource

    park = park_lp(plants)
    lp = RecourseLP(park.W, park.cost, park.upper)
    lp.expectation(park.demands(BLOCK), engine=engine)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu, own, draw = 0.0, 0.0, 0.0, 0.0
    total: Expectation | None = None
    for first in range(0, count, CHUNK):
        start = time.perf_counter()
        h = park.demands(min(CHUNK, count - first), seed=first + 1)
        draw += time.perf_counter() - start
        start, start_cpu, start_own = time.perf_counter(), time.process_time(), time.thread_time()
        part = lp.expectation(h, first=first, weights=np.full(len(h), 1.0 / count), statistics=True, engine=engine)
        total = part if total is None else total.merge(part)
        wall += time.perf_counter() - start
        cpu += time.process_time() - start_cpu
        own += time.thread_time() - start_own
    assert total is not None
    return {
        "scenarios": count,
        "wall_s": wall,
        "cpu_s": cpu,
        "first_thread_cpu_s": own,
        "drawing_s": draw,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        "before_mib": before / 1024.0,
        "resolved_exactly": total.resolved_exactly,
        "failed": total.failed,
        "iterations": total.iterations / count,
    }


def apart(count: int, plants: int, engine: Engine, threads: int | None = None) -> dict[str, Any]:
    """`measure` in a fresh process."""
    environment = os.environ | ({} if threads is None else {"LOOPWISE_THREADS": str(threads)})
    command = [sys.executable, "-m", "benchmarks.curves", str(count), str(plants), str(engine)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def scenario_curve(engine: Engine) -> list[dict[str, Any]]:
    """Thousand to a million scenarios of the 5-plant park, one thread."""
    counts = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
    return [apart(count, PLANTS, engine, 1) for count in counts]


def million(engine: Engine) -> dict[str, Any]:
    """A million scenarios of the 5-plant park on all cores."""
    return apart(1_000_000, PLANTS, engine)


def thread_scaling(engine: Engine, repeats: int = 3) -> list[dict[str, Any]]:
    """The same 65,536 scenarios by 1 .. all cores; the fastest of several interleaved runs."""
    counts = range(
        1, len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1
    )
    runs = [[apart(64 * BLOCK, PLANTS, engine, threads) for threads in counts] for _ in range(repeats)]
    return [
        {"threads": threads} | min((run[k] for run in runs), key=lambda point: point["wall_s"])
        for k, threads in enumerate(counts)
    ]


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
