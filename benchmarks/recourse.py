"""The kernel against other solvers on the same recourse LPs, in one run:  python -m benchmarks.recourse [--help]

Everything is interleaved and repeated; the fastest repetition counts. Times are CPU seconds of one core (what a busy
machine does meanwhile is left out); the curves and the thread scaling also give wall time. Objectives of everything
that is timed are compared with those of HiGHS; a disagreement of the kernel beyond 1e-8 ends the run with an error.
Writes recourse.json, recourse.md and recourse.html into --out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from loopwise.kernels import Engine, RecourseLP
from loopwise.kernels.engine import unavailable

from .curves import million, scenario_curve, thread_scaling
from .peers import LARGEST, PEERS
from .report import write_report
from .sketch import Sketch
from .subjects.park import park_lp
from .subjects.two_stage import RecourseCase, library_case, smps_cases

AGREEMENT = 1e-8
EXAMPLES = 32  # scenarios that a start is made from
SCENARIOS = 2048  # of the smallest LPs; larger ones get fewer
ROOT = Path(__file__).resolve().parent.parent


def shared(relative: str) -> Path:
    """A published case that is not part of the project; raises FileNotFoundError where it is not there."""
    named = os.environ.get("LOOPWISE_SHARED_CASES")
    roots = [Path(named)] if named else [p / "shared" / "cases" for p in Path(__file__).resolve().parents]
    for root in roots:
        if (root / "smps" / relative).exists():
            return root / "smps" / relative
    raise FileNotFoundError(f"no {relative}; set LOOPWISE_SHARED_CASES")


def park(plants: int, hours: int = 1, stores: int = 2) -> Callable[[int], RecourseCase]:
    """A synthetic park (benchmarks/subjects/park.py)."""

    def make(count: int) -> RecourseCase:
        lp = park_lp(plants, hours, stores=stores)
        return RecourseCase(RecourseLP(lp.W, lp.cost, lp.upper), lp.demands(count))

    return make


def smps(core: str, stoch: str | None = None) -> Callable[[int], RecourseCase]:
    """A published SMPS case at its mean-value design; finite samples are repeated."""

    def make(count: int) -> RecourseCase:
        case = smps_cases(shared(core), count, stoch=shared(stoch) if stoch else None)[0]
        rows = np.arange(count) % len(case.h)
        return RecourseCase(
            case.lp, case.h[rows], *(None if a is None else a[rows] for a in (case.q, case.upper, case.W_values))
        )

    return make


# name -> (how it is made, scenarios, least and hoped-for ratio to warm-started HiGHS)
SUBJECTS: dict[str, tuple[Callable[[int], RecourseCase], int, float | None, float | None]] = {
    "park 20 x 90": (park(2), SCENARIOS, 35.0, 60.0),
    "park 50 x 225": (park(5), SCENARIOS, 22.0, 40.0),
    "park 100 x 450": (park(10), SCENARIOS // 2, 12.0, 25.0),
    "park 200 x 900": (park(20), SCENARIOS // 4, 12.0, 25.0),
    "park 24 h, 1 plant": (park(1, 24), SCENARIOS // 8, 10.0, 25.0),
    "park 24 h, 2 plants": (park(2, 24), SCENARIOS // 16, 10.0, 25.0),
    "park 24 h, 12 steps": (park(2, 12, 5), SCENARIOS // 16, 10.0, 25.0),
    "park 24 h, 24 steps": (park(2, 24, 5), SCENARIOS // 16, 10.0, 25.0),
    "ssn": (smps("ssn/ssn.cor"), SCENARIOS // 2, 24.0, 40.0),
    "20term": (smps("20term/20.cor"), SCENARIOS // 2, 10.0, 25.0),
    "stormg2": (smps("stormg2/stormg2.cor", "stormg2/stormg2-27.sto"), SCENARIOS // 8, 10.0, 25.0),
    "guangzhou": (lambda count: library_case("guangzhou", count), SCENARIOS // 16, None, None),
}


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """(CPU seconds, wall seconds, result)."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return time.process_time() - cpu, time.perf_counter() - wall, result


@contextmanager
def one_thread() -> Iterator[None]:
    """The kernel works with a single thread inside."""
    before = os.environ.get("LOOPWISE_THREADS")
    os.environ["LOOPWISE_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LOOPWISE_THREADS"]
        else:
            os.environ["LOOPWISE_THREADS"] = before


def compare(name: str, peers: list[str], engine: Engine, repeats: int, sketch: Path | None = None) -> dict[str, Any]:
    """One row of the table; raises ImportError where a peer is not installed.

    "started" is `solve` from a `RecourseLP.start` that was made before, as HiGHS's first basis was.
    """
    make, count, must, aim = SUBJECTS[name]
    case = make(count)
    m, n = case.lp.W.shape
    row: dict[str, Any] = {"subject": name, "rows": m, "columns": n, "scenarios": count, "must": must, "aim": aim}
    rivals: dict[str, tuple[Any, int]] = {}
    for peer in peers:
        if n <= LARGEST.get(peer, n):
            rivals[peer] = (PEERS[peer][0](case), min(PEERS[peer][1], count))
            rivals[peer][0].solve(rivals[peer][1])
    if sketch is not None:
        with suppress(ValueError):
            rivals["sketch"] = (Sketch(case, sketch), count)
    data = (case.h, case.q, case.upper, case.W_values)

    def solve() -> Any:
        return case.lp.solve(*data, engine=engine)

    def started() -> Any:
        return case.lp.solve(*data, engine=engine, start=start)

    def expectation() -> Any:
        return case.lp.expectation(case.h, q=case.q, upper=case.upper, W_values=case.W_values, engine=engine)

    solve()
    examples = tuple(a if a is None or a.ndim == 1 else a[:EXAMPLES] for a in data)
    case.lp.start(*examples, engine=engine)  # analyses the LP, as the first solve does
    seconds, _, start = timed(lambda: case.lp.start(*examples, engine=engine))
    times: dict[str, list[float]] = {}
    found: dict[str, Any] = {}
    for _ in range(repeats):
        for kind, work in (("solve", solve), ("started", started), ("expectation", expectation)):
            cpu, _, found[kind] = timed(work)
            times.setdefault(kind, []).append(cpu / count)
        for peer, (solver, few) in rivals.items():
            cpu, _, found[peer] = timed(lambda solver=solver, few=few: solver.solve(few))
            times.setdefault(peer, []).append(cpu / few)
    batch = found["solve"]
    reference = found["highs"]
    few = len(reference)
    scale = np.maximum(np.abs(reference), 1e-3)
    error = float((np.abs(batch.objective[:few] - reference) / scale).max())
    mean = float(np.mean(batch.objective))
    error = max(error, float((np.abs(found["started"].objective[:few] - reference) / scale).max()))
    error = max(error, abs(found["expectation"].mean - mean) / max(abs(mean), 1e-3))
    row |= {
        "microseconds": {kind: 1e6 * min(values) for kind, values in times.items()},
        "ratio_to_highs": {kind: min(times["highs"]) / min(times[kind]) for kind in times if kind != "highs"},
        "ratio_to_sketch": min(times["sketch"]) / min(times["started"]) if "sketch" in times else None,
        "iterations": float(batch.iterations.mean()),
        "started_iterations": float(found["started"].iterations.mean()),
        "start_milliseconds": 1e3 * seconds,
        "start_found": start is not None,
        "resolved_exactly": int(batch.resolved_exactly.sum()),
        "disagreement": error,
        "disagreement_of_peers": {
            peer: float((np.abs(found[peer][:common] - reference[:common]) / scale[:common]).max())
            for peer in rivals
            if peer != "highs"
            for common in (min(few, len(found[peer])),)
        },
    }
    return row


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recourse", description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", nargs="*", default=list(SUBJECTS), help="beginnings of names; default all")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), help="highs is always there")
    parser.add_argument("--engine", default="auto", choices=list(Engine))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--curves", action="store_true", help="also 1e3 to 1e6 scenarios, and 1 to all threads")
    parser.add_argument("--sketch", type=Path, help="folder of an earlier sketch to measure in the same run")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "benchmarks")
    chosen = parser.parse_args()
    engine = Engine(chosen.engine)
    if engine is not Engine.AUTO and unavailable(engine):
        parser.error(f"engine {engine} is not available: {unavailable(engine)}")
    peers = ["highs", *(p for p in chosen.peers if p != "highs")]
    names = [name for name in SUBJECTS if any(name.startswith(typed) for typed in chosen.subjects)]
    rows: list[dict[str, Any]] = []
    for name in names:
        try:
            with one_thread():
                row = compare(name, peers, engine, chosen.repeats, chosen.sketch)
        except FileNotFoundError as missing:
            print(f"{name}: skipped, {missing}", flush=True)
            continue
        except ImportError as missing:
            print(f"peer {missing.name} is not installed: pip install loopwise[benchmarks], or choose --peers")
            return 1
        rows.append(row)
        figures = "  ".join(f"{kind} {value:.1f}" for kind, value in row["microseconds"].items())
        print(f"{name}: {figures} us/LP, disagreement {row['disagreement']:.1e}", flush=True)
    curves: dict[str, Any] = {}
    if chosen.curves:
        curves = {"scenarios": scenario_curve(engine), "threads": thread_scaling(engine), "million": million(engine)}
    write_report(chosen.out, rows, curves)
    wrong = [row["subject"] for row in rows if not row["disagreement"] <= AGREEMENT]
    if wrong:
        print(f"objectives disagree with HiGHS by more than {AGREEMENT}: {', '.join(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
