"""Random two-stage problems with results to limit, and their optimum under limits, solved as plainly as possible."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from loopwise.problems.two_stage import RandomTerm, Reports, Scenarios, Sense, TwoStageProblem
from loopwise.problems.two_stage.limits import Limit
from tests.two_stage_cases import random_problem, scenario_arrays


def reported_problem(seed: int, *, integer: bool = False) -> TwoStageProblem:
    """A random problem with two results, "use" and "waste", some of whose coefficients and constants are random.

    Both count paid slacks too, so that whoever limits them pays; nothing else bounds those.
    """
    problem = random_problem(seed, integer=integer)
    rng = np.random.default_rng(seed + 100)
    n1, n2, features = len(problem.first_stage.names), len(problem.recourse.names), len(problem.monomials)
    second = np.zeros((2, n2))
    second[0, [0, 1, 3, 5]] = rng.uniform(0.5, 2.0, 4)
    second[1, 7:12] = rng.uniform(0.2, 1.0, 5)
    first = np.zeros((2, n1))
    first[0, 0], first[1, 1] = 0.3, -0.1

    def term(index: list[int], offset: list[float]) -> RandomTerm:
        return RandomTerm(
            np.array(index), np.array(offset), sp.csr_array(rng.uniform(-0.2, 0.2, (len(index), features)))
        )

    reports = Reports(
        names=("use", "waste"),
        units=("t/a", "t/a"),
        constant=np.array([0.0, 0.4]),
        first=sp.csr_array(first),
        second=sp.csr_array(second),
        random_constant=term([0], [0.5]),
        random_row=np.array([0, 1]),
        random_column=np.array([6, 8]),
        random=term([0, 1], [0.3, 0.2]),
    )
    return replace(problem, reports=reports)


def amount_of(problem: TwoStageProblem, limit: Limit, scenarios: Scenarios, s: int):
    """constant, first (n1,) and second (n2,) of the limited amount, by operating unit vectors."""
    n1, n2 = len(problem.first_stage.names), len(problem.recourse.names)
    if not limit.of:
        data, sign = scenario_arrays(problem, scenarios, s), -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
        constant = problem.first_stage.constant + data["constant"][0]
        return sign * constant, sign * problem.first_stage.cost, sign * data["cost"]
    assert problem.reports is not None
    features = problem.features(scenarios.xi[[s]])

    def value(x: np.ndarray, y: np.ndarray) -> float:
        assert problem.reports is not None
        found = problem.reports.evaluate(features, x, y[None, :])[0]
        return float(sum(found[problem.reports.names.index(name)] for name in limit.of))

    constant = value(np.zeros(n1), np.zeros(n2))
    first = np.array([value(row, np.zeros(n2)) for row in np.eye(n1)]) - constant
    second = np.array([value(np.zeros(n1), row) for row in np.eye(n2)]) - constant
    return constant, first, second


def plain_optimum(
    problem: TwoStageProblem, scenarios: Scenarios, x: np.ndarray | None = None
) -> tuple[float, np.ndarray | None]:
    """Best objective and design under the problem's limits: a MILP of all scenarios for every set that may break it.

    inf (or -inf) where there is none. `x`: the design is given.
    """
    chances = [limit for limit in problem.limits if limit.measure == "probability"]
    best, design = np.inf, None
    sets = [set[int]()]
    if chances:
        p, count = scenarios.probability, len(scenarios)
        every = [set(k) for size in range(count + 1) for k in combinations(range(count), size)]
        allowed = [k for k in every if sum(p[s] for s in k) <= chances[0].level + 1e-12]
        sets = [k for k in allowed if not any(k < other for other in allowed)]  # breaking more costs no more
    for broken in sets:
        value, found = _plain(problem, scenarios, broken, x)
        if value < best - 1e-9:
            best, design = value, found
    return (-best if problem.sense is Sense.MAXIMIZE else best), design


def _plain(problem: TwoStageProblem, scenarios: Scenarios, broken: set[int], x: np.ndarray | None):
    first, count, p = problem.first_stage, len(scenarios), scenarios.probability
    n1, n2 = len(first.names), len(problem.recourse.names)
    tails = [limit for limit in problem.limits if limit.measure == "cvar"]
    n = n1 + count * n2 + len(tails) * (1 + count)
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    cost, low, high = np.zeros(n), np.full(n, -np.inf), np.full(n, np.inf)
    cost[:n1], low[:n1], high[:n1] = sign * first.cost, first.lower, first.upper
    if x is not None:
        low[:n1] = high[:n1] = x
    rows, row_low, row_high = [], [], []

    def add(row: np.ndarray, lower: float, upper: float) -> None:
        rows.append(row), row_low.append(lower), row_high.append(upper)

    for i in range(len(first.row_names)):
        row = np.zeros(n)
        row[:n1] = first.A.toarray()[i]
        add(row, first.row_lower[i], first.row_upper[i])
    constant = sign * first.constant
    for s in range(count):
        data, own = scenario_arrays(problem, scenarios, s), slice(n1 + s * n2, n1 + (s + 1) * n2)
        cost[own], low[own], high[own] = sign * p[s] * data["cost"], data["lower"], data["upper"]
        constant += sign * p[s] * data["constant"][0]
        T, W = data["technology"].toarray(), data["recourse"].toarray()
        for i in range(len(W)):
            row = np.zeros(n)
            row[:n1], row[own] = T[i], W[i]
            add(row, data["row_lower"][i], data["row_upper"][i])
    for limit in problem.limits:
        mean, spare = np.zeros(n), limit.bound
        at = n1 + count * n2 + (tails.index(limit) * (1 + count) if limit in tails else 0)
        tail = np.zeros(n)
        if limit in tails:
            tail[at] = 1.0
        for s in range(count):
            c, of_x, of_y = amount_of(problem, limit, scenarios, s)
            row = np.zeros(n)
            row[:n1], row[n1 + s * n2 : n1 + (s + 1) * n2] = of_x, of_y
            if limit.measure == "mean":
                mean += p[s] * row
                spare -= p[s] * c
            elif limit.measure == "probability" and s not in broken:
                add(row, -np.inf, limit.bound - c)
            elif limit.measure == "cvar":
                low[at + 1 + s] = 0.0
                row[at], row[at + 1 + s] = -1.0, -1.0
                add(row, -np.inf, -c)
                tail[at + 1 + s] = p[s] / (1.0 - limit.level)
        if limit.measure == "mean":
            add(mean, -np.inf, spare)
        elif limit.measure == "cvar":
            add(tail, -np.inf, limit.bound)
    whole = np.zeros(n)
    whole[:n1] = first.integer
    found = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), row_low, row_high),
        bounds=Bounds(low, high),
        integrality=whole,
        options={"mip_rel_gap": 1e-9},
    )
    return (found.fun + constant, found.x[:n1]) if found.status == 0 else (np.inf, None)
