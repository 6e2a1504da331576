"""Time to a proven gap on water networks and pooling problems, with SCIP on the same arrays in the same run.

    python -m benchmarks.water [--limit SECONDS] [--gap GAP] [--generated N] [--threads N]

CPU seconds of all threads, so that a busy machine does not count; the limit is in wall seconds. Both solvers get the
scaled program with the same gap and limit, one after the other on each case. The summary is the shifted geometric mean
(shift 1 s) of the seconds, a run that did not close the gap counted at the limit.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import pyscipopt

from benchmarks.subjects.water import integrated_network
from loopwise.optimizer.bilinear import BilinearProgram, SearchOptions, from_pyomo, minimize
from loopwise.optimizer.bilinear.program import scaled
from loopwise.problems.case_file import library_cases, load_case
from loopwise.problems.pooling import PoolingCase, pooling_model
from loopwise.problems.water_network import WaterNetworkCase, water_network_model


@dataclass(frozen=True)
class Run:
    """How one solver did on one case; `seconds` of CPU time."""

    seconds: float
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """|value - bound| relative to the value."""
        return abs(self.value - self.bound) / max(abs(self.value), 1e-9)


def subjects(generated: int) -> dict[str, BilinearProgram]:
    """The library's cases and `generated` networks of five process and three treatment units."""
    cases = [load_case(name) for name, case in library_cases().items() if case.kind in ("water-network", "pooling")]
    cases += [integrated_network(5, 3, 3, seed) for seed in range(1, generated + 1)]
    programs: dict[str, BilinearProgram] = {}
    for case in cases:
        if isinstance(case, WaterNetworkCase):
            programs[case.name] = from_pyomo(water_network_model(case)).program
        elif isinstance(case, PoolingCase):
            programs[case.name] = from_pyomo(pooling_model(case)).program
    return programs


def ours(program: BilinearProgram, gap: float, limit: float, threads: int) -> Run:
    """Our search, which scales for itself."""
    started = time.process_time()
    found = minimize(program, SearchOptions(gap=gap, time_limit=limit, threads=threads))
    return Run(time.process_time() - started, found.value, found.bound)


def scip(program: BilinearProgram, gap: float, limit: float) -> Run:
    """SCIP at its defaults on the scaled program."""
    p = scaled(program).program
    model = pyscipopt.Model()
    model.hideOutput()

    def bound(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    x = [
        model.addVar(lb=bound(p.lower[j]), ub=bound(p.upper[j]), obj=float(p.cost[j]), vtype="I" if whole else "C")
        for j, whole in enumerate(p.integer)
    ]
    for i in range(p.rows):
        part = slice(p.A.indptr[i], p.A.indptr[i + 1])
        row = pyscipopt.quicksum(float(a) * x[j] for a, j in zip(p.A.data[part], p.A.indices[part], strict=True))
        low, high = p.row_lower[i], p.row_upper[i]
        if low == high:
            model.addCons(row == float(low))
            continue
        if np.isfinite(low):
            model.addCons(row >= float(low))
        if np.isfinite(high):
            model.addCons(row <= float(high))
    for w, left, right in zip(p.product, p.left, p.right, strict=True):
        model.addCons(x[w] == x[left] * x[right])
    for z, base, exponent in zip(p.power, p.base, p.exponent, strict=True):
        model.addCons(x[z] == x[base] ** float(exponent))
    model.setParam("limits/gap", gap)
    model.setParam("limits/time", limit)
    started = time.process_time()
    model.optimize()
    seconds = time.process_time() - started
    return Run(seconds, model.getPrimalbound() + p.constant, model.getDualbound() + p.constant)


def shifted_mean(seconds: list[float]) -> float:
    """Shifted geometric mean, shift 1 s."""
    return float(np.exp(np.mean(np.log1p(seconds))) - 1.0)


def main() -> None:
    """Run both solvers on every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--generated", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    times: tuple[list[float], list[float]] = ([], [])
    print(f"{'case':32}{'terms':>6}{'loopwise s':>12}{'gap':>10}{'SCIP s':>10}{'gap':>10}")
    for name, program in subjects(asked.generated).items():
        runs = ours(program, asked.gap, asked.limit, asked.threads), scip(program, asked.gap, asked.limit)
        for seconds, run in zip(times, runs, strict=True):
            seconds.append(run.seconds if run.gap <= 1.01 * asked.gap else asked.limit)
        first, second = runs
        numbers = f"{first.seconds:12.2f}{first.gap:10.2%}{second.seconds:10.2f}{second.gap:10.2%}"
        print(f"{name:32}{len(program.product):6}{numbers}", flush=True)
    print(f"{'shifted geometric mean, s':38}{shifted_mean(times[0]):12.2f}{shifted_mean(times[1]):20.2f}")


if __name__ == "__main__":
    main()
