"""Random two-stage problems with every feature of the form, and a plain solve of one scenario by HiGHS."""

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from loopwise.problems.two_stage import FirstStage, RandomTerm, Recourse, Scenarios, Sense, TwoStageProblem
from loopwise.problems.uncertainty import uniforms


class UniformSource:
    """K independent uniforms on (0, 1)."""

    size = None

    def __init__(self, dimension: int) -> None:
        self.names = tuple(f"xi{k}" for k in range(dimension))

    def draw(self, first, last, *, count, seed, sampling):
        return uniforms(first, last, dimension=len(self.names), count=count, seed=seed, sampling=sampling)

    def enumerate(self, first, last):
        raise NotImplementedError


def random_problem(seed: int, *, parts: set[str] | None = None, integer: bool = False) -> TwoStageProblem:
    """Complete recourse (every row has a priced slack pair), mixed rows and bounds, capacities, everything random."""
    rng = np.random.default_rng(seed)
    n1, n2, m, k = 3, 7, 5, 3
    parts = {"cost", "constant", "row", "lower", "upper", "technology", "recourse"} if parts is None else parts
    dense = rng.normal(size=(m, n2)) * (rng.random((m, n2)) < 0.6)
    penalty = np.hstack([np.eye(m), -np.eye(m)])
    capacity = np.zeros((2, n2 + 2 * m))
    capacity[0, 0], capacity[1, 1] = 2.0, -1.0  # 2 y0 <= 3 + x0 and -y1 >= -1 - x1
    W = np.vstack([np.hstack([dense, penalty]), capacity])
    T = np.vstack([rng.normal(size=(m, n1)) * (rng.random((m, n1)) < 0.7), np.zeros((2, n1))])
    T[m, 0], T[m + 1, 1] = -1.0, 1.0
    centre = rng.normal(size=m)
    kind = np.concatenate([[0], rng.integers(0, 4, size=m - 1)])  # row 0 holds the free column
    low = np.where(kind == 2, -np.inf, centre)
    high = np.where(kind == 1, np.inf, np.where(kind == 3, centre + 1.0, centre))
    lower = np.concatenate([[0.0, 0.0], rng.choice([-1.0, 0.0, 0.5], n2 - 2), np.zeros(2 * m)])
    upper = np.concatenate([[np.inf, np.inf], rng.choice([2.0, 3.0], n2 - 2), np.full(2 * m, np.inf)])
    lower[3] = -np.inf  # mirrored
    lower[4], upper[4] = -np.inf, np.inf  # free, kept bounded by its penalties below
    W[:m, 4] = 0.0
    W[0, 4] = 1.0
    cost = np.concatenate([rng.normal(size=n2), np.full(2 * m, 20.0)])
    cost[3], cost[4] = -2.0, 0.3 * rng.normal()
    sense = Sense.MAXIMIZE if seed % 2 else Sense.MINIMIZE
    sign = -1.0 if sense is Sense.MAXIMIZE else 1.0
    W, T = sp.csc_array(W), sp.csc_array(T)
    W.sort_indices(), T.sort_indices()

    def term(index, nominal):
        index = np.asarray(index, dtype=np.int64)
        return RandomTerm(index, nominal[index], sp.csr_array(rng.uniform(-0.3, 0.3, (len(index), k + 1))))

    rows = np.flatnonzero(np.isin(kind, [0, 1]))[:2]
    random = {}
    if "row" in parts:
        random["row_lower"] = term(rows, np.concatenate([low, [-np.inf, -1.0]]))
        equal = np.flatnonzero(kind[rows] == 0)
        full = random["row_lower"]
        random["row_upper"] = RandomTerm(rows[equal], full.offset[equal], full.coefficients[equal])
        high[rows[equal]] = low[rows[equal]]
    if "cost" in parts:
        random["cost"] = term([0, 3, 5], sign * cost)
    if "constant" in parts:
        random["constant"] = term([0], np.array([1.5]))
    if "lower" in parts:
        random["lower"] = term([2], lower)
    if "upper" in parts:
        random["upper"] = term([3, 5], upper)
    if "technology" in parts and T.nnz:
        random["technology"] = term(np.flatnonzero(T.indices < m)[:2], T.data)
    if "recourse" in parts:
        random["recourse"] = term(np.flatnonzero(W.indices < m)[:3], W.data)
    first = FirstStage(
        tuple(f"x{j}" for j in range(n1)),
        sign * rng.uniform(0.1, 1.0, n1),
        np.zeros(n1),
        np.full(n1, 4.0),
        np.array([integer, False, integer]),
        sp.csr_array(np.ones((1, n1))),
        np.array([1.0]),
        np.array([6.0]),
        ("budget",),
        2.0,
    )
    recourse = Recourse(
        tuple(f"y{j}" for j in range(n2 + 2 * m)),
        sign * cost,
        lower,
        upper,
        W,
        T,
        np.concatenate([low, [-np.inf, -1.0]]),
        np.concatenate([high, [3.0, np.inf]]),
        tuple(f"row{i}" for i in range(m + 2)),
        1.5,
    )
    monomials = np.vstack([np.eye(k, dtype=np.int64), [[1, 1, 0]]])
    return TwoStageProblem(f"random {seed}", sense, first, recourse, UniformSource(k), monomials, random)


def scenario_arrays(problem: TwoStageProblem, scenarios: Scenarios, k: int) -> dict[str, np.ndarray]:
    """The recourse problem's own arrays in scenario k, by the plainest substitution."""
    recourse = problem.recourse
    arrays = {
        "cost": recourse.cost,
        "constant": np.array([recourse.constant]),
        "row_lower": recourse.row_lower,
        "row_upper": recourse.row_upper,
        "lower": recourse.lower,
        "upper": recourse.upper,
        "technology": recourse.T.data,
        "recourse": recourse.W.data,
    }
    arrays = {name: values.copy() for name, values in arrays.items()}
    for part, term in problem.random.items():
        arrays[part][term.index] = scenarios.parts[part][k]
    for name, matrix in (("technology", recourse.T), ("recourse", recourse.W)):
        arrays[name] = sp.csc_array((arrays[name], matrix.indices, matrix.indptr), shape=matrix.shape)
    return arrays


def plain_recourse(problem: TwoStageProblem, scenarios: Scenarios, k: int, x: np.ndarray):
    """Q(x, xi_k) by scipy's HiGHS from the problem's own arrays: value, y and linprog's result."""
    data = scenario_arrays(problem, scenarios, k)
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0
    moved = data["technology"] @ x
    low, high = data["row_lower"] - moved, data["row_upper"] - moved
    W = data["recourse"].toarray()
    rows_high, rows_low = np.isfinite(high), np.isfinite(low)
    result = linprog(
        sign * data["cost"],
        A_ub=np.vstack([W[rows_high], -W[rows_low]]),
        b_ub=np.concatenate([high[rows_high], -low[rows_low]]),
        bounds=np.column_stack([data["lower"], data["upper"]]),
        method="highs",
    )
    value = sign * result.fun + data["constant"][0] if result.status == 0 else np.nan
    return value, result.x, result
