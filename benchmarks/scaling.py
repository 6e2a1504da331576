"""How evaluation scales over processes: measured on this machine, simulated beyond it, calculated for GPUs.

    python benchmarks/scaling.py [--case single-plant] [--scenarios 100000] [--million]

Every worker has one kernel thread. Repetitions of 1 and 2 workers are interleaved and the shortest of each counts,
since other work on the machine only ever adds time. `speedup` is of wall time and needs two cores of its own;
`cpu_speedup` is one worker's CPU time over that of the busier one of two, which other work on the machine hardly moves.
"""

from __future__ import annotations

import argparse
import heapq
import json
import pickle
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from loopwise.cluster import Chunk, Scheme, Serial, plan
from loopwise.cluster.dask_clusters import open_local
from loopwise.cluster.dask_scheme import DaskScheme
from loopwise.cluster.plan import LARGEST
from loopwise.cluster.work import Compute
from loopwise.kernels import BLOCK, Statistics
from loopwise.kernels.cpu import threads
from loopwise.kernels.statistics import EXACT
from loopwise.optimizer.distribution import Distribution
from loopwise.optimizer.evaluation import EvaluationArguments, EvaluationWork
from loopwise.optimizer.execution import SINGLE_THREADED, run_versions
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.park_operation import evaluation_work
from loopwise.optimizer.sample import Sample
from loopwise.problems.case_file import load_case
from loopwise.problems.park.problem import park_problem
from loopwise.problems.two_stage import standard_recourse
from loopwise.problems.two_stage.problem import Floats

ONE_THREAD = {"LOOPWISE_THREADS": "1"} | dict.fromkeys(SINGLE_THREADED, "1")
WORKERS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
BLOCKS_PER_CHUNK = (1, 4, 16, 64, 256, 1024)
H100 = {"memory_bandwidth": 3.35e12, "float64": 34e12, "memory": 80e9, "count": 8}
"""NVIDIA H100 SXM5 data sheet: bytes/s, float64 operations/s without tensor cores, bytes."""
ITERATIONS = 16.0  # of the interior point method on park problems, for the calculated plan
PASSES = 4.0  # over the state of a scenario in one iteration, as the kernel is written


@dataclass(frozen=True)
class Nothing:
    """A work that does nothing, to time what surrounds it."""

    key: str = "nothing"

    def prepare(self) -> Compute:
        """A function that returns at once."""
        return partial(_nothing)


def _nothing(arguments: Any, chunk: Chunk) -> int:
    del arguments
    return len(chunk)


def evaluated(scheme: Scheme, work: EvaluationWork, arguments: EvaluationArguments) -> tuple[float, Distribution]:
    """Seconds and result of one evaluation."""
    started, total = time.perf_counter(), Distribution()
    for _, part in scheme.run(work, arguments, plan(arguments.sample.count, block=BLOCK, workers=2)):
        total = total.merge(part)
    return time.perf_counter() - started, total


def cpu_seconds(scheme: DaskScheme) -> list[float]:
    """CPU time that every worker has used so far, by address."""
    return [seconds for _, seconds in sorted(scheme.run_everywhere(time.process_time).items())]


def peak_memory() -> float:
    """Largest resident memory of this process so far, MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def merging_seconds(blocks: int, repetitions: int) -> float:
    """Shortest CPU time to unpack the sums of one more chunk and add them, where values are counted in bins already."""
    random = np.random.default_rng(1)

    def part(first: int, count: int) -> Distribution:
        values, weights = random.normal(1e6, 1e5, count), np.full(count, 1e-9)
        return Distribution.of_block(first * BLOCK, values, weights, np.zeros(count, np.int8))

    there = replace(
        part(0, BLOCK), _statistics=Statistics.of(random.normal(1e6, 1e5, EXACT + 1), np.full(EXACT + 1, 1.0))
    )
    chunk = Distribution()
    for first in range(blocks):
        chunk = chunk.merge(part(blocks + first, BLOCK))
    sent, times = pickle.dumps(chunk, protocol=5), []
    for _ in range(repetitions):
        started = time.process_time()
        there.merge(pickle.loads(sent))
        times.append(time.process_time() - started)
    return min(times)


def simulated_seconds(
    scenarios: int, workers: int, blocks: int, per_scenario: float, per_chunk: float, per_merged: float = 0.0
) -> float:
    """Time of a round: one client hands out a chunk and adds one up, one after the other, to whoever is free first.

    `per_scenario`: seconds of a worker; of the client, `per_chunk` seconds a chunk and `per_merged` for each scenario.
    """
    chunks, size = -(-scenarios // (blocks * BLOCK)), min(blocks * BLOCK, scenarios)
    per_chunk += size * per_merged
    if chunks > 200_000:  # long queues are fluid: either the scheduler or the workers are always busy
        return max(chunks * per_chunk, chunks * size * per_scenario / workers) + size * per_scenario
    free, handed, end = [0.0] * workers, 0.0, 0.0
    for _ in range(chunks):
        start = max(heapq.heappop(free), handed)
        handed = max(handed, start) + per_chunk
        finish = handed + size * per_scenario
        heapq.heappush(free, finish)
        end = max(end, finish)
    return end


def simulation(
    scenarios: int, per_scenario: float, per_chunk: float, per_merged: float = 0.0
) -> list[dict[str, float]]:
    """Best chunk, time and parallel efficiency for every number of workers."""
    rows: list[dict[str, float]] = []
    for workers in WORKERS:
        costs = per_scenario, per_chunk, per_merged
        times = {b: simulated_seconds(scenarios, workers, b, *costs) for b in BLOCKS_PER_CHUNK}
        best = min(times, key=lambda b: times[b])
        ideal = scenarios * per_scenario / workers
        rows.append(
            {"workers": workers, "blocks_per_chunk": best, "seconds": times[best], "efficiency": ideal / times[best]}
        )
    return rows


def gpu_plan(work: EvaluationWork, scenarios: int) -> dict[str, float | str]:
    """Bytes, memory and time on 8 x H100 from the roofline; nothing here was measured."""
    m, n, nnz = 0, 0, 0
    for block in standard_recourse(work.problem).blocks:
        m += block.components * block.W.shape[0]
        n += block.components * block.W.shape[1]
        nnz += block.components * int((block.W @ block.W.T).nnz)
    state = 8.0 * (6 * n + 4 * m + nnz)
    traffic = ITERATIONS * PASSES * state
    seconds = scenarios * traffic / (H100["memory_bandwidth"] * H100["count"])
    return {
        "status": "CALCULATED from the data sheet, not measured; fill-in of the factor is left out",
        "rows": m, "columns": n, "normal_matrix_entries": nnz, "state_bytes_per_scenario": state,
        "memory_traffic_bytes_per_scenario": traffic, "lanes_that_fit_one_gpu": 0.8 * H100["memory"] / state,
        "network_bytes_per_chunk_of_65536": 16.0 * 65536, "seconds_on_8_gpus": seconds,
    }  # fmt: skip


def shortest(runs: Sequence[Callable[[], float]], repetitions: int) -> list[float]:
    """Shortest time of every run, interleaved."""
    times = [[run() for run in runs] for _ in range(repetitions)]
    return [min(column) for column in zip(*times, strict=True)]


def million(work: EvaluationWork, x: Floats, opened: Callable[[int], AbstractContextManager[Any]]) -> dict[str, Any]:
    """Wall time and peak memory of 1,000,000 scenarios: two workers against this process with all its threads."""
    arguments = EvaluationArguments(x, Sample.evaluation(1_000_000, 1, "monte-carlo"))
    with opened(2) as two:
        seconds, spread = evaluated(two, work, arguments)
        workers, client = two.run_everywhere(peak_memory), peak_memory()
    serial_seconds, serial = evaluated(Serial(), work, arguments)
    return {
        "seconds_2_workers": seconds, "seconds_serial": serial_seconds, "threads_serial": threads(),
        "peak_mb_workers": sorted(workers.values()), "peak_mb_client": client, "peak_mb_serial": peak_memory(),
        "mean": spread.mean, "standard_error": spread.standard_error, "identical_means": spread.mean == serial.mean,
    }  # fmt: skip


def main() -> None:
    """Measure, simulate, calculate; one JSON object on standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", default="single-plant")
    parser.add_argument("--scenarios", type=int, default=100_000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="also 1,000,000 scenarios through 2 workers")
    typed = parser.parse_args()
    park = park_problem(load_case(typed.case))
    design = solve_extensive_form(park.problem, park.problem.scenarios(0, 4), gap=0.05)
    assert design.x is not None
    work = evaluation_work(park, "auto")
    arguments = EvaluationArguments(design.x, Sample.evaluation(typed.scenarios, 1, "monte-carlo"))
    found: dict[str, Any] = {"case": typed.case, "scenarios": typed.scenarios}
    opened = partial(open_local, environment=ONE_THREAD, versions=run_versions)
    with opened(1) as one, opened(2) as two:
        for scheme in (one, two):
            evaluated(scheme, work, EvaluationArguments(design.x, Sample(4 * BLOCK)))  # prepares every worker
        means: set[float] = set()
        busiest: dict[int, list[float]] = {1: [], 2: []}

        def timed(scheme: DaskScheme) -> float:
            before = cpu_seconds(scheme)
            seconds, total = evaluated(scheme, work, arguments)
            used = [after - start for start, after in zip(before, cpu_seconds(scheme), strict=True)]
            busiest[len(used)].append(max(used))
            means.add(total.mean)
            return seconds

        seconds = shortest([partial(timed, one), partial(timed, two)], typed.repetitions)
        started = time.process_time()  # of this process, where scheduler and client are
        chunks = len(list(two.run(Nothing(), None, plan(2_000, blocks_per_chunk=1))))
        per_chunk = (time.process_time() - started) / chunks
        per_scenario = min(busiest[1]) / typed.scenarios
        found |= {
            "seconds_1_worker": seconds[0], "seconds_2_workers": seconds[1], "speedup": seconds[0] / seconds[1],
            "cpu_speedup": min(busiest[1]) / min(busiest[2]), "identical_means": len(means) == 1,
            "overhead_per_chunk_cpu_s": per_chunk, "cpu_seconds_per_scenario": per_scenario,
        }  # fmt: skip
    if typed.million:  # before what follows takes memory of its own
        found["million"] = million(work, design.x, opened)
    few, many = (merging_seconds(blocks, typed.repetitions) for blocks in (1, LARGEST))
    per_merged = max(0.0, (many - few) / ((LARGEST - 1) * BLOCK))
    found |= {"merging_chunk_of_1_block_cpu_s": few, "merging_chunk_of_64_blocks_cpu_s": many}
    rows = simulation(10**9, per_scenario, per_chunk + few, per_merged)
    found["simulated_1e9_scenarios"] = rows
    found["most_workers_at_half_efficiency"] = max(
        (row["workers"] for row in rows if row["efficiency"] >= 0.5), default=0
    )
    found["plan_8_x_H100_1e9_scenarios"] = gpu_plan(work, 10**9)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
