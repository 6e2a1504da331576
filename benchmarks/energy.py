"""Heat recovery: targets against OpenPinch, fewest matches against HiGHS on the plain transshipment formulation.

    python -m benchmarks.energy [--streams N ...] [--carriers N ...] [--seeds N] [--repeats N] [--limit SECONDS]

CPU seconds of this process. Targets: the problem table of N streams, best of the repeats, taken in turns, without
reading the data; OpenPinch (MIT) builds the same table, with points of its curves. Matches: N hot and N cold streams
with steam and cooling water; what `fewest_matches` does against HiGHS on the plain formulation, under the same limit
in wall seconds. Disagreement is an error.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from benchmarks.subjects.heat import random_matches, random_streams
from loopwise.optimizer.heat import fewest_matches
from loopwise.problems.heat import HeatRecoveryProblem, problem_table

AGREEMENT = 1e-6  # relative, of the hot utility; OpenPinch rounds its temperatures to 1e-6 K


def open_pinch(problem: HeatRecoveryProblem) -> Callable[[], float]:
    """OpenPinch with the streams read in; the call returns its hot utility."""
    from OpenPinch.analysis.data_preparation import prepare_problem
    from OpenPinch.analysis.problem_table_analysis import get_process_heat_cascade
    from OpenPinch.lib.schema import StreamSchema

    streams = [
        StreamSchema(
            zone="plant",
            name=stream.name,
            t_supply=stream.supply,
            t_target=stream.target,
            heat_flow=stream.duty,
            dt_cont=problem.contribution(stream),
            htc=1.0,
        )
        for stream in problem.streams
    ]
    zone: Any = prepare_problem(project_name="benchmark", streams=streams, utilities=[])

    def table() -> float:
        cascade: Any = get_process_heat_cascade(zone.hot_streams, zone.cold_streams, zone.all_streams)
        return float(cascade.col["H_net"][0])

    return table


def seconds(call: Callable[[], float]) -> tuple[float, float]:
    """CPU seconds of a call, and its answer."""
    started = time.process_time()
    answer = call()
    return time.process_time() - started, answer


def targets(sizes: list[int], repeats: int) -> None:
    """The table of targets."""
    print(f"{'streams':>8}{'loopwise ms':>14}{'OpenPinch ms':>14}{'ratio':>8}{'hot utility, MW':>18}")
    for size in sizes:
        problem = random_streams(size // 2, size - size // 2, seed=1)
        calls = (lambda p=problem: problem_table(p).hot_utility), open_pinch(problem)
        runs = [[seconds(call) for call in calls] for _ in range(repeats)]
        (ours, value), (theirs, other) = (min(run[k] for run in runs) for k in (0, 1))
        if abs(value - other) > AGREEMENT * max(1.0, abs(value)):
            raise RuntimeError(f"{size} streams: {value:.9g} MW, OpenPinch says {other:.9g} MW")
        print(f"{size:8}{1e3 * ours:14.2f}{1e3 * theirs:14.2f}{theirs / ours:7.1f}x{value:18.4f}", flush=True)


def matches(sizes: list[int], seeds: int, limit: float) -> None:
    """The table of fewest matches."""
    print(f"{'carriers':>10}{'seed':>6}{'loopwise s':>14}{'matches':>10}{'plain s':>12}{'matches':>10}")
    for size in sizes:
        for seed in range(1, seeds + 1):
            data = random_matches(size, size, seed)
            cells: list[str] = []
            ranges: list[tuple[float, float]] = []
            for tightened in (True, False):
                started = time.process_time()
                found = fewest_matches(data, time_limit=limit, tightened=tightened)
                spent = time.process_time() - started
                least, most = found.lower_bound or 0.0, float("inf") if found.value is None else found.value
                ranges.append((least, most))
                known = f"{most:g}" if least == most else f"{least:g}-{most:g}"
                cells.append(f"{spent:{14 if tightened else 12}.2f}{known:>10}")
            if max(low for low, _ in ranges) > min(high for _, high in ranges):
                raise RuntimeError(f"{size} carriers, seed {seed}: the formulations contradict each other: {ranges}")
            print(f"{f'{size} + {size}':>10}{seed:6}{cells[0]}{cells[1]}", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="*", default=[10, 30, 100, 300, 1000])
    parser.add_argument("--carriers", type=int, nargs="*", default=[4, 6, 8, 10, 12])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--limit", type=float, default=60.0)
    asked = parser.parse_args()
    targets(asked.streams, asked.repeats)
    matches(asked.carriers, asked.seeds, asked.limit)


if __name__ == "__main__":
    main()
